/* fetcher.c - the parent's side of fetching: starts the process, believes its messages as far as
 * they are well formed, and speaks for it when it has died.
 *
 * The problem: curl with TLS takes more memory than a router has to spare while lists are read, and
 * parses what strangers send. The idea: a fork that runs fetch_child.c, whose only way back is a
 * pipe of small messages (fetch_message.h); each request gets one result in any case, from it or
 * from here.
 *
 * Dropped: exec of another program (nothing to install, the config need not be read twice), and
 * threads, which would keep curl's memory. */
#include "blocklist/feed/fetcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocklist/feed/fetch_child.h"
#include "blocklist/feed/fetch_message.h"
#include "blocklist/feed/sealed_memory.h"

struct fetcher {
    uv_poll_t poll;
    int fd;
    pid_t child;
    bool ended; /* nobody is to be told any more */
    struct fetch_hooks hooks;
    size_t count;
    bool *settled; /* requests that have a result */
    size_t used;
    uint8_t data[4 * FETCH_MESSAGE_MAX];
};

enum { PIPE_IN_CHILD = 3 };

/* The parent's handlers would write into pipes that are the parent's. */
static void reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN); /* a server that goes away is an error of a write */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Closes all descriptors from FIRST on but those of memory that lists are fetched into. */
static void close_others(unsigned first, const struct fetch_request *requests, size_t count)
{
    for (;;) {
        unsigned next = ~0U;

        for (size_t i = 0; i < count; i++) {
            if (requests[i].memory != NULL && (unsigned)requests[i].memory->fd >= first &&
                (unsigned)requests[i].memory->fd < next)
                next = (unsigned)requests[i].memory->fd;
        }
        if (next > first)
            close_range(first, next == ~0U ? ~0U : next - 1, 0);
        if (next == ~0U)
            return;
        first = next + 1;
    }
}

/* A list of those that nobody may read: what can be locked is; the list itself is so already. */
static void harden(const struct fetch_request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (requests[i].memory != NULL) {
            sealed_memory_process(NULL);
            return;
        }
    }
}

/* The child: keeps the standard files and its pipe, nothing else; never returns. */
static _Noreturn void run_child(const struct config *config, const struct fetch_request *requests,
                                size_t count, int fd, pid_t parent)
{
    reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    if (fd != PIPE_IN_CHILD && dup2(fd, PIPE_IN_CHILD) < 0)
        _exit(EXIT_FAILURE);
    close_others(PIPE_IN_CHILD + 1, requests, count);
    harden(requests, count);
    fcntl(PIPE_IN_CHILD, F_SETFD, FD_CLOEXEC);
    _exit(fetch_child_run(config, requests, count, PIPE_IN_CHILD));
}

static pid_t start_child(const struct config *config, const struct fetch_request *requests,
                         size_t count, const int ends[2])
{
    sigset_t all, before;
    pid_t parent = getpid(), child;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0)
        run_child(config, requests, count, ends[1], parent);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child;
}

static void reap(struct fetcher *fetcher, int *status)
{
    pid_t got;

    *status = 0;
    do
        got = waitpid(fetcher->child, status, 0);
    while (got < 0 && errno == EINTR);
    fetcher->child = 0;
}

static void tell_progress(struct fetcher *fetcher, const struct fetch_message *message)
{
    if (fetcher->hooks.progress != NULL)
        fetcher->hooks.progress(fetcher->hooks.context, message->result.request, message->got,
                                message->of);
}

static void tell_result(struct fetcher *fetcher, const struct fetch_result *result)
{
    fetcher->settled[result->request] = true;
    if (fetcher->hooks.result != NULL)
        fetcher->hooks.result(fetcher->hooks.context, result);
}

static void describe_death(int status, char *out, size_t room)
{
    if (WIFSIGNALED(status))
        snprintf(out, room, "died by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(out, room, "ended with code %d before it was done", WEXITSTATUS(status));
}

/* Fails what the child left open, and says that it is over. */
static void finish(struct fetcher *fetcher)
{
    char death[120];
    int status;

    uv_poll_stop(&fetcher->poll);
    reap(fetcher, &status);
    describe_death(status, death, sizeof death);
    for (size_t i = 0; i < fetcher->count && !fetcher->ended; i++) {
        struct fetch_result result = {.request = i, .outcome = FETCH_FAILED};

        if (fetcher->settled[i])
            continue;
        err_set(&result.fault, ERR_SYSTEM,
                "the fetcher's process %s; the last good list stays, the next run tries again",
                death);
        tell_result(fetcher, &result);
    }
    if (!fetcher->ended && fetcher->hooks.done != NULL)
        fetcher->hooks.done(fetcher->hooks.context);
}

/* A message for a request that there is not, or for one that has its result, is a lie. */
static int take_message(struct fetcher *fetcher, const struct fetch_message *message)
{
    size_t request = message->result.request;

    if (request >= fetcher->count || fetcher->settled[request])
        return -1;
    if (message->kind == FETCH_MESSAGE_PROGRESS)
        tell_progress(fetcher, message);
    else
        tell_result(fetcher, &message->result);
    return 0;
}

static int take_messages(struct fetcher *fetcher)
{
    struct fetch_message message;
    size_t at = 0;
    ssize_t length = 0;

    while (!fetcher->ended) {
        length = fetch_message_read(fetcher->data + at, fetcher->used - at, &message);
        if (length <= 0)
            break;
        at += (size_t)length;
        if (take_message(fetcher, &message) != 0)
            return -1;
    }
    memmove(fetcher->data, fetcher->data + at, fetcher->used - at);
    fetcher->used -= at;
    return length < 0 ? -1 : 0;
}

static void readable(uv_poll_t *poll, int status, int events)
{
    struct fetcher *fetcher = poll->data;
    ssize_t got;

    (void)status;
    (void)events;
    got = read(fetcher->fd, fetcher->data + fetcher->used, sizeof fetcher->data - fetcher->used);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got > 0) {
        fetcher->used += (size_t)got;
        if (take_messages(fetcher) == 0)
            return;
        if (fetcher->child > 0)
            kill(fetcher->child, SIGKILL); /* it speaks nonsense: somebody else speaks in there */
    }
    if (!fetcher->ended)
        finish(fetcher);
}

static int watch(struct fetcher *fetcher, uv_loop_t *loop, struct err *err)
{
    int code = uv_poll_init(loop, &fetcher->poll, fetcher->fd);

    if (code != 0)
        return err_set(err, ERR_SYSTEM, "cannot watch the fetcher: %s", uv_strerror(code));
    fetcher->poll.data = fetcher;
    return uv_poll_start(&fetcher->poll, UV_READABLE, readable);
}

static struct fetcher *fetcher_new(size_t count, const struct fetch_hooks *hooks)
{
    struct fetcher *fetcher = calloc(1, sizeof *fetcher);

    if (fetcher == NULL)
        return NULL;
    fetcher->settled = calloc(count + 1, sizeof *fetcher->settled);
    if (fetcher->settled == NULL) {
        free(fetcher);
        return NULL;
    }
    fetcher->count = count;
    fetcher->hooks = *hooks;
    return fetcher;
}

static void fetcher_free(struct fetcher *fetcher)
{
    free(fetcher->settled);
    free(fetcher);
}

struct fetcher *fetcher_start(uv_loop_t *loop, const struct config *config,
                              const struct fetch_request *requests, size_t count,
                              const struct fetch_hooks *hooks, struct err *err)
{
    struct fetcher *fetcher = fetcher_new(count, hooks);
    int ends[2], status;

    if (fetcher == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        err_system(err, "cannot start the fetcher");
        if (fetcher != NULL)
            fetcher_free(fetcher);
        return NULL;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fetcher->fd = ends[0];
    if (watch(fetcher, loop, err) != 0) { /* before the fork, where failing is cheap */
        close(ends[0]);
        close(ends[1]);
        fetcher_free(fetcher);
        return NULL;
    }
    fetcher->child = start_child(config, requests, count, ends);
    status = errno;
    close(ends[1]);
    if (fetcher->child > 0)
        return fetcher;
    errno = status;
    err_system(err, "cannot start the fetcher's process");
    fetcher->child = 0;
    fetcher_end(fetcher);
    return NULL;
}

static void closed(uv_handle_t *handle)
{
    struct fetcher *fetcher = handle->data;

    close(fetcher->fd);
    fetcher_free(fetcher);
}

void fetcher_end(struct fetcher *fetcher)
{
    int status;

    if (fetcher == NULL || fetcher->ended)
        return;
    fetcher->ended = true;
    if (fetcher->child > 0) {
        kill(fetcher->child, SIGKILL);
        reap(fetcher, &status);
    }
    uv_close((uv_handle_t *)&fetcher->poll, closed);
}
