/* terms_table.h - the different terms of one list, each once and numbered, as a segment holds them.
 */
#ifndef BLOCKLIST_SET_TERMS_TABLE_H
#define BLOCKLIST_SET_TERMS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/hashes.h"
#include "blocklist/set/layout.h"
#include "blocklist/set/segment.h"
#include "blocklist/set/terms.h"
#include "config/base/bytes.h"

struct terms_table {
    uint8_t *octets; /* one after the other: TERMS_OCTETS, records, zeros up to a multiple of 8 */
    size_t used, room;
    struct hashes starts; /* of each in octets */
    uint32_t *slots;      /* open addressing: number + 1 */
    size_t slot_count;
};

/* Finds or adds TERMS of OPERATION, what says nothing for it left out, and fills *NUMBER; -1 there
 * where nothing is left: that is a plain entry. Errors: -1 with ERR_USAGE, ERR_LIMIT, ERR_MEMORY.
 */
int terms_table_add(struct terms_table *table, const struct terms *terms,
                    enum entry_operation operation, int64_t *number, struct err *err);

/* Fills an empty TABLE from a section of a segment. Errors: -1 with ERR. */
int terms_table_read(struct terms_table *table, const uint8_t *data, size_t length,
                     const char *path, struct err *err);

static inline size_t terms_table_count(const struct terms_table *table)
{
    return table->starts.count;
}

/* Returns the octets of terms NUMBER: TERMS_OCTETS of them, then the records. */
static inline const uint8_t *terms_table_at(const struct terms_table *table, size_t number)
{
    return table->octets + table->starts.items[number];
}

/* Compares terms of two tables: less than, equal to or greater than 0. */
int terms_compare(const uint8_t *a, const uint8_t *b);

/* Fills TERMS from AT; its records point into AT. */
void terms_decode(const uint8_t *at, struct terms *terms);

/* Gives the memory back and leaves TABLE empty. */
void terms_table_free(struct terms_table *table);

#endif
