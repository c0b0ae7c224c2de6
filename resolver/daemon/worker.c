/* The problem: N threads answer from the same rules at line rate, and none may wait for another.
 * The idea: a worker is a loop with sockets, core and upstreams of its own. For each batch it
 * enters the published snapshot and reads the clocks, once; answers and upstream queries are
 * collected and sent once a loop turn, just before the loop would sleep. Orders of the main thread
 * are bits in one word and a wake-up.
 *
 * Dropped: sharing sockets between workers (with SO_REUSEPORT the kernel spreads clients), and
 * reading the clock for each query. */
#include "resolver/daemon/worker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/base/random.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/daemon/clock.h"
#include "resolver/daemon/listeners.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/sightings.h"
#include "resolver/wire/dns.h"

enum { ORDER_RELOAD = 1, ORDER_DRAIN = 2, ORDER_REPORT = 4 };

struct worker {
    struct worker_options options;
    uv_loop_t loop;
    uv_thread_t thread;
    uv_async_t wake;
    uv_prepare_t turn;
    uv_timer_t deadline;
    uv_timer_t tick;
    atomic_uint orders;

    struct core *core;
    struct sightings *sightings;
    struct upstreams *upstreams;
    struct listeners *listeners;
    bool draining, closing;
    uint64_t configured; /* snapshot_id of those that the upstreams follow */

    uv_mutex_t lock; /* guards the next two */
    uv_cond_t reported;
    struct worker_report report;
    bool has_report;
};

unsigned worker_count(const struct config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->workers > 0)
        return config->workers < WORKER_MOST ? config->workers : WORKER_MOST;
    return processors < 1 ? 1 : processors < WORKER_MOST ? (unsigned)processors : WORKER_MOST;
}

/* ---- queries ---- */

/* While queries wait: some may have waited long enough. */
static void on_tick(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    const struct worker_options *options = &worker->options;
    struct core_now now = clock_now(options->clock);

    core_tick(worker->core, publish_enter(options->publish, options->index), &now);
    publish_leave(options->publish, options->index);
    if (core_pending(worker->core) == 0)
        uv_timer_stop(timer);
}

/* The snapshot numbers the groups of upstreams: with one that is newer than they are, a question
 * would go to another zone's servers until the worker's wake. */
static void follow(struct worker *worker, const struct snapshot *snapshot)
{
    if (worker->configured == snapshot_id(snapshot))
        return;
    upstreams_configure(worker->upstreams, snapshot_config(snapshot));
    worker->configured = snapshot_id(snapshot);
}

static void on_batch(void *context, struct core_datagram *datagrams, size_t count)
{
    struct worker *worker = context;
    const struct worker_options *options = &worker->options;
    const struct snapshot *snapshot = publish_enter(options->publish, options->index);
    struct core_now now = clock_now(options->clock);

    follow(worker, snapshot);
    core_batch(worker->core, snapshot, &now, datagrams, count);
    publish_leave(options->publish, options->index);
    if (core_pending(worker->core) > 0 && !uv_is_active((uv_handle_t *)&worker->tick))
        uv_timer_start(&worker->tick, on_tick, CORE_TICK_MS, CORE_TICK_MS);
}

static void send_answer(void *context, const struct query *query, const uint8_t *octets,
                        size_t length)
{
    (void)context;
    if (query->transport == TRANSPORT_TCP)
        tcp_listener_send(tcp_listener_of(&query->handle), &query->handle, octets, length);
    else
        udp_listener_send(udp_listener_of(&query->handle), &query->handle, octets, length);
}

static int forward(void *context, const struct query *query, uint32_t ticket)
{
    struct worker *worker = context;
    const struct upstream_question question = {
        .name = query_lookup_name(query),
        .type = query->question.type,
        .checking_disabled = (query->question.flags & DNS_CD) != 0,
        .dnssec_ok = query->question.dnssec_ok,
        .group = query->verdict.upstream_group,
        .ticket = ticket,
    };

    return upstreams_ask(worker->upstreams, &question);
}

static void sight(void *context, const struct ask *ask)
{
    struct worker *worker = context;

    if (sightings_note(worker->sightings, ask))
        uv_async_send(worker->options.sighted);
}

static bool is_down(void *context, uint32_t group)
{
    struct worker *worker = context;

    return upstreams_all_down(worker->upstreams, group);
}

static bool is_loop(void *context, const struct query *query, uint32_t ticket)
{
    struct worker *worker = context;
    const struct upstream_joiner came = {
        .client = query->client.addr,
        .local = query->local.addr,
        .name = query->question.original,
    };

    return upstreams_is_loop(worker->upstreams, ticket, &came);
}

static int on_upstream(void *context, uint32_t ticket, const uint8_t *reply, size_t length,
                       bool trusted, bool last, uint16_t ede)
{
    struct worker *worker = context;
    const struct worker_options *options = &worker->options;
    struct core_now now = clock_now(options->clock);
    const struct core_word word = {
        .ticket = ticket,
        .reply = reply,
        .length = length,
        .trusted = trusted,
        .last = last,
        .ede = ede,
    };
    int result;

    result = core_reply(worker->core, publish_enter(options->publish, options->index), &now, &word);
    publish_leave(options->publish, options->index);
    return result;
}

/* ---- the end ---- */

static void on_upstreams_closed(void *context)
{
    (void)context;
}

/* Closes everything on the loop, which then runs out. */
static void close_all(struct worker *worker)
{
    if (worker->closing)
        return;
    worker->closing = true;
    listeners_close(worker->listeners);
    if (worker->upstreams != NULL)
        upstreams_destroy(worker->upstreams, on_upstreams_closed, NULL);
    uv_close((uv_handle_t *)&worker->wake, NULL);
    uv_close((uv_handle_t *)&worker->turn, NULL);
    uv_close((uv_handle_t *)&worker->deadline, NULL);
    uv_close((uv_handle_t *)&worker->tick, NULL);
}

static void free_worker(struct worker *worker)
{
    core_destroy(worker->core);
    must(uv_loop_close(&worker->loop) == 0);
    uv_cond_destroy(&worker->reported);
    uv_mutex_destroy(&worker->lock);
    sightings_free(worker->sightings);
    listeners_free(worker->listeners);
    free(worker);
}

static void on_deadline(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    log_event(worker->options.log, LOG_LEVEL_WARN, "drain_cut", "worker=%u in_flight=%u",
              worker->options.index, core_pending(worker->core));
    close_all(worker);
}

/* ---- a loop turn ---- */

/* The upstreams first: what their flush ends may owe a client an answer. */
static void flush(struct worker *worker)
{
    upstreams_flush(worker->upstreams);
    listeners_flush(worker->listeners);
}

/* Tells whether every answer has been given; a stopped TCP listener keeps the connections that have
 * not got theirs. */
static bool is_drained(const struct worker *worker)
{
    return core_pending(worker->core) == 0 && listeners_connections(worker->listeners) == 0;
}

/* Before the loop sleeps: timers and sockets of this turn have had their say. */
static void on_turn(uv_prepare_t *prepare)
{
    struct worker *worker = prepare->data;

    flush(worker);
    if (worker->draining && is_drained(worker))
        close_all(worker);
}

static void obey_reload(struct worker *worker)
{
    const struct worker_options *options = &worker->options;
    const struct snapshot *snapshot = publish_enter(options->publish, options->index);
    struct err err;

    follow(worker, snapshot);
    if (listeners_configure(worker->listeners, snapshot_config(snapshot), &err) < 0)
        log_event(options->log, LOG_LEVEL_ERROR, "listeners", "worker=%u reason=\"%s\"",
                  options->index, err.text);
    publish_leave(options->publish, options->index);
}

static void obey_drain(struct worker *worker)
{
    if (worker->draining)
        return;
    worker->draining = true;
    listeners_stop(worker->listeners);
    uv_timer_start(&worker->deadline, on_deadline, WORKER_DRAIN_MS, 0);
}

static void obey_report(struct worker *worker)
{
    struct worker_report *report = &worker->report;

    uv_mutex_lock(&worker->lock);
    report->in_flight = core_pending(worker->core);
    report->upstream_count = 0;
    while (report->upstream_count < WORKER_UPSTREAMS_MOST &&
           upstreams_state(worker->upstreams, report->upstream_count,
                           &report->upstreams[report->upstream_count]))
        report->upstream_count++;
    worker->has_report = true;
    uv_cond_signal(&worker->reported);
    uv_mutex_unlock(&worker->lock);
}

static void on_wake(uv_async_t *async)
{
    struct worker *worker = async->data;
    unsigned orders = atomic_exchange(&worker->orders, 0);

    if (worker->closing)
        return;
    if ((orders & ORDER_RELOAD) != 0)
        obey_reload(worker);
    if ((orders & ORDER_REPORT) != 0)
        obey_report(worker);
    if ((orders & ORDER_DRAIN) != 0)
        obey_drain(worker);
}

static void run(void *context)
{
    struct worker *worker = context;

    uv_run(&worker->loop, UV_RUN_DEFAULT);
    worker->options.ended(worker->options.context);
}

/* ---- the start ---- */

static int open_listeners(struct worker *worker, const struct config *config, struct err *err)
{
    const struct worker_options *options = &worker->options;
    const struct listeners_share share = {
        .sockets = options->sockets,
        .count = options->socket_count,
        .index = options->index,
        .workers = options->workers,
    };
    const struct listen_context context = {worker, on_batch, options->log};

    worker->listeners = listeners_create(&share, err);
    if (worker->listeners == NULL)
        return -1;
    return listeners_open(worker->listeners, &worker->loop, &context, config, err);
}

static int open_all(struct worker *worker, struct err *err)
{
    const struct config *config = snapshot_config(publish_current(worker->options.publish));
    struct random random = {0};
    const struct core_hooks hooks = {
        .context = worker,
        .observed = worker->options.observed,
        .budget = worker->options.budget,
        .seed = random_u64(&random),
        .overlay = worker->options.overlay,
        .send = send_answer,
        .forward = forward,
        .sight = sight,
        .is_down = is_down,
        .is_loop = is_loop,
    };

    worker->sightings = sightings_create(err);
    if (worker->sightings == NULL)
        return -1;
    worker->core = core_create(config->queries_in_flight, worker->options.cache, &hooks, err);
    if (worker->core == NULL)
        return -1;
    worker->upstreams =
        upstreams_create(&worker->loop, config, on_upstream, worker, worker->options.log, err);
    if (worker->upstreams == NULL)
        return -1;
    return open_listeners(worker, config, err);
}

static void init_loop(struct worker *worker)
{
    must(uv_loop_init(&worker->loop) == 0);
    must(uv_mutex_init(&worker->lock) == 0);
    must(uv_cond_init(&worker->reported) == 0);
    must(uv_async_init(&worker->loop, &worker->wake, on_wake) == 0);
    uv_prepare_init(&worker->loop, &worker->turn);
    uv_timer_init(&worker->loop, &worker->deadline);
    uv_timer_init(&worker->loop, &worker->tick);
    worker->wake.data = worker->turn.data = worker->deadline.data = worker->tick.data = worker;
    uv_prepare_start(&worker->turn, on_turn);
}

struct worker *worker_start(const struct worker_options *options, struct err *err)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL) {
        err_set(err, ERR_MEMORY, "no memory for worker %u", options->index);
        return NULL;
    }
    worker->options = *options;
    init_loop(worker);
    if (open_all(worker, err) < 0)
        goto out;
    if (uv_thread_create(&worker->thread, run, worker) == 0)
        return worker;
    err_set(err, ERR_SYSTEM, "cannot start the thread of worker %u", options->index);
out:
    close_all(worker);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    free_worker(worker);
    return NULL;
}

/* ---- what the main thread calls ---- */

static void order(struct worker *worker, unsigned what)
{
    atomic_fetch_or(&worker->orders, what);
    uv_async_send(&worker->wake);
}

void worker_reload(struct worker *worker)
{
    order(worker, ORDER_RELOAD);
}

void worker_drain(struct worker *worker)
{
    order(worker, ORDER_DRAIN);
}

void worker_join(struct worker *worker)
{
    uv_thread_join(&worker->thread);
    free_worker(worker);
}

struct sightings *worker_sightings(struct worker *worker)
{
    return worker->sightings;
}

void worker_counters(const struct worker *worker, struct core_counters *sum)
{
    /* Nothing but uint64_t stands in the struct, so that new counters need no line here. */
    const uint64_t *from = (const uint64_t *)core_counters(worker->core);
    uint64_t *to = (uint64_t *)sum;

    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

int worker_report(struct worker *worker, struct worker_report *report)
{
    int result = 0;

    uv_mutex_lock(&worker->lock);
    worker->has_report = false;
    order(worker, ORDER_REPORT);
    while (!worker->has_report && result == 0)
        result = uv_cond_timedwait(&worker->reported, &worker->lock,
                                   (uint64_t)WORKER_REPORT_MS * 1000000);
    if (worker->has_report)
        *report = worker->report;
    result = worker->has_report ? 0 : -1;
    uv_mutex_unlock(&worker->lock);
    return result;
}
