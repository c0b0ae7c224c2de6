/* cache.h - what upstreams said, kept for as long as it holds: one for all workers.
 *
 * Entries (entry.h) lie in a store (store.h) under keys (key.h). Here is what gives them a life:
 * when one is fresh, old, or a failure that is not to be repeated at once. Times are those of
 * core_now.mono_ms.
 *
 * Threads: all calls from any thread, but create and destroy. */
#ifndef RESOLVER_CACHE_CACHE_H
#define RESOLVER_CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/cache/key.h"

struct cache;
struct err;

/* Makes a cache that takes OCTETS of memory; 0: one that keeps nothing. SEED keys its hashes, so
 * that nobody outside can aim at one place; 0 in tests. Errors: NULL with ERR. */
struct cache *cache_create(size_t octets, uint64_t seed, struct err *err);
void cache_destroy(struct cache *cache);

/* What `stairgate cache lookup` shows of one entry. */
struct cache_line {
    struct cache_key key; /* its name lives during the call */
    uint16_t rcode;
    uint16_t records;
    bool failure;   /* not an answer: an upstream's failure, kept for seconds */
    uint32_t ttl_s; /* left; 0 when its time is over */
    uint32_t age_s; /* since an upstream said it */
    size_t octets;
};

/* Shows every entry of NAME (with BELOW also those of names below it) to SEE; returns how many. */
size_t cache_list(struct cache *cache, const struct name *name, bool below, uint64_t now_ms,
                  void (*see)(void *context, const struct cache_line *line), void *context);

/* Forgets the entries of NAME (with BELOW also those of names below it), or all for NULL; returns
 * how many. */
size_t cache_flush(struct cache *cache, const struct name *name, bool below);

struct cache_stats {
    uint64_t octets, entries, used; /* of memory; now; that the entries take */
    uint64_t inserted, evicted;     /* since the start */
};
void cache_stats(struct cache *cache, struct cache_stats *stats);

#endif
