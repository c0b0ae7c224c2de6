/* One worker's upstreams: made, reloaded, asked, flushed, destroyed.
 *
 * Queries are collected and sent once a turn of the loop, just before it sleeps, so that one call
 * of the kernel serves many.
 * Two timers: a tick of 10 ms while questions are in flight, and a second for what can wait (old
 * sockets, idle connections, probes of servers that did not answer). Memory goes when libuv has
 * closed the last handle. */
#include "resolver/upstream/upstream.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/config.h"
#include "resolver/upstream/inside.h"
#include "resolver/upstream/plan.h"
#include "resolver/upstream/servers.h"

enum {
    SECOND_MS = 1000,
    TIMEOUT_LEAST_MS = 20,
    STANDSTILL_MS = 100, /* of a tick that should come every TICK_MS */
    BUSY = 2000,         /* questions a second */
};

static const struct udp_limits usual_limits = {
    .sockets = UDP_SOCKETS_MAX, .queries = 5000, .age_ms = 60000, .early = 256};

static void set_times(struct upstreams *upstreams, const struct config *config)
{
    uint32_t timeout = config->upstream_timeout_ms, deadline = config->upstream_deadline_ms;

    /* A question must fit into the wheel, and a try into the question. */
    if (deadline > DEADLINE_MAX_MS - 2 * TICK_MS)
        deadline = DEADLINE_MAX_MS - 2 * TICK_MS;
    if (timeout < TIMEOUT_LEAST_MS)
        timeout = TIMEOUT_LEAST_MS;
    upstreams->timeout_ms = timeout < deadline ? timeout : deadline;
    upstreams->deadline_ms = deadline;
}

void upstreams_configure(struct upstreams *upstreams, const struct config *config)
{
    set_times(upstreams, config);
    upstreams->in_flight = config->upstream_in_flight;
    upstreams->random_case = config->random_case;
    servers_configure(upstreams, config);
}

static void finish_closing(struct upstreams *upstreams)
{
    void (*closed)(void *context) = upstreams->closed;
    void *context = upstreams->closed_context;

    if (upstreams->handles + servers_handles(upstreams) > 0)
        return;
    servers_free(upstreams);
    flight_close(&upstreams->flight);
    udp_batch_destroy(upstreams->batch);
    free(upstreams);
    if (closed != NULL)
        closed(context);
}

void upstreams_handle_closed(struct upstream *server)
{
    struct upstreams *upstreams = server->upstreams;

    server->handles--;
    if (upstreams->closing)
        finish_closing(upstreams);
    else if (server->retired)
        servers_sweep(upstreams);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct upstreams *upstreams = handle->data;

    upstreams->handles--;
    finish_closing(upstreams);
}

static void on_tick(uv_timer_t *timer)
{
    struct upstreams *upstreams = timer->data;
    uint64_t now_ms = uv_now(upstreams->loop);
    bool stood_still = now_ms - upstreams->ticked_ms > STANDSTILL_MS;

    upstreams->ticked_ms = now_ms;
    if (stood_still)
        return; /* answers that came meanwhile are read first; they are not late, we are */
    flight_expire(&upstreams->flight, now_ms, plan_due, upstreams);
    if (upstreams->flight.used == 0) {
        uv_timer_stop(timer);
        upstreams->ticking = false;
    }
}

static void on_turn(uv_prepare_t *turn)
{
    upstreams_flush(turn->data);
}

static void start_tick(struct upstreams *upstreams)
{
    if (upstreams->ticking)
        return;
    upstreams->ticking = true;
    upstreams->ticked_ms = uv_now(upstreams->loop);
    uv_timer_start(&upstreams->tick, on_tick, TICK_MS, TICK_MS);
}

static void probe(struct upstream *server, bool stream)
{
    struct upstreams *upstreams = server->upstreams;

    flight_expire(&upstreams->flight, uv_now(upstreams->loop), plan_due, upstreams);
    plan_probe(server, stream);
    start_tick(upstreams);
}

static void on_second(uv_timer_t *timer)
{
    struct upstreams *upstreams = timer->data;
    uint64_t now_ms = uv_now(upstreams->loop);

    /* Where many queries a second share the sockets anyway, fresh ones would cost and hide little.
     */
    upstreams->early_left =
        upstreams->asked < BUSY ? upstreams->limits.early : upstreams->limits.early / 8;
    upstreams->asked = 0;
    for (size_t i = 0; i < upstreams->server_count; i++) {
        struct upstream *server = upstreams->servers[i];

        health_second(&server->health, uv_hrtime() / 1000);
        udp_second(server, now_ms);
        if (tcp_second(server, now_ms))
            probe(server, true);
        if (server->health.state == HEALTH_GOOD)
            continue;
        udp_renew(server);
        probe(server, server->stream && !server->tcp.refused);
    }
    servers_sweep(upstreams);
}

static int start(struct upstreams *upstreams, const struct config *config, struct err *err)
{
    upstreams->batch = udp_batch_create();
    if (upstreams->batch == NULL)
        return err_set(err, ERR_MEMORY, "no memory for upstreams");
    if (flight_open(&upstreams->flight, config->queries_in_flight, uv_now(upstreams->loop), err) <
        0)
        return -1;
    uv_timer_init(upstreams->loop, &upstreams->tick);
    uv_timer_init(upstreams->loop, &upstreams->second);
    uv_prepare_init(upstreams->loop, &upstreams->turn);
    upstreams->handles = 3;
    upstreams->tick.data = upstreams->second.data = upstreams->turn.data = upstreams;
    uv_prepare_start(&upstreams->turn, on_turn);
    uv_timer_start(&upstreams->second, on_second, SECOND_MS, SECOND_MS);
    return 0;
}

struct upstreams *upstreams_create(uv_loop_t *loop, const struct config *config,
                                   upstream_done *done, void *context, const struct log *log,
                                   struct err *err)
{
    struct upstreams *upstreams = calloc(1, sizeof *upstreams);

    if (upstreams == NULL) {
        err_set(err, ERR_MEMORY, "no memory for upstreams");
        return NULL;
    }
    upstreams->loop = loop;
    upstreams->done = done;
    upstreams->context = context;
    upstreams->log = log;
    upstreams->limits = usual_limits;
    upstreams->early_left = usual_limits.early;
    if (start(upstreams, config, err) < 0) {
        udp_batch_destroy(upstreams->batch);
        free(upstreams);
        return NULL;
    }
    upstreams_configure(upstreams, config);
    return upstreams;
}

int upstreams_ask(struct upstreams *upstreams, const struct upstream_question *question)
{
    struct asked *asked;

    if (upstreams->closing)
        return -1;
    if (!upstreams->ticking)
        flight_expire(&upstreams->flight, uv_now(upstreams->loop), plan_due, upstreams);
    asked = flight_take(&upstreams->flight);
    if (asked == NULL)
        return -1;
    memcpy(asked->wire, question->name.wire, question->name.length);
    asked->name_length = (uint8_t)question->name.length;
    asked->type = question->type;
    asked->checking_disabled = question->checking_disabled;
    asked->dnssec_ok = question->dnssec_ok;
    asked->group = question->group;
    asked->zone = servers_zone(upstreams, question->group);
    asked->ticket = question->ticket;
    asked->seed = random_u64(&upstreams->random);
    if (plan_start(upstreams, asked) < 0) {
        flight_give(&upstreams->flight, asked);
        return -1;
    }
    flight_note_ticket(&upstreams->flight, asked);
    upstreams->asked++;
    start_tick(upstreams);
    return 0;
}

void upstreams_unsent(struct upstream *server)
{
    struct upstreams *upstreams = server->upstreams;

    if (server->unsent)
        return;
    server->unsent = true;
    server->next_unsent = upstreams->unsent;
    upstreams->unsent = server;
}

void upstreams_flush(struct upstreams *upstreams)
{
    /* A server that cannot be reached passes its queries to others, which are linked in then. */
    while (upstreams->unsent != NULL && !upstreams->closing) {
        struct upstream *server = upstreams->unsent;

        upstreams->unsent = server->next_unsent;
        server->unsent = false;
        udp_send(server);
        tcp_send(server);
    }
}

void upstreams_destroy(struct upstreams *upstreams, void (*closed)(void *context), void *context)
{
    upstreams->closing = true;
    upstreams->closed = closed;
    upstreams->closed_context = context;
    servers_close(upstreams);
    uv_close((uv_handle_t *)&upstreams->tick, on_handle_closed);
    uv_close((uv_handle_t *)&upstreams->second, on_handle_closed);
    uv_close((uv_handle_t *)&upstreams->turn, on_handle_closed);
}

bool upstreams_state(const struct upstreams *upstreams, size_t index, struct upstream_state *state)
{
    const struct upstream *server;

    if (index >= upstreams->server_count)
        return false;
    server = upstreams->servers[index];
    memcpy(state->text, server->text, sizeof state->text);
    state->group = server->group;
    state->stream = server->stream;
    state->up = !server->health.down;
    state->asked = server->asked;
    state->answered = server->answered;
    state->timeouts = server->timeouts;
    state->folded = server->folded;
    state->mismatched = server->mismatched;
    state->latency_us = server->health.latency_us;
    return true;
}

bool upstreams_all_down(const struct upstreams *upstreams, uint32_t group)
{
    struct server_group all = servers_of(upstreams, group);

    for (size_t i = 0; i < all.count; i++) {
        if (!all.servers[i]->health.down)
            return false;
    }
    return all.count > 0;
}
