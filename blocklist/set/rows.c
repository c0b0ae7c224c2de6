/* rows.c - distinct rows, found again by their entries.
 *
 * Nearly all names have one entry: those rows are found by an array over entries, the others by a
 * hash table. The entries of all rows stand in one array, so that a row costs little more than
 * they. */
#include "blocklist/set/rows.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/segment.h"
#include "blocklist/set/variants.h"
#include "config/base/err.h"

struct rows {
    const struct variants *variants;
    uint32_t *singles; /* by entry without terms: row number + 1 */
    struct row *items;
    size_t count, room;
    uint32_t *entries;
    size_t entry_count, entry_room;
    uint32_t *table; /* open addressing: row number + 1 */
    size_t slots;
};

struct rows *rows_create(const struct variants *variants, struct err *err)
{
    struct rows *rows = calloc(1, sizeof *rows);

    if (rows != NULL) {
        rows->variants = variants;
        rows->slots = 1024;
        rows->singles = calloc(variants->feeds * 8 + 8, sizeof *rows->singles);
        rows->table = calloc(rows->slots, sizeof *rows->table);
    }
    if (rows == NULL || rows->singles == NULL || rows->table == NULL ||
        rows_intern(rows, NULL, 0, err) < 0) {
        err_set(err, ERR_MEMORY, "out of memory for rows");
        rows_destroy(rows);
        return NULL;
    }
    return rows;
}

void rows_destroy(struct rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->singles);
    free(rows->items);
    free(rows->entries);
    free(rows->table);
    free(rows);
}

static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * 0x9e3779b97f4a7c15ULL;
    return state ^ state >> 29;
}

static uint64_t hash_row(const uint32_t *entries, size_t count, struct mask clear_here,
                         struct mask clear_below)
{
    uint64_t state = mix(count, clear_here.words[0] ^ clear_below.words[1]);

    state = mix(state, clear_here.words[1] ^ clear_below.words[0]);
    for (size_t i = 0; i < count; i++)
        state = mix(state, entries[i]);
    return state;
}

static bool mask_equal(struct mask a, struct mask b)
{
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

static bool row_is(const struct rows *rows, const struct row *row, const uint32_t *entries,
                   size_t count, const struct mask clear[2])
{
    return row->count == count && mask_equal(row->clear_here, clear[0]) &&
           mask_equal(row->clear_below, clear[1]) &&
           (count == 0 || memcmp(rows->entries + row->first, entries, count * 4) == 0);
}

static int grow_table(struct rows *rows, struct err *err)
{
    size_t slots = rows->slots * 4;
    uint32_t *table = calloc(slots, sizeof *table);

    if (table == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for rows");
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->items[i];
        size_t at =
            hash_row(rows->entries + row->first, row->count, row->clear_here, row->clear_below) &
            (slots - 1);

        while (table[at] != 0)
            at = (at + 1) & (slots - 1);
        table[at] = (uint32_t)(i + 1);
    }
    free(rows->table);
    rows->table = table;
    rows->slots = slots;
    return 0;
}

static int make_room(struct rows *rows, size_t entries, struct err *err)
{
    if (rows->count >= SET_ROWS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d different rows", SET_ROWS_MAX);
    if (rows->count == rows->room) {
        size_t room = rows->room == 0 ? 256 : rows->room * 2;
        struct row *more = realloc(rows->items, room * sizeof *more);

        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for rows");
        rows->items = more;
        rows->room = room;
    }
    if (rows->entry_count + entries > rows->entry_room || rows->entries == NULL) {
        size_t room = rows->entry_room * 2 + entries + 256;
        uint32_t *more = realloc(rows->entries, room * sizeof *more);

        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for rows");
        rows->entries = more;
        rows->entry_room = room;
    }
    return rows->count * 2 < rows->slots ? 0 : grow_table(rows, err);
}

static int64_t append(struct rows *rows, const uint32_t *entries, size_t count,
                      const struct mask clear[2], struct err *err)
{
    struct row *row;

    if (make_room(rows, count, err) != 0)
        return -1;
    row = &rows->items[rows->count];
    memset(row, 0, sizeof *row);
    row->first = rows->entry_count;
    row->count = (uint32_t)count;
    row->clear_here = clear[0];
    row->clear_below = clear[1];
    if (count > 0)
        memcpy(rows->entries + rows->entry_count, entries, count * 4);
    rows->entry_count += count;
    return (int64_t)rows->count++;
}

int64_t rows_find(const struct rows *rows, const uint32_t *entries, size_t count,
                  struct mask clear_here, struct mask clear_below)
{
    const struct mask clear[2] = {clear_here, clear_below};
    uint64_t hash = hash_row(entries, count, clear_here, clear_below);

    for (size_t at = hash & (rows->slots - 1); rows->table[at] != 0;
         at = (at + 1) & (rows->slots - 1)) {
        if (row_is(rows, &rows->items[rows->table[at] - 1], entries, count, clear))
            return rows->table[at] - 1;
    }
    return -1;
}

int64_t rows_intern_clearing(struct rows *rows, const uint32_t *entries, size_t count,
                             struct mask clear_here, struct mask clear_below, struct err *err)
{
    const struct mask clear[2] = {clear_here, clear_below};
    int64_t number = rows_find(rows, entries, count, clear_here, clear_below);
    size_t at;

    if (number >= 0)
        return number;
    number = append(rows, entries, count, clear, err);
    if (number < 0)
        return -1;
    /* append may have moved the table */
    at = hash_row(entries, count, clear_here, clear_below) & (rows->slots - 1);
    while (rows->table[at] != 0)
        at = (at + 1) & (rows->slots - 1);
    rows->table[at] = (uint32_t)(number + 1);
    return number;
}

int64_t rows_intern(struct rows *rows, const uint32_t *entries, size_t count, struct err *err)
{
    const struct mask none = {
        {0, 0}
    };
    bool single = count == 1 && SET_ENTRY_VARIANT(entries[0]) < rows->variants->feeds;
    int64_t number;

    if (single && rows->singles[entries[0]] != 0)
        return rows->singles[entries[0]] - 1;
    number = rows_intern_clearing(rows, entries, count, none, none, err);
    if (single && number >= 0)
        rows->singles[entries[0]] = (uint32_t)(number + 1);
    return number;
}

struct row *rows_at(struct rows *rows, size_t number)
{
    return &rows->items[number];
}

size_t rows_count(const struct rows *rows)
{
    return rows->count;
}

const uint32_t *rows_entries(const struct rows *rows, const struct row *row)
{
    return rows->entries + row->first;
}

void rows_add_masks(const struct rows *rows, const struct row *row, struct mask *here,
                    struct mask *below)
{
    memset(here, 0, sizeof *here);
    memset(below, 0, sizeof *below);
    for (uint32_t i = 0; i < row->count; i++) {
        uint32_t entry = rows->entries[row->first + i];
        uint32_t variant = SET_ENTRY_VARIANT(entry);
        struct mask bit;

        if (SET_ENTRY_OPERATION(entry) != ENTRY_LIST || !variants_masked(rows->variants, variant))
            continue;
        bit = mask_bit(rows->variants->categories[variant]);
        if (SET_ENTRY_KIND(entry) != ENTRY_BELOW)
            *here = mask_or(*here, bit);
        if (SET_ENTRY_KIND(entry) != ENTRY_EXACT)
            *below = mask_or(*below, bit);
    }
}

struct mask rows_categories(const struct rows *rows, const struct row *row)
{
    struct mask categories = {
        {0, 0}
    };

    for (uint32_t i = 0; i < row->count; i++) {
        uint32_t entry = rows->entries[row->first + i];
        uint32_t feed = variants_feed(rows->variants, SET_ENTRY_VARIANT(entry));

        if (SET_ENTRY_OPERATION(entry) == ENTRY_LIST && !rows->variants->observed[feed])
            categories = mask_or(categories, mask_bit(rows->variants->categories[feed]));
    }
    return categories;
}

static int compare_masks(struct mask a, struct mask b)
{
    for (size_t i = 0; i < MASK_WORDS; i++) {
        if (a.words[i] != b.words[i])
            return a.words[i] < b.words[i] ? -1 : 1;
    }
    return 0;
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct rows *rows = context;
    const struct row *one = &rows->items[*(const uint32_t *)a];
    const struct row *other = &rows->items[*(const uint32_t *)b];
    uint32_t common = one->count < other->count ? one->count : other->count;

    if (one->names != other->names)
        return one->names > other->names ? -1 : 1;
    for (uint32_t i = 0; i < common; i++) {
        uint32_t x = rows->entries[one->first + i], y = rows->entries[other->first + i];

        if (x != y)
            return x < y ? -1 : 1;
    }
    if (one->count != other->count)
        return one->count < other->count ? -1 : 1;
    if (!mask_equal(one->clear_here, other->clear_here))
        return compare_masks(one->clear_here, other->clear_here);
    return compare_masks(one->clear_below, other->clear_below);
}

int rows_settle(struct rows *rows, uint32_t **order, struct err *err)
{
    *order = malloc(rows->count * sizeof **order);
    if (*order == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for rows");
    for (size_t i = 0; i < rows->count; i++)
        (*order)[i] = (uint32_t)i;
    /* Row 0 keeps its place: its id marks an empty slot. */
    qsort_r(*order + 1, rows->count - 1, sizeof **order, compare_rows, rows);
    for (size_t i = 0; i < rows->count; i++)
        rows->items[(*order)[i]].id = (uint32_t)i;
    return 0;
}
