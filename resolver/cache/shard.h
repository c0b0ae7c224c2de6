/* shard.h - one part of a store: two rings of records, the index to them, and S3-FIFO.
 *
 * Used by store.c only. shard_get, shard_claim and shard_prefetch need no lock; the rest takes it.
 */
#ifndef RESOLVER_CACHE_SHARD_H
#define RESOLVER_CACHE_SHARD_H

#include <pthread.h>
#include <stdalign.h>

#include "resolver/cache/ghost.h"
#include "resolver/cache/index.h"
#include "resolver/cache/ring.h"
#include "resolver/cache/store.h"

enum {
    SHARD_RECORD_WORDS = 1 + (STORE_KEY_MAX + 7) / 8 + (STORE_VALUE_MAX + 7) / 8,
};

struct shard {
    alignas(64) struct index index; /* what readers need lies in the first lines */
    struct ring main;
    struct ring small;
    alignas(64) pthread_mutex_t lock;
    struct ghost ghost;
    size_t entries, words; /* alive */
    uint64_t inserted, evicted;
};

/* The memory of a shard: how much each part takes of it. */
struct shard_share {
    size_t pairs, ghost_sets, small_words, main_words;
};

/* Makes SHARD in zeroed, 128-aligned MEMORY, which it takes as SHARE says. Errors: -1 with ERR. */
int shard_init(struct shard *shard, const struct shard_share *share, void *memory, struct err *err);

/* Gives back what shard_init took besides memory. */
void shard_release(struct shard *shard);

/* Like store_prefetch, for a HASH of SHARD. */
void shard_prefetch(const struct shard *shard, uint64_t hash);

/* Like store_prefetch_value. */
void shard_prefetch_value(const struct shard *shard, uint64_t hash);

/* Like store_get. */
size_t shard_get(const struct shard *shard, const struct store_key *key, uint8_t *out, size_t room,
                 struct store_ref *ref);

/* Like store_claim. */
bool shard_claim(const struct store_ref *ref);

/* Puts VALUE under KEY; with REF only in the place of what it stands for, which may be nothing.
 * Returns whether that was there. */
bool shard_put(struct shard *shard, const struct store_ref *ref, const struct store_key *key,
               const uint8_t *value, size_t length);

/* What store_sweep was told, and room for the largest record. */
struct shard_sweep {
    bool (*see)(void *context, const uint8_t *key, size_t key_length, const uint8_t *value,
                size_t length);
    void *context;
    uint64_t *copy; /* SHARD_RECORD_WORDS */
};

/* Like store_sweep. */
size_t shard_sweep(struct shard *shard, const struct shard_sweep *sweep);

/* Adds what SHARD has to STATS. */
void shard_count(struct shard *shard, struct store_stats *stats);

#endif
