#include "blocklist/feed/sealed_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocklist/feed/reader.h"
#include "config/base/err.h"

/* Reads what the process says, at most one message; returns how many octets it was. */
static size_t gather(int fd, pid_t pid, struct sealed_reader_message *message)
{
    uint8_t *at = (uint8_t *)message;
    size_t used = 0;
    ssize_t got;

    for (;;) {
        got = read(fd, at + used, sizeof *message - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return used;
        used += (size_t)got;
        if (used < sizeof *message)
            continue;
        if (read(fd, &(uint8_t){0}, 1) > 0)
            kill(pid, SIGKILL); /* no reader says that much */
        return used;
    }
}

static int say_death(int status, struct err *err)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (number == SIGALRM || number == SIGXCPU)
        return err_set(err, ERR_LIMIT,
                       "its reader did not end within %d minutes; the last good list stays",
                       READER_SECONDS_MAX / 60);
    if (number == SIGKILL)
        return err_set(
            err, ERR_MEMORY,
            "its reader was killed, most likely out of memory; the last good list stays");
    return err_set(err, ERR_SYSTEM,
                   "its reader ended without a result (signal %d); the last good list stays",
                   number);
}

/* What a process says that read what others wrote is looked at as if they had said it. */
static int take(const struct sealed_reader_message *message, struct sealed_reader_result *result,
                struct err *err)
{
    const size_t room = sizeof message->text;

    if (message->code == ERR_NONE) {
        *result = message->result;
        result->canary_seen = message->result.canary_seen;
        return 0;
    }
    return err_set(err, message->code <= ERR_SYSTEM ? (enum err_code)message->code : ERR_SYSTEM,
                   "%.*s", (int)strnlen(message->text, room), message->text);
}

static int finish(int fd, pid_t pid, struct sealed_reader_result *result, struct err *err)
{
    struct sealed_reader_message message = {0};
    size_t got = gather(fd, pid, &message);
    struct rusage usage = {0};
    int status = 0, outcome;

    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || got != sizeof message ||
        message.magic != SEALED_READER_MAGIC)
        outcome = say_death(status, err);
    else
        outcome = take(&message, result, err);
    result->peak_octets = (uint64_t)usage.ru_maxrss * 1024;
    return outcome;
}

int sealed_reader_read(const struct sealed_reader_request *request,
                       struct sealed_reader_result *result, struct err *err)
{
    int ends[2], outcome;
    pid_t pid;

    memset(result, 0, sizeof *result);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_system(err, "cannot make a pipe to a reader");
    pid = fork();
    if (pid == 0)
        sealed_reader_child(request, ends[1]);
    close(ends[1]);
    if (pid < 0)
        outcome = err_system(err, "cannot start a reader");
    else
        outcome = finish(ends[0], pid, result, err);
    close(ends[0]);
    return outcome;
}
