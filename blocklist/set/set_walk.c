/* set_walk.c - the exact rule of docs/set-file.md, "Terms", applied to one name.
 *
 * A listing counts where it matches the name and the type and no exception of its own list takes it
 * back. Ways are short and rows small, so the exceptions on the way are gone through once for each
 * listing in question; feeds are not kept in a table of any kind, since there may be 65536 of them
 * and nothing here may allocate. */
#include "blocklist/set/set_walk.h"

#include <string.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/terms_check.h"

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

/* A listing, and what exceptions of its feed are held against. */
struct listing {
    uint32_t feed;
    unsigned depth, scope;
    bool important;
};

/* Tells whether an exception with TERMS, found at DEPTH, takes LISTING back: wherever that stands,
 * or, if it is scoped, where it stands above and is of that scope. */
static bool takes_back(const uint8_t *terms, unsigned depth, const struct listing *listing)
{
    if (!terms_scoped(terms))
        return !listing->important || terms_important(terms);
    return listing->depth < depth &&
           (terms_scope(terms) == 0 || terms_scope(terms) == listing->scope);
}

/* Tells whether an exception in the row at DEPTH takes LISTING back. */
static bool row_takes_back(const struct set_walk *walk, unsigned depth,
                           const struct listing *listing)
{
    uint32_t row = walk->rows[depth], count = 0;

    if (row != 0 && walk->set->rows[row].lifts)
        count = set_row_entries(walk->set, row);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = set_row_entry(walk->set, row, i);

        if (SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT &&
            set_entry_feed(walk->set, entry) == listing->feed && matches(walk, entry, depth) &&
            takes_back(set_entry_terms(walk->set, entry), depth, listing))
            return true;
    }
    return false;
}

/* Tells whether the listing ENTRY at DEPTH, which matches, is left alone by its feed's exceptions.
 */
static bool stands(const struct set_walk *walk, uint32_t entry, unsigned depth)
{
    const uint8_t *terms = set_entry_terms(walk->set, entry);
    const struct listing listing = {set_entry_feed(walk->set, entry), depth, terms_scope(terms),
                                    terms_important(terms)};

    for (unsigned d = 1; d <= walk->count; d++) {
        if (row_takes_back(walk, d, &listing))
            return false;
    }
    return true;
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
