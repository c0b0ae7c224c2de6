/* resolver/upstream: ids, ports, and how long a socket is used. */
#include "tests/unit/upstream_rig.h"

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
    run_until(&world, 10);
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
    run_until(&world, 1000);
    stop(&world);
}

static unsigned count_used(const struct world *world)
{
    unsigned count = 0;

    for (size_t i = 0; i < UDP_SOCKETS_MAX; i++)
        count += world->upstreams->servers[0]->udp.used[i] != NULL;
    return count;
}

static void sockets_that_send_no_more_are_closed_in_the_second_second(void **state)
{
    struct world world;
    struct upstream *server;
    uint64_t now_ms;

    (void)state;
    start(&world, 1, false);
    uv_timer_stop(&world.upstreams->second); /* the seconds of this test are its own */
    world.upstreams->early_left = 0;
    server = world.upstreams->servers[0];
    for (uint32_t i = 0; i < 200; i++)
        ask_one(&world, i);
    assert_true(count_used(&world) > 1);
    now_ms = uv_now(&world.loop);
    udp_second(server, now_ms);
    assert_true(count_used(&world) > 1); /* all have sent since they were opened */
    ask_one(&world, 200);
    udp_second(server, now_ms);
    assert_int_equal(count_used(&world), 1);
    udp_second(server, now_ms);
    assert_int_equal(count_used(&world), 0);
    run_for(&world, 5);
    assert_int_equal(server->udp.draining, 0);
    stop(&world);
}

static void a_socket_stays_while_its_query_is_in_flight(void **state)
{
    struct world world;

    (void)state;
    start(&world, 1, false);
    uv_timer_stop(&world.upstreams->second);
    world.fakes[0].way = FAKE_HELD;
    assert_int_equal(ask(&world, 0), 0);
    upstreams_flush(world.upstreams);
    for (unsigned i = 0; i < 3; i++)
        udp_second(world.upstreams->servers[0], uv_now(&world.loop));
    assert_int_equal(count_used(&world), 1);
    run_for(&world, 10);
    fake_release(&world.fakes[0]);
    run_until(&world, 1);
    stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_ports_cannot_be_foreseen),
        cmocka_unit_test(a_socket_is_replaced_after_so_many_queries),
        cmocka_unit_test(a_replaced_socket_stays_until_its_queries_have_ended),
        cmocka_unit_test(sockets_are_bounded_however_long_a_server_is_silent),
        cmocka_unit_test(sockets_that_send_no_more_are_closed_in_the_second_second),
        cmocka_unit_test(a_socket_stays_while_its_query_is_in_flight),
    };

    return cmocka_run_group_tests_name("upstream_sockets", tests, prepare, NULL);
}
