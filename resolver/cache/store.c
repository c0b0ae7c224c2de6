/* store.c - shares one mapping among shards, and finds the shard of a hash. */
#include "resolver/cache/store.h"

#include <sys/mman.h>

#include "config/base/err.h"
#include "resolver/cache/shard.h"

enum {
    SHARD_OCTETS = 1 << 20, /* several times the largest value */
    SHARDS_MOST = 1024,
    ALIGN = 128,      /* a pair of cache lines of the index */
    INDEX_PART = 16,  /* of a shard: a slot for each 128 octets, twice what answers need */
    GHOST_PART = 128, /* of a shard: a mark for each 256 octets, as many as it has entries */
    SMALL_PERCENT = 10,
    GHOST_OCTETS = GHOST_SET * 2,
};

struct store {
    size_t octets, count;
    struct shard shards[];
};

static struct shard_share share_of(size_t octets)
{
    struct shard_share share = {
        .pairs = octets / INDEX_PART / (INDEX_PAIR * 8),
        .ghost_sets = octets / GHOST_PART / GHOST_OCTETS,
    };
    size_t words = (octets - share.pairs * INDEX_PAIR * 8 - share.ghost_sets * GHOST_OCTETS) / 8;

    share.small_words = words * SMALL_PERCENT / 100;
    share.main_words = words - share.small_words;
    if (share.main_words > RING_WORDS_MAX)
        share.main_words = RING_WORDS_MAX;
    return share;
}

struct store *store_create(size_t octets, struct err *err)
{
    size_t count = octets / SHARD_OCTETS < SHARDS_MOST ? octets / SHARD_OCTETS : SHARDS_MOST;
    size_t head = (sizeof(struct store) + count * sizeof(struct shard) + ALIGN - 1) / ALIGN * ALIGN;
    struct shard_share share;
    struct store *store;
    uint8_t *memory;
    size_t each;

    if (octets < STORE_LEAST_OCTETS) {
        err_set(err, ERR_LIMIT, "a cache takes at least %d octets: '%zu'", STORE_LEAST_OCTETS,
                octets);
        return NULL;
    }
    memory = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        err_system(err, "cannot take %zu octets for the cache", octets);
        return NULL;
    }
    /* Each lookup and each insert touch places far apart: with pages of 4 KiB that is a fault at
     * the first touch and a walk of the page table ever after. Where there are no large pages this
     * does nothing. */
    madvise(memory, octets, MADV_HUGEPAGE);
    store = (struct store *)memory;
    store->octets = octets;
    each = (octets - head) / count / ALIGN * ALIGN;
    share = share_of(each);
    for (; store->count < count; store->count++) {
        if (shard_init(&store->shards[store->count], &share, memory + head + each * store->count,
                       err) < 0) {
            store_destroy(store);
            return NULL;
        }
    }
    return store;
}

void store_destroy(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->count; i++)
        shard_release(&store->shards[i]);
    munmap(store, store->octets);
}

static size_t shard_number(const struct store *store, uint64_t hash)
{
    return (size_t)((hash >> 32) * store->count >> 32);
}

void store_prefetch(const struct store *store, uint64_t hash)
{
    shard_prefetch(&store->shards[shard_number(store, hash)], hash);
}

void store_prefetch_value(const struct store *store, uint64_t hash)
{
    shard_prefetch_value(&store->shards[shard_number(store, hash)], hash);
}

size_t store_get(struct store *store, const struct store_key *key, uint8_t *out, size_t room,
                 struct store_ref *ref)
{
    return shard_get(&store->shards[shard_number(store, key->hash)], key, out, room, ref);
}

void store_put(struct store *store, const struct store_key *key, const uint8_t *value,
               size_t length)
{
    must(key->length <= STORE_KEY_MAX);
    shard_put(&store->shards[shard_number(store, key->hash)], NULL, key, value, length);
}

bool store_replace(struct store *store, const struct store_ref *ref, const struct store_key *key,
                   const uint8_t *value, size_t length)
{
    must(key->length <= STORE_KEY_MAX);
    return shard_put(&store->shards[shard_number(store, key->hash)], ref, key, value, length);
}

bool store_claim(struct store *store, const struct store_ref *ref)
{
    (void)store; /* a claim is one word's, and the reference knows which */
    return shard_claim(ref);
}

size_t store_sweep(struct store *store,
                   bool (*see)(void *context, const uint8_t *key, size_t key_length,
                               const uint8_t *value, size_t length),
                   void *context)
{
    uint64_t copy[SHARD_RECORD_WORDS];
    const struct shard_sweep sweep = {.see = see, .context = context, .copy = copy};
    size_t gone = 0;

    for (size_t i = 0; i < store->count; i++)
        gone += shard_sweep(&store->shards[i], &sweep);
    return gone;
}

void store_stats(struct store *store, struct store_stats *stats)
{
    *stats = (struct store_stats){.octets = store->octets};
    for (size_t i = 0; i < store->count; i++)
        shard_count(&store->shards[i], stats);
}
