/* resolver/upstream: the letter case of questions (0x20), and loops, which it tells. */
#include "tests/unit/upstream_rig.h"

#include "resolver/upstream/letters.h"

static const uint8_t www[] = "\3www\7example";

static void every_letter_gets_either_case_and_nothing_else_changes(void **state)
{
    uint8_t name[NAME_OCTETS_MAX], mixed[NAME_OCTETS_MAX];
    unsigned capitals = 0, letters = 0;

    (void)state;
    for (unsigned round = 0; round < 64; round++) {
        uint64_t seed = round * 0x123456789abcdefu;

        for (size_t i = 0; i < sizeof name; i++)
            name[i] = (uint8_t)(i + round);
        for (size_t i = 0; i < sizeof name; i++) /* as name_lower_octet leaves it */
            name[i] = name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i];
        memcpy(mixed, name, sizeof name);
        letters_mix(mixed, sizeof mixed, seed);
        for (size_t i = 0; i < sizeof name; i++) {
            bool letter = name[i] >= 'a' && name[i] <= 'z';

            assert_true(mixed[i] == name[i] || (letter && mixed[i] == name[i] - 32));
            letters += letter;
            capitals += mixed[i] != name[i];
        }
        assert_true(letters_match(mixed, name, sizeof name, seed));
        assert_false(letters_match(mixed, name, sizeof name, seed + 1));
        assert_true(letters_any(name, sizeof name, seed));
    }
    /* 52 letters a round, a fair coin each: 1664, standard deviation 29. */
    assert_int_equal(letters, 64 * 52);
    assert_in_range(capitals, 1664 - 6 * 29, 1664 + 6 * 29);
}

static void names_of_any_length_are_compared_to_their_last_letter(void **state)
{
    uint8_t name[NAME_OCTETS_MAX], mixed[NAME_OCTETS_MAX];

    (void)state;
    memset(name, 'a', sizeof name);
    for (size_t length = 1; length <= sizeof name; length++) {
        memcpy(mixed, name, sizeof name);
        letters_mix(mixed, length, 7);
        assert_memory_equal(mixed + length, name + length, sizeof name - length);
        assert_true(letters_match(mixed, name, length, 7));
        mixed[length - 1] ^= 0x20;
        assert_false(letters_match(mixed, name, length, 7));
    }
    assert_false(letters_any((const uint8_t *)"\0031-2", 5, 7));
}

static void start_mixed(struct world *world, size_t count)
{
    start(world, count, true);
    world->config.random_case = true;
    upstreams_configure(world->upstreams, &world->config);
}

static bool has_capitals(const uint8_t *name)
{
    for (; *name != 0; name++) {
        if (*name >= 'A' && *name <= 'Z')
            return true;
    }
    return false;
}

static void each_query_has_letters_of_its_own(void **state)
{
    struct world world;
    uint8_t last[sizeof www] = {0};
    unsigned changes = 0;

    (void)state;
    start_mixed(&world, 1);
    for (uint32_t i = 0; i < 50; i++) {
        const struct outcome *outcome = ask_one(&world, i);

        assert_int_equal(outcome->address, ADDRESS);
        assert_false(outcome->capitals); /* what is handed on shows nothing of it */
        changes += memcmp(last, world.fakes[0].last + 12, sizeof last) != 0;
        memcpy(last, world.fakes[0].last + 12, sizeof last);
    }
    assert_in_range(changes, 45, 50); /* ten letters: two are equal once in 1024 */
    assert_int_equal(world.fakes[0].datagrams, 50);
    stop(&world);
}

static void a_reply_in_other_letters_is_not_believed(void **state)
{
    struct world world;
    struct upstream_state seen;

    (void)state;
    start_mixed(&world, 1);
    world.fakes[0].way = FAKE_WRONG_CASE;
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
    assert_true(upstreams_state(world.upstreams, 0, &seen));
    assert_int_equal(seen.folded, 10);
    assert_int_equal(world.upstreams->servers[0]->fold_until_ms, 0); /* its own word was right */
    stop(&world);
}

static void a_server_that_does_not_keep_case_costs_one_retry_and_is_remembered(void **state)
{
    struct world world;
    struct upstream_state seen;
    unsigned before;

    (void)state;
    start_mixed(&world, 1);
    world.fakes[0].way = FAKE_FOLDS;
    for (uint32_t i = 0; world.upstreams->servers[0]->fold_until_ms == 0; i++) {
        before = world.fakes[0].datagrams;
        assert_true(i < 10); /* only a case that happens to be all lower is no test */
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
    }
    assert_int_equal(world.fakes[0].datagrams, before + 2);
    for (uint32_t i = 10; i < 20; i++) {
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
        assert_false(has_capitals(world.fakes[0].last + 12));
    }
    assert_int_equal(world.fakes[0].datagrams, before + 2 + 10);
    assert_true(upstreams_state(world.upstreams, 0, &seen));
    assert_int_equal(seen.folded, 1);
    assert_int_equal(seen.timeouts, 0);
    world.fakes[0].way = FAKE_GOOD;
    world.upstreams->servers[0]->fold_until_ms = uv_now(&world.loop); /* tried again */
    for (uint32_t i = 20; !has_capitals(world.fakes[0].last + 12); i++) {
        assert_true(i < 30);
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
    }
    stop(&world);
}

static void over_tcp_letters_are_mixed_but_need_not_come_back(void **state)
{
    struct world world;

    (void)state;
    start_mixed(&world, 1);
    world.servers[0].stream = true;
    upstreams_configure(world.upstreams, &world.config);
    world.fakes[0].stream = STREAM_FOLDS;
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(ask_one(&world, i)->address, ADDRESS);
    assert_int_equal(world.fakes[0].streamed, 10);
    assert_int_equal(world.fakes[0].datagrams, 0);
    stop(&world);
}

static struct upstream_joiner joiner(const char *client, const char *local, const uint8_t *name)
{
    struct upstream_joiner came = {.name = name};

    assert_int_equal(addr_from_text(&came.client, client), 0);
    assert_int_equal(addr_from_text(&came.local, local), 0);
    return came;
}

/* Asks until a question whose letters hold a capital is in flight; they are in fakes[0].last.
 * Returns its ticket. */
static uint32_t hold_one(struct world *world)
{
    uint32_t ticket = 0;

    start_mixed(world, 1);
    for (;; ticket++) {
        assert_true(ticket < 20); /* one in 1024 has none */
        world->fakes[0].way = FAKE_HELD;
        assert_int_equal(ask(world, ticket), 0);
        while (world->fakes[0].held_count == 0)
            uv_run(&world->loop, UV_RUN_ONCE);
        if (has_capitals(world->fakes[0].last + 12))
            return ticket;
        fake_release(&world->fakes[0]);
        run_until(world, ticket + 1);
    }
}

static void a_question_that_comes_back_three_times_in_a_second_is_a_loop(void **state)
{
    struct upstream_joiner came;
    struct world world;
    uint32_t ticket;

    (void)state;
    ticket = hold_one(&world);
    came = joiner("127.0.0.1", "127.0.0.1", world.fakes[0].last + 12);
    world.log.fd = -1;
    assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    assert_true(upstreams_is_loop(world.upstreams, ticket, &came));
    assert_true(upstreams_is_loop(world.upstreams, ticket, &came));
    assert_true(world.upstreams->servers[0]->loop.logged);
    /* Another second begins at one again; another ticket is another question. */
    world.upstreams->servers[0]->loop.since_ms -= 1000;
    assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    for (unsigned i = 0; i < 5; i++)
        assert_false(upstreams_is_loop(world.upstreams, ticket + 1, &came));
    stop(&world);
}

static void local_clients_are_no_loop_without_our_letters(void **state)
{
    struct upstream_joiner came;
    struct world world;
    uint32_t ticket;

    (void)state;
    ticket = hold_one(&world);
    came = joiner("127.0.0.1", "127.0.0.1", www);
    for (unsigned i = 0; i < 100; i++)
        assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    came = joiner("192.0.2.1", "192.0.2.2", world.fakes[0].last + 12); /* not our upstream */
    for (unsigned i = 0; i < 5; i++)
        assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    stop(&world);
}

static void elsewhere_the_address_of_an_upstream_is_enough(void **state)
{
    struct upstream_joiner came;
    struct world world;
    uint32_t ticket;

    (void)state;
    ticket = hold_one(&world);
    world.log.fd = -1;
    came = joiner("192.0.2.1", "192.0.2.2", www);
    world.upstreams->servers[0]->endpoint.addr = came.client;
    assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    assert_true(upstreams_is_loop(world.upstreams, ticket, &came));
    /* But for an upstream on this very machine. */
    world.upstreams->servers[0]->loop.seen = 0;
    came.local = came.client;
    for (unsigned i = 0; i < 5; i++)
        assert_false(upstreams_is_loop(world.upstreams, ticket, &came));
    stop(&world);
}

static void a_server_that_a_reload_took_out_stays_while_a_question_names_it(void **state)
{
    struct upstream_joiner came;
    struct world world;

    (void)state;
    start_mixed(&world, 2);
    world.fakes[0].way = FAKE_SERVFAIL; /* its query has ended, */
    world.fakes[1].way = FAKE_HELD;     /* the question has not */
    assert_int_equal(ask(&world, 0), 0);
    while (world.fakes[1].held_count == 0)
        uv_run(&world.loop, UV_RUN_ONCE);
    world.config.upstreams = &world.servers[1];
    world.config.upstream_count = 1;
    upstreams_configure(world.upstreams, &world.config);
    run_for(&world, 1100);
    assert_non_null(world.upstreams->retired); /* the question has asked it */
    came = joiner("127.0.0.1", "127.0.0.1", www);
    assert_false(upstreams_is_loop(world.upstreams, 0, &came));
    fake_release(&world.fakes[1]);
    run_until(&world, 1);
    assert_int_equal(world.outcomes[0].address, ADDRESS + 1);
    run_for(&world, 1100);
    assert_null(world.upstreams->retired);
    stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_letter_gets_either_case_and_nothing_else_changes),
        cmocka_unit_test(names_of_any_length_are_compared_to_their_last_letter),
        cmocka_unit_test(each_query_has_letters_of_its_own),
        cmocka_unit_test(a_reply_in_other_letters_is_not_believed),
        cmocka_unit_test(a_server_that_does_not_keep_case_costs_one_retry_and_is_remembered),
        cmocka_unit_test(over_tcp_letters_are_mixed_but_need_not_come_back),
        cmocka_unit_test(a_question_that_comes_back_three_times_in_a_second_is_a_loop),
        cmocka_unit_test(local_clients_are_no_loop_without_our_letters),
        cmocka_unit_test(elsewhere_the_address_of_an_upstream_is_enough),
        cmocka_unit_test(a_server_that_a_reload_took_out_stays_while_a_question_names_it),
    };

    return cmocka_run_group_tests_name("upstream_letters", tests, prepare, NULL);
}
