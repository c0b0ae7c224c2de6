#include "resolver/daemon/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/base/err.h"
#include "resolver/listen/sockets.h"

enum { FIRST_PASSED = 3 /* sd_listen_fds(3) */, ARGUMENTS_MOST = 16 };

static const char program[] = "/proc/self/exe";

static void add_held(sigset_t *set)
{
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1);
}

/* Puts every handler back before a signal can reach the child: libuv's would write into a pipe that
 * is the keeper's. Then leaves MASK in force and, in the same call, holds what a server begins with
 * held: a SIGHUP relayed between two calls would end the child. */
static void reset_signals(const sigset_t *mask)
{
    sigset_t held = *mask;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    add_held(&held);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

static void execute(const struct spawn_options *options, int channel)
{
    char number[16];
    const char *argv[ARGUMENTS_MOST] = {
        "stairgated",  "--serve",          "--config", options->config,
        "--log-level", options->log_level, "--keeper", number,
    };
    size_t count = 8;

    snprintf(number, sizeof number, "%d", channel);
    if (options->user != NULL) {
        argv[count++] = "--user";
        argv[count++] = options->user;
    }
    if (options->clock != NULL) {
        argv[count++] = "--clock";
        argv[count++] = options->clock;
    }
    execv(program, (char *const *)argv); /* which changes none of them */
    perror("stairgated: cannot execute itself");
}

/* The child: never returns. KEEPER is the parent's number, to notice that it is gone already. */
static _Noreturn void run_child(const struct spawn_options *options, int channel, pid_t keeper,
                                const sigset_t *mask)
{
    struct err err;

    reset_signals(mask);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* until the server sets its own, sandbox.c */
    if (getppid() != keeper)
        _exit(EXIT_FAILURE);
    unsetenv("NOTIFY_SOCKET"); /* the keeper is the service's main process */
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    /* Above the numbers that the sockets move to, and open across exec. */
    channel = fcntl(channel, F_DUPFD, FIRST_PASSED + (int)options->socket_count);
    if (channel < 0 || sockets_hand_over(options->sockets, options->socket_count, &err) < 0)
        perror("stairgated: cannot hand the sockets over");
    else
        execute(options, channel);
    _exit(EXIT_FAILURE);
}

void spawn_hold_signals(bool held)
{
    sigset_t set;

    sigemptyset(&set);
    add_held(&set);
    sigprocmask(held ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

pid_t spawn_server(const struct spawn_options *options, int *channel, struct err *err)
{
    int ends[2];
    sigset_t all, before;
    pid_t keeper = getpid(), child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return err_system(err, "cannot make the server's channel");
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0)
        run_child(options, ends[1], keeper, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return err_system(err, "cannot start the server");
    }
    *channel = ends[0];
    return child;
}
