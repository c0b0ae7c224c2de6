/* withheld.c: what leaves the process of rule 2, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/daemon/withheld.h"

enum { START_MS = 77000, LATER_MS = 2 * WITHHELD_HOUR_MS };

static struct core_withheld counted(uint64_t blocks, uint64_t chains, uint64_t silenced)
{
    struct core_withheld total = {.chains = chains};

    total.blocks[TRANSPORT_UDP] = blocks;
    total.silenced[TRANSPORT_TCP] = silenced;
    return total;
}

static struct core_counters shown(const struct withheld *withheld)
{
    struct core_counters sum = {
        .queries = {100, 50},
          .blocked = 7, .dropped = 3
    };

    sum.withheld = counted(13, 14, 15); /* what is not let out yet */
    withheld_show(withheld, &sum);
    return sum;
}

static void nothing_is_told_before_its_time(void **state)
{
    struct core_withheld total = counted(1000, 0, 0);
    struct withheld withheld;
    struct core_counters sum;

    (void)state;
    withheld_start(&withheld, START_MS);
    withheld_tick(&withheld, &total, START_MS);
    sum = shown(&withheld);
    assert_int_equal(sum.queries[TRANSPORT_UDP], 100);
    assert_int_equal(sum.blocked, 7);
    assert_int_equal(sum.protected_blocks, 0);
    assert_int_equal(sum.withheld.blocks[TRANSPORT_UDP], 0);
    assert_int_equal(sum.withheld.chains, 0);
    assert_int_equal(sum.withheld.silenced[TRANSPORT_TCP], 0);
}

static void tens_are_told_together_and_the_rest_is_carried_over(void **state)
{
    struct core_withheld total = counted(18, 5, 29);
    struct withheld withheld;
    struct core_counters sum;

    (void)state;
    withheld_start(&withheld, START_MS);
    withheld_tick(&withheld, &total, START_MS + LATER_MS);
    sum = shown(&withheld);
    assert_int_equal(sum.protected_blocks, 20); /* of 23, chains among them */
    assert_int_equal(sum.blocked, 27);
    assert_int_equal(sum.queries[TRANSPORT_UDP], 110);
    assert_int_equal(sum.queries[TRANSPORT_TCP], 70);
    assert_int_equal(sum.silenced, 20);
    assert_int_equal(sum.dropped, 23);
    total = counted(25, 5, 29);
    withheld_tick(&withheld, &total, START_MS + 2 * LATER_MS);
    sum = shown(&withheld);
    assert_int_equal(sum.protected_blocks, 30);
    assert_int_equal(sum.queries[TRANSPORT_UDP], 120);
}

static void fewer_than_ten_are_never_told(void **state)
{
    struct core_withheld total = counted(4, 5, 9);
    struct withheld withheld;
    struct core_counters sum;

    (void)state;
    withheld_start(&withheld, START_MS);
    for (unsigned hour = 1; hour < 20; hour++)
        withheld_tick(&withheld, &total, START_MS + hour * LATER_MS);
    sum = shown(&withheld);
    assert_int_equal(sum.protected_blocks, 0);
    assert_int_equal(sum.silenced, 0);
    assert_int_equal(sum.queries[TRANSPORT_UDP] + sum.queries[TRANSPORT_TCP], 150);
}

/* Ten more each second: what is shown changes at most once an hour. */
static void between_two_tellings_is_an_hour_at_least_and_not_always_the_same(void **state)
{
    enum { SECONDS = 30 * 3600, MOST = 40 };
    uint64_t last_ms = 0, before = 0, gaps[MOST];
    unsigned told = 0, alike = 0;
    struct withheld withheld;

    (void)state;
    withheld_start(&withheld, START_MS);
    for (uint64_t s = 0; s < SECONDS; s++) {
        struct core_withheld total = counted(s * 10, 0, 0);
        uint64_t now_ms = START_MS + s * 1000;

        withheld_tick(&withheld, &total, now_ms);
        if (shown(&withheld).protected_blocks == before)
            continue;
        assert_true(told < MOST);
        gaps[told++] = now_ms - last_ms;
        before = shown(&withheld).protected_blocks;
        last_ms = now_ms;
    }
    assert_true(told >= 24);
    for (unsigned i = 1; i < told; i++) {
        assert_in_range(gaps[i], WITHHELD_HOUR_MS, WITHHELD_HOUR_MS + WITHHELD_SPREAD_MS + 1000);
        alike += gaps[i] == gaps[1];
    }
    assert_true(alike < told - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_before_its_time),
        cmocka_unit_test(tens_are_told_together_and_the_rest_is_carried_over),
        cmocka_unit_test(fewer_than_ten_are_never_told),
        cmocka_unit_test(between_two_tellings_is_an_hour_at_least_and_not_always_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
