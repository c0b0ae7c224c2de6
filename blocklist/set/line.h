/* line.h - one cache line of the names section: what the builder fills and a lookup compares.
 *
 * Ten slots with 8-bit ids: [10 x u32 low][10 x u8 high][10 x u8 id][u32 filter]; nine with 16-bit
 * ids: [9 x u32 low][9 x u8 high][9 x u16 id][u8 filter]. A slot with id 0 is empty. The filter has
 * the bit (remainder mod its width) set for each entry that passed this line because it was full,
 * so that a miss seldom reads the next one. */
#ifndef BLOCKLIST_SET_LINE_H
#define BLOCKLIST_SET_LINE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/product.h"

enum {
    LINE_OCTETS = 64,
    LINE_SLOTS_8 = 10,
    LINE_SLOTS_16 = 9,
    LINE_ESCAPE_8 = 0xff, /* the row stands in the escapes section */
    LINE_ESCAPE_16 = 0xffff,
};

typedef uint32_t line_lanes __attribute__((vector_size(16)));
typedef uint64_t line_halves __attribute__((vector_size(16)));

/* Where a hash belongs: its line, and what is compared there. */
struct line_place {
    uint64_t line;
    uint32_t low; /* of the remainder, in the octet order of the file */
    uint8_t high;
    uint8_t filter; /* number from 0 to 31 */
};

/* Returns the place of HASH among LINES lines. One product gives both parts: it grows with the
 * hash, so that sorted hashes are written as one forward stream. */
static inline struct line_place line_place(uint64_t hash, uint64_t lines)
{
    struct product product = product_of(hash, lines);
    uint32_t low = (uint32_t)(product.low >> 24);

    return (struct line_place){product.high, htole32(low), (uint8_t)(product.low >> 56),
                               (uint8_t)(low & 31)};
}

static inline line_lanes line_load(const uint8_t *at)
{
    line_lanes lanes;

    memcpy(&lanes, at, sizeof lanes);
    return lanes;
}

static inline unsigned line_id(const uint8_t *line, unsigned slot, unsigned slots)
{
    return slots == LINE_SLOTS_8 ? line[50 + slot] : load_le16(line + 45 + 2 * slot);
}

static inline bool line_filter(const uint8_t *line, unsigned slots, unsigned filter)
{
    return slots == LINE_SLOTS_8 ? (load_le32(line + 60) >> filter & 1) != 0
                                 : (line[63] >> (filter & 7) & 1) != 0;
}

/* Returns the id of the first slot of LINE that holds PLACE's remainder, 0 for none. SLOTS is a
 * constant where it matters. */
static inline unsigned line_find(const uint8_t *line, struct line_place place, unsigned slots)
{
    line_lanes key = {place.low, place.low, place.low, place.low};
    line_lanes same;
    line_halves any;

    /* Three overlapping loads see all slots at once; nearly always nothing matches. */
    same = (line_lanes)(line_load(line) == key) | (line_lanes)(line_load(line + 16) == key) |
           (line_lanes)(line_load(line + 4 * (slots - 4)) == key);
    any = (line_halves)same;
    if (__builtin_expect((any[0] | any[1]) == 0, 1))
        return 0;
    for (unsigned slot = 0; slot < slots; slot++) {
        uint32_t low;

        memcpy(&low, line + 4 * slot, 4);
        if (low == place.low && line[4 * slots + slot] == place.high &&
            line_id(line, slot, slots) != 0)
            return line_id(line, slot, slots);
    }
    return 0;
}

#endif
