/* resolver/upstream: who is asked, what an answer is worth, when it ends; reload and destroy. */
#include <time.h>

#include "tests/unit/upstream_rig.h"

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

/* Whether the query had left or not when our own loop stood still for longer than its time. */
static void a_standstill_of_our_own_asks_nobody_twice(void **state)
{
    const struct timespec still = {.tv_nsec = 4 * SHORT_TIMEOUT_MS * 1000000L};
    struct world world;

    (void)state;
    for (uint32_t sent = 0; sent < 2; sent++) {
        struct upstream_state after;

        start(&world, 1, false);
        world.config.upstream_timeout_ms = SHORT_TIMEOUT_MS;
        upstreams_configure(world.upstreams, &world.config);
        assert_int_equal(ask(&world, 0), 0);
        if (sent)
            upstreams_flush(world.upstreams);
        nanosleep(&still, NULL);
        run_until(&world, 1);
        assert_true(upstreams_state(world.upstreams, 0, &after));
        assert_int_equal(world.fakes[0].datagrams, 1);
        assert_int_equal(after.timeouts, 0);
        stop(&world);
    }
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
    run_until(&world, 1);
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
    run_until(&world, 4);
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

static void a_server_at_its_cap_is_passed_over(void **state)
{
    struct world world;

    (void)state;
    start(&world, 2, false);
    world.config.upstream_in_flight = 20;
    upstreams_configure(world.upstreams, &world.config);
    world.fakes[0].way = world.fakes[1].way = FAKE_HELD;
    ask_many(&world, 0, 40);
    run_for(&world, 10);
    assert_int_equal(world.fakes[0].datagrams, 20);
    assert_int_equal(world.fakes[1].datagrams, 20);
    assert_int_equal(ask(&world, 40), -1); /* nobody takes it */
    fake_release(&world.fakes[1]);
    run_until(&world, 20);
    assert_int_equal(ask_one(&world, 41)->address, ADDRESS + 1);
    fake_release(&world.fakes[0]);
    run_until(&world, 41);
    stop(&world);
}

static void what_is_late_does_not_count_for_the_cap(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, false);
    world.config.upstream_in_flight = 20;
    world.config.upstream_timeout_ms = SHORT_TIMEOUT_MS;
    upstreams_configure(world.upstreams, &world.config);
    world.fakes[0].way = FAKE_SILENT;
    ask_many(&world, 0, 20);
    assert_int_equal(ask(&world, 20), -1);
    while (world.upstreams->servers[0]->late < 20)
        uv_run(&world.loop, UV_RUN_ONCE);
    assert_int_equal(world.upstreams->servers[0]->waiting, 40); /* all were asked again */
    world.fakes[0].way = FAKE_GOOD;
    while (ask(&world, 20) < 0)
        uv_run(&world.loop, UV_RUN_ONCE);
    run_until(&world, 21);
    assert_int_equal(world.upstreams->servers[0]->waiting, 0);
    assert_int_equal(world.upstreams->servers[0]->late, 0);
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
    run_until(&world, 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_comes_back_under_its_ticket),
        cmocka_unit_test(lies_are_ignored_and_the_right_answer_is_waited_for),
        cmocka_unit_test(a_lie_has_the_next_server_asked_at_once),
        cmocka_unit_test(a_silent_server_costs_one_retry_time_once),
        cmocka_unit_test(a_standstill_of_our_own_asks_nobody_twice),
        cmocka_unit_test(silence_everywhere_ends_by_the_deadline_in_six_queries),
        cmocka_unit_test(a_slow_answer_to_the_first_query_is_used),
        cmocka_unit_test(a_lame_answer_has_the_next_server_asked),
        cmocka_unit_test(a_lame_server_is_put_last_after_some_time),
        cmocka_unit_test(a_server_without_edns_is_asked_without),
        cmocka_unit_test(a_server_without_edns_is_remembered_for_a_while),
        cmocka_unit_test(a_port_that_refuses_has_the_next_server_asked_at_once),
        cmocka_unit_test(a_server_that_is_back_is_used_again),
        cmocka_unit_test(a_probe_finds_that_a_server_is_back_once_a_second),
        cmocka_unit_test(a_full_pool_says_so),
        cmocka_unit_test(a_server_at_its_cap_is_passed_over),
        cmocka_unit_test(what_is_late_does_not_count_for_the_cap),
        cmocka_unit_test(without_an_upstream_there_is_nobody_to_ask),
        cmocka_unit_test(a_reload_keeps_questions_in_flight_and_what_is_known),
        cmocka_unit_test(destroy_with_questions_in_flight_leaves_nothing),
    };

    return cmocka_run_group_tests_name("upstream", tests, prepare, NULL);
}
