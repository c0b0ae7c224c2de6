/* prefixes.h - the address ranges of all feeds, as rows for a longest-prefix match. */
#ifndef BLOCKLIST_SET_PREFIXES_H
#define BLOCKLIST_SET_PREFIXES_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct rows;
struct segment;

struct prefix_row {
    uint8_t octets[16];
    uint8_t bits, length;
    uint32_t row; /* number in rows */
};

struct prefixes {
    struct prefix_row *items;
    size_t count;
};

/* Computes the distinct ranges of SEGMENTS[0..COUNT) and interns their rows in ROWS. The row of a
 * range names every feed that lists it or a range around it and makes no exception for either, so
 * that one match says everything. Owner: the caller frees PREFIXES->items. Errors: -1 with ERR. */
int prefixes_build(struct prefixes *prefixes, struct segment *const *segments, size_t count,
                   struct rows *rows, struct err *err);

#endif
