/* variants.h - who lists, and on which terms, as one number: what stands in an entry.
 *
 * Variant n below the number of feeds is feed n without terms, so that a set without terms has no
 * others; behind them come the terms of each feed, in the order of its segment. */
#ifndef BLOCKLIST_SET_VARIANTS_H
#define BLOCKLIST_SET_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/terms_check.h"

struct err;
struct segment;

struct variants {
    size_t feeds, count; /* count: of all */
    uint32_t *base;      /* by feed: number of its first terms */
    uint32_t *feed_of;   /* by number less feeds */
    const uint8_t **terms;
    uint8_t *categories; /* by feed: number in the set */
    bool *observed;      /* by feed */
};

/* Numbers the terms of SEGMENTS[0..COUNT), which must outlive VARIANTS; the caller fills the
 * categories. Owner: the caller ends it with variants_free, also after an error. Errors: -1 with
 * ERR_MEMORY, ERR_LIMIT. */
int variants_make(struct variants *variants, struct segment *const *segments, size_t count,
                  struct err *err);
void variants_free(struct variants *variants);

/* Returns the variant of FEED with its terms NUMBER, counted from 1; 0 for none. */
static inline uint32_t variants_number(const struct variants *variants, size_t feed,
                                       uint32_t number)
{
    return number == 0 ? (uint32_t)feed : variants->base[feed] + number - 1;
}

static inline uint32_t variants_feed(const struct variants *variants, uint32_t number)
{
    return number < variants->feeds ? number : variants->feed_of[number - variants->feeds];
}

/* Returns the terms of variant NUMBER, NULL for none. */
static inline const uint8_t *variants_terms(const struct variants *variants, uint32_t number)
{
    return number < variants->feeds ? NULL : variants->terms[number - variants->feeds];
}

/* Tells whether listings of variant NUMBER count in the masks of rows. */
static inline bool variants_masked(const struct variants *variants, uint32_t number)
{
    return number < variants->feeds && !variants->observed[number];
}

/* Tells whether an exception of variant NUMBER takes back for all types: only such are in masks. */
static inline bool variants_for_all_types(const struct variants *variants, uint32_t number)
{
    const uint8_t *terms = variants_terms(variants, number);

    return terms == NULL || !terms_limited(terms);
}

static inline bool variants_scoped(const struct variants *variants, uint32_t number)
{
    return terms_scoped(variants_terms(variants, number));
}

static inline unsigned variants_scope(const struct variants *variants, uint32_t number)
{
    return terms_scope(variants_terms(variants, number));
}

#endif
