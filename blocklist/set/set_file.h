/* set_file.h - an opened set, as the files that read it share it. Nothing outside this folder
 * includes this. */
#ifndef BLOCKLIST_SET_SET_FILE_H
#define BLOCKLIST_SET_SET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/set.h"
#include "blocklist/set/set_find.h"
#include "config/base/bytes.h"
#include "config/base/mask.h"
#include "config/base/siphash.h"

/* A row as a lookup uses it: bits are the taxonomy's. */
struct set_row {
    struct mask add[2], clear[2]; /* [0] below, [1] here */
    bool terms[2];                /* an entry with terms, or of an observed list, has a say */
    bool lifts;                   /* an exception is among its entries */
};

struct set_part {
    const uint8_t *at;
    uint64_t octets, count;
};

struct set {
    struct set_lines lines;
    uint64_t depths[2];
    unsigned deepest;
    unsigned escape; /* the id that stands for the escapes section */
    uint32_t row_count, feed_count;
    struct set_row *rows;
    struct mask liftable; /* categories with an exception, or an answer of a listing's own */
    struct siphash_key key;

    struct set_part parts[SET_SECTION_IDS]; /* at is NULL where the section is absent */
    const uint8_t *octets;
    size_t length;
    size_t kept; /* of length: not given back by set_shrink */
    bool mapped; /* we unmap it */
    uint64_t names, seed;
    uint64_t prefix_lengths[2][3]; /* IPv4, IPv6: bit n is set where a range of n bits is listed */
    uint8_t bits[SET_CATEGORIES_MAX]; /* of the set's categories, SET_BIT_NONE for unknown ones */
};

enum { SET_BIT_NONE = 0xff };

/* Checks the header and every section of SET->octets and fills SET's fields but rows and bits.
 * Errors: -1 with ERR. */
int set_check(struct set *set, const char *path, struct err *err);

static inline bool set_depth_used(const struct set *set, unsigned labels)
{
    return (set->depths[labels / 64] >> (labels % 64) & 1) != 0;
}

/* Returns the row stored for HASH, 0 for none. */
uint32_t set_row_of(const struct set *set, uint64_t hash);

/* Tells whether an entry of ENTRY's kind, DEPTH labels long, has a say about a name of LABELS. */
static inline bool set_entry_applies(uint32_t entry, unsigned depth, unsigned labels)
{
    unsigned kind = SET_ENTRY_KIND(entry);

    return kind == 0 || (kind == 1) == (depth == labels);
}

/* Entry INDEX of ROW, and how many there are. */
static inline uint32_t set_row_entries(const struct set *set, uint32_t row)
{
    return load_le32(set->parts[SET_ROWS].at + (size_t)row * SET_ROW_OCTETS + SET_ROW_AT_COUNT);
}

static inline uint32_t set_row_entry(const struct set *set, uint32_t row, uint32_t index)
{
    const uint8_t *at = set->parts[SET_ROWS].at + (size_t)row * SET_ROW_OCTETS;
    size_t first = load_le32(at + SET_ROW_AT_FIRST);

    return load_le32(set->parts[SET_ENTRIES].at + 4 * (first + index));
}

/* Returns the variant that ENTRY is of, NULL for one without terms. */
static inline const uint8_t *set_entry_variant(const struct set *set, uint32_t entry)
{
    uint32_t variant = SET_ENTRY_VARIANT(entry);

    if (__builtin_expect(variant < set->feed_count, 1))
        return NULL;
    return set->parts[SET_VARIANTS].at + (size_t)(variant - set->feed_count) * SET_VARIANT_OCTETS;
}

/* Returns the terms of ENTRY, NULL for none. */
static inline const uint8_t *set_entry_terms(const struct set *set, uint32_t entry)
{
    const uint8_t *variant = set_entry_variant(set, entry);

    return variant == NULL ? NULL : variant + SET_VARIANT_AT_TERMS;
}

static inline uint32_t set_entry_feed(const struct set *set, uint32_t entry)
{
    const uint8_t *variant = set_entry_variant(set, entry);

    return variant == NULL ? SET_ENTRY_VARIANT(entry) : load_le32(variant);
}

/* Returns the records of ENTRY's terms and their *LENGTH. */
static inline const uint8_t *set_entry_records(const struct set *set, uint32_t entry,
                                               size_t *length)
{
    const uint8_t *variant = set_entry_variant(set, entry);

    *length = variant == NULL ? 0 : load_le16(variant + SET_VARIANT_AT_TERMS + TERMS_AT_LENGTH);
    return *length == 0 ? NULL
                        : set->parts[SET_REWRITES].at + load_le32(variant + SET_VARIANT_AT_RECORDS);
}

static inline const uint8_t *set_feed_octets(const struct set *set, uint32_t feed)
{
    return set->parts[SET_FEEDS].at + (size_t)feed * SET_FEED_OCTETS;
}

static inline bool set_feed_observed(const struct set *set, uint32_t feed)
{
    return (load_le32(set_feed_octets(set, feed) + SET_FEED_AT_FLAGS) & SET_FEED_OBSERVED) != 0;
}

static inline uint32_t set_feed_category(const struct set *set, uint32_t feed)
{
    return load_le32(set_feed_octets(set, feed) + SET_FEED_AT_CATEGORY);
}

/* Returns the row of the longest range around ADDR and its *LENGTH, 0 for none. */
uint32_t set_row_of_addr(const struct set *set, const struct addr *addr, unsigned *length);

/* Returns the string whose offset stands at AT, which set_check found good. */
const char *set_string(const struct set *set, const uint8_t *at);

/* Returns the id of FEED. */
static inline const char *set_feed_id(const struct set *set, uint32_t feed)
{
    return set_string(set, set_feed_octets(set, feed));
}

#endif
