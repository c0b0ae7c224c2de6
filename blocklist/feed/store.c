/* store.c - feeds.db opened, for one writer or a reader beside it, and its transactions.
 *
 * The problem: a run may be killed at any instruction, the disk may be full or fail at any call,
 * and `lists status` must tell what is known meanwhile, as an ordinary user, on a file system that
 * is read-only too. The idea: a rollback journal that is truncated, not removed (so that the commit
 * itself is made durable), synchronous FULL, and transactions of some milliseconds. A reader that
 * meets the journal of a run that was killed reads a copy (store_reader.c). A new database is made
 * beside its place and renamed, so that there is a whole one or none. Writers keep each other out
 * by a lock of the directory, which ends with its process.
 *
 * Dropped: WAL, whose readers must write the index beside it, and cannot on a file system that is
 * read-only; sqlite's own lock as that of the run, which a reader would meet. */
#include "blocklist/feed/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/feed/store_query.h"
#include "blocklist/feed/store_reader.h"
#include "blocklist/feed/store_recovery.h"
#include "blocklist/feed/store_schema.h"
#include "config/base/err.h"

/* ---- the lock ---- */

static int say_busy(const char *dir, int fd, struct err *err)
{
    char text[24] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    long pid = got > 0 ? strtol(text, NULL, 10) : 0;

    if (pid > 0)
        return err_set(err, ERR_BUSY, "%s: process %ld is at work on the lists; try again later",
                       dir, pid);
    return err_set(err, ERR_BUSY, "%s: another process is at work on the lists; try again later",
                   dir);
}

/* Takes the lock of DIR and writes our process id into it, for whoever finds it taken: that a full
 * disk has no room for the number is no reason to stop. Returns its descriptor, or -1 with ERR. */
static int take_lock(const char *dir, struct err *err)
{
    char path[PLACE_PATH_MAX], text[24];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    int fd = open(place_lock(dir, path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

    if (fd < 0)
        return err_system(err, "%s: cannot write here", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            say_busy(dir, fd, err);
        else
            err_system(err, "%s: cannot lock it", path);
        close(fd);
        return -1;
    }
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) != length)
        (void)!ftruncate(fd, 0);
    return fd;
}

/* ---- the database ---- */

/* Opens PATH for reading and writing; it must be there. */
static int open_database(struct store *store, const char *path, int flags, struct err *err)
{
    static const char *const settings[] = {
        "PRAGMA trusted_schema = OFF",    "PRAGMA cell_size_check = ON",
        "PRAGMA temp_store = MEMORY",     "PRAGMA foreign_keys = ON",
        "PRAGMA synchronous = FULL",      "PRAGMA mmap_size = 0",
        "PRAGMA journal_mode = TRUNCATE",
    };

    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        return store->db == NULL ? err_set(err, ERR_MEMORY, "%s: out of memory", path)
                                 : store_fail(store, err);
    if (sqlite3_db_readonly(store->db, "main") != 0)
        return err_set(err, ERR_SYSTEM, "%s: no right to write it", path);
    sqlite3_busy_timeout(store->db, STORE_PATIENCE_MS);
    sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, 1 << 20);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (store_run(store, settings[i], err) != 0)
            return -1;
    }
    return 0;
}

static void close_database(struct store *store)
{
    sqlite3_close(store->db);
    store->db = NULL;
    store->depth = 0;
}

static int pass_list(void *context, const struct store_list *list)
{
    (void)context;
    (void)list;
    return 0;
}

static int pass_event(void *context, const struct store_event *event)
{
    (void)context;
    (void)event;
    return 0;
}

/* Reads every row as a run will: sqlite's own check says nothing of a text with an octet 0 in it.
 */
static int check_rows(struct store *store, struct err *err)
{
    struct store_generation *generations = NULL;
    struct store_segment *segments = NULL;
    size_t count, generation_count = 0;
    int result = -1;

    if (store_each(store, pass_list, NULL, err) != 0 ||
        store_events(store, NULL, SIZE_MAX, pass_event, NULL, err) != 0 ||
        store_generations(store, &generations, &generation_count, err) != 0)
        goto out;
    for (int held = 0; held < 2; held++) {
        if (store_segments(store, NULL, held, &segments, &count, err) != 0)
            goto out;
        free(segments);
    }
    for (size_t i = 0; i < generation_count; i++) {
        if (store_generation_segments(store, generations[i].number, &segments, &count, err) != 0)
            goto out;
        free(segments);
    }
    result = 0;
out:
    free(generations);
    return result;
}

static int open_checked(struct store *store, struct err *err)
{
    char path[PLACE_PATH_MAX];

    place_store(store->dir, path);
    store->damaged = store->unreadable = false;
    if (open_database(store, path, SQLITE_OPEN_READWRITE, err) == 0 &&
        store_schema_check(store, err) == 0 && store_schema_check_whole(store, err) == 0 &&
        check_rows(store, err) == 0)
        return 0;
    store_schema_judge(store, path, err);
    close_database(store);
    return -1;
}

static int rename_there(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) == 0 || errno == ENOENT)
        return 0;
    return err_system(err, "%s: cannot set it aside as %s", from, to);
}

/* The journal goes first: a database that is made anew must never find that of another. */
static int set_aside(const struct store *store, struct err *err)
{
    char path[PLACE_PATH_MAX], from[PLACE_PATH_MAX + 32], to[PLACE_PATH_MAX + 32];

    place_store(store->dir, path);
    snprintf(from, sizeof from, "%s-journal", path);
    snprintf(to, sizeof to, "%s.damaged-journal", path);
    if (unlink(to) != 0 && errno != ENOENT)
        return err_system(err, "%s: cannot remove it", to);
    if (rename_there(from, to, err) != 0)
        return -1;
    snprintf(to, sizeof to, "%s.damaged", path);
    return rename_there(path, to, err);
}

/* Fills the database at PATH, which is not in its place yet, with tables and what the files tell.
 */
static int fill(struct store *store, const char *path, const char *reason, int64_t now_s,
                struct err *err)
{
    int result = -1;

    if (open_database(store, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) == 0 &&
        store_begin(store, err) == 0) {
        result = store_schema_make(store, err);
        if (result == 0)
            result = store_recovery_run(store, reason, now_s, err);
        if (result == 0)
            result = store_commit(store, err);
        else
            store_abandon(store);
    }
    close_database(store);
    return result;
}

/* Makes the database anew, because of REASON ("" where there never was one), and opens it. */
static int make(struct store *store, const char *reason, int64_t now_s, struct err *err)
{
    char path[PLACE_PATH_MAX], fresh[PLACE_PATH_MAX + 32], journal[PLACE_PATH_MAX + 48];

    place_store(store->dir, path);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    snprintf(journal, sizeof journal, "%s-journal", fresh);
    unlink(fresh);
    unlink(journal);
    if (fill(store, fresh, reason, now_s, err) != 0) {
        unlink(fresh);
        unlink(journal);
        return -1;
    }
    unlink(journal);
    /* What another database left behind must not be played back into this one. */
    snprintf(journal, sizeof journal, "%s-journal", path);
    if (unlink(journal) != 0 && errno != ENOENT)
        return err_system(err, "%s: cannot remove it", journal);
    if (place_rename(fresh, path, err) != 0)
        return -1;
    return open_checked(store, err);
}

/* Tells whether there is a database; an empty file is none. */
static bool is_there(const struct store *store)
{
    char path[PLACE_PATH_MAX];
    struct stat status;

    if (stat(place_store(store->dir, path), &status) != 0)
        return errno != ENOENT;
    return status.st_size > 0;
}

static int open_writer(struct store *store, int64_t now_s, struct err *err)
{
    struct err fault = {.code = ERR_NONE};

    if (place_make(store->dir, err) != 0)
        return -1;
    store->lock = take_lock(store->dir, err);
    if (store->lock < 0)
        return -1;
    if (!is_there(store))
        return make(store, "", now_s, err);
    if (open_checked(store, &fault) == 0)
        return 0;
    /* A page that cannot be read once may be a bad moment, twice is a bad disk. */
    if (store->unreadable && !store->damaged && open_checked(store, &fault) == 0)
        return 0;
    if (!store->damaged && !store->unreadable) {
        *err = fault;
        return -1;
    }
    return set_aside(store, err) == 0 ? make(store, fault.text, now_s, err) : -1;
}

struct store *store_open(const char *dir, enum store_mode mode, int64_t now_s, struct err *err)
{
    struct store *store = calloc(1, sizeof *store);
    struct err spare;

    err = err != NULL ? err : &spare;
    if (store != NULL)
        store->dir = strdup(dir);
    if (store == NULL || store->dir == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        free(store);
        return NULL;
    }
    store->lock = -1;
    if ((mode == STORE_READ ? store_reader_open(store, err) : open_writer(store, now_s, err)) == 0)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    bool damaged;

    if (store == NULL)
        return;
    damaged = store->damaged && store->db != NULL;
    close_database(store);
    store_reader_forget(store);
    if (store->lock >= 0) {
        if (damaged)
            set_aside(store, NULL);
        close(store->lock);
    }
    free(store->dir);
    free(store);
}

const char *store_dir(const struct store *store)
{
    return store->dir;
}

/* ---- transactions ---- */

int store_begin(struct store *store, struct err *err)
{
    if (store->depth == 0 && store_run(store, "BEGIN IMMEDIATE", err) != 0)
        return -1;
    store->depth++;
    return 0;
}

int store_commit(struct store *store, struct err *err)
{
    if (store->depth == 0)
        return 0;
    if (store->depth > 1) {
        store->depth--;
        return 0;
    }
    if (store_run(store, "COMMIT", err) != 0) {
        store_abandon(store);
        return -1;
    }
    store->depth = 0;
    return 0;
}

bool store_in_transaction(const struct store *store)
{
    return store->depth > 0;
}

void store_abandon(struct store *store)
{
    if (store->depth == 0)
        return;
    store->depth--;
    /* What sqlite undid by itself is undone. */
    if (sqlite3_get_autocommit(store->db) == 0)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}
