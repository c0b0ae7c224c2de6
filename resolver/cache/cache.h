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

#include "resolver/cache/entry.h"
#include "resolver/cache/key.h"
#include "resolver/cache/store.h"

struct cache;
struct err;

/* Makes a cache that takes OCTETS of memory; 0: one that keeps nothing. SEED keys its hashes, so
 * that nobody outside can aim at one place; 0 in tests. Errors: NULL with ERR. */
struct cache *cache_create(size_t octets, uint64_t seed, struct err *err);
void cache_destroy(struct cache *cache);

/* Fills SPOT for KEY, hashed with the cache's own key. */
void cache_spot(const struct cache *cache, const struct cache_key *key, struct cache_spot *spot);

/* Ask for the memory that a cache_get of SPOT reads first, and, some time later, for what it reads
 * then. */
void cache_prefetch(const struct cache *cache, const struct cache_spot *spot);
void cache_prefetch_entry(const struct cache *cache, const struct cache_spot *spot);

enum cache_state {
    CACHE_NONE,   /* ask an upstream */
    CACHE_FRESH,  /* may be given */
    CACHE_OLD,    /* past its time, but better than no answer (RFC 8767) */
    CACHE_FAILED, /* no upstream could answer a moment ago: not to be asked again yet (RFC 9520) */
};

/* What lies in the cache for a question. */
struct cache_found {
    enum cache_state state;
    struct entry *entry;           /* in a room; not for CACHE_NONE */
    const struct cache_spot *spot; /* where it lies */
    struct store_ref ref;
    uint8_t failures; /* of a failure that is there, even if it is over */
};

/* Denials that are looked for: of the name itself, and of so many above it. */
enum { CACHE_DENIALS_MAX = 16 };

/* Room of one worker for what it reads from the cache. */
struct cache_room {
    _Alignas(8) uint8_t entries[2][STORE_VALUE_MAX];
    struct cache_spot denials[CACHE_DENIALS_MAX];
};

/* The time, and how long after its end an entry is of use. */
struct cache_when {
    uint64_t now_ms;
    uint32_t stale_s;
};

/* Finds in ROOM what CACHE has for the question of SPOT: its own entry, or the word that its name,
 * or one above it, does not exist (then the entry's name is shorter). What is fresh goes before a
 * failure, what came last before what came earlier; the denial of a name above one that was there
 * is old at best. */
void cache_get(struct cache *cache, const struct cache_spot *spot, const struct cache_when *when,
               struct cache_room *room, struct cache_found *found);

/* Keeps ENTRY, whose lifetime is not 0, for the question of SPOT. */
void cache_put(struct cache *cache, const struct cache_spot *spot, const struct entry *entry);

/* Puts FOUND's entry, whose head has changed, in its own place, if that still is what was found. */
void cache_touch(struct cache *cache, const struct cache_found *found);

/* Notes the failure of the question of SPOT, which the entry FAILURE tells of. What is fresh stays
 * as it is and an old answer stays too, unless FINAL says that it must not be given any more; it is
 * then not asked for again for 1 s, doubling up to 5 s as the failure repeats. Fills FOUND with
 * what is to be answered, maybe FAILURE. RFC: 9520 §3.2, 8767 §5. */
void cache_fail(struct cache *cache, const struct cache_spot *spot, const struct cache_when *when,
                struct entry *failure, bool final, struct cache_room *room,
                struct cache_found *found);

/* Tells whether FOUND, which is fresh, is to be renewed before it ends: to the first who asks in
 * the last tenth of its life, and to nobody else. */
bool cache_renews(struct cache *cache, const struct cache_found *found, uint64_t now_ms);

/* What `stairgate cache lookup` shows of one entry. */
struct cache_line {
    struct cache_key
        key; /* its name lives during the call; type 0: it and all below do not exist */
    uint16_t rcode;
    uint16_t records;
    bool failure;   /* not an answer: an upstream's failure, kept for seconds */
    uint32_t ttl_s; /* left; 0 when its time is over */
    uint32_t age_s; /* since an upstream said it */
    size_t octets;
};

/* Shows every entry of NAME (with BELOW also those of names below it) to SEE; returns how many. The
 * words that a name above does not exist are among them. SEE must not call the cache. */
size_t cache_list(struct cache *cache, const struct name *name, bool below, uint64_t now_ms,
                  void (*see)(void *context, const struct cache_line *line), void *context);

/* Forgets the entries of NAME (with BELOW also those of names below it) and the words that a name
 * above does not exist, or all for NULL; returns how many. */
size_t cache_flush(struct cache *cache, const struct name *name, bool below);

struct cache_stats {
    uint64_t octets, entries, used; /* of memory; now; that the entries take */
    uint64_t inserted, evicted;     /* since the start */
};
void cache_stats(struct cache *cache, struct cache_stats *stats);

#endif
