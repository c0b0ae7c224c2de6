/* set_walk.c - the exact rule of docs/set-file.md, "Terms", applied to one name.
 *
 * A listing counts where it matches the name and the type and nothing of its own list takes it
 * back. Whether a scoped exception takes back what stands above it depends on how much does, which
 * depends on the exceptions further up: so the suffixes are gone through from the top-level label
 * down, for the feed of each listing in question. Ways are short and rows small; feeds are not kept
 * in a table of any kind, since there may be 65536 of them and nothing here may allocate. */
#include "blocklist/set/set_walk.h"

#include <string.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/terms_check.h"

/* What one feed's exceptions leave of its listings. */
struct standing {
    bool barred[2];    /* listings: [0] common ones, [1] important ones */
    uint64_t alive[2]; /* bit n: a listing at the suffix of n labels counts */
};

void set_walk_start(struct set_walk *walk, const struct set *set, const struct set_probe *probe,
                    int type)
{
    memset(walk, 0, sizeof *walk);
    walk->set = set;
    walk->type = type;
    walk->labels = probe->labels;
    walk->count = walk->depth = probe->count;
    for (unsigned depth = 1; depth <= probe->count; depth++) {
        if (set_depth_used(set, depth))
            walk->rows[depth] = set_row_of(set, probe->hashes[depth - 1]);
        walk->lifts |= set->rows != NULL && set->rows[walk->rows[depth]].lifts;
    }
}

void set_walk_start_row(struct set_walk *walk, const struct set *set, uint32_t row, int type)
{
    memset(walk, 0, sizeof *walk);
    walk->set = set;
    walk->type = type;
    walk->rows[1] = row;
    walk->count = walk->depth = walk->labels = 1;
    walk->lifts = set->rows != NULL && set->rows[row].lifts;
}

static bool important(const uint8_t *terms)
{
    return terms != NULL && (terms[TERMS_AT_FLAGS] & TERMS_IMPORTANT) != 0;
}

static bool scoped(const uint8_t *terms)
{
    return terms != NULL && (terms[TERMS_AT_FLAGS] & TERMS_SCOPED) != 0;
}

/* Tells whether ENTRY, found at DEPTH, matches the name and the type. */
static bool matches(const struct set_walk *walk, uint32_t entry, unsigned depth)
{
    const uint8_t *terms = set_entry_terms(walk->set, entry);

    if (!set_entry_applies(entry, depth, walk->labels))
        return false;
    if (walk->type >= 0)
        return terms == NULL || terms_hold(terms, (uint16_t)walk->type);
    if (SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT)
        return terms == NULL || !terms_limited(terms);
    return walk->type == WALK_ANY_TYPE ||
           (terms == NULL && !set_feed_observed(walk->set, set_entry_feed(walk->set, entry)));
}

/* Notes the exceptions of FEED that bar its listings wherever they stand. */
static void note_bars(const struct set_walk *walk, uint32_t feed, struct standing *standing)
{
    for (unsigned depth = 1; depth <= walk->count; depth++) {
        uint32_t row = walk->rows[depth], count = 0;

        if (row != 0 && walk->set->rows[row].lifts)
            count = set_row_entries(walk->set, row);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t entry = set_row_entry(walk->set, row, i);
            const uint8_t *terms = set_entry_terms(walk->set, entry);

            if (SET_ENTRY_OPERATION(entry) != ENTRY_EXCEPT || scoped(terms) ||
                set_entry_feed(walk->set, entry) != feed || !matches(walk, entry, depth))
                continue;
            standing->barred[0] = true;
            standing->barred[1] |= important(terms);
        }
    }
}

/* Lets FEED's entries in the row at DEPTH change what is alive: first a scoped exception, which
 * takes back one listing above it, then the listings. */
static void pass_row(const struct set_walk *walk, unsigned depth, uint32_t feed,
                     struct standing *standing)
{
    uint32_t row = walk->rows[depth], count = set_row_entries(walk->set, row);
    bool ends = false, begins = false;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = set_row_entry(walk->set, row, i);
        const uint8_t *terms = set_entry_terms(walk->set, entry);

        if (set_entry_feed(walk->set, entry) != feed || !matches(walk, entry, depth))
            continue;
        if (SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT)
            ends |= scoped(terms);
        else
            begins |= !standing->barred[important(terms)];
    }
    if (ends &&
        __builtin_popcountll(standing->alive[0]) + __builtin_popcountll(standing->alive[1]) == 1)
        standing->alive[0] = standing->alive[1] = 0;
    if (begins)
        standing->alive[depth / 64] |= (uint64_t)1 << (depth % 64);
}

/* Tells whether the listing ENTRY at DEPTH, which matches, is left alone by its feed's exceptions.
 */
static bool stands(const struct set_walk *walk, uint32_t entry, unsigned depth)
{
    struct standing standing;
    uint32_t feed = set_entry_feed(walk->set, entry);

    memset(&standing, 0, sizeof standing);
    note_bars(walk, feed, &standing);
    if (standing.barred[important(set_entry_terms(walk->set, entry))])
        return false;
    for (unsigned d = 1; d <= walk->count; d++) {
        if (walk->rows[d] != 0)
            pass_row(walk, d, feed, &standing);
    }
    return (standing.alive[depth / 64] >> (depth % 64) & 1) != 0;
}

static bool counts(const struct set_walk *walk, uint32_t entry, unsigned depth)
{
    if (!matches(walk, entry, depth))
        return false;
    return SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT || !walk->lifts || stands(walk, entry, depth);
}

bool set_walk_next(struct set_walk *walk, uint32_t *entry, unsigned *depth)
{
    for (; walk->depth > 0; walk->depth--, walk->index = 0) {
        uint32_t row = walk->rows[walk->depth];

        while (row != 0 && walk->index < set_row_entries(walk->set, row)) {
            *entry = set_row_entry(walk->set, row, walk->index++);
            *depth = walk->depth;
            if (counts(walk, *entry, *depth))
                return true;
        }
    }
    return false;
}
