/* key.h - all that an upstream's answer depends on: no option of the client's, no letter case, no
 * id.
 *
 * The cache and the table of questions in flight (pending.h) share it, so that what is one entry is
 * one question. A spot is a key as the store takes it: in one piece, and hashed once for both. */
#ifndef RESOLVER_CACHE_KEY_H
#define RESOLVER_CACHE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct query;
struct siphash_key;

struct cache_key {
    struct name name; /* lower-cased */
    uint16_t type, class;
    bool dnssec_ok, checking_disabled;
    uint32_t group; /* of upstreams: its mark (policy/verdict.h), since a reload renumbers them */
};

enum {
    CACHE_SPOT_FIXED = 8, /* octets before the name */
    CACHE_TYPE_NONE = 0   /* no type of data: the key of what denies a name and all below it */
};

struct cache_spot {
    uint64_t hash;
    size_t length;
    uint8_t octets[CACHE_SPOT_FIXED + NAME_OCTETS_MAX];
};

/* Returns the key of QUERY, which is to be forwarded; it points at QUERY's name. */
struct cache_key cache_key_of(const struct query *query);

/* Tells whether A and B are one question to the upstreams. */
bool cache_key_equal(const struct cache_key *a, const struct cache_key *b);

/* Fills SPOT for KEY, whose class is IN, hashed with SIP. */
void cache_spot_fill(struct cache_spot *spot, const struct cache_key *key,
                     const struct siphash_key *sip);

/* Fills DENIAL with the spot at which the word is kept that the name of SPOT without its first SKIP
 * octets does not exist. */
void cache_spot_denial(struct cache_spot *denial, const struct cache_spot *spot, size_t skip,
                       const struct siphash_key *sip);

/* Returns the key that OCTETS[0..LENGTH) of a spot stand for; it points into them. */
struct cache_key cache_key_read(const uint8_t *octets, size_t length);

#endif
