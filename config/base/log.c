#include "config/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *word;
    int priority; /* syslog's, as sd-daemon(3) takes it */
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error",   3},
    [LOG_LEVEL_WARN] = {"warning", 4},
    [LOG_LEVEL_INFO] = {"info",    6},
    [LOG_LEVEL_DEBUG] = {"debug",   7},
};

void log_open(struct log *log, const char *role)
{
    log->level = LOG_LEVEL_INFO;
    log->fd = STDERR_FILENO;
    log->journal = getenv("JOURNAL_STREAM") != NULL;
    log->role = role;
}

enum log_level log_level_from_word(const char *word)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(levels[i].word, word) == 0)
            return (enum log_level)i;
    }
    return LOG_LEVEL_INFO;
}

static size_t write_head(const struct log *log, enum log_level level, const char *event, char *line,
                         size_t room)
{
    time_t now = time(NULL);
    struct tm utc;
    int used;

    if (log->journal) {
        used = snprintf(line, room, "<%d>%s: event=%s ", levels[level].priority, log->role, event);
    } else {
        size_t stamp;

        gmtime_r(&now, &utc);
        stamp = strftime(line, room, "%Y-%m-%dT%H:%M:%SZ ", &utc);
        used = snprintf(line + stamp, room - stamp, "%s %s: event=%s ", levels[level].word,
                        log->role, event);
        used += (int)stamp;
    }
    return (size_t)used < room ? (size_t)used : room - 1;
}

/* A reader that has stopped must not stop DNS: a line that a pipe has no room for is lost. (Room
 * means PIPE_BUF octets, more than a line has.) */
static int has_room(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

void log_event(const struct log *log, enum log_level level, const char *event, const char *format,
               ...)
{
    char line[1024];
    size_t used;
    int more;
    va_list arguments;

    if (log == NULL || level > log->level)
        return;
    used = write_head(log, level, event, line, sizeof line - 1);
    va_start(arguments, format);
    more = vsnprintf(line + used, sizeof line - 1 - used, format, arguments);
    va_end(arguments);
    used = strlen(line);
    (void)more;
    /* One event is one line, whatever a name or a message holds. */
    for (size_t i = 0; i < used; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[used] = '\n';
    if (has_room(log->fd))
        (void)!write(log->fd, line, used + 1);
}

int log_allowed(struct log_limit *limit, int64_t now_s, int64_t interval_s, unsigned *dropped)
{
    *dropped = limit->dropped;
    if (now_s < limit->next_s) {
        limit->dropped++;
        return 0;
    }
    limit->next_s = now_s + interval_s;
    limit->dropped = 0;
    return 1;
}
