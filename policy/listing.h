/* listing.h - what a set says of one name for one type of question, terms included.
 *
 * Nearly every hit has no terms, and then this is a copy of its mask. */
#ifndef POLICY_LISTING_H
#define POLICY_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/set.h"
#include "blocklist/set/terms.h"
#include "config/base/mask.h"
#include "config/base/name.h"

/* Fills LISTING with what SET, whose word on NAME is HIT, says of a question for TYPE: mask,
 * observed, acted and the action; labels are those of HIT where no action stands on another. */
static inline void listing_find(const struct set *set, const struct name *name, uint16_t type,
                                const struct set_hit *hit, struct set_terms *listing)
{
    if (hit->terms) {
        set_find_terms(set, name, type, listing);
        listing->mask.words[1] |= hit->mask.words[1]; /* tags of lists have no terms */
    } else
        *listing = (struct set_terms){.mask = hit->mask, .labels = hit->labels};
}

/* Returns the mask alone. */
static inline struct mask listing_mask(const struct set *set, const struct name *name,
                                       uint16_t type, const struct set_hit *hit)
{
    struct set_terms listing;

    if (!hit->terms)
        return hit->mask;
    set_find_terms(set, name, type, &listing);
    listing.mask.words[1] |= hit->mask.words[1];
    return listing.mask;
}

/* One record of a rewrite. */
struct listing_record {
    uint16_t type, length;
    const uint8_t *rdata; /* in the set */
};

/* Reads the record at *AT of RECORDS[0..LENGTH) (terms.h) into RECORD and moves *AT on, which is 0
 * at first; returns false past the last, or where the rest is no record. */
bool listing_record(const uint8_t *records, size_t length, size_t *at,
                    struct listing_record *record);

/* Finds the first record of TYPE. */
bool listing_record_of(const uint8_t *records, size_t length, uint16_t type,
                       struct listing_record *record);

/* Fills ALIAS with the name that a rewrite sends the question for TYPE on to; returns false where
 * it does not: it has no CNAME, or that is what was asked for. */
bool listing_alias(const struct set_terms *listing, uint16_t type, struct name *alias);

#endif
