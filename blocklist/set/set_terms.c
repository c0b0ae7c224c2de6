#include <string.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/set_walk.h"
#include "blocklist/set/terms.h"
#include "config/base/bytes.h"

/* Tells whether ENTRY lists in a category that is known here, and fills its BIT. */
static bool lists(const struct set *set, uint32_t entry, struct mask *bit)
{
    uint32_t feed = set_entry_feed(set, entry);
    uint8_t number = set->bits[set_feed_category(set, feed)];

    if (SET_ENTRY_OPERATION(entry) != ENTRY_LIST || number == SET_BIT_NONE)
        return false;
    *bit = mask_bit(number);
    return true;
}

static bool observed(const struct set *set, uint32_t entry)
{
    return set_feed_observed(set, set_entry_feed(set, entry));
}

static uint8_t action_of(const struct set *set, uint32_t entry)
{
    const uint8_t *terms = set_entry_terms(set, entry);

    return terms == NULL ? TERMS_STYLE : terms[0];
}

/* Adds up the categories of all listings that count. */
static void add_masks(struct set_walk walk, struct set_terms *terms)
{
    struct mask bit, plain = {
                         {0, 0}
    };
    uint32_t entry;
    unsigned depth;

    while (set_walk_next(&walk, &entry, &depth)) {
        if (!lists(walk.set, entry, &bit))
            continue;
        if (observed(walk.set, entry)) {
            terms->observed = mask_or(terms->observed, bit);
            continue;
        }
        terms->mask = mask_or(terms->mask, bit);
        if (action_of(walk.set, entry) == TERMS_STYLE)
            plain = mask_or(plain, bit);
    }
    terms->acted = mask_without(terms->mask, plain);
    terms->observed = mask_without(terms->observed, terms->mask);
}

/* Fills what TERMS keeps of the listing ENTRY at DEPTH: its action only where that may be taken. */
static void take(const struct set *set, uint32_t entry, unsigned depth, struct set_terms *terms)
{
    terms->labels = (uint8_t)depth;
    terms->feed = set_feed_id(set, set_entry_feed(set, entry));
    if (mask_any(terms->acted))
        terms->action = action_of(set, entry);
    if (terms->action == TERMS_REWRITE)
        terms->records = set_entry_records(set, entry, &terms->records_length);
}

/* Finds the longest listing with an action in a category of `acted`, or the longest at all. */
static void find_longest(struct set_walk walk, struct set_terms *terms)
{
    bool acts = mask_any(terms->acted);
    struct mask bit;
    uint32_t entry;
    unsigned depth;

    while (set_walk_next(&walk, &entry, &depth)) {
        if (!lists(walk.set, entry, &bit) || observed(walk.set, entry) ||
            (acts && !mask_any(mask_and(terms->acted, bit))))
            continue;
        take(walk.set, entry, depth, terms);
        return;
    }
}

static const struct mask all = {
    {UINT64_MAX, UINT64_MAX}
};

static void fill(const struct set_walk *walk, struct mask among, struct set_terms *terms)
{
    memset(terms, 0, sizeof *terms);
    if (walk->set->octets == NULL)
        return;
    add_masks(*walk, terms);
    terms->acted = mask_and(terms->acted, among);
    if (mask_any(terms->mask))
        find_longest(*walk, terms);
}

static void find(const struct set *set, const struct name *name, int type, struct mask among,
                 struct set_terms *terms)
{
    struct set_probe probe;
    struct set_walk walk;

    set_hash(set, name, &probe);
    set_walk_start(&walk, set, &probe, type);
    fill(&walk, among, terms);
}

void set_find_terms(const struct set *set, const struct name *name, uint16_t type,
                    struct set_terms *terms)
{
    find(set, name, type, all, terms);
}

void set_find_terms_among(const struct set *set, const struct name *name, uint16_t type,
                          struct mask among, struct set_terms *terms)
{
    find(set, name, type, among, terms);
}

void set_find_any_terms(const struct set *set, const struct name *name, struct set_terms *terms)
{
    find(set, name, WALK_ANY_TYPE, all, terms);
}

void set_find_terms_addr(const struct set *set, const struct addr *addr, struct set_terms *terms)
{
    struct set_walk walk;
    unsigned length = 0;

    set_walk_start_row(&walk, set, set_row_of_addr(set, addr, &length), 0);
    fill(&walk, all, terms);
    if (mask_any(terms->mask))
        terms->labels = (uint8_t)length;
}
