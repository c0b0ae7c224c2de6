/* resolver/daemon/publish: a snapshot lives exactly as long as somebody can read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "config/base/err.h"
#include "resolver/daemon/publish.h"

/* The real one belongs to policy; publish only hands it round. */
struct snapshot {
    uint64_t value, check;
    unsigned *released;
    unsigned parts; /* to be released before the last */
};

static bool release(struct snapshot *snapshot)
{
    if (snapshot->parts > 0) {
        snapshot->parts--;
        return false;
    }
    if (snapshot->released != NULL)
        (*snapshot->released)++;
    snapshot->value = snapshot->check = 0;
    free(snapshot);
    return true;
}

static struct snapshot *make(uint64_t value, unsigned *released)
{
    struct snapshot *snapshot = malloc(sizeof *snapshot);

    assert_non_null(snapshot);
    *snapshot = (struct snapshot){value, ~value, released, 0};
    return snapshot;
}

static void a_snapshot_is_released_when_its_last_reader_has_left(void **state)
{
    unsigned released = 0;
    struct err err;
    struct publish *publish = publish_create(2, release, &err);
    const struct snapshot *old;

    (void)state;
    assert_int_equal(publish_swap(publish, make(1, &released), &err), 1);
    old = publish_enter(publish, 0);
    assert_int_equal(publish_swap(publish, make(2, &released), &err), 2);
    assert_int_equal(publish_reclaim(publish), 1);
    assert_int_equal(old->value, 1);
    assert_int_equal(publish_enter(publish, 1)->value, 2);
    publish_leave(publish, 0);
    assert_int_equal(publish_reclaim(publish), 0);
    assert_int_equal(released, 1);
    publish_leave(publish, 1);
    publish_destroy(publish);
    assert_int_equal(released, 2);
}

static void idle_readers_hold_nothing(void **state)
{
    unsigned released = 0;
    struct err err;
    struct publish *publish = publish_create(4, release, &err);

    (void)state;
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_equal(publish_swap(publish, make(i, &released), &err), i);
    assert_int_equal(publish_reclaim(publish), 0);
    assert_int_equal(released, 4);
    assert_int_equal(publish_generation(publish), 5);
    publish_destroy(publish);
}

static void a_reader_of_an_old_one_keeps_all_that_came_after(void **state)
{
    unsigned released = 0;
    struct err err;
    struct publish *publish = publish_create(1, release, &err);

    (void)state;
    publish_swap(publish, make(1, &released), &err);
    publish_enter(publish, 0);
    publish_swap(publish, make(2, &released), &err);
    publish_swap(publish, make(3, &released), &err);
    assert_int_equal(publish_reclaim(publish), 2);
    publish_leave(publish, 0);
    assert_int_equal(publish_enter(publish, 0)->value, 3);
    assert_int_equal(publish_reclaim(publish), 0);
    publish_leave(publish, 0);
    publish_destroy(publish);
}

static void a_large_snapshot_goes_part_by_part(void **state)
{
    unsigned released = 0;
    struct err err;
    struct publish *publish = publish_create(1, release, &err);
    struct snapshot *large[2] = {make(1, &released), make(2, &released)};

    (void)state;
    large[0]->parts = 2;
    large[1]->parts = 1;
    publish_swap(publish, large[0], &err);
    publish_swap(publish, large[1], &err);
    publish_swap(publish, make(3, &released), &err);
    assert_int_equal(publish_reclaim(publish), 2);
    assert_int_equal(publish_reclaim(publish), 1);
    assert_int_equal(released, 1);
    publish_destroy(publish);
    assert_int_equal(released, 3);
}

enum { READERS = 3, SWAPS = 20000 };

struct race {
    struct publish *publish;
    atomic_bool stop;
    atomic_uint next, broken;
    atomic_ulong visits;
};

static void *read_until_stopped(void *context)
{
    struct race *race = context;
    unsigned reader = atomic_fetch_add(&race->next, 1);
    uint64_t last = 0;

    while (!atomic_load(&race->stop)) {
        const struct snapshot *snapshot = publish_enter(race->publish, reader);

        if (snapshot->value != ~snapshot->check || snapshot->value < last)
            atomic_fetch_add(&race->broken, 1);
        last = snapshot->value;
        publish_leave(race->publish, reader);
        atomic_fetch_add(&race->visits, 1);
    }
    return NULL;
}

static void readers_never_see_a_released_or_older_snapshot(void **state)
{
    struct err err;
    struct race race = {.publish = publish_create(READERS, release, &err)};
    pthread_t threads[READERS];

    (void)state;
    publish_swap(race.publish, make(1, NULL), &err);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_until_stopped, &race), 0);
    for (uint64_t i = 2; i <= SWAPS || atomic_load(&race.visits) < SWAPS; i++) {
        assert_int_equal(publish_swap(race.publish, make(i, NULL), &err), i);
        publish_reclaim(race.publish);
    }
    atomic_store(&race.stop, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&race.broken), 0);
    assert_int_equal(publish_reclaim(race.publish), 0);
    publish_destroy(race.publish);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_is_released_when_its_last_reader_has_left),
        cmocka_unit_test(idle_readers_hold_nothing),
        cmocka_unit_test(a_reader_of_an_old_one_keeps_all_that_came_after),
        cmocka_unit_test(a_large_snapshot_goes_part_by_part),
        cmocka_unit_test(readers_never_see_a_released_or_older_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
