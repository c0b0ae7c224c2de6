/* resolver/upstream/flight.c and health.c: no socket, no clock but the numbers given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "resolver/upstream/flight.h"
#include "resolver/upstream/health.h"

enum { ROOM = 500 };

struct expired {
    struct flight *flight;
    struct asked *last;
    unsigned count;
    uint64_t again_ms; /* set due anew */
};

static void on_expired(void *context, struct asked *asked)
{
    struct expired *expired = context;

    expired->count++;
    expired->last = asked;
    if (expired->again_ms != 0)
        flight_due(expired->flight, asked, expired->again_ms);
}

static unsigned expire(struct flight *flight, uint64_t now_ms)
{
    struct expired expired = {.flight = flight};

    flight_expire(flight, now_ms, on_expired, &expired);
    return expired.count;
}

static void a_question_is_due_at_its_time_and_not_before(void **state)
{
    static const uint64_t waits_ms[] = {1, 10, 15, 800, 4000, 9980};
    struct flight flight;

    (void)state;
    assert_int_equal(flight_open(&flight, ROOM, 123456, NULL), 0);
    for (size_t i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
        uint64_t begun = 123456 + 20000 * i, when = begun + waits_ms[i];
        struct asked *asked;

        assert_int_equal(expire(&flight, begun), 0);
        asked = flight_take(&flight);
        flight_due(&flight, asked, when);
        for (uint64_t now = begun; now < when; now += 7)
            assert_int_equal(expire(&flight, now), 0);
        assert_int_equal(expire(&flight, when + TICK_MS), 1);
        assert_int_equal(expire(&flight, when + 5000), 0);
        flight_give(&flight, asked);
    }
    flight_close(&flight);
}

static void a_time_that_was_cleared_or_moved_does_not_come(void **state)
{
    struct flight flight;
    struct asked *asked[3];

    (void)state;
    assert_int_equal(flight_open(&flight, ROOM, 0, NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        asked[i] = flight_take(&flight);
        flight_due(&flight, asked[i], 100);
    }
    flight_give(&flight, asked[1]);
    flight_due(&flight, asked[2], 300);
    assert_int_equal(expire(&flight, 200), 1);
    assert_int_equal(expire(&flight, 290), 0);
    assert_int_equal(expire(&flight, 300), 1);
    flight_close(&flight);
}

static void after_a_standstill_all_that_is_due_comes_once(void **state)
{
    struct flight flight;
    struct expired expired = {.flight = &flight};

    (void)state;
    assert_int_equal(flight_open(&flight, ROOM, 0, NULL), 0);
    for (unsigned i = 0; i < ROOM; i++)
        flight_due(&flight, flight_take(&flight), 10 + i * 15);
    expired.again_ms = 1000000 + 500;
    flight_expire(&flight, 1000000, on_expired, &expired);
    assert_int_equal(expired.count, ROOM);
    assert_int_equal(expire(&flight, 1000000 + 499), 0);
    assert_int_equal(expire(&flight, 1000000 + 500), ROOM);
    flight_close(&flight);
}

static void the_pool_has_as_much_room_as_told(void **state)
{
    struct flight flight;
    struct asked *last = NULL;

    (void)state;
    assert_int_equal(flight_open(&flight, ROOM, 0, NULL), 0);
    for (unsigned i = 0; i < ROOM; i++)
        assert_non_null(last = flight_take(&flight));
    assert_null(flight_take(&flight));
    flight_give(&flight, last);
    assert_ptr_equal(flight_take(&flight), last);
    assert_null(flight_take(&flight));
    flight_close(&flight);
}

static void a_try_is_found_on_its_channel_under_its_id_only(void **state)
{
    struct flight flight;
    struct channel channels[3];

    (void)state;
    assert_int_equal(flight_open(&flight, ROOM, 0, NULL), 0);
    for (uint32_t c = 0; c < 3; c++)
        channels[c] = (struct channel){.number = c + 1, .first = FLIGHT_NONE};
    for (unsigned i = 0; i < ROOM; i++) {
        struct asked *asked = flight_take(&flight);

        /* The same id on each channel, all in few buckets. */
        for (size_t c = 0; c < 3; c++)
            flight_bind(&flight, flight_try(&flight, asked, c), &channels[c], (uint16_t)(i * 64));
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < ROOM; i++) {
            for (size_t c = 0; c < 3; c++) {
                struct try *try = flight_find(&flight, &channels[c], (uint16_t)(i * 64));

                if (round == 1 && c == 1) {
                    assert_null(try);
                    continue;
                }
                assert_non_null(try);
                assert_ptr_equal(try, flight_try(&flight, flight_asked(&flight, try), c));
                assert_ptr_equal(try->channel, &channels[c]);
                assert_null(flight_find(&flight, &channels[c], (uint16_t)(i * 64 + 1)));
            }
        }
        for (uint32_t n = channels[1].first; n != FLIGHT_NONE; n = channels[1].first)
            flight_unbind(&flight, flight_at(&flight, n));
    }
    assert_int_equal(channels[0].in_flight, ROOM);
    assert_int_equal(channels[1].in_flight, 0);
    flight_close(&flight);
}

static void a_queue_gives_up_tries_from_anywhere(void **state)
{
    struct flight flight;
    struct try_queue queue = {FLIGHT_NONE, FLIGHT_NONE};
    struct try *tries[5];

    (void)state;
    assert_int_equal(flight_open(&flight, ROOM, 0, NULL), 0);
    for (size_t i = 0; i < 5; i++) {
        tries[i] = flight_try(&flight, flight_take(&flight), 0);
        flight_queue(&flight, &queue, tries[i]);
    }
    flight_unqueue(&flight, &queue, tries[2]);
    flight_unqueue(&flight, &queue, tries[4]);
    flight_unqueue(&flight, &queue, tries[0]);
    assert_int_equal(queue.oldest, flight_number(&flight, tries[1]));
    assert_int_equal(queue.newest, flight_number(&flight, tries[3]));
    flight_unqueue(&flight, &queue, tries[1]);
    flight_unqueue(&flight, &queue, tries[3]);
    assert_int_equal(queue.oldest, FLIGHT_NONE);
    assert_int_equal(queue.newest, FLIGHT_NONE);
    flight_close(&flight);
}

static void a_slow_name_is_not_a_silent_server(void **state)
{
    struct health health = {0};

    (void)state;
    health_answer(&health, 2000000, 1000, false);
    assert_int_equal(health_miss(&health, 1000000, 2500000), HEALTH_SAME);
    assert_int_equal(health.state, HEALTH_GOOD);
    health_miss(&health, 3000000, 4000000);
    assert_int_equal(health.state, HEALTH_SILENT);
    assert_false(health.down);
}

static void down_and_up_are_told_once_each(void **state)
{
    struct health health = {0};
    unsigned downs = 0, ups = 0;

    (void)state;
    for (uint64_t i = 1; i <= 20; i++)
        downs += health_miss(&health, i * 1000000, i * 1000000 + 500000) == HEALTH_WENT_DOWN;
    for (uint64_t i = 21; i <= 40; i++)
        ups += health_answer(&health, i * 1000000, 500, false) == HEALTH_CAME_UP;
    assert_int_equal(downs, 1);
    assert_int_equal(ups, 1);
    assert_int_equal(health.state, HEALTH_GOOD);
}

static void queries_in_flight_together_miss_as_one(void **state)
{
    struct health health = {0};

    (void)state;
    for (uint64_t i = 0; i < 100; i++)
        health_miss(&health, 1000000 + i, 2000000 + i);
    assert_int_equal(health.state, HEALTH_SILENT);
    assert_false(health.down);
    health_miss(&health, 2100000, 3000000);
    assert_int_equal(health_miss(&health, 3000000, 4000000), HEALTH_WENT_DOWN);
}

static void the_order_is_good_lame_silent_and_then_latency(void **state)
{
    struct health fast = {.latency_us = 1000, .heard_us = 1};
    struct health slow = {.latency_us = 40000, .heard_us = 1};
    struct health lame = {.state = HEALTH_LAME, .latency_us = 10};
    struct health silent = {.state = HEALTH_SILENT, .latency_us = 1};

    (void)state;
    assert_true(health_before(&fast, &slow));
    assert_false(health_before(&slow, &fast));
    assert_true(health_before(&slow, &lame));
    assert_true(health_before(&lame, &silent));
    assert_false(health_before(&fast, &fast)); /* the order of the file decides */
}

static void a_server_that_was_slow_once_gets_another_chance(void **state)
{
    struct health usual = {0}, slow = {0};
    unsigned seconds = 0;

    (void)state;
    health_answer(&slow, 1, 400000, false);
    do {
        health_answer(&usual, 2000000 + 1000000 * seconds, 20000, false);
        health_second(&usual, 2000000 + 1000000 * seconds);
        health_second(&slow, 2000000 + 1000000 * seconds);
    } while (!health_before(&slow, &usual) && ++seconds < 300);
    assert_in_range(seconds, 20, 100);
    health_answer(&slow, 400000000, 400000, false); /* still slow: one question was enough */
    assert_true(health_before(&usual, &slow));
}

static void patience_follows_latency_within_bounds(void **state)
{
    struct health health = {0};

    (void)state;
    assert_int_equal(health_patience_ms(&health, 1000), 1000);
    health.latency_us = 2000;
    assert_int_equal(health_patience_ms(&health, 1000), 300);
    assert_int_equal(health_patience_ms(&health, 100), 100);
    health.latency_us = 60000;
    assert_int_equal(health_patience_ms(&health, 1000), 480);
    health.latency_us = 900000;
    assert_int_equal(health_patience_ms(&health, 1000), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_due_at_its_time_and_not_before),
        cmocka_unit_test(a_time_that_was_cleared_or_moved_does_not_come),
        cmocka_unit_test(after_a_standstill_all_that_is_due_comes_once),
        cmocka_unit_test(the_pool_has_as_much_room_as_told),
        cmocka_unit_test(a_try_is_found_on_its_channel_under_its_id_only),
        cmocka_unit_test(a_queue_gives_up_tries_from_anywhere),
        cmocka_unit_test(a_slow_name_is_not_a_silent_server),
        cmocka_unit_test(down_and_up_are_told_once_each),
        cmocka_unit_test(queries_in_flight_together_miss_as_one),
        cmocka_unit_test(the_order_is_good_lame_silent_and_then_latency),
        cmocka_unit_test(a_server_that_was_slow_once_gets_another_chance),
        cmocka_unit_test(patience_follows_latency_within_bounds),
    };

    return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
