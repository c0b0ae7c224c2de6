/* resolver/upstream: groups of servers, one for each zone. */
#include "tests/unit/upstream_rig.h"

/* Makes the last COUNT - 1 fakes a zone's each. */
static void start_zones(struct world *world, struct config_zone *zones, size_t count)
{
    start(world, count, false);
    world->config.upstream_count = 1;
    for (size_t i = 0; i + 1 < count; i++) {
        zones[i].upstreams = &world->servers[i + 1];
        zones[i].upstream_count = 1;
    }
    world->config.zones = zones;
    world->config.zone_count = count - 1;
    upstreams_configure(world->upstreams, &world->config);
}

static const struct outcome *ask_one_of(struct world *world, uint32_t group, uint32_t ticket)
{
    assert_int_equal(ask_group(world, group, ticket), 0);
    upstreams_flush(world->upstreams);
    run_until(world, world->ended + 1);
    return &world->outcomes[ticket];
}

static void each_group_asks_its_own_servers_only(void **state)
{
    struct config_zone zones[2] = {0};
    struct world world;

    (void)state;
    start_zones(&world, zones, 3);
    for (uint32_t group = 0; group < 3; group++)
        assert_int_equal(ask_one_of(&world, group, group)->address, ADDRESS + group);
    for (size_t i = 0; i < 3; i++) {
        struct upstream_state seen;

        assert_int_equal(world.fakes[i].datagrams, 1);
        assert_true(upstreams_state(world.upstreams, i, &seen));
        assert_int_equal(seen.group, i);
    }
    assert_int_equal(ask_group(&world, 3, 3), -1);
    assert_int_equal(ask_group(&world, UINT32_MAX, 3), -1);
    stop(&world);
}

static void a_dead_zone_is_not_asked_of_the_usual_servers(void **state)
{
    struct config_zone zones[1] = {0};
    struct world world;

    (void)state;
    start_zones(&world, zones, 2);
    hurry(&world);
    world.fakes[1].way = FAKE_SILENT;
    assert_false(upstreams_all_down(world.upstreams, 1));
    for (uint32_t i = 0; i < 4; i++)
        assert_true(ask_one_of(&world, 1, i)->silent);
    assert_int_equal(world.fakes[0].datagrams, 0);
    assert_true(upstreams_all_down(world.upstreams, 1));
    assert_false(upstreams_all_down(world.upstreams, 0));
    assert_false(upstreams_all_down(world.upstreams, 2)); /* nobody there to be down */
    world.fakes[1].way = FAKE_GOOD;
    assert_int_equal(ask_one_of(&world, 1, 4)->address, ADDRESS + 1);
    assert_false(upstreams_all_down(world.upstreams, 1));
    stop(&world);
}

static void a_reload_keeps_servers_by_group_and_transport(void **state)
{
    struct config_zone zones[2] = {0};
    struct world world;
    const struct upstream *usual, *zone;

    (void)state;
    start_zones(&world, zones, 2);
    usual = world.upstreams->servers[0];
    zone = world.upstreams->servers[1];
    /* A zone with the usual server before it: one endpoint, two servers. */
    zones[1] = zones[0];
    zones[0].upstreams = world.servers;
    world.config.zone_count = 2;
    upstreams_configure(world.upstreams, &world.config);
    assert_int_equal(world.upstreams->server_count, 3);
    assert_ptr_equal(world.upstreams->servers[0], usual);
    assert_ptr_not_equal(world.upstreams->servers[1], usual);
    assert_ptr_not_equal(world.upstreams->servers[2], zone); /* it is another zone's now */
    zone = world.upstreams->servers[2];
    world.servers[0].stream = true;
    upstreams_configure(world.upstreams, &world.config);
    assert_ptr_not_equal(world.upstreams->servers[0], usual);
    assert_ptr_equal(world.upstreams->servers[2], zone);
    run_for(&world, 1100);
    assert_null(world.upstreams->retired);
    stop(&world);
}

static void a_question_on_its_way_stays_with_its_zone_over_a_reload(void **state)
{
    struct config_zone zones[2] = {{.name = {.wire = "\3lab", .length = 5}},
                                   {.name = {.wire = "\4corp", .length = 6}}};
    struct world world;

    (void)state;
    start_zones(&world, zones, 3);
    hurry(&world);
    world.fakes[1].way = FAKE_SILENT;
    assert_int_equal(ask_group(&world, 1, 0), 0);
    upstreams_flush(world.upstreams);
    /* the first zone goes, so that the second takes its number */
    world.config.zones = &zones[1];
    world.config.zone_count = 1;
    upstreams_configure(world.upstreams, &world.config);
    run_until(&world, 1);
    assert_true(world.outcomes[0].silent);
    assert_int_equal(world.fakes[0].datagrams, 0);
    assert_int_equal(world.fakes[2].datagrams, 0);
    assert_int_equal(ask_one_of(&world, 1, 1)->address, ADDRESS + 2);
    stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_asks_its_own_servers_only),
        cmocka_unit_test(a_dead_zone_is_not_asked_of_the_usual_servers),
        cmocka_unit_test(a_reload_keeps_servers_by_group_and_transport),
        cmocka_unit_test(a_question_on_its_way_stays_with_its_zone_over_a_reload),
    };

    return cmocka_run_group_tests_name("upstream_groups", tests, prepare, NULL);
}
