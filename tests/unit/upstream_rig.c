#include "tests/unit/upstream_rig.h"

#include <signal.h>

#include <sodium.h>

static int on_done(void *context, uint32_t ticket, const uint8_t *reply, size_t length,
                   bool trusted, bool last, uint16_t ede)
{
    struct world *world = context;
    struct outcome *outcome = &world->outcomes[ticket];

    outcome->calls++;
    outcome->trusted = trusted;
    outcome->last = last;
    outcome->ede = ede;
    outcome->silent = reply == NULL;
    outcome->at_ms = uv_now(&world->loop);
    if (reply != NULL) {
        outcome->rcode = reply[3] & 0xf;
        outcome->cut = (reply[2] & 2) != 0;
        outcome->length = length;
        for (size_t at = 12; reply[at] != 0; at++)
            outcome->capitals |= reply[at] >= 'A' && reply[at] <= 'Z';
        outcome->address = reply[length - 1];
        if (outcome->rcode != 0 && !last) {
            outcome->lame++;
            return -1;
        }
    }
    world->ended++;
    return 0;
}

static void on_guard(uv_timer_t *timer)
{
    struct world *world = timer->data;

    world->over = true;
}

void run_until(struct world *world, unsigned count)
{
    world->over = false;
    uv_timer_start(&world->guard, on_guard, PATIENCE_MS, 0);
    while (world->ended < count && !world->over)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_timer_stop(&world->guard);
    assert_int_equal(world->ended, count);
}

void run_for(struct world *world, unsigned ms)
{
    world->over = false;
    uv_timer_start(&world->guard, on_guard, ms, 0);
    while (!world->over)
        uv_run(&world->loop, UV_RUN_ONCE);
}

void start(struct world *world, size_t fake_count, bool streams)
{
    struct err err;

    memset(world, 0, sizeof *world);
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->guard);
    world->guard.data = world;
    for (size_t i = 0; i < fake_count; i++) {
        char text[32];

        fake_open(&world->fakes[i], &world->loop, (uint8_t)(ADDRESS + i), 0, streams);
        snprintf(text, sizeof text, "127.0.0.1@%u", world->fakes[i].port);
        assert_int_equal(endpoint_from_text(&world->servers[i].endpoint, text, 53), 0);
    }
    world->fake_count = fake_count;
    world->config = (struct config){.upstreams = world->servers,
                                    .upstream_count = fake_count,
                                    .upstream_timeout_ms = TIMEOUT_MS,
                                    .upstream_deadline_ms = DEADLINE_MS,
                                    .queries_in_flight = 1024,
                                    .upstream_in_flight = 1024};
    world->log = (struct log){.level = LOG_LEVEL_ERROR, .fd = 2, .role = "test"};
    world->upstreams =
        upstreams_create(&world->loop, &world->config, on_done, world, &world->log, &err);
    assert_non_null(world->upstreams);
}

void start_streams(struct world *world, size_t fake_count, bool streams)
{
    start(world, fake_count, streams);
    for (size_t i = 0; i < fake_count; i++)
        world->servers[i].stream = true;
    upstreams_configure(world->upstreams, &world->config);
}

void ask_many(struct world *world, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        assert_int_equal(ask(world, i), 0);
    upstreams_flush(world->upstreams);
}

void hurry(struct world *world)
{
    world->config.upstream_timeout_ms = SHORT_TIMEOUT_MS;
    world->config.upstream_deadline_ms = SHORT_DEADLINE_MS;
    upstreams_configure(world->upstreams, &world->config);
}

static void on_destroyed(void *context)
{
    struct world *world = context;

    world->closed = true;
}

void stop(struct world *world)
{
    unsigned ended = world->ended;

    upstreams_destroy(world->upstreams, on_destroyed, world);
    for (size_t i = 0; i < world->fake_count; i++)
        fake_close(&world->fakes[i]);
    uv_close((uv_handle_t *)&world->guard, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_true(world->closed);
    assert_int_equal(world->ended, ended); /* no `done` after destroy */
    assert_int_equal(uv_loop_close(&world->loop), 0);
}

int ask(struct world *world, uint32_t ticket)
{
    return ask_group(world, 0, ticket);
}

int ask_group(struct world *world, uint32_t group, uint32_t ticket)
{
    static const uint8_t name[] = "\3www\7example";
    struct upstream_question question = {
        .name = {name, sizeof name},
        .type = DNS_A,
        .dnssec_ok = true,
        .group = group,
        .ticket = ticket
    };

    uv_update_time(&world->loop);
    return upstreams_ask(world->upstreams, &question);
}

const struct outcome *ask_one(struct world *world, uint32_t ticket)
{
    assert_int_equal(ask(world, ticket), 0);
    upstreams_flush(world->upstreams);
    run_until(world, world->ended + 1);
    assert_int_equal(world->outcomes[ticket].calls, 1 + world->outcomes[ticket].lame);
    return &world->outcomes[ticket];
}

int prepare(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return sodium_init() < 0;
}
