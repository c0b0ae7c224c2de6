/* The problem: a server that dies (a bug, the memory killer) must not be noticed by a client. The
 * idea: the sockets belong to this process, which does so little that it has no reason to die; the
 * server gets copies of them, and what arrives while there is no server waits in the kernel.
 *
 * A server that dies young is started again with growing pauses; exit 0 (somebody asked for the
 * stop over the control socket) ends the keeper too, and so does a first start that fails. Later,
 * a configuration that was broken meanwhile (exit 78) is tried again with the longest pause: the
 * sockets stay, and the file's cure is enough.
 *
 * Dropped: restarting a server that hangs but lives (it wants a heartbeat through every worker; not
 * built), and threads: fork in a process with one thread needs no care. */
#include "resolver/daemon/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/config.h"
#include "resolver/daemon/notify.h"
#include "resolver/daemon/sandbox.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/spawn.h"
#include "resolver/daemon/sync_timer.h"
#include "resolver/daemon/worker.h"
#include "resolver/listen/sockets.h"

enum {
    YOUNG_MS = 2000,      /* a server that dies earlier counts as dying at once */
    PAUSE_FIRST_MS = 50,  /* the second start in a row; the first has no pause */
    PAUSE_MOST_MS = 5000, /* a family waits no longer for a cure that came from outside */
    DEATHS_MOST = 10,     /* in a row that are counted: the pause is the longest by then */
    STOP_MOST_MS = 6500,  /* the server's own limit is 5 s (worker.h) */
    SOCKETS_INHERITED_MOST = 256,
};

struct keeper {
    uv_loop_t loop;
    struct log log;
    struct spawn_options spawn;
    struct listen_socket *sockets;
    uv_signal_t signals[5];
    uv_timer_t pause, deadline;
    uv_poll_t *channel;
    int channel_fd;
    pid_t server; /* 0: none now */
    struct sync_timer *sync;
    uint64_t started_ms;
    unsigned young_deaths; /* in a row */
    bool stopping, was_ready;
    char *user;
    int exit_code;
};

static void print_problems(const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        fprintf(stderr, "%s\n", problems->items[i].text);
}

int keeper_check(const char *config_path)
{
    struct config_problems problems = {0};
    struct config *config = config_load(config_path, &problems);
    int code = config != NULL ? DAEMON_DONE : DAEMON_CONFIG;

    print_problems(&problems);
    config_problems_free(&problems);
    config_free(config);
    return code;
}

static void free_poll(uv_handle_t *handle)
{
    free(handle);
}

static void close_channel(struct keeper *keeper)
{
    if (keeper->channel == NULL)
        return;
    uv_poll_stop(keeper->channel);
    uv_close((uv_handle_t *)keeper->channel, free_poll);
    close(keeper->channel_fd);
    keeper->channel = NULL;
}

/* Ends the loop with CODE. */
static void finish(struct keeper *keeper, int code)
{
    keeper->exit_code = code;
    uv_stop(&keeper->loop);
}

static void hear(struct keeper *keeper, char word)
{
    switch (word) {
    case SPAWN_READY:
        keeper->was_ready = true;
        if (!keeper->stopping)
            notify_ready("answering");
        sync_timer_begin(keeper->sync);
        break;
    case SPAWN_RELOADING:
        notify_reloading();
        break;
    case SPAWN_RELOADED:
        notify_ready("answering");
        sync_timer_reloaded(keeper->sync);
        break;
    default:
        log_event(&keeper->log, LOG_LEVEL_WARN, "channel", "reason=\"unknown word\"");
    }
}

static void on_channel(uv_poll_t *handle, int status, int events)
{
    struct keeper *keeper = handle->data;
    char words[16];
    ssize_t got = read(keeper->channel_fd, words, sizeof words);

    (void)status;
    (void)events;
    for (ssize_t i = 0; i < got; i++)
        hear(keeper, words[i]);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        close_channel(keeper);
}

static int watch_channel(struct keeper *keeper)
{
    keeper->channel = calloc(1, sizeof *keeper->channel);
    if (keeper->channel == NULL)
        return -1;
    keeper->channel->data = keeper;
    uv_poll_init(&keeper->loop, keeper->channel, keeper->channel_fd);
    return uv_poll_start(keeper->channel, UV_READABLE, on_channel);
}

static void start_server(struct keeper *keeper);

static void on_pause_over(uv_timer_t *timer)
{
    start_server(timer->data);
}

static void start_later(struct keeper *keeper)
{
    uint64_t pause_ms = 0;

    if (keeper->young_deaths > DEATHS_MOST)
        keeper->young_deaths = DEATHS_MOST;
    if (keeper->young_deaths > 1)
        pause_ms = (uint64_t)PAUSE_FIRST_MS << (keeper->young_deaths - 2);
    if (pause_ms > PAUSE_MOST_MS)
        pause_ms = PAUSE_MOST_MS;
    uv_timer_start(&keeper->pause, on_pause_over, pause_ms, 0);
}

static void start_server(struct keeper *keeper)
{
    struct err err;
    pid_t server;

    if (keeper->stopping || keeper->server != 0)
        return;
    server = spawn_server(&keeper->spawn, &keeper->channel_fd, &err);
    uv_update_time(&keeper->loop);
    keeper->started_ms = uv_now(&keeper->loop);
    if (server < 0) {
        log_event(&keeper->log, LOG_LEVEL_ERROR, "start_failed", "reason=\"%s\"", err.text);
        keeper->young_deaths++;
        start_later(keeper);
        return;
    }
    keeper->server = server;
    if (watch_channel(keeper) < 0)
        log_event(&keeper->log, LOG_LEVEL_WARN, "channel", "reason=\"cannot watch the server\"");
    log_event(&keeper->log, LOG_LEVEL_INFO, "server_started", "pid=%ld", (long)server);
}

static void log_death(const struct keeper *keeper, int status, uint64_t lived_ms)
{
    if (WIFSIGNALED(status))
        log_event(&keeper->log, LOG_LEVEL_ERROR, "server_died", "signal=%d lived_ms=%llu",
                  WTERMSIG(status), (unsigned long long)lived_ms);
    else
        log_event(&keeper->log, LOG_LEVEL_ERROR, "server_died", "exit=%d lived_ms=%llu",
                  WEXITSTATUS(status), (unsigned long long)lived_ms);
}

static void bury(struct keeper *keeper, int status)
{
    uint64_t lived_ms = uv_now(&keeper->loop) - keeper->started_ms;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    keeper->server = 0;
    close_channel(keeper);
    if (keeper->stopping || code == DAEMON_DONE) {
        notify_stopping();
        finish(keeper, DAEMON_DONE);
        return;
    }
    log_death(keeper, status, lived_ms);
    if (code > 0 && !keeper->was_ready) {
        finish(keeper, code); /* a start that never worked is reported, not repeated */
        return;
    }
    keeper->young_deaths = lived_ms < YOUNG_MS ? keeper->young_deaths + 1 : 0;
    if (code == DAEMON_CONFIG)
        keeper->young_deaths = DEATHS_MOST;
    start_later(keeper);
}

static void on_child(uv_signal_t *handle, int number)
{
    struct keeper *keeper = handle->data;
    int status;
    pid_t pid;

    (void)number;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == keeper->server)
            bury(keeper, status);
        else
            sync_timer_reap(keeper->sync, pid, status);
    }
}

static void on_deadline(uv_timer_t *timer)
{
    struct keeper *keeper = timer->data;

    log_event(&keeper->log, LOG_LEVEL_WARN, "stop_forced", "after_ms=%d", STOP_MOST_MS);
    kill(keeper->server, SIGKILL);
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct keeper *keeper = handle->data;

    if (keeper->stopping)
        return;
    keeper->stopping = true;
    notify_stopping();
    log_event(&keeper->log, LOG_LEVEL_INFO, "stopping", "signal=%d", number);
    sync_timer_stop(keeper->sync);
    if (keeper->server == 0) {
        finish(keeper, DAEMON_DONE);
        return;
    }
    kill(keeper->server, SIGTERM);
    uv_timer_start(&keeper->deadline, on_deadline, STOP_MOST_MS, 0);
}

/* HUP and USR1 are the server's; while it is between two lives, HUP means: try now. */
static void on_relay(uv_signal_t *handle, int number)
{
    struct keeper *keeper = handle->data;

    if (keeper->server != 0) {
        kill(keeper->server, number);
    } else if (number == SIGHUP) {
        uv_timer_stop(&keeper->pause);
        start_server(keeper);
    }
}

static const struct {
    int number;
    uv_signal_cb act;
} signal_rows[] = {
    {SIGTERM, on_stop },
    {SIGINT,  on_stop },
    {SIGHUP,  on_relay},
    {SIGUSR1, on_relay},
    {SIGCHLD, on_child},
};

static void init_loop(struct keeper *keeper)
{
    must(uv_loop_init(&keeper->loop) == 0);
    keeper->sync = sync_timer_create(&keeper->loop, keeper->spawn.config, &keeper->log);
    must(keeper->sync != NULL);
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads is no reason to die */
    uv_timer_init(&keeper->loop, &keeper->pause);
    uv_timer_init(&keeper->loop, &keeper->deadline);
    keeper->pause.data = keeper->deadline.data = keeper;
    for (size_t i = 0; i < sizeof signal_rows / sizeof *signal_rows; i++) {
        uv_signal_init(&keeper->loop, &keeper->signals[i]);
        keeper->signals[i].data = keeper;
        uv_signal_start(&keeper->signals[i], signal_rows[i].act, signal_rows[i].number);
    }
    spawn_hold_signals(false);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_loop(struct keeper *keeper)
{
    close_channel(keeper);
    sync_timer_end(keeper->sync);
    uv_walk(&keeper->loop, close_handle, NULL);
    uv_run(&keeper->loop, UV_RUN_DEFAULT);
    uv_loop_close(&keeper->loop);
}

/* Tells whether the service manager made DIRECTORY for us (systemd.exec(5)), but for root. */
static bool is_runtime_directory(const char *directory)
{
    const char *given = getenv("RUNTIME_DIRECTORY");

    return given != NULL && strcmp(given, directory) == 0;
}

/* Makes the directory of the control socket at PATH, for the server's user, where it is missing.
 * What cannot be made is the server's to report, which needs it. */
static void make_directory(const char *path, const char *user_name)
{
    char directory[4096];
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    struct sandbox_user user;

    if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof directory)
        return;
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    if (mkdir(directory, 0750) < 0 && !is_runtime_directory(directory))
        return;
    if (user_name == NULL || geteuid() != 0)
        return;
    if (sandbox_find_user(&user, user_name, NULL) == 0)
        (void)!chown(directory, user.uid, user.gid);
}

/* Takes the sockets that the service manager handed over, or opens those of CONFIG. */
static int take_sockets(struct keeper *keeper, const struct config *config, struct err *err)
{
    unsigned workers = worker_count(config);
    size_t most = SOCKETS_INHERITED_MOST + config->listener_count * workers * 2;
    long count;

    keeper->sockets = calloc(most, sizeof *keeper->sockets);
    if (keeper->sockets == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu sockets", most);
    count = sockets_inherit(keeper->sockets, most, err);
    if (count == 0)
        count = sockets_open(config, workers, keeper->sockets, most, &keeper->log, err);
    if (count < 0)
        return -1;
    if (count == 0)
        return err_set(err, ERR_CONFIG, "no address to listen on: this machine has none of them");
    keeper->spawn.sockets = keeper->sockets;
    keeper->spawn.socket_count = (size_t)count;
    return 0;
}

/* Does all that the server's user may not. Returns an exit code. */
static int prepare(struct keeper *keeper, const struct config *config)
{
    struct sandbox_user user;
    struct err err;

    if (geteuid() == 0 && config->user != NULL) {
        if (sandbox_find_user(&user, config->user, &err) < 0) {
            fprintf(stderr, "%s: %s\n", config->path, err.text);
            return DAEMON_CONFIG;
        }
        keeper->user = strdup(config->user);
        keeper->spawn.user = keeper->user;
    }
    if (take_sockets(keeper, config, &err) < 0) {
        fprintf(stderr, "stairgated: %s\n", err.text);
        return DAEMON_NO_SOCKET;
    }
    make_directory(config->control_operator, keeper->user);
    make_directory(config->control_portal, keeper->user);
    return DAEMON_DONE;
}

static int read_config(struct keeper *keeper, const char *path)
{
    struct config_problems problems = {0};
    struct config *config = config_load(path, &problems);
    int code = DAEMON_CONFIG;

    if (config != NULL)
        code = prepare(keeper, config); /* warnings are the server's to log */
    else
        print_problems(&problems);
    config_problems_free(&problems);
    config_free(config);
    return code;
}

int keeper_run(const struct server_options *options)
{
    struct keeper keeper = {
        .spawn = {.config = options->config_path,
                  .log_level = options->log_level,
                  .clock = options->clock}
    };

    spawn_hold_signals(true);
    log_open(&keeper.log, "keeper");
    keeper.log.level = log_level_from_word(options->log_level);
    keeper.exit_code = read_config(&keeper, options->config_path);
    if (keeper.exit_code == DAEMON_DONE) {
        init_loop(&keeper);
        start_server(&keeper);
        uv_run(&keeper.loop, UV_RUN_DEFAULT);
        close_loop(&keeper);
    }
    for (size_t i = 0; i < keeper.spawn.socket_count; i++)
        close(keeper.sockets[i].fd);
    free(keeper.sockets);
    free(keeper.user);
    return keeper.exit_code;
}
