/* reader.c - the parent of a reader's process: starts it, gathers its message, says how it died.
 *
 * The message is gathered into memory that its greatest length bounds, and looked at when the
 * process is gone. reader_read waits for it; reader_start has the loop do so, since downloads go on
 * meanwhile. */
#include "blocklist/feed/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/feed/reader_child.h"
#include "config/base/err.h"

enum {
    MESSAGE_MAX = sizeof(struct reader_head) + READER_SEGMENTS_MAX * sizeof(struct reader_segment)
};

struct reader {
    const struct reader_request *request;
    void (*done)(void *context, struct reader_result *result, struct err *err);
    void *context;
    uv_poll_t poll;
    pid_t pid;
    int fd;
    uint8_t *message; /* MESSAGE_MAX, of which untouched pages cost nothing */
    size_t got;
};

/* Starts the process of READER. */
static int start(struct reader *reader, const struct reader_request *request, struct err *err)
{
    int ends[2];

    reader->request = request;
    reader->message = malloc(MESSAGE_MAX);
    if (reader->message == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(reader->message);
        return err_system(err, "cannot make a pipe to a reader");
    }
    reader->pid = fork();
    if (reader->pid == 0)
        reader_child(request, ends[1]);
    close(ends[1]);
    reader->fd = ends[0];
    if (reader->pid < 0) {
        err_system(err, "cannot start a reader");
        close(ends[0]);
        free(reader->message);
        return -1;
    }
    return 0;
}

/* Reads once. Returns 1 for more to come, 0 at the end. */
static int gather(struct reader *reader)
{
    uint8_t none[256];
    bool full = reader->got == MESSAGE_MAX;
    ssize_t got = read(reader->fd, full ? none : reader->message + reader->got,
                       full ? sizeof none : MESSAGE_MAX - reader->got);

    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? 1 : 0;
    if (got > 0 && full)
        kill(reader->pid, SIGKILL); /* no reader says that much */
    reader->got += full ? 0 : (size_t)got;
    return got > 0;
}

/* Removes what process PID left in segments/. */
static void sweep(const char *dir, pid_t pid)
{
    char path[PLACE_PATH_MAX], prefix[READER_PREFIX_MAX];
    struct dirent *entry;
    DIR *folder = opendir(place_segment(dir, "", path));

    if (folder == NULL)
        return;
    snprintf(prefix, sizeof prefix, "new.%ld.", (long)pid);
    while ((entry = readdir(folder)) != NULL) {
        const char *found = strstr(entry->d_name, prefix);

        if (found == entry->d_name || found == entry->d_name + 1)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
}

/* Says how a process ended that told nothing. */
static int died(const struct reader_request *request, int status, struct err *err)
{
    const char *format = request->list->format;
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (number == SIGALRM || number == SIGXCPU)
        return err_set(err, ERR_LIMIT,
                       "the reader of format %s did not end within %d minutes; the last good list "
                       "stays",
                       format, READER_SECONDS_MAX / 60);
    if (number == SIGKILL)
        return err_set(err, ERR_MEMORY,
                       "the reader of format %s was killed, most likely out of memory; the last "
                       "good list stays; a smaller list may fit",
                       format);
    if (number != 0)
        return err_set(err, ERR_SYSTEM,
                       "the reader of format %s died by signal %d (%s); the last good list stays; "
                       "this is a bug: report it with the list",
                       format, number, strsignal(number));
    return err_set(err, ERR_SYSTEM,
                   "the reader of format %s ended without a result; the last good list stays",
                   format);
}

static bool has_end(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

/* Tells whether FILE can be a segment of list ID: a plain name in segments/. */
static bool is_own_file(const char *file, const char *id)
{
    size_t length = strlen(id);

    return strncmp(file, id, length) == 0 && file[length] == '.' && strchr(file, '/') == NULL;
}

static bool about_is_sound(const struct segment_about *about)
{
    return has_end(about->feed, sizeof about->feed) &&
           has_end(about->feed_class, sizeof about->feed_class) &&
           has_end(about->category, sizeof about->category) &&
           has_end(about->format, sizeof about->format) &&
           has_end(about->licence, sizeof about->licence) &&
           has_end(about->attribution, sizeof about->attribution);
}

static bool take_segment(const struct reader_request *request, const struct reader_segment *from,
                         struct store_segment *to)
{
    if (!has_end(from->part, sizeof from->part) || !has_end(from->file, sizeof from->file) ||
        !is_own_file(from->file, request->list->id) || !about_is_sound(&from->about))
        return false;
    memset(to, 0, sizeof *to);
    memcpy(to->list, request->list->id, sizeof to->list);
    memcpy(to->part, from->part, sizeof to->part);
    memcpy(to->file, from->file, sizeof to->file);
    memcpy(to->digest, from->digest, sizeof to->digest);
    to->seed = request->seed;
    to->entries = from->entries;
    memcpy(&to->about, &from->about, sizeof to->about);
    to->about.observe = request->list->observe;
    return true;
}

static bool take_head(const struct reader_request *request, const struct reader_head *head,
                      struct reader_result *result)
{
    if (head->segment_count > READER_SEGMENTS_MAX)
        return false;
    result->report = head->report;
    result->canary_seen = head->canary_seen != 0;
    result->finding_count = head->finding_count;
    for (size_t i = 0; i < READER_FINDINGS_MAX && i < head->finding_count; i++) {
        if (head->findings[i].name >= request->protected_count)
            return false;
        result->findings[i] =
            (struct reader_finding){head->findings[i].name, head->findings[i].line};
    }
    return true;
}

/* Fills RESULT from the whole message. Returns false where it is no message. */
static bool take(const struct reader *reader, struct reader_result *result)
{
    const struct reader_head *head = (const struct reader_head *)(void *)reader->message;
    const struct reader_segment *segments = (const struct reader_segment *)(const void *)(head + 1);

    if (!take_head(reader->request, head, result) || head->segment_count == 0 ||
        reader->got != sizeof *head + head->segment_count * sizeof *segments)
        return false;
    result->segments = calloc(head->segment_count, sizeof *result->segments);
    if (result->segments == NULL)
        return false;
    for (size_t i = 0; i < head->segment_count; i++) {
        if (!take_segment(reader->request, &segments[i], &result->segments[i])) {
            free(result->segments);
            return false;
        }
    }
    result->segment_count = head->segment_count;
    return true;
}

/* Waits for the process, which has closed its pipe, and fills RESULT or ERR. */
static int finish(struct reader *reader, struct reader_result *result, struct err *err)
{
    const struct reader_head *head = (const struct reader_head *)(void *)reader->message;
    struct rusage usage = {0};
    int status = 0, outcome = 0;

    memset(result, 0, sizeof *result);
    close(reader->fd);
    while (wait4(reader->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || reader->got < sizeof *head ||
        head->magic != READER_MAGIC)
        outcome = died(reader->request, status, err);
    else if (head->code != ERR_NONE)
        outcome = err_set(err, head->code <= ERR_SYSTEM ? (enum err_code)head->code : ERR_SYSTEM,
                          "%.*s", (int)strnlen(head->text, sizeof head->text), head->text);
    else if (!take(reader, result))
        outcome = err_set(err, ERR_SYSTEM,
                          "the reader of format %s said what no reader says; the last good list "
                          "stays",
                          reader->request->list->format);
    if (outcome != 0)
        memset(result, 0, sizeof *result);
    result->peak_octets = (uint64_t)usage.ru_maxrss * 1024;
    sweep(reader->request->dir, reader->pid);
    reader->pid = 0;
    return outcome;
}

int reader_read(const struct reader_request *request, struct reader_result *result, struct err *err)
{
    struct reader reader = {0};
    int outcome;

    memset(result, 0, sizeof *result);
    if (start(&reader, request, err) != 0)
        return -1;
    while (gather(&reader) == 1) {
    }
    outcome = finish(&reader, result, err);
    free(reader.message);
    return outcome;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct reader *reader = poll->data;
    struct reader_result result;
    struct err err = {0};
    int outcome;

    (void)status;
    (void)events;
    if (gather(reader) == 1)
        return;
    uv_poll_stop(poll);
    outcome = finish(reader, &result, &err);
    reader->done(reader->context, outcome == 0 ? &result : NULL, &err);
}

static void on_closed(uv_handle_t *handle)
{
    struct reader *reader = handle->data;

    free(reader->message);
    free(reader);
}

struct reader *reader_start(uv_loop_t *loop, const struct reader_request *request,
                            void (*done)(void *context, struct reader_result *result,
                                         struct err *err),
                            void *context, struct err *err)
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    if (start(reader, request, err) != 0) {
        free(reader);
        return NULL;
    }
    reader->done = done;
    reader->context = context;
    reader->poll.data = reader;
    if (uv_poll_init(loop, &reader->poll, reader->fd) != 0) {
        kill(reader->pid, SIGKILL);
        while (waitpid(reader->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        close(reader->fd);
        free(reader->message);
        free(reader);
        err_set(err, ERR_SYSTEM, "cannot watch a reader");
        return NULL;
    }
    uv_poll_start(&reader->poll, UV_READABLE | UV_DISCONNECT, on_readable);
    return reader;
}

void reader_end(struct reader *reader)
{
    if (reader == NULL)
        return;
    uv_poll_stop(&reader->poll);
    if (reader->pid > 0) {
        kill(reader->pid, SIGKILL);
        while (waitpid(reader->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        close(reader->fd);
        sweep(reader->request->dir, reader->pid);
    }
    uv_close((uv_handle_t *)&reader->poll, on_closed);
}
