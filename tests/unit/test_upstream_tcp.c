/* resolver/upstream: answers that do not fit in a datagram. */
#include "tests/unit/upstream_rig.h"

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
    run_until(&world, 3);
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
    run_until(&world, 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_answer_is_fetched_over_tcp),
        cmocka_unit_test(answers_over_one_connection_come_in_any_order),
        cmocka_unit_test(a_connection_that_was_closed_is_opened_again),
        cmocka_unit_test(a_connection_that_hangs_is_left_for_a_new_one),
        cmocka_unit_test(what_cannot_be_had_over_tcp_stays_cut),
        cmocka_unit_test(another_server_is_asked_where_tcp_fails),
    };

    return cmocka_run_group_tests_name("upstream_tcp", tests, prepare, NULL);
}
