/* resolver/upstream: real sockets on loopback, upstreams that do as told (fake_upstream.h). */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/config.h"
#include "resolver/upstream/inside.h"
#include "resolver/wire/dns.h"
#include "tests/unit/fake_upstream.h"

enum { ADDRESS = 101, FAKES = 3, TICKETS = 2048, TIMEOUT_MS = 2000, DEADLINE_MS = 8000 };

/* Times for tests in which somebody is silent; the others must not depend on a busy machine. */
enum { SHORT_TIMEOUT_MS = 60, SHORT_DEADLINE_MS = 300, PATIENCE_MS = 20000 };

struct outcome {
    unsigned calls, lame; /* of done; those answered with -1 */
    bool silent, cut, last, trusted;
    unsigned rcode;
    uint8_t address; /* last octet */
    size_t length;
    uint16_t ede;
    uint64_t at_ms;
};

struct world {
    uv_loop_t loop;
    uv_timer_t guard;
    struct fake fakes[FAKES];
    size_t fake_count;
    struct config_upstream servers[FAKES];
    struct config config;
    struct log log;
    struct upstreams *upstreams;
    struct outcome outcomes[TICKETS];
    unsigned ended;
    bool over, closed;
};

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

/* Runs the loop until COUNT questions have ended in all; fails after LIMIT_MS. */
static void run_until(struct world *world, unsigned count, unsigned limit_ms)
{
    world->over = false;
    uv_timer_start(&world->guard, on_guard, limit_ms, 0);
    while (world->ended < count && !world->over)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_timer_stop(&world->guard);
    assert_int_equal(world->ended, count);
}

/* Runs the loop for MS, to see that something does not happen. */
static void run_for(struct world *world, unsigned ms)
{
    world->over = false;
    uv_timer_start(&world->guard, on_guard, ms, 0);
    while (!world->over)
        uv_run(&world->loop, UV_RUN_ONCE);
}

static void start(struct world *world, size_t fake_count, bool streams)
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
                                    .queries_in_flight = 1024};
    world->log = (struct log){.level = LOG_LEVEL_ERROR, .fd = 2, .role = "test"};
    world->upstreams =
        upstreams_create(&world->loop, &world->config, on_done, world, &world->log, &err);
    assert_non_null(world->upstreams);
}

static void hurry(struct world *world)
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

static void stop(struct world *world)
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

static int ask(struct world *world, uint32_t ticket)
{
    static const uint8_t name[] = "\3www\7example";
    struct upstream_question question = {
        .name = {name, sizeof name},
          .type = DNS_A, .dnssec_ok = true, .ticket = ticket
    };

    uv_update_time(&world->loop);
    return upstreams_ask(world->upstreams, &question);
}

/* Asks once and waits for the end; returns what came. */
static const struct outcome *ask_one(struct world *world, uint32_t ticket)
{
    assert_int_equal(ask(world, ticket), 0);
    upstreams_flush(world->upstreams);
    run_until(world, world->ended + 1, PATIENCE_MS);
    assert_int_equal(world->outcomes[ticket].calls, 1 + world->outcomes[ticket].lame);
    return &world->outcomes[ticket];
}

static void the_answer_comes_back_under_its_ticket(void **state)
{
    struct world world;
    const struct outcome *outcome;
    const uint8_t *query = world.fakes[0].last;

    (void)state;
    start(&world, 1, false);
    world.servers[0].trusted = true;
    upstreams_configure(world.upstreams, &world.config);
    outcome = ask_one(&world, 7);
    assert_int_equal(outcome->address, ADDRESS);
    assert_true(outcome->trusted);
    /* RD, AD, one question, our OPT with DO and our payload, nothing else. */
    assert_int_equal(load_be16(query + 2), DNS_RD | DNS_AD);
    assert_int_equal(load_be16(query + 4), 1);
    assert_int_equal(load_be16(query + 10), 1);
    assert_int_equal(world.fakes[0].last_length, 12 + 13 + 4 + 11);
    assert_int_equal(load_be16(query + 12 + 13 + 4 + 3), 1232);
    assert_int_equal(query[12 + 13 + 4 + 7], 0x80);
    stop(&world);
}

static void lies_are_ignored_and_the_right_answer_is_waited_for(void **state)
{
    static const enum fake_way ways[] = {FAKE_WRONG_ID,   FAKE_WRONG_NAME, FAKE_WRONG_TYPE,
                                         FAKE_WRONG_PORT, FAKE_QUERY_BACK, FAKE_GARBAGE};
    struct world world;

    (void)state;
    start(&world, 1, false);
    for (uint32_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct upstream_state before, after;

        world.fakes[0].way = ways[i];
        assert_true(upstreams_state(world.upstreams, 0, &before));
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
        assert_true(upstreams_state(world.upstreams, 0, &after));
        /* What comes from another port does not even get past the kernel. */
        assert_int_equal(after.mismatched - before.mismatched, ways[i] != FAKE_WRONG_PORT);
        assert_int_equal(world.fakes[0].datagrams, i + 1);
    }
    stop(&world);
}

static void a_lie_has_the_next_server_asked_at_once(void **state)
{
    struct world world;
    uint64_t begun;

    (void)state;
    start(&world, 2, false);
    world.fakes[0].way = FAKE_LIE;
    begun = uv_now(&world.loop);
    assert_int_equal(ask_one(&world, 0)->address, ADDRESS + 1);
    assert_true(world.outcomes[0].at_ms - begun < TIMEOUT_MS);
    stop(&world);
}

static void a_silent_server_costs_one_retry_time_once(void **state)
{
    struct world world;

    (void)state;
    start(&world, 2, false);
    hurry(&world);
    world.fakes[0].way = FAKE_SILENT;
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS + 1);
    assert_true(world.fakes[0].datagrams <= 3); /* one question, and probes */
    stop(&world);
}

static void silence_everywhere_ends_by_the_deadline_in_six_queries(void **state)
{
    struct world world;
    uint64_t begun;
    unsigned asked = 0;

    (void)state;
    for (size_t servers = 1; servers <= FAKES; servers++) {
        start(&world, servers, false);
        world.config.upstream_timeout_ms = 20; /* time for nine */
        world.config.upstream_deadline_ms = 600;
        upstreams_configure(world.upstreams, &world.config);
        for (size_t i = 0; i < servers; i++)
            world.fakes[i].way = FAKE_SILENT;
        begun = uv_now(&world.loop);
        assert_true(ask_one(&world, 0)->silent);
        assert_int_equal(world.outcomes[0].ede, DNS_EDE_NO_REACHABLE);
        assert_true(world.outcomes[0].at_ms - begun <= 600 + 1000);
        asked = 0;
        for (size_t i = 0; i < servers; i++) {
            assert_true(world.fakes[i].datagrams >= 1);
            asked += world.fakes[i].datagrams;
        }
        assert_true(asked >= 2 && asked <= 6);
        stop(&world);
    }
}

static void a_slow_answer_to_the_first_query_is_used(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, false);
    world.config.upstream_timeout_ms = SHORT_TIMEOUT_MS;
    upstreams_configure(world.upstreams, &world.config);
    world.fakes[0].way = FAKE_HELD;
    assert_int_equal(ask(&world, 0), 0);
    upstreams_flush(world.upstreams);
    run_for(&world, SHORT_TIMEOUT_MS + SHORT_TIMEOUT_MS / 2);
    assert_true(world.fakes[0].datagrams >= 2);
    world.fakes[0].held_count = 1; /* the later ones are lost */
    fake_release(&world.fakes[0]);
    run_until(&world, 1, PATIENCE_MS);
    assert_int_equal(world.outcomes[0].address, ADDRESS);
    stop(&world);
}

static void a_lame_answer_has_the_next_server_asked(void **state)
{
    struct world world;

    (void)state;
    start(&world, 2, false);
    world.fakes[0].way = FAKE_SERVFAIL;
    assert_int_equal(ask_one(&world, 0)->address, ADDRESS + 1);
    world.fakes[0].way = FAKE_REFUSED;
    assert_int_equal(ask_one(&world, 1)->address, ADDRESS + 1);
    assert_int_equal(world.outcomes[0].lame, 1);
    world.fakes[1].way = FAKE_SERVFAIL;
    assert_int_not_equal(ask_one(&world, 2)->rcode, 0);
    assert_true(world.outcomes[2].last);
    assert_int_equal(world.outcomes[2].lame, 1);
    stop(&world);
}

static void a_lame_server_is_put_last_after_some_time(void **state)
{
    struct world world;

    (void)state;
    start(&world, 2, false);
    world.fakes[0].way = FAKE_SERVFAIL;
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS + 1);
    assert_true(world.fakes[0].datagrams < 10);
    stop(&world);
}

static void a_server_without_edns_is_asked_without(void **state)
{
    static const enum fake_way ways[] = {FAKE_NO_EDNS, FAKE_BARE_NO_EDNS, FAKE_DROPS_EDNS};
    struct world world;

    (void)state;
    start(&world, 1, false);
    hurry(&world);
    for (uint32_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        world.fakes[0].way = ways[i];
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
        assert_int_equal(world.fakes[0].without_opt, i + 1);
    }
    stop(&world);
}

static void a_server_without_edns_is_remembered_for_a_while(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, false);
    world.fakes[0].way = FAKE_NO_EDNS;
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
    assert_int_equal(world.fakes[0].datagrams, 3 * 2 + 7);
    world.fakes[0].way = FAKE_GOOD;
    world.upstreams->servers[0]->plain_until_ms = uv_now(&world.loop); /* the while is over */
    for (uint32_t i = 10; i < 20; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
    assert_int_equal(world.fakes[0].without_opt, 10);
    stop(&world);
}

static void a_port_that_refuses_has_the_next_server_asked_at_once(void **state)
{
    struct world world;
    uint64_t begun;

    (void)state;
    start(&world, 2, false);
    fake_close(&world.fakes[0]);
    uv_run(&world.loop, UV_RUN_NOWAIT);
    begun = uv_now(&world.loop);
    assert_int_equal(ask_one(&world, 0)->address, ADDRESS + 1);
    assert_true(world.outcomes[0].at_ms - begun < TIMEOUT_MS);
    hurry(&world);
    world.fake_count = 0;
    fake_close(&world.fakes[1]);
    uv_run(&world.loop, UV_RUN_NOWAIT);
    assert_true(ask_one(&world, 1)->silent);
    assert_int_equal(world.outcomes[1].ede, DNS_EDE_NETWORK);
    stop(&world);
}

static void a_server_that_is_back_is_used_again(void **state)
{
    struct world world;
    struct upstream_state seen;

    (void)state;
    start(&world, 1, false);
    hurry(&world);
    world.fakes[0].way = FAKE_SILENT;
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(ask(&world, i), 0);
    upstreams_flush(world.upstreams);
    run_until(&world, 4, PATIENCE_MS);
    upstreams_state(world.upstreams, 0, &seen);
    assert_false(seen.up);
    assert_true(seen.timeouts >= 4);
    world.fakes[0].way = FAKE_GOOD;
    assert_int_equal(ask_one(&world, 4)->address, ADDRESS);
    upstreams_state(world.upstreams, 0, &seen);
    assert_true(seen.up);
    stop(&world);
}

static void a_probe_finds_that_a_server_is_back_once_a_second(void **state)
{
    struct world world;
    unsigned before;

    (void)state;
    start(&world, 2, false);
    hurry(&world);
    world.fakes[0].way = FAKE_SILENT;
    assert_int_equal(ask_one(&world, 0)->address, ADDRESS + 1);
    world.fakes[0].way = FAKE_GOOD;
    before = world.fakes[0].datagrams;
    run_for(&world, 1200);
    assert_int_equal(world.fakes[0].datagrams, before + 1);
    assert_int_equal(world.fakes[0].last[12], 0); /* . NS: tells nothing of what clients ask */
    assert_int_equal(world.upstreams->servers[0]->health.state, HEALTH_GOOD);
    stop(&world);
}

static void a_cut_answer_is_fetched_over_tcp(void **state)
{
    static const enum fake_stream streams[] = {STREAM_GOOD, STREAM_DRIBBLES, STREAM_WRONG_ID,
                                               STREAM_LARGE};
    static const enum fake_way ways[] = {FAKE_CUT, FAKE_LONG};
    struct world world;
    uint32_t ticket = 0;

    (void)state;
    start(&world, 1, true);
    for (size_t way = 0; way < 2; way++) {
        for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
            const struct outcome *outcome;

            world.fakes[0].way = ways[way];
            world.fakes[0].stream = streams[i];
            outcome = ask_one(&world, ticket++);
            assert_false(outcome->cut);
            if (streams[i] == STREAM_LARGE)
                assert_int_equal(outcome->length, 65535);
            else
                assert_int_equal(outcome->address, ADDRESS);
        }
    }
    assert_int_equal(world.fakes[0].connections, 1); /* it is kept open and used again */
    stop(&world);
}

static void answers_over_one_connection_come_in_any_order(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, true);
    world.fakes[0].way = FAKE_CUT;
    world.fakes[0].stream = STREAM_REVERSED;
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(ask(&world, i), 0);
    upstreams_flush(world.upstreams);
    run_until(&world, 3, PATIENCE_MS);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world.outcomes[i].address, ADDRESS);
    assert_int_equal(world.fakes[0].connections, 1);
    stop(&world);
}

static void a_connection_that_was_closed_is_opened_again(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, true);
    world.fakes[0].way = FAKE_CUT;
    world.fakes[0].stream = STREAM_CLOSES_FIRST;
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(ask(&world, i), 0);
    upstreams_flush(world.upstreams);
    run_until(&world, 2, PATIENCE_MS);
    assert_int_equal(world.outcomes[0].address, ADDRESS);
    assert_int_equal(world.outcomes[1].address, ADDRESS);
    assert_int_equal(world.fakes[0].connections, 2);
    stop(&world);
}

static void a_connection_that_hangs_is_left_for_a_new_one(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, true);
    world.config.upstream_timeout_ms = SHORT_TIMEOUT_MS;
    upstreams_configure(world.upstreams, &world.config);
    world.fakes[0].way = FAKE_CUT;
    world.fakes[0].stream = STREAM_HANGS_FIRST;
    assert_int_equal(ask_one(&world, 0)->address, ADDRESS);
    assert_int_equal(world.fakes[0].connections, 2);
    stop(&world);
}

static void what_cannot_be_had_over_tcp_stays_cut(void **state)
{
    static const enum fake_stream streams[] = {STREAM_CLOSES, STREAM_HANGS, STREAM_HALF,
                                               STREAM_CUT};
    struct world world;
    uint32_t ticket = 0;

    (void)state;
    for (int listening = 0; listening < 2; listening++) {
        start(&world, 1, listening);
        hurry(&world);
        world.fakes[0].way = FAKE_CUT;
        for (size_t i = 0; i < (listening ? 4 : 1); i++) {
            const struct outcome *outcome;

            world.fakes[0].stream = streams[i];
            outcome = ask_one(&world, ticket);
            ticket++;
            assert_true(outcome->cut);
            assert_true(outcome->last);
            assert_int_equal(outcome->length, 12 + 13 + 4);
        }
        assert_true(world.fakes[0].datagrams + world.fakes[0].streamed <= (listening ? 24 : 1));
        stop(&world);
        ticket = 0;
    }
}

static void another_server_is_asked_where_tcp_fails(void **state)
{
    struct world world;

    (void)state;
    start(&world, 2, false);
    world.fakes[0].way = FAKE_CUT;
    assert_int_equal(ask_one(&world, 0)->address, ADDRESS + 1);
    stop(&world);
}

static void a_full_pool_says_so(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, false);
    world.fakes[0].way = FAKE_HELD;
    for (uint32_t i = 0; i < 1024; i++)
        assert_int_equal(ask(&world, i), 0);
    assert_int_equal(ask(&world, 1024), -1);
    stop(&world);
}

static void without_an_upstream_there_is_nobody_to_ask(void **state)
{
    struct world world;

    (void)state;
    start(&world, 0, false);
    assert_int_equal(ask(&world, 0), -1);
    stop(&world);
}

static int by_number(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static unsigned count_different(uint16_t *numbers, unsigned count)
{
    unsigned different = 0;

    qsort(numbers, count, sizeof *numbers, by_number);
    for (unsigned i = 0; i < count; i++)
        different += i == 0 || numbers[i] != numbers[i - 1];
    return different;
}

static void ids_and_ports_cannot_be_foreseen(void **state)
{
    enum { COUNT = 1000 };
    struct world world;
    uint16_t ids[COUNT], ports[COUNT];
    unsigned steps = 0, ones = 0;

    (void)state;
    start(&world, 1, false);
    for (uint32_t i = 0; i < COUNT; i++)
        ask_one(&world, i);
    for (unsigned i = 0; i < COUNT; i++) {
        ids[i] = world.fakes[0].log[i].id;
        ports[i] = world.fakes[0].log[i].port;
        steps += i > 0 && ids[i] == (uint16_t)(ids[i - 1] + 1);
        ones += (unsigned)__builtin_popcount(ids[i]);
    }
    assert_true(steps < 5);
    /* 16 000 fair coins: 8000, standard deviation 63. */
    assert_in_range(ones, 8000 - 6 * 63, 8000 + 6 * 63);
    assert_true(count_different(ids, COUNT) > 970); /* 992 expected */
    assert_true(count_different(ports, COUNT) >=
                200); /* 256 early replacements a second, 64 kept */
    stop(&world);
}

static void a_socket_is_replaced_after_so_many_queries(void **state)
{
    struct world world;
    uint16_t ports[100];

    (void)state;
    start(&world, 1, false);
    world.upstreams->limits = (struct udp_limits){.sockets = 1, .queries = 10, .age_ms = 60000};
    world.upstreams->early_left = 0;
    for (uint32_t i = 0; i < 100; i++) {
        ask_one(&world, i);
        ports[i] = world.fakes[0].log[i].port;
    }
    for (unsigned i = 0; i < 100; i += 10)
        assert_int_equal(ports[i], ports[i + 9]);
    assert_int_equal(count_different(ports, 100), 10);
    run_for(&world, 5);
    assert_int_equal(world.upstreams->servers[0]->udp.draining, 0);
    stop(&world);
}

static void a_replaced_socket_stays_until_its_queries_have_ended(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, false);
    world.upstreams->limits = (struct udp_limits){.sockets = 1, .queries = 1, .age_ms = 60000};
    world.upstreams->early_left = 0;
    world.fakes[0].way = FAKE_HELD;
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(ask(&world, i), 0);
        upstreams_flush(world.upstreams);
    }
    assert_int_equal(world.upstreams->servers[0]->udp.draining, 9);
    run_for(&world, 10);
    fake_release(&world.fakes[0]);
    run_until(&world, 10, PATIENCE_MS);
    run_for(&world, 5);
    assert_int_equal(world.upstreams->servers[0]->udp.draining, 0);
    stop(&world);
}

static void sockets_are_bounded_however_long_a_server_is_silent(void **state)
{
    struct world world;
    const struct udp *udp;

    (void)state;
    start(&world, 1, false);
    hurry(&world);
    world.upstreams->limits.early = world.upstreams->early_left = 100000;
    world.fakes[0].way = FAKE_SILENT;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(ask(&world, i), 0);
        upstreams_flush(world.upstreams);
    }
    udp = &world.upstreams->servers[0]->udp;
    assert_int_equal(udp->draining, UDP_DRAINING_MAX);
    run_until(&world, 1000, PATIENCE_MS);
    stop(&world);
}

static void a_reload_keeps_questions_in_flight_and_what_is_known(void **state)
{
    struct world world;
    struct upstream_state seen;

    (void)state;
    start(&world, 3, true);
    world.fakes[0].way = FAKE_HELD;
    assert_int_equal(ask(&world, 0), 0);
    upstreams_flush(world.upstreams);
    run_for(&world, 10);
    world.config.upstreams = world.servers + 1;
    world.config.upstream_count = 2;
    upstreams_configure(world.upstreams, &world.config);
    fake_release(&world.fakes[0]);
    run_until(&world, 1, PATIENCE_MS);
    assert_int_equal(world.outcomes[0].address, ADDRESS); /* by a server that is no longer asked */
    assert_int_equal(ask_one(&world, 1)->address, ADDRESS + 1);
    world.config.upstreams = world.servers;
    world.config.upstream_count = 3;
    upstreams_configure(world.upstreams, &world.config);
    assert_true(upstreams_state(world.upstreams, 1, &seen));
    assert_int_equal(seen.answered, 1);
    assert_true(upstreams_state(world.upstreams, 0, &seen));
    assert_int_equal(seen.answered, 0);
    assert_false(upstreams_state(world.upstreams, 3, &seen));
    run_for(&world, 1100);
    assert_null(world.upstreams->retired);
    stop(&world);
}

static void destroy_with_questions_in_flight_leaves_nothing(void **state)
{
    struct world world;

    (void)state;
    start(&world, 2, true);
    world.fakes[0].way = FAKE_CUT;
    world.fakes[0].stream = STREAM_HANGS;
    world.fakes[1].way = FAKE_HELD;
    for (uint32_t i = 0; i < 200; i++) {
        assert_int_equal(ask(&world, i), 0);
        if (i % 10 == 0)
            upstreams_flush(world.upstreams);
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(ask(&world, 200), 0); /* and one that is queued only */
    world.config.upstream_count = 1;
    upstreams_configure(world.upstreams, &world.config);
    stop(&world);
}

static int prepare(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_comes_back_under_its_ticket),
        cmocka_unit_test(lies_are_ignored_and_the_right_answer_is_waited_for),
        cmocka_unit_test(a_lie_has_the_next_server_asked_at_once),
        cmocka_unit_test(a_silent_server_costs_one_retry_time_once),
        cmocka_unit_test(silence_everywhere_ends_by_the_deadline_in_six_queries),
        cmocka_unit_test(a_slow_answer_to_the_first_query_is_used),
        cmocka_unit_test(a_lame_answer_has_the_next_server_asked),
        cmocka_unit_test(a_lame_server_is_put_last_after_some_time),
        cmocka_unit_test(a_server_without_edns_is_asked_without),
        cmocka_unit_test(a_server_without_edns_is_remembered_for_a_while),
        cmocka_unit_test(a_port_that_refuses_has_the_next_server_asked_at_once),
        cmocka_unit_test(a_server_that_is_back_is_used_again),
        cmocka_unit_test(a_probe_finds_that_a_server_is_back_once_a_second),
        cmocka_unit_test(a_cut_answer_is_fetched_over_tcp),
        cmocka_unit_test(answers_over_one_connection_come_in_any_order),
        cmocka_unit_test(a_connection_that_was_closed_is_opened_again),
        cmocka_unit_test(a_connection_that_hangs_is_left_for_a_new_one),
        cmocka_unit_test(what_cannot_be_had_over_tcp_stays_cut),
        cmocka_unit_test(another_server_is_asked_where_tcp_fails),
        cmocka_unit_test(a_full_pool_says_so),
        cmocka_unit_test(without_an_upstream_there_is_nobody_to_ask),
        cmocka_unit_test(ids_and_ports_cannot_be_foreseen),
        cmocka_unit_test(a_socket_is_replaced_after_so_many_queries),
        cmocka_unit_test(a_replaced_socket_stays_until_its_queries_have_ended),
        cmocka_unit_test(sockets_are_bounded_however_long_a_server_is_silent),
        cmocka_unit_test(a_reload_keeps_questions_in_flight_and_what_is_known),
        cmocka_unit_test(destroy_with_questions_in_flight_leaves_nothing),
    };

    return cmocka_run_group_tests_name("upstream", tests, prepare, NULL);
}
