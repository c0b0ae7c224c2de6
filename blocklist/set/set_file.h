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
#include "config/base/mask.h"
#include "config/base/siphash.h"

/* A row as a lookup uses it: bits are the taxonomy's. */
struct set_row {
    struct mask add[2], clear[2]; /* [0] below, [1] here */
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
    uint32_t row_count;
    struct set_row *rows;
    struct mask liftable; /* bits that some row clears */
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
uint32_t set_row_entry(const struct set *set, uint32_t row, uint32_t index);
uint32_t set_row_entries(const struct set *set, uint32_t row);

/* Tells whether FEED's listing DEPTH labels long is lifted by an exception of its own between there
 * and the name: ROWS[d] is the row found at d labels, 0 for none. */
bool set_feed_lifted(const struct set *set, const uint32_t *rows, unsigned depth, unsigned labels,
                     uint32_t feed);

/* Returns the string whose offset stands at AT, which set_check found good. */
const char *set_string(const struct set *set, const uint8_t *at);

#endif
