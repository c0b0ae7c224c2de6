/* resolver/daemon/sightings.c: a worker tells, the main thread hears, and nobody waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/daemon/sightings.h"

static int set_up(void **state)
{
    struct err err;

    *state = sightings_create(&err);
    return *state == NULL;
}

static int tear_down(void **state)
{
    sightings_free(*state);
    return 0;
}

static struct ask ask_of(uint32_t number, uint64_t mono_ms)
{
    struct ask ask = {.client = {.bits = 32}, .ifindex = 2, .mono_ms = mono_ms};

    store_be32(ask.client.octets, number);
    return ask;
}

static void what_is_noted_is_taken_in_order(void **state)
{
    struct sighting sighting;

    assert_false(sightings_take(*state, &sighting));
    for (uint32_t i = 1; i <= 3; i++) {
        struct ask ask = ask_of(i, 5000);

        assert_true(sightings_note(*state, &ask));
    }
    for (uint32_t i = 1; i <= 3; i++) {
        assert_true(sightings_take(*state, &sighting));
        assert_int_equal(load_be32(sighting.client.octets), i);
        assert_int_equal(sighting.ifindex, 2);
        assert_int_equal(sighting.told.length, 0);
    }
    assert_false(sightings_take(*state, &sighting));
}

static void one_client_is_noted_once_a_second(void **state)
{
    struct ask ask = ask_of(7, 5000);

    assert_true(sightings_note(*state, &ask));
    ask.mono_ms = 5999;
    assert_false(sightings_note(*state, &ask));
    ask.ifindex = 3; /* the same address on another link is another's */
    assert_true(sightings_note(*state, &ask));
    ask.mono_ms = 7000;
    assert_true(sightings_note(*state, &ask));
}

static void a_device_that_is_told_is_told_on(void **state)
{
    struct ask ask = ask_of(7, 5000);
    struct sighting sighting;

    ask.told = (struct device_key){.kind = DEVICE_CPE, .length = 4, .octets = "flat"};
    assert_true(sightings_note(*state, &ask));
    memcpy(ask.told.octets, "roof", 4);
    assert_true(sightings_note(*state, &ask));
    assert_true(sightings_take(*state, &sighting));
    assert_memory_equal(sighting.told.octets, "flat", 4);
}

static void what_finds_no_room_is_lost_and_comes_again(void **state)
{
    struct sighting sighting;
    unsigned noted = 0;
    struct ask ask;

    for (uint32_t i = 0; i < 2 * SIGHTINGS_ROOM; i++) {
        ask = ask_of(i, 5000);
        noted += sightings_note(*state, &ask);
    }
    assert_int_equal(noted, SIGHTINGS_ROOM);
    assert_true(sightings_take(*state, &sighting));
    assert_true(sightings_note(*state, &ask)); /* the last one, which was lost */
}

enum { MANY = 200000 };

static void *note_many(void *context)
{
    for (uint32_t i = 1; i <= MANY; i++) {
        struct ask ask = ask_of(i, 5000 + i);

        ask.ifindex = i;
        while (!sightings_note(context, &ask))
            ;
    }
    return NULL;
}

static void two_threads_lose_nothing_that_was_noted(void **state)
{
    struct sighting sighting;
    pthread_t worker;

    assert_int_equal(pthread_create(&worker, NULL, note_many, *state), 0);
    for (uint32_t i = 1; i <= MANY; i++) {
        while (!sightings_take(*state, &sighting))
            ;
        assert_int_equal(load_be32(sighting.client.octets), i);
        assert_int_equal(sighting.ifindex, i);
    }
    pthread_join(worker, NULL);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(what_is_noted_is_taken_in_order),
        EACH(one_client_is_noted_once_a_second),
        EACH(a_device_that_is_told_is_told_on),
        EACH(what_finds_no_room_is_lost_and_comes_again),
        EACH(two_threads_lose_nothing_that_was_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
