/* cache.h - what upstreams said, kept for its TTL.
 *
 * The stage is in its place and its key is final; it passes every query on until the cache has its
 * store (an issue of its own). The key already serves the queries in flight (pending.h). */
#ifndef RESOLVER_CACHE_CACHE_H
#define RESOLVER_CACHE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/query.h"

struct siphash_key;

/* All that an upstream's answer depends on; no client option, no letter case, no id. */
struct cache_key {
    struct name name; /* lower-cased */
    uint16_t type, class;
    bool dnssec_ok, checking_disabled;
    uint32_t group; /* of upstreams */
};

/* Returns the key of QUERY, which is to be forwarded; it points at QUERY's name. */
struct cache_key cache_key_of(const struct query *query);

/* Tells whether A and B are one question to the upstreams. */
bool cache_key_equal(const struct cache_key *a, const struct cache_key *b);

/* Returns a keyed hash of KEY. */
uint64_t cache_key_hash(const struct cache_key *key, const struct siphash_key *sip);

/* Answers QUERY from the cache. There is no store yet: always NEXT_STAGE. */
enum next stage_cache(const struct query_context *context, struct query *query);

#endif
