/* sealed_table.h - the table of hashes in memory: three to a cache line, each in one of two lines
 * that its hash alone says.
 *
 * Whatever is stored and whatever is found, a look-up reads both lines whole; it neither stops
 * early nor goes on elsewhere, and compares by arithmetic. */
#ifndef BLOCKLIST_SEALED_SEALED_TABLE_H
#define BLOCKLIST_SEALED_SEALED_TABLE_H

#include <stdint.h>

#include "blocklist/sealed/locked.h"
#include "config/base/product.h"

struct err;

enum { SEALED_SLOTS = 3 };

struct sealed_line {
    uint64_t hashes[SEALED_SLOTS][2];
    uint8_t kinds[SEALED_SLOTS];   /* 0: the slot is empty */
    uint8_t lengths[SEALED_SLOTS]; /* of ranges */
    uint8_t spare[10];
} __attribute__((aligned(64)));

struct sealed_table {
    struct locked memory;
    struct sealed_line *lines;
    uint64_t line_count, entries;
};

struct sealed_entry {
    uint64_t hash[2];
    uint8_t kinds, length;
};

/* Makes an empty TABLE with room for EXPECTED entries; it grows where they are more.
 * Owner: the caller ends it with sealed_table_close, which wipes it. Errors: -1 with ERR_MEMORY. */
int sealed_table_open(struct sealed_table *table, uint64_t expected, struct err *err);
void sealed_table_close(struct sealed_table *table);

/* Puts ENTRY into TABLE, or its kinds to those that its hash has there. Errors: -1 with ERR:
 * ERR_MEMORY, ERR_LIMIT (hashes that no hash function gives); TABLE may lack an entry then. */
int sealed_table_add(struct sealed_table *table, const struct sealed_entry *entry, struct err *err);

/* Returns the line of TABLE that half WHICH of HASH says. */
static inline struct sealed_line *sealed_table_line(const struct sealed_table *table,
                                                    const uint64_t hash[2], unsigned which)
{
    return table->lines + product_of(hash[which], table->line_count).high;
}

/* Returns all ones where X is 0, else 0. The compiler is not to see that it is one of the two:
 * clang makes a branch of that, which takes its time by what is found
 * (tests/reference/test_sealed_way.py). */
static inline uint64_t sealed_table_mask(uint64_t x)
{
    uint64_t mask = ((x | -x) >> 63) - 1;

    __asm__("" : "+r"(mask));
    return mask;
}

/* Returns the kinds that HASH has in LINE, 0 where it is not there. */
static inline uint64_t sealed_table_line_find(const struct sealed_line *line,
                                              const uint64_t hash[2])
{
    uint64_t found = 0;

#pragma GCC unroll 3 /* SEALED_SLOTS: a third of the time of a look-up's comparing */
    for (unsigned i = 0; i < SEALED_SLOTS; i++) {
        uint64_t other = (line->hashes[i][0] ^ hash[0]) | (line->hashes[i][1] ^ hash[1]);

        found |= line->kinds[i] & sealed_table_mask(other);
    }
    return found;
}

/* Returns the kinds of HASH in TABLE, 0 where it is not there. */
static inline uint64_t sealed_table_find(const struct sealed_table *table, const uint64_t hash[2])
{
    return sealed_table_line_find(sealed_table_line(table, hash, 0), hash) |
           sealed_table_line_find(sealed_table_line(table, hash, 1), hash);
}

#endif
