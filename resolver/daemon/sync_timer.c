/* The problem: lists must be fetched for as long as the machine runs, by somebody who is there, and
 * neither a run that hangs, crashes or eats memory nor a broken list may touch the answering.
 *
 * The idea: the keeper, which has nothing else to do, starts a run as a program of its own, with
 * none of the keeper's descriptors and none of its rights, and hears of it only by its exit. A run
 * that does not get as far as to decide anything (it cannot be executed, it crashed, the config is
 * broken) is tried again with growing pauses; one that found a list failed is followed
 * sooner, since the run itself keeps the pauses of each list.
 *
 * Dropped: one timer for each list (feeds.db knows better what is due), and reading feeds.db here
 * (the keeper opens nothing that it need not). */
#include "resolver/daemon/sync_timer.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/base/random.h"
#include "config/config.h"

enum {
    MINUTE_S = 60,
    INTERVAL_LEAST_S = MINUTE_S,
    INTERVAL_MOST_S = 15 * MINUTE_S,
    RUNS_AN_INTERVAL = 6, /* a list is late by at most a sixth of its `every` */
    START_JITTER_S = 30,  /* after a start, so that a power cut does not send a town at once */
    FAILURES_MOST = 3,    /* the interval is doubled so often, where runs come to nothing */
    SOON_RUNS = 7,        /* a minute apart: a list that failed comes due after five */
    RUN_MOST_S = 4 * 60 * MINUTE_S,
    EXIT_SOME_FAILED = 1, /* of `lists sync`: it ran, and some list is not as it should be */
    PATH_MOST = 4096,
};

struct sync_timer {
    uv_timer_t handle;
    const char *path;
    const struct log *log;
    struct random random;
    struct stat seen; /* of the config, when it was read */
    unsigned interval_s;
    bool waiting_set; /* there is no set yet */
    bool begun, stopped;
    bool again;  /* the config changed while a run went on */
    pid_t child; /* 0: none */
    uint64_t started_ms;
    unsigned failures;      /* in a row, of runs that came to nothing; to FAILURES_MOST */
    unsigned since_trouble; /* runs since one found a list failed, itself included; 0: long ago */
};

/* From one fetch of LIST to the next at most: half of a deadline is left for tries that fail. */
static uint32_t every_s(const struct config_list *list)
{
    return list->deadline_s > 0 && list->deadline_s / 2 < list->every_s ? list->deadline_s / 2
                                                                        : list->every_s;
}

unsigned sync_timer_interval_s(const struct config *config)
{
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i < config->list_count; i++) {
        if (every_s(&config->lists[i]) < least)
            least = every_s(&config->lists[i]);
    }
    if (!config->feeds.timer || least == UINT32_MAX)
        return 0;
    least /= RUNS_AN_INTERVAL;
    return least < INTERVAL_LEAST_S  ? INTERVAL_LEAST_S
           : least > INTERVAL_MOST_S ? INTERVAL_MOST_S
                                     : least;
}

static bool lacks(const char *set)
{
    return set != NULL && access(set, F_OK) != 0;
}

static bool has_changed(const struct sync_timer *timer, const struct stat *now)
{
    return now->st_ino != timer->seen.st_ino || now->st_dev != timer->seen.st_dev ||
           now->st_size != timer->seen.st_size ||
           now->st_mtim.tv_sec != timer->seen.st_mtim.tv_sec ||
           now->st_mtim.tv_nsec != timer->seen.st_mtim.tv_nsec;
}

/* Reads what the config says of lists, where it changed; tells whether it did. One that does not
 * load changes nothing: the server holds on to the last good one as well. */
static bool look_at_config(struct sync_timer *timer)
{
    struct config_problems problems;
    struct config *config;
    struct stat now;

    if (stat(timer->path, &now) != 0 || !has_changed(timer, &now))
        return false;
    timer->seen = now;
    config = config_load(timer->path, &problems);
    if (config != NULL) {
        timer->interval_s = sync_timer_interval_s(config);
        timer->waiting_set =
            timer->interval_s > 0 && (lacks(config->set_public) || lacks(config->set_hotline));
    }
    config_free(config);
    config_problems_free(&problems);
    return config != NULL;
}

/* Finds `stairgate`: beside this program, or as systems with sbin have it. Returns 0 or -1. */
static int find_program(char path[PATH_MOST])
{
    static const char *const places[] = {"stairgate", "../bin/stairgate"};
    char own[PATH_MOST - 64];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    char *slash;

    if (length < 0)
        return -1;
    own[length] = '\0';
    slash = strrchr(own, '/');
    if (slash == NULL)
        return -1;
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, PATH_MOST, "%s%s", own, places[i]);
        if (access(path, X_OK) == 0)
            return 0;
    }
    return -1;
}

/* The child: never returns. Nothing of the keeper's is left: no socket, no handler, no right. */
static _Noreturn void run_child(const char *program, const char *config, pid_t keeper)
{
    const char *argv[] = {"stairgate", "lists", "sync", "--config", config, NULL};
    sigset_t none;
    int null;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* so that what it starts itself can be ended with it */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* low ports are not its business */
    null = open("/dev/null", O_RDWR);
    if (getppid() != keeper || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(EXIT_FAILURE);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    execv(program, (char *const *)argv); /* which changes none of them */
    perror("stairgated: cannot execute stairgate");
    _exit(127);
}

static pid_t start_child(const char *program, const char *config)
{
    sigset_t all, before;
    pid_t keeper = getpid(), child;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0)
        run_child(program, config, keeper);
    if (child > 0)
        setpgid(child, child); /* here as well: whoever is first */
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child;
}

static unsigned one_more(unsigned count, unsigned most)
{
    return count < most ? count + 1 : most;
}

static void start_run(struct sync_timer *timer)
{
    char program[PATH_MOST];

    if (find_program(program) != 0) {
        log_event(timer->log, LOG_LEVEL_ERROR, "sync_failed",
                  "reason=\"no program 'stairgate' beside this one\"");
        timer->failures = one_more(timer->failures, FAILURES_MOST);
        return;
    }
    timer->child = start_child(program, timer->path);
    if (timer->child < 0) {
        log_event(timer->log, LOG_LEVEL_ERROR, "sync_failed", "reason=\"cannot fork\"");
        timer->child = 0;
        timer->failures = one_more(timer->failures, FAILURES_MOST);
        return;
    }
    timer->started_ms = uv_now(timer->handle.loop);
    log_event(timer->log, LOG_LEVEL_INFO, "sync_started", "pid=%ld", (long)timer->child);
}

static void on_due(uv_timer_t *handle);

/* After a run that found a list failed (no network yet, C41) runs are frequent for a while, since
 * the list comes due again between them; after one that came to nothing the next is late. */
static void wait_for_next(struct sync_timer *timer)
{
    uint64_t wait_s = timer->interval_s > 0 ? timer->interval_s : INTERVAL_LEAST_S;
    uint64_t soon_s = INTERVAL_LEAST_S;

    if (timer->since_trouble > SOON_RUNS)
        soon_s <<= timer->since_trouble - SOON_RUNS;
    if (timer->since_trouble > 0 && soon_s < wait_s)
        wait_s = soon_s;
    else
        timer->since_trouble = 0;
    uv_timer_start(&timer->handle, on_due, (wait_s << timer->failures) * 1000, 0);
}

/* A run that takes hours hangs: each fetch and each reader has its own limit. */
static void end_overdue(struct sync_timer *timer)
{
    if (uv_now(timer->handle.loop) - timer->started_ms < (uint64_t)RUN_MOST_S * 1000)
        return;
    log_event(timer->log, LOG_LEVEL_ERROR, "sync_overdue", "pid=%ld after_s=%d", (long)timer->child,
              RUN_MOST_S);
    kill(-timer->child, SIGKILL);
}

static void on_due(uv_timer_t *handle)
{
    struct sync_timer *timer = handle->data;

    look_at_config(timer);
    if (timer->child != 0)
        end_overdue(timer);
    else if (timer->interval_s > 0)
        start_run(timer);
    wait_for_next(timer);
}

struct sync_timer *sync_timer_create(uv_loop_t *loop, const char *path, const struct log *log)
{
    struct sync_timer *timer = calloc(1, sizeof *timer);

    if (timer == NULL)
        return NULL;
    timer->path = path;
    timer->log = log;
    uv_timer_init(loop, &timer->handle);
    timer->handle.data = timer;
    return timer;
}

void sync_timer_begin(struct sync_timer *timer)
{
    uint64_t wait_ms;

    if (timer->begun || timer->stopped)
        return;
    timer->begun = true;
    look_at_config(timer);
    wait_ms = timer->waiting_set ? 0 : 1 + random_below(&timer->random, START_JITTER_S * 1000);
    uv_timer_start(&timer->handle, on_due, wait_ms, 0);
}

void sync_timer_reloaded(struct sync_timer *timer)
{
    if (!timer->begun || timer->stopped || !look_at_config(timer))
        return;
    timer->failures = 0;
    timer->again = timer->child != 0;
    if (timer->child == 0)
        uv_timer_start(&timer->handle, on_due, 0, 0);
}

bool sync_timer_reap(struct sync_timer *timer, pid_t child, int status)
{
    bool decided =
        WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_SOME_FAILED);
    uint64_t ran_ms;

    if (timer->child == 0 || child != timer->child)
        return false;
    ran_ms = uv_now(timer->handle.loop) - timer->started_ms;
    kill(-timer->child, SIGKILL); /* what it may have left */
    timer->child = 0;
    timer->failures = decided ? 0 : one_more(timer->failures, FAILURES_MOST);
    if (decided && status != 0)
        timer->since_trouble = 1;
    else if (timer->since_trouble > 0)
        timer->since_trouble++;
    log_event(timer->log, decided ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "sync_ended",
              "%s=%d ran_ms=%llu", WIFSIGNALED(status) ? "signal" : "exit",
              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
              (unsigned long long)ran_ms);
    if (!timer->stopped && timer->again)
        uv_timer_start(&timer->handle, on_due, 0, 0);
    else if (!timer->stopped)
        wait_for_next(timer);
    timer->again = false;
    return true;
}

void sync_timer_stop(struct sync_timer *timer)
{
    timer->stopped = true;
    uv_timer_stop(&timer->handle);
    if (timer->child != 0)
        kill(timer->child, SIGTERM);
}

static void free_timer(uv_handle_t *handle)
{
    free(handle->data);
}

void sync_timer_end(struct sync_timer *timer)
{
    if (timer == NULL)
        return;
    if (timer->child != 0) {
        kill(-timer->child, SIGKILL);
        kill(timer->child, SIGKILL);
        waitpid(timer->child, NULL, 0);
    }
    uv_close((uv_handle_t *)&timer->handle, free_timer);
}
