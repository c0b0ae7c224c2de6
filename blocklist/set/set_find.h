/* set_find.h - one hash among the lines of a set: the innermost step of a lookup, for the builder's
 * proof too. */
#ifndef BLOCKLIST_SET_SET_FIND_H
#define BLOCKLIST_SET_SET_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/line.h"

struct set_lines {
    const uint8_t *octets;
    uint64_t count;  /* buckets */
    uint64_t stored; /* lines; at least count */
    uint32_t spill;  /* lines to look at behind the first */
    unsigned slots;
};

/* Follows the filters from the line of PLACE on. SLOTS is a constant, so that each layout gets its
 * own code. */
static inline unsigned set_lines_walk(const struct set_lines *lines, struct line_place place,
                                      unsigned slots)
{
    const uint8_t *line = lines->octets + place.line * LINE_OCTETS;
    uint64_t last = place.line + lines->spill;

    if (last >= lines->stored)
        last = lines->stored - 1;
    for (uint64_t number = place.line;; number++, line += LINE_OCTETS) {
        unsigned id = line_find(line, place, slots);

        if (id != 0 || number >= last || !line_filter(line, slots, place.filter))
            return id;
    }
}

/* Returns the id stored for HASH, 0 for none. LINES has at least one line. */
static inline unsigned set_lines_find(const struct set_lines *lines, uint64_t hash)
{
    struct line_place place = line_place(hash, lines->count);

    return lines->slots == LINE_SLOTS_8 ? set_lines_walk(lines, place, LINE_SLOTS_8)
                                        : set_lines_walk(lines, place, LINE_SLOTS_16);
}

#endif
