/* key.h - all that an upstream's answer depends on: no option of the client's, no letter case, no
 * id.
 *
 * The cache and the table of questions in flight (pending.h) share it, so that what is one entry is
 * one question. */
#ifndef RESOLVER_CACHE_KEY_H
#define RESOLVER_CACHE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/base/name.h"

struct query;
struct siphash_key;

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

#endif
