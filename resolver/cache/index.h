/* index.h - where records are, by hash: one 64-bit word an entry, which says all that changes of
 * it.
 *
 * A word is tag, claim, uses, ring and position (ring.h); 0 is none. A hash has a home line of
 * eight words and a sister line for what finds no room there. Readers swap uses and the claim in a
 * word, the writer, of whom there is one, all else: a position does not come back, so that a word
 * which is the same still means the same. */
#ifndef RESOLVER_CACHE_INDEX_H
#define RESOLVER_CACHE_INDEX_H

#include "resolver/cache/ring.h"

enum {
    INDEX_LINE = 8, /* slots in a cache line */
    INDEX_PAIR = 2 * INDEX_LINE,
    INDEX_USE_SHIFT = RING_POSITION_BITS + 1,
    INDEX_TAG_SHIFT = INDEX_USE_SHIFT + 3,
};

#define INDEX_MAIN                                                                                 \
    ((uint64_t)1 << RING_POSITION_BITS) /* in the main ring, else in the small one                 \
                                         */
#define INDEX_USE ((uint64_t)1 << INDEX_USE_SHIFT)
#define INDEX_USES (3 * INDEX_USE)
#define INDEX_CLAIMED (4 * INDEX_USE)
#define INDEX_TAG (~(uint64_t)0 << INDEX_TAG_SHIFT)
#define INDEX_PLACE (INDEX_MAIN | RING_POSITION_MASK)

struct slot {
    _Atomic uint64_t word;
};

struct index {
    struct slot *slots; /* 128-aligned */
    size_t pairs;
};

static inline uint64_t slot_load(const struct slot *slot)
{
    return atomic_load_explicit(&slot->word, memory_order_acquire);
}

/* Returns the tag of HASH, never 0, so that no word in use is. */
static inline uint64_t index_tag(uint64_t hash)
{
    uint64_t tag = hash >> 32 << INDEX_TAG_SHIFT;

    return tag != 0 ? tag : (uint64_t)1 << INDEX_TAG_SHIFT;
}

/* Returns the two lines of HASH, whose low 32 bits suffice. */
static inline struct slot *index_pair(const struct index *index, uint64_t hash)
{
    return index->slots + ((hash & UINT32_MAX) * index->pairs >> 32) * INDEX_PAIR;
}

static inline struct slot *index_home(const struct index *index, uint64_t hash)
{
    return index_pair(index, hash) + (hash >> 52 & 1) * INDEX_LINE;
}

static inline struct slot *index_sister(const struct slot *line)
{
    return (struct slot *)((uintptr_t)line ^ INDEX_LINE * sizeof *line);
}

/* Returns a bit for each slot of LINE that has TAG. Without a branch, since where in a line an
 * entry lies no processor can guess. */
static inline unsigned index_fitting(const struct slot *line, uint64_t tag)
{
    unsigned fitting = 0;

    for (unsigned i = 0; i < INDEX_LINE; i++)
        fitting |= (unsigned)((slot_load(&line[i]) & INDEX_TAG) == tag) << i;
    return fitting;
}

/* Tells whether WORD and OTHER stand for the same record, whatever its uses. */
static inline bool index_is_same(uint64_t word, uint64_t other)
{
    return ((word ^ other) & (INDEX_TAG | INDEX_PLACE)) == 0;
}

/* Counts a use of WORD, which stood in SLOT; one that is lost to somebody else's write is no loss.
 * Returns the word as this left it, which stands for the record that was read even if it has gone.
 */
static inline uint64_t slot_use(struct slot *slot, uint64_t word)
{
    uint64_t now = word;

    if ((word & INDEX_USES) == INDEX_USES ||
        !atomic_compare_exchange_strong_explicit(&slot->word, &now, word + INDEX_USE,
                                                 memory_order_relaxed, memory_order_relaxed))
        return word;
    return word + INDEX_USE;
}

/* Claims what WORD stands for; returns whether this call was the first. */
bool slot_claim(struct slot *slot, uint64_t word);

/* For the writer. Returns the slot that points at PLACE (ring and position) among those of HASH;
 * NULL when none does. */
struct slot *index_find(const struct index *index, uint64_t hash, uint64_t place);

/* For the writer. Returns an empty slot for HASH, or that of the entry least used. */
struct slot *index_room(const struct index *index, uint64_t hash);

/* For the writer. Points SLOT at PLACE and keeps of its word what KEEP says, less MINUS. */
void slot_move(struct slot *slot, uint64_t place, uint64_t keep, uint64_t minus);

#endif
