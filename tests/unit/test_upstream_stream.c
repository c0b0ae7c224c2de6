/* resolver/upstream: servers that are asked over TCP. */
#include "tests/unit/upstream_rig.h"

static void all_are_answered_by(const struct world *world, uint32_t count, uint8_t address)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(world->outcomes[i].calls, 1);
        assert_int_equal(world->outcomes[i].address, address);
    }
}

static void all_questions_of_a_turn_go_over_one_connection_in_one_write(void **state)
{
    struct world world;

    (void)state;
    start_streams(&world, 1, true);
    ask_one(&world, 0);
    world.fakes[0].reads = 0;
    ask_many(&world, 1, 200);
    run_until(&world, 201);
    all_are_answered_by(&world, 201, ADDRESS);
    assert_int_equal(world.fakes[0].connections, 1);
    assert_int_equal(world.fakes[0].datagrams, 0);
    assert_in_range(world.fakes[0].reads, 1, 3);
    stop(&world);
}

static void answers_come_in_any_order_and_in_pieces(void **state)
{
    static const enum fake_stream streams[] = {STREAM_REVERSED, STREAM_DRIBBLES, STREAM_WRONG_ID,
                                               STREAM_LARGE};
    struct world world;

    (void)state;
    start_streams(&world, 1, true);
    for (uint32_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        unsigned count = streams[i] == STREAM_REVERSED ? 3 : 1;

        world.fakes[0].stream = streams[i];
        ask_many(&world, 3 * i, count);
        run_until(&world, world.ended + count);
        for (unsigned k = 0; k < count && streams[i] != STREAM_LARGE; k++)
            assert_int_equal(world.outcomes[3 * i + k].address, ADDRESS);
    }
    assert_int_equal(world.outcomes[9].length, 65535);
    assert_int_equal(world.fakes[0].datagrams, 0);
    stop(&world);
}

static void a_server_that_closes_now_and_then_loses_no_question(void **state)
{
    struct world world;

    (void)state;
    start_streams(&world, 1, true);
    world.fakes[0].stream = STREAM_LIMITED;
    world.fakes[0].limit = 100;
    ask_many(&world, 0, 350);
    run_until(&world, 350);
    all_are_answered_by(&world, 350, ADDRESS);
    assert_int_equal(world.fakes[0].connections, 4);
    assert_int_equal(world.fakes[0].datagrams, 0);
    stop(&world);
}

static void a_server_that_closes_after_each_answer_is_asked_by_udp(void **state)
{
    struct world world;

    (void)state;
    start_streams(&world, 1, true);
    world.fakes[0].stream = STREAM_LIMITED;
    world.fakes[0].limit = 1;
    ask_many(&world, 0, 100);
    run_until(&world, 100);
    all_are_answered_by(&world, 100, ADDRESS);
    assert_int_equal(world.fakes[0].connections, 3);
    assert_true(world.upstreams->servers[0]->tcp.refused);
    stop(&world);
}

static void without_tcp_udp_answers_at_once_and_a_probe_finds_tcp_back(void **state)
{
    struct world world;
    uint64_t begun;

    (void)state;
    start_streams(&world, 1, false);
    begun = uv_now(&world.loop);
    assert_int_equal(ask_one(&world, 0)->address, ADDRESS);
    assert_true(world.outcomes[0].at_ms - begun < TIMEOUT_MS / 2);
    assert_int_equal(ask_one(&world, 1)->address, ADDRESS);
    assert_int_equal(world.fakes[0].datagrams, 2);
    fake_listen(&world.fakes[0]);
    run_for(&world, 2200);
    assert_int_equal(world.fakes[0].streamed, 1); /* the probe */
    assert_int_equal(ask_one(&world, 2)->address, ADDRESS);
    assert_int_equal(world.fakes[0].streamed, 2);
    assert_int_equal(world.fakes[0].datagrams, 2);
    stop(&world);
}

static void tcp_that_goes_away_with_questions_in_flight_loses_none(void **state)
{
    struct world world;

    (void)state;
    start_streams(&world, 1, true);
    ask_one(&world, 0);
    world.fakes[0].stream = STREAM_HANGS;
    ask_many(&world, 1, 100);
    run_for(&world, 10);
    assert_int_equal(world.fakes[0].streamed, 101);
    fake_unlisten(&world.fakes[0]);
    run_until(&world, 101);
    all_are_answered_by(&world, 101, ADDRESS);
    assert_int_equal(world.fakes[0].datagrams, 100);
    stop(&world);
}

static void a_server_that_takes_connections_but_answers_none_is_asked_by_udp(void **state)
{
    struct world world;
    struct upstream_state seen;

    (void)state;
    start_streams(&world, 1, true);
    hurry(&world);
    world.fakes[0].stream = STREAM_HANGS;
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
    assert_int_equal(world.fakes[0].streamed, 2); /* two silent connections, once */
    assert_true(upstreams_state(world.upstreams, 0, &seen));
    assert_true(seen.up && seen.stream);
    stop(&world);
}

static void a_dead_server_costs_one_retry_time_once(void **state)
{
    struct world world;

    (void)state;
    start_streams(&world, 2, true);
    hurry(&world);
    world.fakes[0].stream = STREAM_HANGS;
    world.fakes[0].way = FAKE_SILENT;
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS + 1);
    assert_true(world.fakes[0].streamed + world.fakes[0].datagrams <= 3);
    stop(&world);
}

static void a_server_that_does_not_read_is_waited_for_within_bounds(void **state)
{
    uint8_t longest[NAME_OCTETS_MAX];
    struct upstream_question question = {
        .name = {longest, sizeof longest},
          .type = DNS_A
    };
    int least = 1;
    struct world world;
    struct link *links;

    (void)state;
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i == sizeof longest - 1 ? 0 : i % 64 != 0 ? 'a' : i == 192 ? 61 : 63;
    start_streams(&world, 1, true);
    world.fakes[0].stream = STREAM_DEAF;
    links = world.upstreams->servers[0]->tcp.links;
    ask_many(&world, 0, 1);
    for (size_t i = 0; i < 1000; i++) {
        question.ticket = (uint32_t)i + 1;
        uv_update_time(&world.loop);
        assert_int_equal(upstreams_ask(world.upstreams, &question), 0);
        uv_run(&world.loop, UV_RUN_NOWAIT);
        for (size_t k = 0; k < TCP_LINKS_MAX; k++) {
            if (links[k].state == LINK_OPEN)
                setsockopt(links[k].fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
        }
    }
    assert_true(links[0].blocked);
    assert_true(world.fakes[0].connections > 1); /* others are opened, */
    assert_true(world.fakes[0].connections <= TCP_LINKS_MAX);
    fake_hear(&world.fakes[0]);
    run_until(&world, 1001);
    all_are_answered_by(&world, 1001, ADDRESS);
    stop(&world);
}

static void destroy_with_connections_in_use_leaves_nothing(void **state)
{
    struct world world;

    (void)state;
    start_streams(&world, 2, true);
    world.fakes[0].stream = STREAM_HANGS;
    ask_many(&world, 0, 100);
    run_for(&world, 10);
    ask_many(&world, 100, 100);
    world.config.upstream_count = 1;
    upstreams_configure(world.upstreams, &world.config);
    stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_questions_of_a_turn_go_over_one_connection_in_one_write),
        cmocka_unit_test(answers_come_in_any_order_and_in_pieces),
        cmocka_unit_test(a_server_that_closes_now_and_then_loses_no_question),
        cmocka_unit_test(a_server_that_closes_after_each_answer_is_asked_by_udp),
        cmocka_unit_test(without_tcp_udp_answers_at_once_and_a_probe_finds_tcp_back),
        cmocka_unit_test(tcp_that_goes_away_with_questions_in_flight_loses_none),
        cmocka_unit_test(a_server_that_takes_connections_but_answers_none_is_asked_by_udp),
        cmocka_unit_test(a_dead_server_costs_one_retry_time_once),
        cmocka_unit_test(a_server_that_does_not_read_is_waited_for_within_bounds),
        cmocka_unit_test(destroy_with_connections_in_use_leaves_nothing),
    };

    return cmocka_run_group_tests_name("upstream_stream", tests, prepare, NULL);
}
