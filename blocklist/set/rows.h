/* rows.h - the distinct rows of a set under construction: who lists a name and how, and what an
 * exception there clears. A name's id is a row, so equal names share one. */
#ifndef BLOCKLIST_SET_ROWS_H
#define BLOCKLIST_SET_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/mask.h"

struct err;
struct rows;
struct variants;

/* One row; bits of the masks are category numbers of the set. */
struct row {
    size_t first; /* of its entries, in rows_entries */
    uint32_t count;
    uint32_t id; /* place in the file, after rows_settle */
    struct mask clear_here, clear_below;
    uint64_t names;
};

/* The row without entries is row 0 and has id 0. */
enum { ROWS_EMPTY = 0 };

/* Makes an empty table for entries of VARIANTS, which is kept. Errors: NULL with ERR_MEMORY. */
struct rows *rows_create(const struct variants *variants, struct err *err);
void rows_destroy(struct rows *rows);

/* Returns the number of the row with ENTRIES[0..COUNT) and nothing to clear, made if need be; -1
 * with ERR_MEMORY or ERR_LIMIT. Cost: an array access for one entry, else one hash. */
int64_t rows_intern(struct rows *rows, const uint32_t *entries, size_t count, struct err *err);

/* The same for a row that clears. */
int64_t rows_intern_clearing(struct rows *rows, const uint32_t *entries, size_t count,
                             struct mask clear_here, struct mask clear_below, struct err *err);

/* Returns the number of that row, -1 where there is none. */
int64_t rows_find(const struct rows *rows, const uint32_t *entries, size_t count,
                  struct mask clear_here, struct mask clear_below);

/* Returns row NUMBER. Owner: rows; valid until the next rows_intern. */
struct row *rows_at(struct rows *rows, size_t number);
size_t rows_count(const struct rows *rows);
const uint32_t *rows_entries(const struct rows *rows, const struct row *row);

/* Computes what ROW adds at its name and below it: the categories of its listings without terms, of
 * feeds that are not only observed. */
void rows_add_masks(const struct rows *rows, const struct row *row, struct mask *here,
                    struct mask *below);

/* Computes the categories of all listings of ROW whose feeds are not only observed. */
struct mask rows_categories(const struct rows *rows, const struct row *row);

/* Gives ids: the commonest row gets 1, and so on; equal counts in the order of their entries, so
 * that the same input gives the same file. Fills ORDER, made for rows_count elements, with row
 * numbers by id. Errors: -1 with ERR_MEMORY. */
int rows_settle(struct rows *rows, uint32_t **order, struct err *err);

#endif
