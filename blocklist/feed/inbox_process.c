#include "blocklist/feed/inbox_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocklist/feed/inbox.h"
#include "blocklist/feed/sealed_memory.h"
#include "config/base/err.h"

enum { PIPE_IN_CHILD = 3, SECONDS_MOST = 300 };

/* What comes back, in one write that is shorter than PIPE_BUF. */
struct answer {
    int result;
    struct inbox_count count;
    struct err err;
};

static _Noreturn void run_child(inbox_work *do_work, const void *work, int fd, pid_t parent)
{
    struct answer answer = {.result = -1};

    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || (fd != PIPE_IN_CHILD && dup2(fd, PIPE_IN_CHILD) < 0))
        _exit(EXIT_FAILURE);
    close_range(PIPE_IN_CHILD + 1, ~0U, 0);
    alarm(SECONDS_MOST);
    if (sealed_memory_process(&answer.err) == 0)
        answer.result = do_work(work, &answer.count, &answer.err);
    _exit(write(PIPE_IN_CHILD, &answer, sizeof answer) == sizeof answer ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE);
}

static bool read_answer(int fd, struct answer *answer)
{
    size_t used = 0;
    ssize_t got = 1;

    while (used < sizeof *answer && got != 0) {
        got = read(fd, (char *)answer + used, sizeof *answer - used);
        if (got < 0 && errno != EINTR)
            return false;
        used += got > 0 ? (size_t)got : 0;
    }
    return used == sizeof *answer;
}

/* Signals are blocked over the fork: the parent's handlers would write into its pipes. */
static pid_t start(inbox_work *do_work, const void *work, int fd)
{
    sigset_t all, before;
    pid_t parent = getpid(), child;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0)
        run_child(do_work, work, fd, parent);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child;
}

int inbox_process(inbox_work *do_work, const void *work, struct inbox_count *count, struct err *err)
{
    struct answer answer = {.result = -1};
    int ends[2], status;
    pid_t child;
    bool came;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_system(err, "cannot look into the inbox");
    child = start(do_work, work, ends[1]);
    close(ends[1]);
    came = child > 0 && read_answer(ends[0], &answer);
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!came)
        return err_set(err, ERR_SYSTEM, "the process that looks into the inbox died");
    *count = answer.count;
    answer.err.text[sizeof answer.err.text - 1] = '\0';
    if (answer.result != 0)
        *err = answer.err;
    return answer.result == 0 ? 0 : -1;
}
