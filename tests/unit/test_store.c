/* resolver/cache/store.c and shard.c: one thread against a plain map, then many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "config/base/err.h"
#include "resolver/cache/ring.h"
#include "resolver/cache/store.h"

enum {
    KEY_OCTETS = 64,
    MIB = 1 << 20,
#ifdef __SANITIZE_THREAD__ /* 20 times slower, and maps memory of its own as it goes */
    UNDER_TSAN = 1,
#else
    UNDER_TSAN = 0,
#endif
};

/* Key NUMBER and a value of it; the value tells by itself whose it is, which version, and whether
 * it is whole. */
struct sample {
    uint8_t octets[KEY_OCTETS];
    struct store_key key;
};

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 31) * 0x7fb5d329728ea185U;
    x = (x ^ x >> 27) * 0x81dadef4bc2dd44dU;
    return x ^ x >> 33;
}

static void make_key(struct sample *sample, uint32_t number)
{
    int length = snprintf((char *)sample->octets, KEY_OCTETS, "key.%u.%.*s", number,
                          (int)(number % 23), "aaaaaaaaaaaaaaaaaaaaaaa");

    sample->key = (struct store_key){
        .hash = mixed(number + 1), .octets = sample->octets, .length = (size_t)length};
}

static uint64_t next_random(uint64_t *state)
{
    return mixed(++*state);
}

static void make_value(uint8_t *value, size_t length, uint32_t number, uint32_t version)
{
    uint64_t stream = (uint64_t)number << 32 | version;

    memset(value, 0, length);
    if (length >= 8)
        memcpy(value, &stream, 8);
    for (size_t i = 8; i < length; i++)
        value[i] = (uint8_t)(mixed(stream + i) >> 7);
}

/* Tells whether VALUE is a whole one of NUMBER, and its version. */
static bool is_value(const uint8_t *value, size_t length, uint32_t number, uint32_t *version)
{
    uint64_t stream;

    if (length < 8)
        return false;
    memcpy(&stream, value, 8);
    *version = (uint32_t)stream;
    if (stream >> 32 != number)
        return false;
    for (size_t i = 8; i < length; i++) {
        if (value[i] != (uint8_t)(mixed(stream + i) >> 7))
            return false;
    }
    return true;
}

static struct store *open_store(size_t octets)
{
    struct err err;
    struct store *store = store_create(octets, &err);

    assert_non_null(store);
    return store;
}

static void put(struct store *store, uint32_t number, size_t length, uint32_t version)
{
    static _Thread_local uint8_t value[STORE_VALUE_MAX];
    struct sample sample;

    make_key(&sample, number);
    make_value(value, length, number, version);
    store_put(store, &sample.key, value, length);
}

/* The version that the store has of NUMBER, UINT32_MAX for none. */
static uint32_t version_of(struct store *store, uint32_t number, struct store_ref *ref)
{
    static _Thread_local uint64_t out[STORE_VALUE_MAX / 8];
    struct sample sample;
    uint32_t version;
    size_t length;

    make_key(&sample, number);
    length = store_get(store, &sample.key, (uint8_t *)out, sizeof out, ref);
    if (length == 0)
        return UINT32_MAX;
    must(is_value((uint8_t *)out, length, number, &version)); /* cmocka's asserts need its thread */
    return version;
}

static struct store_stats stats_of(struct store *store)
{
    struct store_stats stats;

    store_stats(store, &stats);
    return stats;
}

static void what_is_put_is_got(void **state)
{
    struct store *store = open_store(MIB);
    uint64_t out[64];

    (void)state;
    for (size_t key_length = 0; key_length <= STORE_KEY_MAX; key_length++) {
        uint8_t key_octets[STORE_KEY_MAX], value[300];
        size_t length = 1 + key_length % sizeof value;
        struct store_key key = {mixed(key_length), key_octets, key_length};

        memset(key_octets, (int)key_length, sizeof key_octets);
        make_value(value, length, 7, (uint32_t)key_length);
        assert_int_equal(store_get(store, &key, (uint8_t *)out, sizeof out, NULL), 0);
        store_put(store, &key, value, length);
        assert_int_equal(store_get(store, &key, (uint8_t *)out, sizeof out, NULL), length);
        assert_memory_equal(out, value, length);
    }
    assert_int_equal(stats_of(store).entries, STORE_KEY_MAX + 1);
    store_destroy(store);
}

static void a_key_is_compared_whole(void **state)
{
    struct store *store = open_store(MIB);
    uint64_t out[4];
    uint8_t octets[3][20] = {"aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaac",
                             "aaaaaaaaaaaaaaaaaaab"};

    (void)state;
    for (uint8_t i = 0; i < 3; i++) { /* the third is the first, one octet shorter */
        struct store_key key = {1, octets[i], i < 2 ? 20 : 19};

        assert_int_equal(store_get(store, &key, (uint8_t *)out, sizeof out, NULL), 0);
        store_put(store, &key, &i, 1);
    }
    for (uint8_t i = 0; i < 3; i++) {
        struct store_key key = {1, octets[i], i < 2 ? 20 : 19};

        assert_int_equal(store_get(store, &key, (uint8_t *)out, sizeof out, NULL), 1);
        assert_int_equal(*(uint8_t *)out, i);
    }
    store_destroy(store);
}

static void a_put_takes_the_place_of_the_old_value(void **state)
{
    struct store *store = open_store(MIB);

    (void)state;
    put(store, 1, 100, 1);
    put(store, 1, 200, 2);
    assert_int_equal(version_of(store, 1, NULL), 2);
    assert_int_equal(stats_of(store).entries, 1);
    assert_int_equal(stats_of(store).inserted, 2);
    assert_int_equal(stats_of(store).evicted, 0);
    store_destroy(store);
}

static void a_value_longer_than_the_room_is_not_copied(void **state)
{
    struct store *store = open_store(MIB);
    uint64_t out[4] = {0, 0, 0, 0x55};
    struct sample sample;

    (void)state;
    put(store, 1, 25, 1);
    make_key(&sample, 1);
    assert_int_equal(store_get(store, &sample.key, (uint8_t *)out, 24, NULL), 0);
    assert_int_equal(out[3], 0x55);
    assert_int_equal(store_get(store, &sample.key, (uint8_t *)out, 25, NULL), 25);
    store_destroy(store);
}

static void the_smallest_store_takes_the_largest_value(void **state)
{
    struct store *store = open_store(STORE_LEAST_OCTETS);

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        put(store, i, STORE_VALUE_MAX, i);
        assert_int_equal(version_of(store, i, NULL), i);
    }
    assert_true(stats_of(store).entries > 10);
    store_destroy(store);
}

static void a_value_too_large_leaves_nothing_older_behind(void **state)
{
    static const uint8_t large[STORE_VALUE_MAX + 1];
    struct store *store = open_store(MIB);
    struct sample sample;

    (void)state;
    make_key(&sample, 1);
    store_put(store, &sample.key, large, sizeof large);
    put(store, 1, 100, 1);
    assert_int_equal(version_of(store, 1, NULL), 1);
    store_put(store, &sample.key, large, sizeof large);
    assert_int_equal(version_of(store, 1, NULL), UINT32_MAX);
    assert_int_equal(stats_of(store).entries, 0);
    assert_int_equal(stats_of(store).used, 0);
    store_destroy(store);
}

static void too_little_memory_is_refused(void **state)
{
    struct err err;

    (void)state;
    assert_null(store_create(STORE_LEAST_OCTETS - 1, &err));
    assert_int_equal(err.code, ERR_LIMIT);
}

static void what_is_asked_for_outlives_a_flood_of_names_asked_once(void **state)
{
    enum { POPULAR = 200, FLOOD = 100000 };
    struct store *store = open_store(MIB);
    unsigned there = 0;

    (void)state;
    for (uint32_t i = 0; i < POPULAR; i++)
        put(store, i, 100, i);
    for (uint32_t i = 0; i < FLOOD; i++) {
        put(store, 1000 + i, 100, i);
        (void)version_of(store, i % POPULAR, NULL);
    }
    for (uint32_t i = 0; i < POPULAR; i++)
        there += version_of(store, i, NULL) == i;
    assert_int_equal(there, POPULAR);
    assert_true(stats_of(store).evicted > FLOOD / 2);
    store_destroy(store);
}

/* A name that was pushed out and comes back goes where a flood does not reach it. */
static void what_comes_back_stays(void **state)
{
    enum { BACK = 100, FLOOD = 1500 };
    struct store *store = open_store(MIB);
    unsigned there = 0;

    (void)state;
    for (uint32_t i = 0; i < 10000; i++)
        put(store, 100000 + i, 100, i);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < BACK; i++)
            put(store, i, 100, i);
        for (uint32_t i = 0; i < FLOOD; i++)
            put(store, 1000 + round * FLOOD + i, 100, i);
        there = 0;
        for (uint32_t i = 0; i < BACK; i++)
            there += version_of(store, i, NULL) == i;
        if (round == 0)
            assert_int_equal(there, 0);
    }

    assert_true(there > BACK * 80 / 100); /* marks are few, sets of them small */
    store_destroy(store);
}

static void a_value_is_claimed_once(void **state)
{
    struct store *store = open_store(MIB);
    struct store_ref first, second;

    (void)state;
    put(store, 1, 100, 1);
    version_of(store, 1, &first);
    version_of(store, 1, &second);
    assert_true(store_claim(store, &second));
    assert_false(store_claim(store, &second));
    assert_false(store_claim(store, &first));
    version_of(store, 1, &first);
    assert_false(store_claim(store, &first));
    put(store, 1, 100, 2);
    assert_false(store_claim(store, &first)); /* that value is no more */
    version_of(store, 1, &first);
    assert_true(store_claim(store, &first));
    store_destroy(store);
}

static void a_claim_lasts_when_the_value_moves(void **state)
{
    struct store *store = open_store(MIB);
    struct store_ref ref, old;

    (void)state;
    put(store, 1, 100, 1);
    version_of(store, 1, &old);
    assert_true(store_claim(store, &old));
    for (uint32_t i = 0; i < 50000; i++) { /* several turns of both rings */
        put(store, 1000 + i, 100, i);
        assert_int_equal(version_of(store, 1, &ref), 1);
        assert_false(store_claim(store, &ref));
    }
    assert_true(ref.word != old.word);
    store_destroy(store);
}

static bool replace(struct store *store, uint32_t number, size_t length, uint32_t version,
                    const struct store_ref *ref)
{
    uint8_t value[1000];
    struct sample sample;

    make_key(&sample, number);
    make_value(value, length, number, version);
    return store_replace(store, ref, &sample.key, value, length);
}

static void a_replacement_loses_against_a_newer_value(void **state)
{
    struct store *store = open_store(MIB);
    struct store_ref ref;

    (void)state;
    put(store, 1, 100, 1);
    version_of(store, 1, &ref);
    assert_true(replace(store, 1, 300, 2, &ref));
    assert_int_equal(version_of(store, 1, NULL), 2);
    assert_false(replace(store, 1, 300, 3, &ref));
    assert_int_equal(version_of(store, 1, &ref), 2);
    put(store, 1, 100, 4);
    assert_false(replace(store, 1, 300, 5, &ref));
    assert_int_equal(version_of(store, 1, NULL), 4);
    assert_int_equal(stats_of(store).entries, 1);
    store_destroy(store);
}

static void nothing_is_replaced_only_while_there_is_nothing(void **state)
{
    struct store *store = open_store(MIB);
    struct store_ref first, second;

    (void)state;
    assert_int_equal(version_of(store, 1, &first), UINT32_MAX);
    assert_int_equal(version_of(store, 1, &second), UINT32_MAX);
    assert_true(replace(store, 1, 100, 1, &first));
    assert_false(replace(store, 1, 100, 2, &second));
    assert_int_equal(version_of(store, 1, NULL), 1);
    assert_int_equal(stats_of(store).entries, 1);
    store_destroy(store);
}

static void a_replacement_keeps_the_standing(void **state)
{
    enum { FLOOD = 20000 };
    struct store *store = open_store(MIB);
    struct store_ref ref;

    (void)state;
    put(store, 1, 100, 1);
    for (uint32_t i = 0; i < 2000; i++) { /* into the main ring, by its uses */
        put(store, 1000 + i, 100, i);
        version_of(store, 1, &ref);
    }
    assert_true(replace(store, 1, 100, 2, &ref));
    for (uint32_t i = 0; i < 2000; i++) /* a small ring's worth */
        put(store, 10000 + i, 100, i);
    assert_int_equal(version_of(store, 1, NULL), 2);
    store_destroy(store);
}

/* What a sweep has seen, and which it lets go. */
struct seen {
    uint8_t times[24000];
    uint32_t modulus; /* 0: all go */
};

static bool see(void *context, const uint8_t *key, size_t key_length, const uint8_t *value,
                size_t length)
{
    struct seen *seen = context;
    uint32_t number, version;
    struct sample sample;

    memcpy(&number, value + 4, 4);
    assert_true(is_value(value, length, number, &version));
    make_key(&sample, number);
    assert_int_equal(key_length, sample.key.length);
    assert_memory_equal(key, sample.octets, key_length);
    assert_true(number < sizeof seen->times);
    seen->times[number]++;
    return seen->modulus == 0 || number % seen->modulus == 0;
}

static void a_sweep_sees_all_and_takes_what_it_is_told(void **state)
{
    struct store *store = open_store(4 * MIB);
    struct seen seen = {.modulus = 3};

    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        put(store, i, 20 + i, i);
    for (uint32_t i = 0; i < 1000; i += 2)
        put(store, i, 20 + i, i);
    assert_int_equal(store_sweep(store, see, &seen), 334);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(seen.times[i], 1);
        assert_int_equal(version_of(store, i, NULL), i % 3 == 0 ? UINT32_MAX : i);
    }
    assert_int_equal(stats_of(store).entries, 666);
    seen.modulus = 1;
    assert_int_equal(store_sweep(store, see, &seen), 666);
    assert_int_equal(stats_of(store).entries, 0);
    assert_int_equal(stats_of(store).used, 0);
    store_destroy(store);
}

static size_t pages_mapped(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    return pages;
}

static void all_memory_is_what_was_given(void **state)
{
    enum { OCTETS = 3 * MIB + 12345 };
    size_t before = pages_mapped();
    struct store *store = open_store(OCTETS);
    struct store_stats stats;

    (void)state;
    assert_true((pages_mapped() - before) * 4096 <= (OCTETS + 4095) / 4096 * 4096);
    before = pages_mapped();
    for (uint32_t i = 0; i < 60000; i++)
        put(store, i, 150, i);
    store_stats(store, &stats);
    assert_true(UNDER_TSAN || pages_mapped() == before);
    assert_int_equal(stats.octets, OCTETS);
    assert_true(stats.used < OCTETS && stats.used > OCTETS * 85 / 100);
    assert_int_equal(stats.entries + stats.evicted, stats.inserted);
    store_destroy(store);
}

/* A store only ever forgets: whatever it returns is the newest. */
static void a_random_course_agrees_with_a_map(void **state)
{
    enum { KEYS = 20000, STEPS = UNDER_TSAN ? 20000 : 200000 };
    static uint32_t newest[KEYS]; /* 0: never put, or too large to be kept */
    struct store *store = open_store(2 * MIB);
    uint64_t random = 1, hits = 0;

    (void)state;
    for (uint32_t step = 1; step <= STEPS; step++) {
        uint64_t dice = next_random(&random);
        uint32_t number = (uint32_t)(dice >> 32) % KEYS / (dice & 1 ? 1 : 40), have;
        size_t length = 8 + (dice >> 8 & 255) + ((dice >> 16 & 255) == 0 ? 8000 : 0);
        struct store_ref ref;

        if (dice >> 60 < 9) {
            have = version_of(store, number, &ref);
            hits += have != UINT32_MAX;
            assert_true(have == UINT32_MAX || have == newest[number]);
            if (have != UINT32_MAX && (dice >> 4 & 7) == 0) {
                assert_true(replace(store, number, 8 + (dice >> 8 & 511), step, &ref));
                newest[number] = step;
            }
        } else {
            put(store, number, length, step);
            newest[number] = step;
            assert_int_equal(version_of(store, number, NULL), step);
        }
    }
    assert_true(hits > STEPS / 5);
    store_destroy(store);
}

/* Laps are counted in 16 bits: years of writing, here a few steps before the last. */
static void a_ring_goes_on_after_its_last_lap(void **state)
{
    static _Atomic uint64_t words[10];
    struct ring ring;
    uint64_t old = 0;

    (void)state;
    ring_init(&ring, words, 10);
    ring.head = RING_POSITION_MASK & ~RING_PLACE_MASK;
    atomic_store(&ring.tail, ring.head);
    for (uint64_t i = 0; i < 30; i++) {
        uint64_t position = ring.head;
        uint8_t value[19], out[24];

        memset(value, (int)i, sizeof value);
        ring_add(&ring, value, sizeof value);
        assert_true(ring_holds(&ring, position));
        assert_true(ring_equals(&ring, position, value, sizeof value));
        ring_read(&ring, position, out, 3);
        assert_memory_equal(out, value, sizeof value);
        assert_true(i == 0 || !ring_holds(&ring, old));
        ring_drop(&ring, 3);
        old = position;
    }
    assert_true(ring.head < RING_POSITION_MASK / 2);
    assert_int_equal(ring.used, 0);
}

static bool count_octets(void *context, const uint8_t *key, size_t key_length, const uint8_t *value,
                         size_t length)
{
    uint64_t *sums = context;

    (void)key;
    (void)value;
    sums[0]++;
    sums[1] += 8 + (key_length + 7) / 8 * 8 + (length + 7) / 8 * 8;
    return false;
}

static void the_counts_are_true(void **state)
{
    struct store *store = open_store(2 * MIB);
    uint64_t sums[2] = {0, 0}, random = 5;

    (void)state;
    for (uint32_t i = 0; i < 50000; i++)
        put(store, (uint32_t)next_random(&random) % 15000, 8 + i % 700, i);
    store_sweep(store, count_octets, sums);
    assert_int_equal(stats_of(store).entries, sums[0]);
    assert_int_equal(stats_of(store).used, sums[1]);
    store_destroy(store);
}

/* A store that is empty again has all of its room, though its rings are full of what was. */
static void after_a_flush_all_room_is_there(void **state)
{
    struct store *store = open_store(MIB);
    struct seen seen;

    (void)state;
    for (uint32_t round = 0; round < 3; round++) {
        struct store_stats stats;

        for (uint32_t i = 0; i < 8000; i++)
            put(store, round * 8000 + i, 150, i);
        store_stats(store, &stats);
        assert_true(stats.used > MIB * 85 / 100);
        seen = (struct seen){.modulus = 0};
        assert_int_equal(store_sweep(store, see, &seen), stats.entries);
    }
    store_destroy(store);
}

/* Many threads on a store so small that records are written over all the time. */
enum { CROWD_KEYS = 3000, CROWD_STEPS = UNDER_TSAN ? 5000 : 20000, WRITERS = 2 };

struct crowd {
    struct store *store;
    _Atomic uint32_t newest[CROWD_KEYS]; /* of a key, written by one thread only */
    _Atomic uint64_t hits, claims, replaced;
    _Atomic uint32_t versions_claimed[CROWD_KEYS]; /* the last version that somebody claimed */
    _Atomic uint32_t writers, readers, writing;
};

static bool take_some(void *context, const uint8_t *key, size_t key_length, const uint8_t *value,
                      size_t length)
{
    uint32_t number, version;

    (void)context;
    (void)key;
    (void)key_length;
    memcpy(&number, value + 4, 4);
    must(is_value(value, length, number, &version));
    return version % 64 == 0;
}

/* Writers share the keys out, so that each knows what is the newest of its own. */
static void *write_on(void *context)
{
    struct crowd *crowd = context;
    uint32_t me = atomic_fetch_add(&crowd->writers, 1);
    uint64_t random = 100 + me;

    for (uint32_t step = 1; step <= CROWD_STEPS; step++) {
        uint64_t dice = next_random(&random);
        uint32_t number = (uint32_t)(dice >> 32) % (CROWD_KEYS / WRITERS) * WRITERS + me;
        struct store_ref ref;

        if (step % 512 == 0)
            store_sweep(crowd->store, take_some, NULL);
        if ((dice & 7) != 0) {
            put(crowd->store, number, 8 + (dice >> 8 & 1023), step);
        } else if (version_of(crowd->store, number, &ref) == UINT32_MAX ||
                   !replace(crowd->store, number, 8 + (dice >> 8 & 511), step, &ref)) {
            continue;
        } else {
            atomic_fetch_add(&crowd->replaced, 1);
        }
        atomic_store(&crowd->newest[number], step);
    }
    atomic_fetch_sub(&crowd->writing, 1);
    return NULL;
}

/* What is read is whole, and no older than what was known to be the newest before; one claim a
 * version. */
static void *read_on(void *context)
{
    struct crowd *crowd = context;
    uint64_t random = 1000 + atomic_fetch_add(&crowd->readers, 1);

    while (atomic_load(&crowd->writing) > 0) {
        uint64_t dice = next_random(&random);
        uint32_t number = (uint32_t)(dice >> 32) % CROWD_KEYS / (dice & 1 ? 1 : 30);
        uint32_t known = atomic_load(&crowd->newest[number]), have;
        struct store_ref ref;

        have = version_of(crowd->store, number, &ref);
        if (have == UINT32_MAX)
            continue;
        must(have >= known);
        atomic_fetch_add(&crowd->hits, 1);
        if (store_claim(crowd->store, &ref)) {
            must(atomic_exchange(&crowd->versions_claimed[number], have) != have);
            atomic_fetch_add(&crowd->claims, 1);
        }
    }
    return NULL;
}

static void many_threads_see_whole_values_and_never_an_older_one(void **state)
{
    static struct crowd crowd;
    void *(*const work[])(void *) = {write_on, write_on, read_on, read_on};
    pthread_t threads[sizeof work / sizeof *work];
    uint64_t sums[2] = {0, 0};

    (void)state;
    crowd.store = open_store(MIB);
    crowd.writing = WRITERS;
    for (size_t i = 0; i < sizeof work / sizeof *work; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work[i], &crowd), 0);
    for (size_t i = 0; i < sizeof work / sizeof *work; i++)
        pthread_join(threads[i], NULL);
    assert_true(crowd.hits > 0 && crowd.claims > 0 && crowd.replaced > 0);
    store_sweep(crowd.store, count_octets, sums);
    assert_int_equal(stats_of(crowd.store).entries, sums[0]);
    assert_int_equal(stats_of(crowd.store).used, sums[1]);
    store_destroy(crowd.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_got),
        cmocka_unit_test(a_key_is_compared_whole),
        cmocka_unit_test(a_put_takes_the_place_of_the_old_value),
        cmocka_unit_test(a_value_longer_than_the_room_is_not_copied),
        cmocka_unit_test(the_smallest_store_takes_the_largest_value),
        cmocka_unit_test(a_value_too_large_leaves_nothing_older_behind),
        cmocka_unit_test(too_little_memory_is_refused),
        cmocka_unit_test(what_is_asked_for_outlives_a_flood_of_names_asked_once),
        cmocka_unit_test(what_comes_back_stays),
        cmocka_unit_test(a_value_is_claimed_once),
        cmocka_unit_test(a_claim_lasts_when_the_value_moves),
        cmocka_unit_test(a_replacement_loses_against_a_newer_value),
        cmocka_unit_test(nothing_is_replaced_only_while_there_is_nothing),
        cmocka_unit_test(a_replacement_keeps_the_standing),
        cmocka_unit_test(a_sweep_sees_all_and_takes_what_it_is_told),
        cmocka_unit_test(all_memory_is_what_was_given),
        cmocka_unit_test(after_a_flush_all_room_is_there),
        cmocka_unit_test(a_random_course_agrees_with_a_map),
        cmocka_unit_test(a_ring_goes_on_after_its_last_lap),
        cmocka_unit_test(the_counts_are_true),
        cmocka_unit_test(many_threads_see_whole_values_and_never_an_older_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
