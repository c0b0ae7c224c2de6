/* store_bench - what a get and a put of the cache's store cost: nanoseconds of processor time for a
 * value of 200 octets under a key of 32, the median of several rounds.
 *
 * Warm: a thousand values, asked again and again. Cold: as many as a store of 64 MiB holds, asked
 * at random; one by one, and in batches of 64 as the spine asks, prefetched in one step (the index)
 * or in two (then the record also). Puts are new names in a full store: each pushes another out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/err.h"
#include "resolver/cache/store.h"

enum { OCTETS = 64 << 20, BATCH = 64, ROUNDS = 9, ASKED = BATCH * 4000, LENGTH = 200, WARM = 1000 };

static uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return x ^ x >> 31;
}

struct bench {
    struct store *store;
    uint64_t names, next; /* put so far; of a course through them */
    uint64_t octets[BATCH][4];
    struct store_key keys[BATCH];
    uint64_t hits, asked;
};

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static void make_key(struct bench *bench, size_t at, uint64_t name)
{
    uint64_t *octets = bench->octets[at];

    for (size_t i = 0; i < 4; i++)
        octets[i] = mixed(name) + i;
    bench->keys[at] = (struct store_key){mixed(name), (uint8_t *)octets, sizeof bench->octets[at]};
}

static void put_new(struct bench *bench, uint64_t count)
{
    uint64_t value[LENGTH / 8] = {0};

    for (uint64_t i = 0; i < count; i++) {
        make_key(bench, 0, bench->names++);
        store_put(bench->store, &bench->keys[0], (uint8_t *)value, LENGTH);
    }
}

/* Nothing but the keys: what is to be taken off the others. */
static void make_keys(struct bench *bench, uint64_t names)
{
    for (size_t i = 0; i < BATCH; i++)
        make_key(bench, i, mixed(bench->next++) % names);
}

static void get_all(struct bench *bench)
{
    uint64_t out[LENGTH / 8];
    struct store_ref ref;

    for (size_t i = 0; i < BATCH; i++)
        bench->hits +=
            store_get(bench->store, &bench->keys[i], (uint8_t *)out, sizeof out, &ref) == LENGTH;
    bench->asked += BATCH;
}

static void get_one_by_one(struct bench *bench, uint64_t names)
{
    make_keys(bench, names);
    get_all(bench);
}

static void get_prefetched(struct bench *bench, uint64_t names)
{
    make_keys(bench, names);
    for (size_t i = 0; i < BATCH; i++)
        store_prefetch(bench->store, bench->keys[i].hash);
    get_all(bench);
}

static void get_prefetched_twice(struct bench *bench, uint64_t names)
{
    make_keys(bench, names);
    for (size_t i = 0; i < BATCH; i++)
        store_prefetch(bench->store, bench->keys[i].hash);
    for (size_t i = 0; i < BATCH; i++)
        store_prefetch_value(bench->store, bench->keys[i].hash);
    get_all(bench);
}

/* Names that nobody has put: what a question costs before it is forwarded. */
static void get_missing(struct bench *bench, uint64_t names)
{
    (void)names;
    for (size_t i = 0; i < BATCH; i++) {
        make_key(bench, i, UINT64_MAX / 2 + bench->next++);
        store_prefetch(bench->store, bench->keys[i].hash);
    }
    get_all(bench);
    bench->asked -= BATCH;
}

static void put_batch(struct bench *bench, uint64_t names)
{
    (void)names;
    put_new(bench, BATCH);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double measure(struct bench *bench, void (*run)(struct bench *, uint64_t), uint64_t names)
{
    double rounds[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();

        for (unsigned i = 0; i < ASKED / BATCH; i++)
            run(bench, names);
        rounds[round] = (double)(now_ns() - start) / ASKED;
    }
    qsort(rounds, ROUNDS, sizeof *rounds, by_size);
    return rounds[ROUNDS / 2];
}

int main(void)
{
    static struct bench bench;
    double keys;

    bench.store = store_create(OCTETS, NULL);
    must(bench.store != NULL);
    put_new(&bench, WARM);
    keys = measure(&bench, make_keys, WARM);
    printf("making a key (taken off below)        %6.0f\n", keys);
    printf("get, warm                             %6.0f\n",
           measure(&bench, get_one_by_one, WARM) - keys);
    put_new(&bench, 200000 - WARM);
    printf("get, cold, one by one                 %6.0f\n",
           measure(&bench, get_one_by_one, bench.names) - keys);
    printf("get, cold, index prefetched           %6.0f\n",
           measure(&bench, get_prefetched, bench.names) - keys);
    printf("get, cold, index and value prefetched %6.0f\n",
           measure(&bench, get_prefetched_twice, bench.names) - keys);
    printf("get of what is not there, prefetched  %6.0f\n", measure(&bench, get_missing, 0) - keys);
    printf("put into a full store                 %6.0f\n", measure(&bench, put_batch, 0) - keys);
    printf("(%.1f %% of the gets were hits)\n", 100.0 * (double)bench.hits / (double)bench.asked);
    store_destroy(bench.store);
    return 0;
}
