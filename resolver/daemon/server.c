/* The problem: the process that faces the network has to start without one, change its rules while
 * it answers, and end without losing what it has begun. The idea: the main thread opens everything
 * in one order (user, config and sets, control sockets, workers), answers no query itself, and then
 * only waits for signals and control requests. Ending is the same way back: workers read no more,
 * answer what is in flight, end one by one; the last one stops the loop.
 *
 * The user is changed before the first file is read, so that a file which the server may not read
 * fails at the start and not at the first reload. Dropped: opening sockets here (they would not
 * outlive a crash), and a pid file (the keeper knows). */
#include "resolver/daemon/server.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/random.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/budget.h"
#include "resolver/cache/cache.h"
#include "resolver/daemon/canary.h"
#include "resolver/daemon/clock.h"
#include "resolver/daemon/keeper.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/lifting.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/restart.h"
#include "resolver/daemon/sandbox.h"
#include "resolver/daemon/seen.h"
#include "resolver/daemon/spawn.h"
#include "resolver/daemon/state.h"
#include "resolver/daemon/stairs.h"
#include "resolver/daemon/verify.h"
#include "resolver/listen/sockets.h"
#include "resolver/observed.h"

enum { SOCKETS_MOST = 4096, INTERFACES_MS = 2000, RELOAD_WAIT_MS = 1000 };

void server_tell(const struct server *server, char word)
{
    if (server->options->keeper >= 0)
        (void)!write(server->options->keeper, &word, 1); /* a keeper that is gone needs no word */
}

const struct config *server_config(const struct server *server)
{
    return snapshot_config(publish_current(server->publish));
}

struct core_now server_now(const struct server *server)
{
    return clock_now(server->clock);
}

/* ---- the end ---- */

void server_stop(struct server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    atomic_store(&server->halt, true);
    log_event(&server->log, LOG_LEVEL_INFO, "draining", "most_ms=%d", WORKER_DRAIN_MS);
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_drain(server->workers[i]);
}

/* In the worker's thread. */
static void on_worker_ended(void *context)
{
    struct server *server = context;

    atomic_fetch_add(&server->workers_ended, 1);
    uv_async_send(&server->ended);
}

static void on_ended(uv_async_t *async)
{
    struct server *server = async->data;

    if (atomic_load(&server->workers_ended) == server->worker_count)
        uv_stop(&server->loop);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_loop(struct server *server, int code)
{
    control_destroy(server->control);
    canary_destroy(server->canary);
    seen_destroy(server->seen);
    if (!reload_wait(&server->reload, RELOAD_WAIT_MS)) {
        log_event(&server->log, LOG_LEVEL_WARN, "reload_stuck", "reason=\"it still reads a file\"");
        _exit(code); /* its thread would not let us clean up */
    }
    uv_walk(&server->loop, close_handle, NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&server->loop) == 0);
}

/* ---- signals ---- */

static void on_stop(uv_signal_t *signal, int number)
{
    (void)number;
    server_stop(signal->data);
}

static void on_reload(uv_signal_t *signal, int number)
{
    struct server *server = signal->data;

    (void)number;
    reload_ask(&server->reload, NULL); /* the log has what comes of it */
}

static void on_report(uv_signal_t *signal, int number)
{
    (void)number;
    server_log_status(signal->data);
}

static void on_interfaces(uv_timer_t *timer)
{
    struct server *server = timer->data;

    snapshot_find_interfaces(publish_current(server->publish));
    observed_tidy(server->observed, server_now(server).mono_ms);
    server_tell_withheld(server);
    stairs_tell(server);
}

static void on_tidy(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct core_now now = server_now(server);

    if (server->state != NULL)
        state_tidy(server->state, now.wall_s, now.mono_ms);
    if (server->lifting != NULL)
        lifting_tidy(server->state, now.wall_s);
}

static const struct {
    int number;
    uv_signal_cb act;
} signal_rows[] = {
    {SIGTERM, on_stop  },
    {SIGINT,  on_stop  },
    {SIGHUP,  on_reload},
    {SIGUSR1, on_report},
};

static void init_loop(struct server *server)
{
    /* Work beside the main thread: a reload, and at the start the check of a large set. */
    setenv("UV_THREADPOOL_SIZE", "2", 0);
    must(uv_loop_init(&server->loop) == 0);
    must(uv_async_init(&server->loop, &server->ended, on_ended) == 0);
    uv_timer_init(&server->loop, &server->interfaces);
    uv_timer_init(&server->loop, &server->tidy);
    server->ended.data = server->interfaces.data = server->tidy.data = server;
    reload_init(&server->reload, server);
    uv_timer_start(&server->tidy, on_tidy, 0, STATE_TIDY_MS);
    uv_timer_start(&server->interfaces, on_interfaces, INTERFACES_MS, INTERFACES_MS);
    for (size_t i = 0; i < sizeof signal_rows / sizeof *signal_rows; i++) {
        uv_signal_init(&server->loop, &server->signals[i]);
        server->signals[i].data = server;
        uv_signal_start(&server->signals[i], signal_rows[i].act, signal_rows[i].number);
    }
    spawn_hold_signals(false);
}

/* ---- the start ---- */

static int inherit(struct server *server, struct err *err)
{
    long count;

    server->sockets = calloc(SOCKETS_MOST, sizeof *server->sockets);
    if (server->sockets == NULL)
        return err_set(err, ERR_MEMORY, "no memory for sockets");
    count = sockets_inherit(server->sockets, SOCKETS_MOST, err);
    if (count < 0)
        return -1;
    if (count == 0)
        return err_set(err, ERR_USAGE,
                       "no sockets were handed over (LISTEN_FDS); start "
                       "stairgated without --serve");
    server->socket_count = (size_t)count;
    return 0;
}

static int open_control(struct server *server, uid_t starter, struct err *err)
{
    const struct config *config = server_config(server);

    server->control = control_create(&server->loop, server_verbs, server, &server->log, err);
    if (server->control == NULL)
        return -1;
    control_trust(server->control, starter);
    if (config->control_operator != NULL &&
        control_listen(server->control, config->control_operator, CONTROL_OPERATOR, err) < 0)
        return -1;
    if (config->control_portal != NULL &&
        control_listen(server->control, config->control_portal, CONTROL_PORTAL, err) < 0)
        return -1;
    return 0;
}

static int open_state(struct server *server, struct err *err)
{
    const struct config *config = server_config(server);

    server->state = state_open(config, &server->log, err);
    if (server->state == NULL)
        return -1;
    server->lifting = lifting_create(&server->log, err);
    if (server->lifting == NULL)
        return -1;
    lifting_load(server->lifting, config, server->state, server_now(server).wall_s);
    server->seen = seen_create(server, err);
    server->canary = canary_create(server, err);
    return server->seen != NULL && server->canary != NULL ? 0 : -1;
}

static int open_cache(struct server *server, struct err *err)
{
    const struct config *config = server_config(server);
    struct random random = {0};

    server->observed = observed_create(err);
    withheld_start(&server->withheld, server_now(server).mono_ms);
    server->budget = budget_create(config, random_u64(&random), err);
    server->cache = cache_create(config->cache_octets, random_u64(&random), err);
    return server->cache != NULL && server->observed != NULL && server->budget != NULL ? 0 : -1;
}

/* Starts the workers; when one cannot, those before it are ended again. */
static int start_workers(struct server *server, struct err *err)
{
    struct worker_options options = {
        .workers = server->workers_wanted,
        .publish = server->publish,
        .cache = server->cache,
        .overlay = state_overlay(server->state),
        .observed = server->observed,
        .budget = server->budget,
        .sockets = server->sockets,
        .socket_count = server->socket_count,
        .log = &server->log,
        .clock = server->clock,
        .sighted = seen_signal(server->seen),
        .ended = on_worker_ended,
        .context = server,
    };

    for (; options.index < options.workers; options.index++) {
        server->workers[options.index] = worker_start(&options, err);
        if (server->workers[options.index] == NULL)
            return -1;
        server->worker_count++;
    }
    return 0;
}

static void print_errors(const json_t *errors)
{
    for (size_t i = 0; i < json_array_size(errors); i++)
        fprintf(stderr, "%s\n",
                json_string_value(json_object_get(json_array_get(errors, i), "text")));
}

static int load(struct server *server)
{
    json_t *errors = json_array();
    int code = server_load(server, errors);

    print_errors(errors);
    json_decref(errors);
    return code;
}

/* Opens what a running server needs. Returns an exit code. */
static int start(struct server *server, uid_t starter)
{
    struct err err;

    if (inherit(server, &err) < 0) {
        log_event(&server->log, LOG_LEVEL_ERROR, "no_sockets", "reason=\"%s\"", err.text);
        return DAEMON_NO_SOCKET;
    }
    if (open_state(server, &err) < 0 || open_cache(server, &err) < 0 ||
        open_control(server, starter, &err) < 0 || start_workers(server, &err) < 0) {
        log_event(&server->log, LOG_LEVEL_ERROR, "start_failed", "reason=\"%s\"", err.text);
        return DAEMON_FAILED;
    }
    log_event(&server->log, LOG_LEVEL_INFO, "answering", "version=%s workers=%u sockets=%zu",
              STAIRGATE_VERSION, server->worker_count, server->socket_count);
    server_tell(server, SPAWN_READY);
    verify_in_background(server);
    stairs_tell(server);
    return DAEMON_DONE;
}

static void serve(struct server *server, int code)
{
    if (code != DAEMON_DONE)
        server_stop(server);
    if (server->worker_count > 0)
        uv_run(&server->loop, UV_RUN_DEFAULT); /* until the last worker has ended */
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_join(server->workers[i]);
    log_event(&server->log, LOG_LEVEL_INFO, "stopped", "exit=%d", code);
}

static void clean_up(struct server *server)
{
    publish_destroy(server->publish);
    lifting_free(server->lifting);
    state_close(server->state);
    cache_destroy(server->cache);
    observed_free(server->observed);
    budget_free(server->budget);
    restart_free(server->restart);
    json_decref(server->warnings);
    free(server->sockets);
    clock_close(server->clock);
}

int server_run(const struct server_options *options)
{
    struct server server = {.options = options};
    uid_t starter = getuid();
    struct err err;
    int code;

    spawn_hold_signals(true); /* what is asked meanwhile is done after the start */
    signal(SIGPIPE, SIG_IGN); /* a client that left, a log that nobody reads: no reason to die */
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow: the write says so */
    log_open(&server.log, "server");
    message_keep_nothing();
    server.log.level = log_level_from_word(options->log_level);
    if (options->keeper >= 0)
        (void)!fcntl(options->keeper, F_SETFD, FD_CLOEXEC);
    if (options->clock != NULL)
        server.clock = clock_open(options->clock, &err);
    if ((options->clock != NULL && server.clock == NULL) ||
        sandbox_enter(options->user, &err) < 0) {
        log_event(&server.log, LOG_LEVEL_ERROR, "start_failed", "reason=\"%s\"", err.text);
        return DAEMON_FAILED;
    }
    code = load(&server);
    if (code == DAEMON_DONE) {
        init_loop(&server);
        server.started_s = (int64_t)time(NULL);
        server.started_ms = uv_now(&server.loop);
        code = start(&server, starter);
        serve(&server, code);
        close_loop(&server, code);
    }
    clean_up(&server);
    return code;
}
