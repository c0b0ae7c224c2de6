/* budget.c: who is out, for how long, and who is never. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/config.h"
#include "resolver/budget.h"

enum { HITS = 30, PER_MS = 600000, DROP_MS = 600000, START_MS = 5000 };

static struct config *bounds(uint32_t hits)
{
    static struct config config;

    memset(&config, 0, sizeof config);
    config.sealed.budget_hits = hits;
    config.sealed.budget_per_s = PER_MS / 1000;
    config.sealed.budget_drop_s = DROP_MS / 1000;
    return &config;
}

static struct budget *open_budget(uint32_t hits)
{
    struct err err;
    struct budget *budget = budget_create(bounds(hits), 7, &err);

    assert_non_null(budget);
    return budget;
}

static struct addr address(const char *text)
{
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, text), 0);
    return addr;
}

static struct addr numbered(uint32_t number)
{
    struct addr addr = {.bits = 32};

    addr.octets[0] = 10;
    addr.octets[1] = (uint8_t)(number >> 16);
    addr.octets[2] = (uint8_t)(number >> 8);
    addr.octets[3] = (uint8_t)number;
    return addr;
}

/* Charges CLIENT for name NUMBER. */
static bool meet(struct budget *budget, const struct addr *client, unsigned number, uint64_t now_ms)
{
    struct name_buf buf;
    struct name name;
    char text[40];

    snprintf(text, sizeof text, "n%u.listed.example", number);
    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    return budget_charge(budget, client, &name, now_ms);
}

static void put_out(struct budget *budget, const struct addr *client, uint64_t now_ms)
{
    for (unsigned i = 0; i <= HITS; i++)
        meet(budget, client, i, now_ms);
    assert_true(budget_is_out(budget, client, now_ms));
}

static void so_many_names_pass_and_one_more_is_silence(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("192.0.2.1"), other = address("192.0.2.2");

    (void)state;
    for (unsigned i = 0; i < HITS; i++)
        assert_true(meet(budget, &client, i, START_MS));
    assert_false(budget_is_out(budget, &client, START_MS));
    assert_false(meet(budget, &client, HITS, START_MS));
    assert_true(budget_is_out(budget, &client, START_MS));
    assert_false(meet(budget, &client, 0, START_MS)); /* not even what was known before */
    assert_false(budget_is_out(budget, &other, START_MS));
    budget_free(budget);
}

static void silence_ends_and_counting_begins_anew(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("192.0.2.1");

    (void)state;
    put_out(budget, &client, START_MS);
    assert_true(budget_is_out(budget, &client, START_MS + DROP_MS - 100));
    assert_false(budget_is_out(budget, &client, START_MS + DROP_MS));
    put_out(budget, &client, START_MS + DROP_MS);
    budget_free(budget);
}

static void the_same_name_again_is_free(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("192.0.2.1");

    (void)state;
    for (unsigned round = 0; round < 100; round++) {
        for (unsigned i = 0; i < HITS; i++)
            assert_true(meet(budget, &client, i, START_MS + round));
    }
    budget_free(budget);
}

static void what_was_met_in_another_window_is_forgotten(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("192.0.2.1");

    (void)state;
    for (unsigned window = 0; window < 4; window++) {
        for (unsigned i = 0; i < HITS; i++)
            assert_true(meet(budget, &client, window * HITS + i, START_MS + window * PER_MS));
    }
    assert_false(meet(budget, &client, 1000, START_MS + 3 * PER_MS));
    budget_free(budget);
}

static void a_network_of_ipv6_is_one_client_and_a_link_is_many(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("2001:db8:0:1::1"), same = address("2001:db8:0:1:ffff::2");
    struct addr other = address("2001:db8:0:2::1");
    struct addr on_link = address("fe80::1"), beside = address("fe80::2");

    (void)state;
    put_out(budget, &client, START_MS);
    assert_true(budget_is_out(budget, &same, START_MS));
    assert_false(budget_is_out(budget, &other, START_MS));
    put_out(budget, &on_link, START_MS);
    assert_false(budget_is_out(budget, &beside, START_MS));
    budget_free(budget);
}

static void bounds_of_a_reload_hold_at_once(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("192.0.2.1"), other = address("192.0.2.2");
    struct config config = *bounds(HITS);

    (void)state;
    put_out(budget, &client, START_MS);
    for (unsigned i = 0; i < 5; i++)
        assert_true(meet(budget, &other, i, START_MS));
    config.sealed.budget_hits = 5;
    config.sealed.budget_drop_s = 60;
    budget_set(budget, &config);
    assert_false(meet(budget, &other, 5, START_MS + 1000));
    assert_true(budget_is_out(budget, &client, START_MS + 59900));
    assert_false(budget_is_out(budget, &client, START_MS + 60000));
    config.sealed.budget_hits = 0;
    budget_set(budget, &config);
    assert_false(budget_is_out(budget, &other, START_MS + 1000));
    assert_true(meet(budget, &other, 77, START_MS + 1000));
    budget_free(budget);
}

static void a_crowd_of_forged_addresses_lets_nobody_back_early(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("192.0.2.1"), bystander = address("192.0.2.9");

    (void)state;
    put_out(budget, &client, START_MS);
    for (uint32_t i = 0; i < 200000; i++) {
        struct addr forged = numbered(i);

        meet(budget, &forged, i % 3, START_MS + 1000);
    }
    assert_true(budget_is_out(budget, &client, START_MS + DROP_MS - 100));
    assert_false(budget_is_out(budget, &bystander, START_MS + 1000));
    budget_free(budget);
}

static void a_table_full_of_silenced_ones_silences_nobody_new(void **state)
{
    struct budget *budget = open_budget(1);
    struct addr client = address("192.0.2.1");

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        struct addr forged = numbered(i);

        meet(budget, &forged, 1, START_MS);
        meet(budget, &forged, 2, START_MS);
    }
    for (unsigned i = 0; i < 100; i++)
        assert_true(meet(budget, &client, i, START_MS));
    assert_false(budget_is_out(budget, &client, START_MS));
    /* and once they are back, he is counted */
    meet(budget, &client, 1, START_MS + DROP_MS);
    assert_false(meet(budget, &client, 2, START_MS + DROP_MS));
    budget_free(budget);
}

static void the_one_who_has_met_most_is_remembered_longest(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr client = address("192.0.2.1");

    (void)state;
    for (unsigned i = 0; i < HITS; i++)
        meet(budget, &client, i, START_MS);
    for (uint32_t i = 0; i < 200000; i++) {
        struct addr forged = numbered(i);

        meet(budget, &forged, i % 7, START_MS + 1000);
    }
    assert_false(meet(budget, &client, HITS, START_MS + 2000));
    budget_free(budget);
}

static void people_are_held_apart_from_clients(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct name_buf buf;
    struct name name;
    uint64_t left_ms;

    (void)state;
    for (unsigned i = 0; i <= HITS; i++) {
        buf.length = 3;
        memcpy(buf.wire, "\1a", 3);
        buf.wire[1] = (uint8_t)('A' + i);
        name = name_of(&buf);
        assert_int_equal(budget_charge_person(budget, 1000, &name, START_MS), i < HITS);
    }
    assert_true(budget_person_is_out(budget, 1000, START_MS + 1000, &left_ms));
    assert_int_equal(left_ms, DROP_MS - 1000);
    assert_false(budget_person_is_out(budget, 1001, START_MS, &left_ms));
    budget_free(budget);
}

static void without_a_bound_nobody_is_ever_out(void **state)
{
    struct budget *budget = open_budget(0);
    struct addr client = address("192.0.2.1");

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(meet(budget, &client, i, START_MS));
    assert_false(budget_is_out(budget, &client, START_MS));
    assert_false(budget_is_out(NULL, &client, START_MS));
    budget_free(budget);
}

struct worker {
    struct budget *budget;
    uint32_t first;
    pthread_t thread;
};

enum { WORKERS = 4, EACH = 20000, BYSTANDERS = 64 };

/* Some clients of its own, one of all workers', and looks after those who never ask. */
static void *run_worker(void *context)
{
    struct worker *worker = context;
    struct addr shared = address("192.0.2.1");

    for (uint32_t i = 0; i < EACH; i++) {
        struct addr own = numbered(worker->first + i % 5000);
        struct addr bystander = numbered(0xf00000 + i % BYSTANDERS);
        uint64_t now_ms = START_MS + i;

        meet(worker->budget, &own, i, now_ms);
        meet(worker->budget, &shared, i % 100, now_ms);
        assert_false(budget_is_out(worker->budget, &bystander, now_ms));
    }
    return NULL;
}

static void workers_charge_at_once_and_silence_whom_they_should(void **state)
{
    struct budget *budget = open_budget(HITS);
    struct addr shared = address("192.0.2.1");
    struct worker workers[WORKERS];

    (void)state;
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.budget = budget, .first = i * 3000};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 1000; i++)
        budget_set(budget, bounds(HITS));
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    assert_true(budget_is_out(budget, &shared, START_MS + EACH));
    budget_free(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_names_pass_and_one_more_is_silence),
        cmocka_unit_test(silence_ends_and_counting_begins_anew),
        cmocka_unit_test(the_same_name_again_is_free),
        cmocka_unit_test(what_was_met_in_another_window_is_forgotten),
        cmocka_unit_test(a_network_of_ipv6_is_one_client_and_a_link_is_many),
        cmocka_unit_test(bounds_of_a_reload_hold_at_once),
        cmocka_unit_test(a_crowd_of_forged_addresses_lets_nobody_back_early),
        cmocka_unit_test(a_table_full_of_silenced_ones_silences_nobody_new),
        cmocka_unit_test(the_one_who_has_met_most_is_remembered_longest),
        cmocka_unit_test(people_are_held_apart_from_clients),
        cmocka_unit_test(without_a_bound_nobody_is_ever_out),
        cmocka_unit_test(workers_charge_at_once_and_silence_whom_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
