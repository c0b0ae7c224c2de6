/* store_reader.c - feeds.db read without a right to write.
 *
 * A run that was killed while it wrote leaves a journal, which has to be played back before anybody
 * may read; a reader cannot, and on a file system that went read-only nobody can. So it copies
 * both files (some 100 KiB) to a folder of its own and plays it back there. */
#include "blocklist/feed/store_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/feed/store.h"
#include "blocklist/feed/store_query.h"
#include "blocklist/feed/store_schema.h"
#include "config/base/err.h"
#include "config/base/file.h"

enum { COPY_MOST = 256 << 20 };

static int open_at(struct store *store, const char *path, int flags, struct err *err)
{
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        return store->db == NULL ? err_set(err, ERR_MEMORY, "%s: out of memory", path)
                                 : store_fail(store, err);
    sqlite3_busy_timeout(store->db, STORE_PATIENCE_MS);
    sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, 1 << 20);
    if (store_run(store, "PRAGMA trusted_schema = OFF", err) != 0 ||
        store_run(store, "PRAGMA cell_size_check = ON", err) != 0)
        return -1;
    return store_schema_check(store, err);
}

static int copy_file(const char *from, const char *to, struct err *err)
{
    size_t length;
    char *octets = file_read(from, COPY_MOST, &length, err);
    int fd, result;

    if (octets == NULL)
        return -1;
    fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    result = fd < 0 ? err_system(err, "%s: cannot make it", to)
                    : file_write(fd, octets, length, to, err);
    if (fd >= 0 && close(fd) != 0 && result == 0)
        result = err_system(err, "%s: cannot close it", to);
    free(octets);
    return result;
}

static int make_folder(struct store *store, struct err *err)
{
    const char *const places[] = {getenv("TMPDIR"), "/tmp", "/dev/shm", "/run"};
    char path[PLACE_PATH_MAX];

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i] == NULL ||
            snprintf(path, sizeof path, "%s/stairgate-XXXXXX", places[i]) >= (int)sizeof path - 64)
            continue;
        if (mkdtemp(path) == NULL)
            continue;
        store->copy = strdup(path);
        if (store->copy != NULL)
            return 0;
        rmdir(path);
    }
    return err_system(err,
                      "%s/feeds.db: a run was killed while it wrote, and there is no room for a "
                      "copy to read; the next `stairgate lists sync` settles it",
                      store->dir);
}

static int open_copy(struct store *store, const char *path, struct err *err)
{
    char from[PLACE_PATH_MAX + 16], to[PLACE_PATH_MAX + 32];

    if (make_folder(store, err) != 0)
        return -1;
    snprintf(to, sizeof to, "%s/feeds.db-journal", store->copy);
    snprintf(from, sizeof from, "%s-journal", path);
    if (copy_file(from, to, err) != 0)
        return -1;
    snprintf(to, sizeof to, "%s/feeds.db", store->copy);
    if (copy_file(path, to, err) != 0)
        return -1;
    /* What was copied while a writer came to settle it would be neither old nor new. */
    return open_at(store, to, SQLITE_OPEN_READWRITE, err) == 0
               ? store_schema_check_whole(store, err)
               : -1;
}

/* Says what `no such file` means here. */
static int check_there(const struct store *store, const char *path, struct err *err)
{
    struct stat status;

    if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
        return stat(path, &status) == 0 && status.st_size == 0
                   ? err_set(
                         err, ERR_NOT_FOUND,
                         "%s: nothing is known of lists yet; `stairgate lists sync` fetches them",
                         store->dir)
                   : 0;
    if (errno != ENOENT)
        return err_system(err, "%s: cannot read it", path);
    return err_set(err, ERR_NOT_FOUND,
                   access(store->dir, F_OK) == 0
                       ? "%s: nothing is known of lists yet; `stairgate lists sync` fetches them"
                       : "%s: no such folder yet; `stairgate lists sync` makes it and fetches the "
                         "lists",
                   store->dir);
}

int store_reader_open(struct store *store, struct err *err)
{
    char path[PLACE_PATH_MAX];

    if (check_there(store, place_store(store->dir, path), err) != 0)
        return -1;
    if (open_at(store, path, SQLITE_OPEN_READONLY, err) == 0)
        return 0;
    if (store->db == NULL || sqlite3_extended_errcode(store->db) != SQLITE_READONLY_ROLLBACK) {
        store_schema_judge(store, path, err);
        return -1;
    }
    sqlite3_close(store->db);
    store->db = NULL;
    return open_copy(store, path, err);
}

void store_reader_forget(struct store *store)
{
    char path[PLACE_PATH_MAX + 32];

    if (store->copy == NULL)
        return;
    snprintf(path, sizeof path, "%s/feeds.db", store->copy);
    unlink(path);
    snprintf(path, sizeof path, "%s/feeds.db-journal", store->copy);
    unlink(path);
    rmdir(store->copy);
    free(store->copy);
    store->copy = NULL;
}
