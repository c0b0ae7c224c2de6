/* inbox.c - looks into an inbox, takes the newest delivery, and wipes what was taken.
 *
 * The problem: somebody copies files into a folder while this runs, in any order, by any tool, and
 * they are the most confidential ones that there are. The idea: nothing is believed but a signature
 * that fits the copy that was made, so that half a file, a file that grows and a file that was
 * changed are one case: it does not fit, and is looked at again in the next run. The folder is held
 * by its descriptor, and all in it is opened by name below that and without following links.
 *
 * Removing is renaming first, so that what a killed run leaves half overwritten is neither a
 * delivery nor something for the operator to wonder about; the next one goes on with it.
 *
 * Dropped: watching the folder. A run comes several times within each deadline. */
#include "blocklist/feed/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/fetch_sink.h"
#include "blocklist/feed/inbox_process.h"
#include "blocklist/feed/list_signature.h"
#include "blocklist/feed/sealed_memory.h"
#include "blocklist/feed/signature.h"
#include "blocklist/feed/version.h"
#include "config/base/err.h"

enum {
    DELIVERIES_MOST = 64,
    ENTRIES_MOST = 1000,
    STEP = 64 << 10,
    OCTETS_MOST = 64 << 20 /* what is larger was never taken, and need not be looked through */
};

static const char gone[] = ".taken.", zeros[STEP];

struct delivery {
    char name[NAME_MAX + 1], signature[NAME_MAX + 1];
    int64_t time; /* as it states, unchecked */
};

/* One look into a folder. */
struct look {
    const struct config_list *list;
    int folder;
    struct delivery *deliveries;
    size_t count;
    struct inbox_count *files;
    int64_t now_s;
};

/* ---- the folder ---- */

static int open_folder(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return err_set(err, ERR_REFUSED, "an inbox is a folder itself, not a link to one");
    if (fd < 0)
        return err_system(err,
                          "cannot open the inbox; make it with mode 0700, for the account that "
                          "runs come under");
    if (fstat(fd, &status) == 0 && (status.st_mode & 077) == 0 &&
        (status.st_uid == geteuid() || status.st_uid == 0))
        return fd;
    close(fd);
    return err_set(err, ERR_REFUSED,
                   "others may look into the inbox, or it is theirs; it must be "
                   "of mode 0700, and of root or of the account that runs come "
                   "under");
}

static bool is_file(int folder, const char *name)
{
    struct stat status;

    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

/* Opens the regular file NAME; -1 where it is none, or is gone. */
static int open_file(int folder, const char *name, int flags)
{
    int fd = openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);

    return length > end && strcmp(name + length - end, suffix) == 0;
}

/* Takes NAME, which is not hidden, for what it is: half of a delivery, or something else. */
static void see(struct look *look, const char *name)
{
    const char *suffix = list_signature_suffix(look->list);
    char other[NAME_MAX + 1];
    struct delivery *delivery;

    if (!is_file(look->folder, name)) {
        look->files->other++;
        return;
    }
    if (!ends_in(name, suffix)) {
        if (snprintf(other, sizeof other, "%s%s", name, suffix) >= (int)sizeof other ||
            !is_file(look->folder, other))
            look->files->waiting++;
        return;
    }
    snprintf(other, sizeof other, "%.*s", (int)(strlen(name) - strlen(suffix)), name);
    if (!is_file(look->folder, other)) {
        look->files->waiting++;
    } else if (look->count == DELIVERIES_MOST) {
        look->files->other++;
    } else {
        delivery = &look->deliveries[look->count++];
        snprintf(delivery->name, sizeof delivery->name, "%s", other);
        snprintf(delivery->signature, sizeof delivery->signature, "%s", name);
    }
}

static int see_all(struct look *look, struct err *err)
{
    int fd = openat(look->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return err_system(err, "cannot read the inbox");
    }
    for (unsigned seen = 0; (entry = readdir(folder)) != NULL; seen++) {
        if (entry->d_name[0] == '.')
            continue;
        if (seen < ENTRIES_MOST)
            see(look, entry->d_name);
        else
            look->files->other++;
    }
    closedir(folder);
    return 0;
}

/* ---- signatures ---- */

/* Reads DELIVERY's signature into TEXT (SIGNATURE_OCTETS_MAX). Returns its length, -1 for none. */
static ssize_t read_signature(const struct look *look, const struct delivery *delivery, char *text)
{
    int fd = open_file(look->folder, delivery->signature, O_RDONLY);
    size_t used = 0;
    ssize_t got = 1;

    if (fd < 0)
        return -1;
    while (used < SIGNATURE_OCTETS_MAX && got > 0) {
        got = read(fd, text + used, SIGNATURE_OCTETS_MAX - used);
        used += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    return got < 0 ? -1 : (ssize_t)used;
}

/* Checks DELIVERY against the octets of FD. */
static int check(const struct look *look, const struct delivery *delivery, int fd,
                 int64_t *signed_s, struct err *err)
{
    char *text = malloc(SIGNATURE_OCTETS_MAX);
    ssize_t length = text == NULL ? -1 : read_signature(look, delivery, text);
    int result;

    if (length < 0)
        result = err_set(err, ERR_DIGEST, "cannot read its signature");
    else
        result = list_signature_check(look->list, delivery->name, text, (size_t)length, fd,
                                      look->now_s, signed_s, err);
    free(text);
    return result;
}

static int compare_times(const void *a, const void *b)
{
    const struct delivery *x = a, *y = b;

    if (x->time != y->time)
        return x->time > y->time ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Puts the deliveries in order, the newest first. */
static int sort(struct look *look, struct err *err)
{
    char *text = malloc(SIGNATURE_OCTETS_MAX);

    if (text == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < look->count; i++) {
        ssize_t length = read_signature(look, &look->deliveries[i], text);

        look->deliveries[i].time =
            length < 0 ? 0 : list_signature_time(look->list, text, (size_t)length);
    }
    free(text);
    qsort(look->deliveries, look->count, sizeof *look->deliveries, compare_times);
    return 0;
}

/* Opens the inbox of LIST and sees what lies there. */
static int look_into(struct look *look, const struct config_list *list, int64_t now_s,
                     struct inbox_count *files, struct err *err)
{
    *look = (struct look){.list = list, .folder = -1, .files = files, .now_s = now_s};
    *files = (struct inbox_count){0};
    look->deliveries = calloc(DELIVERIES_MOST, sizeof *look->deliveries);
    if (look->deliveries == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    look->folder = open_folder(list->inbox, err);
    return look->folder < 0 || see_all(look, err) != 0 ? -1 : sort(look, err);
}

static void end_look(struct look *look)
{
    if (look->folder >= 0)
        close(look->folder);
    free(look->deliveries);
}

/* ---- removing ---- */

static int overwrite(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return -1;
    for (off_t at = 0; at < status.st_size;) {
        size_t step = status.st_size - at < STEP ? (size_t)(status.st_size - at) : STEP;
        ssize_t put = pwrite(fd, zeros, step, at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        at += put;
    }
    return fsync(fd);
}

/* Overwrites and removes the file NAME, which is hidden already. */
static int destroy(int folder, const char *name)
{
    int fd = open_file(folder, name, O_WRONLY), result;

    if (fd < 0)
        return -1;
    result = overwrite(fd);
    if (unlinkat(folder, name, 0) != 0)
        result = -1;
    close(fd);
    return result;
}

/* The folder is nobody else's, and one run is at it. The signature goes before the octets, which
 * may take a while: without its file it would be half a delivery, and the next run would wait for
 * the other half. */
static int remove_one(const struct look *look, const struct delivery *delivery)
{
    char hidden[64];
    unsigned i = 0;

    do
        snprintf(hidden, sizeof hidden, "%s%u", gone, i);
    while (++i < DELIVERIES_MOST &&
           faccessat(look->folder, hidden, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    if (renameat(look->folder, delivery->name, look->folder, hidden) != 0 ||
        unlinkat(look->folder, delivery->signature, 0) != 0)
        return -1;
    return destroy(look->folder, hidden);
}

/* What a run that was killed had begun with. */
static int remove_begun(const struct look *look)
{
    char hidden[64];
    int result = 0;

    for (unsigned i = 0; i < DELIVERIES_MOST; i++) {
        snprintf(hidden, sizeof hidden, "%s%u", gone, i);
        if (is_file(look->folder, hidden) && destroy(look->folder, hidden) != 0)
            result = -1;
    }
    return result;
}

/* ---- taking ---- */

static int copy_octets(int fd, struct fetch_sink *sink, struct err *err)
{
    uint8_t octets[STEP];
    ssize_t got;

    while ((got = read(fd, octets, sizeof octets)) > 0) {
        if (fetch_sink_write(sink, octets, (size_t)got, err) != 0)
            return -1;
    }
    explicit_bzero(octets, sizeof octets);
    return got == 0 ? fetch_sink_end(sink, err) : err_system(err, "cannot read it");
}

/* A slip of the publisher's clock would stand before all that he delivers until then. */
static bool is_ahead(const struct look *look, int64_t signed_s)
{
    const struct version none = {0, NULL}, came = {signed_s, NULL};

    return version_compare(&none, &came, look->now_s) == VERSION_AHEAD;
}

static int check_clock(const struct look *look, int64_t signed_s, struct err *err)
{
    const struct version none = {0, NULL}, came = {signed_s, NULL};

    if (!is_ahead(look, signed_s))
        return 0;
    look->files->ahead++;
    return version_refuse(VERSION_AHEAD, &none, &came, err);
}

/* Tries DELIVERY. Returns 0 where MEMORY holds it. */
static int try_one(const struct look *look, const struct delivery *delivery,
                   const struct sealed_memory *memory, uint64_t most, struct inbox_taken *taken,
                   struct err *err)
{
    int fd = open_file(look->folder, delivery->name, O_RDONLY);
    struct fetch_sink sink = {.fd = -1};
    int result = -1;

    if (fd < 0)
        return err_set(err, ERR_DIGEST, "cannot read it");
    if (fetch_sink_locked(&sink, memory, most, err) == 0 && copy_octets(fd, &sink, err) == 0)
        result = sink.got == 0 ? err_set(err, ERR_DIGEST, "empty")
                               : check(look, delivery, memory->fd, &taken->signed_s, err);
    if (result == 0)
        result = check_clock(look, taken->signed_s, err);
    taken->octets = sink.got;
    fetch_sink_close(&sink);
    close(fd);
    return result;
}

static int take_newest(struct look *look, const struct sealed_memory *memory, uint64_t most,
                       struct inbox_taken *taken, struct err *err)
{
    char text[160];
    struct err why = {0}, fault;

    for (size_t i = 0; i < look->count && !taken->found; i++) {
        unsigned ahead = look->files->ahead;

        taken->found = try_one(look, &look->deliveries[i], memory, most, taken, &fault) == 0;
        look->files->wrong += !taken->found && look->files->ahead == ahead;
        if (!taken->found && why.code == ERR_NONE)
            why = fault;
    }
    if (taken->found || look->count + look->files->waiting + look->files->other == 0)
        return 0;
    inbox_text(look->files, text, sizeof text);
    return err_set(
        err, ERR_DIGEST, "nothing that can be taken yet: %s%s%s; the last good list stays", text,
        why.code != ERR_NONE ? "; the newest: " : "", why.code != ERR_NONE ? why.text : "");
}

int inbox_take(const struct config_list *list, const struct sealed_memory *memory, uint64_t most,
               int64_t now_s, struct inbox_taken *taken, struct err *err)
{
    struct look look;
    int result = -1;

    *taken = (struct inbox_taken){.found = false};
    if (list_signature_ready(list, now_s, err) != 0)
        return -1;
    if (look_into(&look, list, now_s, &taken->count, err) == 0) {
        remove_begun(&look); /* it need not wait until something else is in force */
        result = take_newest(&look, memory, most, taken, err);
    }
    end_look(&look);
    return result;
}

char *inbox_text(const struct inbox_count *count, char *out, size_t room)
{
    const struct {
        unsigned count;
        const char *words;
    } parts[] = {
        {count->wrong,   "whose signature does not fit"                        },
        {count->ahead,   "signed at a time that is yet to come"                },
        {count->waiting, "without a signature, or a signature without its file"},
        {count->other,   "that are no files, or too many"                      },
    };
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts && used < room; i++) {
        if (parts[i].count > 0)
            used += (size_t)snprintf(out + used, room - used, "%s%u %s", used > 0 ? ", " : "",
                                     parts[i].count, parts[i].words);
    }
    return out;
}

/* ---- clearing ---- */

/* Tells whether DELIVERY's signature fits it, and when it was made. */
static bool does_fit(const struct look *look, const struct delivery *delivery, int64_t *signed_s)
{
    int fd = open_file(look->folder, delivery->name, O_RDONLY);
    struct stat status;
    struct err fault;
    bool fits;

    if (fd < 0)
        return false;
    fits = fstat(fd, &status) == 0 && status.st_size <= OCTETS_MOST &&
           check(look, delivery, fd, signed_s, &fault) == 0;
    close(fd);
    return fits;
}

static int clear_all(struct look *look, int64_t version_s, struct err *err)
{
    int failed = remove_begun(look);

    for (size_t i = 0; i < look->count; i++) {
        const struct delivery *delivery = &look->deliveries[i];
        int64_t signed_s = 0;
        bool fits = does_fit(look, delivery, &signed_s);

        look->files->wrong += !fits;
        look->files->ahead += fits && is_ahead(look, signed_s);
        if (!fits || signed_s > version_s)
            continue;
        if (remove_one(look, delivery) == 0)
            look->files->removed++;
        else
            failed = -1;
    }
    fsync(look->folder);
    return failed == 0 ? 0 : err_system(err, "cannot remove what was taken from the inbox");
}

struct clearing {
    const struct config_list *list;
    int64_t version_s, now_s;
};

static int clear_here(const void *work, struct inbox_count *left, struct err *err)
{
    const struct clearing *clearing = work;
    struct look look;
    int result = -1;

    if (look_into(&look, clearing->list, clearing->now_s, left, err) == 0)
        result = clear_all(&look, clearing->version_s, err);
    end_look(&look);
    return result;
}

int inbox_clear(const struct config_list *list, int64_t version_s, int64_t now_s,
                struct inbox_count *left, struct err *err)
{
    const struct clearing clearing = {list, version_s, now_s};

    return inbox_process(clear_here, &clearing, left, err);
}
