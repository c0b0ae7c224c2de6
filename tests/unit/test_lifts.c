/* Lifts: one case a rule, and a writer beside readers. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/base/err.h"
#include "policy/state/lifts.h"

enum { NOW = 1800000000, NEVER = 2000000000 };

static const uint8_t key[LIFTS_KEY_OCTETS] = {1, 2, 3}, other_key[LIFTS_KEY_OCTETS] = {1, 2, 4};

static struct name_buf named(const char *text)
{
    struct name_buf buf;

    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    return buf;
}

static struct lifts *make(void)
{
    struct err err;
    struct lifts *lifts = lifts_create(key, &err);

    assert_non_null(lifts);
    return lifts;
}

static void hash_of(const struct lifts *lifts, const char *text, uint64_t hash[2])
{
    struct name_buf buf = named(text);
    struct name name = name_of(&buf);

    lifts_hash(lifts, &name, hash);
}

static void put(struct lifts *lifts, const char *text, int64_t from_s, int64_t until_s)
{
    const struct lifts_span span = {from_s, until_s};
    uint64_t hash[2];
    struct err err;

    hash_of(lifts, text, hash);
    assert_int_equal(lifts_put(lifts, hash, &span, &err), 0);
}

static void take(struct lifts *lifts, const char *text)
{
    uint64_t hash[2];

    hash_of(lifts, text, hash);
    lifts_remove(lifts, hash);
}

static bool ask(const struct lifts *lifts, const char *text, int64_t at_s, int64_t *until_s)
{
    struct name_buf buf = named(text);
    struct name name = name_of(&buf);

    *until_s = NEVER;
    return lifts_find(lifts, &name, at_s, until_s);
}

static void a_lift_covers_its_name_and_what_is_below(void **state)
{
    struct lifts *lifts = make();
    int64_t until;

    (void)state;
    assert_false(ask(lifts, "one.example", NOW, &until));
    put(lifts, "one.example", NOW, NOW + 60);
    assert_true(ask(lifts, "one.example", NOW, &until));
    assert_int_equal(until, NOW + 60);
    assert_true(ask(lifts, "a.b.one.example", NOW, &until));
    assert_false(ask(lifts, "example", NOW, &until));
    assert_false(ask(lifts, ".", NOW, &until));
    assert_false(ask(lifts, "two.example", NOW, &until));
    assert_false(ask(lifts, "xone.example", NOW, &until));
    assert_int_equal(until, NEVER);
    lifts_free(lifts);
}

static void both_ends_are_edges(void **state)
{
    struct lifts *lifts = make();
    int64_t until;

    (void)state;
    put(lifts, "one.example", NOW, NOW + 60);
    assert_true(ask(lifts, "one.example", NOW + 59, &until));
    assert_false(ask(lifts, "one.example", NOW + 60, &until));
    assert_int_equal(until, NEVER);
    assert_false(ask(lifts, "one.example", NOW - 1, &until));
    assert_int_equal(until, NOW);
    lifts_free(lifts);
}

static void of_two_that_cover_a_name_the_longer_one_counts(void **state)
{
    struct lifts *lifts = make();
    int64_t until;

    (void)state;
    put(lifts, "one.example", NOW, NOW + 60);
    put(lifts, "a.one.example", NOW, NOW + 90);
    put(lifts, "b.one.example", NOW, NOW + 30);
    assert_true(ask(lifts, "a.one.example", NOW, &until));
    assert_int_equal(until, NOW + 90);
    assert_true(ask(lifts, "b.one.example", NOW, &until));
    assert_int_equal(until, NOW + 60);
    lifts_free(lifts);
}

static void a_second_lift_of_a_name_takes_the_place_of_the_first(void **state)
{
    struct lifts *lifts = make();
    int64_t until;

    (void)state;
    put(lifts, "one.example", NOW, NOW + 60);
    put(lifts, "one.example", NOW, NOW + 30);
    assert_int_equal(lifts_count(lifts), 1);
    assert_true(ask(lifts, "one.example", NOW, &until));
    assert_int_equal(until, NOW + 30);
    take(lifts, "one.example");
    take(lifts, "one.example");
    assert_int_equal(lifts_count(lifts), 0);
    assert_false(ask(lifts, "one.example", NOW, &until));
    lifts_free(lifts);
}

static void another_key_gives_other_hashes_and_an_empty_table(void **state)
{
    struct lifts *lifts = make();
    uint64_t before[2], after[2];
    int64_t until;

    (void)state;
    put(lifts, "one.example", NOW, NOW + 60);
    hash_of(lifts, "one.example", before);
    lifts_rekey(lifts, other_key);
    hash_of(lifts, "one.example", after);
    assert_true(before[0] != after[0] && before[1] != after[1]);
    assert_int_equal(lifts_count(lifts), 0);
    assert_false(ask(lifts, "one.example", NOW, &until));
    lifts_free(lifts);
    lifts_free(NULL);
}

static void a_full_table_says_so_and_forgets_nothing(void **state)
{
    struct lifts *lifts = make();
    const struct lifts_span span = {NOW, NOW + 60};
    char text[32];
    uint64_t hash[2];
    struct err err;
    int64_t until;

    (void)state;
    for (int i = 0; i < LIFTS_MOST; i++) {
        snprintf(text, sizeof text, "n%d.example", i);
        put(lifts, text, NOW, NOW + 60);
    }
    hash_of(lifts, "more.example", hash);
    assert_int_equal(lifts_put(lifts, hash, &span, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    for (int i = 0; i < LIFTS_MOST; i++) {
        snprintf(text, sizeof text, "n%d.example", i);
        assert_true(ask(lifts, text, NOW, &until));
    }
    take(lifts, "n7.example");
    assert_int_equal(lifts_put(lifts, hash, &span, &err), 0);
    assert_true(ask(lifts, "more.example", NOW, &until));
    assert_false(ask(lifts, "n7.example", NOW, &until));
    lifts_free(lifts);
}

static void what_is_over_makes_room_and_nothing_else_does(void **state)
{
    struct lifts *lifts = make();
    char text[32];
    int64_t until;

    (void)state;
    for (int i = 0; i < LIFTS_MOST; i++) {
        snprintf(text, sizeof text, "n%d.example", i);
        put(lifts, text, NOW, NOW + 1 + i % 2);
    }
    lifts_tidy(lifts, NOW);
    assert_int_equal(lifts_count(lifts), LIFTS_MOST);
    lifts_tidy(lifts, NOW + 1);
    assert_int_equal(lifts_count(lifts), LIFTS_MOST / 2);
    for (int i = 0; i < LIFTS_MOST; i++) {
        snprintf(text, sizeof text, "n%d.example", i);
        assert_int_equal(ask(lifts, text, NOW, &until), i % 2);
    }
    lifts_free(lifts);
}

/* ---- beside readers ---- */

enum { READERS = 2, WRITES = 20000 };

struct beside {
    struct lifts *lifts;
    bool over;
    unsigned wrong;
};

/* One lift stands all the time; of what comes and goes an end is its own or none. */
static void *read_on(void *context)
{
    struct beside *beside = context;
    struct name_buf stays = named("a.stays.example"), comes = named("a.comes.example");
    struct name stays_name = name_of(&stays), comes_name = name_of(&comes);

    while (!__atomic_load_n(&beside->over, __ATOMIC_RELAXED)) {
        int64_t until = NEVER;

        if (!lifts_find(beside->lifts, &stays_name, NOW, &until) || until != NOW + 5)
            __atomic_add_fetch(&beside->wrong, 1, __ATOMIC_RELAXED);
        until = NEVER;
        if (lifts_find(beside->lifts, &comes_name, NOW, &until) && until != NOW + 10 &&
            until != NOW + 20)
            __atomic_add_fetch(&beside->wrong, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void readers_find_whole_lifts_while_others_are_written(void **state)
{
    struct beside beside = {.lifts = make()};
    pthread_t readers[READERS];

    (void)state;
    put(beside.lifts, "stays.example", NOW, NOW + 5);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &beside), 0);
    for (unsigned i = 0; i < WRITES; i++) {
        const char *text = i % 2 == 0 ? "comes.example" : "a.comes.example";

        if (i % 3 == 0)
            take(beside.lifts, text);
        else
            put(beside.lifts, text, NOW, NOW + (i % 2 == 0 ? 10 : 20));
    }
    __atomic_store_n(&beside.over, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(beside.wrong, 0);
    lifts_free(beside.lifts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lift_covers_its_name_and_what_is_below),
        cmocka_unit_test(both_ends_are_edges),
        cmocka_unit_test(of_two_that_cover_a_name_the_longer_one_counts),
        cmocka_unit_test(a_second_lift_of_a_name_takes_the_place_of_the_first),
        cmocka_unit_test(another_key_gives_other_hashes_and_an_empty_table),
        cmocka_unit_test(a_full_table_says_so_and_forgets_nothing),
        cmocka_unit_test(what_is_over_makes_room_and_nothing_else_does),
        cmocka_unit_test(readers_find_whole_lifts_while_others_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
