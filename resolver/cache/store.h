/* store.h - the cache's memory: values under keys, in a fixed number of octets, for all workers.
 *
 * It knows octets and no DNS. A get never waits: it copies and then checks that nobody wrote
 * meanwhile. A put takes the lock of its shard, one of many by hash, and makes room by S3-FIFO:
 * what was asked for only once leaves soon, what is asked for again stays.
 *
 * Threads: all calls from any thread, but create and destroy. */
#ifndef RESOLVER_CACHE_STORE_H
#define RESOLVER_CACHE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct store;

enum {
    STORE_LEAST_OCTETS = 1 << 20,
    STORE_KEY_MAX = 288,     /* octets */
    STORE_VALUE_MAX = 69632, /* octets that fit in the largest store; less in a small one */
};

struct store_key {
    uint64_t hash;         /* keyed, all 64 bits of it */
    const uint8_t *octets; /* compared whole */
    size_t length;
};

/* Which value a get has found, or that it found none: good for one store_claim or store_replace
 * after it. */
struct store_ref {
    uint64_t place, word;
};

/* Makes a store that takes OCTETS of memory in all, index and all else included. Errors: NULL with
 * ERR. */
struct store *store_create(size_t octets, struct err *err);
void store_destroy(struct store *store);

/* Asks for the cache line that a store_get of HASH reads first. */
void store_prefetch(const struct store *store, uint64_t hash);

/* Asks for the first cache lines of the value under HASH: a second step, worth it where a batch has
 * gone through store_prefetch before. */
void store_prefetch_value(const struct store *store, uint64_t hash);

/* Copies the value under KEY into OUT (ROOM octets, 8-aligned) and fills REF (which may be NULL);
 * returns its length, 0 where there is none, or none that fits. Marks it as used. */
size_t store_get(struct store *store, const struct store_key *key, uint8_t *out, size_t room,
                 struct store_ref *ref);

/* Puts VALUE[0..LENGTH) under KEY, in the place of what was there; what it pushes out is the
 * store's choice. A value that is too large for the store is not kept. */
void store_put(struct store *store, const struct store_key *key, const uint8_t *value,
               size_t length);

/* Like store_put, but only while what REF stands for is still there (for a get that found nothing:
 * while nothing is); keeps its standing. Returns whether it was. */
bool store_replace(struct store *store, const struct store_ref *ref, const struct store_key *key,
                   const uint8_t *value, size_t length);

/* Tells the first who asks, and nobody else, that the value of REF is his to renew; a new value may
 * be claimed anew. */
bool store_claim(struct store *store, const struct store_ref *ref);

/* Shows every value to SEE, which may look and says whether it is to go. SEE runs under a lock
 * for some hundred values and must not call the store. What is put meanwhile may be missed. Returns
 * how many went.
 * Cost: reads the whole store. */
size_t store_sweep(struct store *store,
                   bool (*see)(void *context, const uint8_t *key, size_t key_length,
                               const uint8_t *value, size_t length),
                   void *context);

struct store_stats {
    uint64_t octets;   /* of memory, fixed */
    uint64_t entries;  /* now */
    uint64_t used;     /* octets that they take */
    uint64_t inserted; /* since the start, replacements included */
    uint64_t evicted;  /* pushed out by others */
};

/* Fills STATS. */
void store_stats(struct store *store, struct store_stats *stats);

#endif
