/* The table's filling. An entry that finds both of its lines full pushes one of theirs to that
 * one's other line, and so on (cuckoo hashing, Pagh and Rodler 2001, with three slots a line);
 * where that does not end, the table grows and is filled anew. With three slots and two lines it
 * works up to some 95 of 100 slots; it is filled to 75, so that few entries ever move.
 *
 * Dropped: one line an entry, which at any bearable size is full somewhere, so that a look-up would
 * have to go on to another for some names and not for others; a perfect hash, whose table of pilots
 * is a second line to read as well, and which cannot take the operator's own names later. */
#include "blocklist/sealed/sealed_table.h"

#include <stdbool.h>
#include <string.h>

#include "config/base/err.h"

enum { LINES_LEAST = 64, MOVES_MOST = 500, FULL_OF_4 = 3, GROW_MOST = 16 };

int sealed_table_open(struct sealed_table *table, uint64_t expected, struct err *err)
{
    const uint64_t a_line = SEALED_SLOTS * FULL_OF_4; /* in quarters of an entry */
    uint64_t lines;

    *table = (struct sealed_table){0};
    if (expected > SIZE_MAX / sizeof(struct sealed_line))
        return err_set(err, ERR_MEMORY, "out of memory");
    lines = (4 * expected + a_line - 1) / a_line;
    if (lines < LINES_LEAST)
        lines = LINES_LEAST;
    if (locked_open(&table->memory, lines * sizeof(struct sealed_line), err) != 0)
        return -1;
    table->lines = table->memory.at;
    table->line_count = lines;
    return 0;
}

void sealed_table_close(struct sealed_table *table)
{
    locked_close(&table->memory);
    *table = (struct sealed_table){0};
}

static bool merge(struct sealed_line *line, const struct sealed_entry *entry)
{
    for (unsigned i = 0; i < SEALED_SLOTS; i++) {
        if (line->kinds[i] == 0 || memcmp(line->hashes[i], entry->hash, sizeof entry->hash) != 0)
            continue;
        line->kinds[i] |= entry->kinds;
        return true;
    }
    return false;
}

static void fill(struct sealed_line *line, unsigned slot, const struct sealed_entry *entry)
{
    memcpy(line->hashes[slot], entry->hash, sizeof entry->hash);
    line->kinds[slot] = entry->kinds;
    line->lengths[slot] = entry->length;
}

static bool place(struct sealed_line *line, const struct sealed_entry *entry)
{
    for (unsigned i = 0; i < SEALED_SLOTS; i++) {
        if (line->kinds[i] != 0)
            continue;
        fill(line, i, entry);
        return true;
    }
    return false;
}

static void exchange(struct sealed_line *line, unsigned slot, struct sealed_entry *entry)
{
    struct sealed_entry out = {.kinds = line->kinds[slot], .length = line->lengths[slot]};

    memcpy(out.hash, line->hashes[slot], sizeof out.hash);
    fill(line, slot, entry);
    *entry = out;
}

/* Puts ENTRY, whose lines are full, in the place of others until one finds room. On failure ENTRY
 * is the one that is left over. */
static bool displace(struct sealed_table *table, struct sealed_entry *entry)
{
    struct sealed_line *line = sealed_table_line(table, entry->hash, 0), *other;

    for (unsigned moves = 0; moves < MOVES_MOST; moves++) {
        /* Any order will do, as long as it does not go round in a small circle. */
        exchange(line, (unsigned)((entry->hash[0] >> 8) + moves) % SEALED_SLOTS, entry);
        other = sealed_table_line(table, entry->hash, 0);
        line = other == line ? sealed_table_line(table, entry->hash, 1) : other;
        if (place(line, entry))
            return true;
    }
    return false;
}

/* As displace, but ENTRY may find room at once. */
static bool insert(struct sealed_table *table, struct sealed_entry *entry)
{
    return place(sealed_table_line(table, entry->hash, 0), entry) ||
           place(sealed_table_line(table, entry->hash, 1), entry) || displace(table, entry);
}

static bool insert_all(struct sealed_table *table, const struct sealed_table *from)
{
    for (uint64_t i = 0; i < from->line_count; i++) {
        for (unsigned slot = 0; slot < SEALED_SLOTS; slot++) {
            const struct sealed_line *line = &from->lines[i];
            struct sealed_entry entry = {.kinds = line->kinds[slot], .length = line->lengths[slot]};

            memcpy(entry.hash, line->hashes[slot], sizeof entry.hash);
            if (entry.kinds != 0 && !insert(table, &entry))
                return false;
        }
    }
    return true;
}

/* Makes TABLE larger, so that it holds what it held and LEFT. */
static int grow(struct sealed_table *table, const struct sealed_entry *left, struct err *err)
{
    uint64_t expected = 2 * (table->entries + 1);
    struct sealed_table larger;

    for (;; expected += expected / 4) {
        struct sealed_entry entry = *left;

        if (sealed_table_open(&larger, expected, err) != 0)
            return -1;
        if (insert_all(&larger, table) && insert(&larger, &entry))
            break;
        sealed_table_close(&larger);
        if (expected / GROW_MOST > table->entries)
            return err_set(err, ERR_LIMIT, "hashes that no key gives");
    }
    larger.entries = table->entries;
    sealed_table_close(table);
    *table = larger;
    return 0;
}

int sealed_table_add(struct sealed_table *table, const struct sealed_entry *entry, struct err *err)
{
    const uint64_t full = table->line_count * SEALED_SLOTS * FULL_OF_4 / 4;
    struct sealed_entry moving = *entry;

    if (merge(sealed_table_line(table, entry->hash, 0), entry) ||
        merge(sealed_table_line(table, entry->hash, 1), entry))
        return 0;
    if ((table->entries >= full || !insert(table, &moving)) && grow(table, &moving, err) != 0)
        return -1;
    table->entries++;
    return 0;
}
