/* rows_keep.c - rows keep the ids that they had in the set before.
 *
 * Problem: ids go by frequency, so that one list that grew past another would change the id of most
 * names, and two generations would differ in every line. Idea: a row that stood in the set before,
 * the same listings and exceptions of the same feeds on the same terms, keeps its id; the others
 * take what is free. A set before that cannot be read, or whose order has become a bad one (too
 * many names would escape), is as good as none. Dropped: rows that nobody has any more, as place
 * holders: those with the highest ids move into the holes. */
#include <stdlib.h>
#include <string.h>

#include "blocklist/set/build.h"
#include "blocklist/set/line.h"
#include "blocklist/set/rows.h"
#include "blocklist/set/segment_file.h"
#include "blocklist/set/set_file.h"
#include "config/base/err.h"

enum { FEEDS_MOST = 4096, ENTRIES_MOST = 8192, NOT_HERE = -1 };

struct keeping {
    const struct build *build;
    struct set *before;
    int64_t *feeds;    /* by number before: number now, NOT_HERE */
    int64_t *variants; /* likewise */
    int categories[SET_CATEGORIES_MAX];
    uint32_t *kept; /* by row number: its id before, 0 for none */
    uint32_t *order;
    uint32_t entries[ENTRIES_MOST];
};

static int64_t find_feed(const struct build *build, const char *id)
{
    for (size_t feed = 0; feed < build->segment_count; feed++) {
        if (strcmp(build->segments[feed]->about.feed, id) == 0)
            return (int64_t)feed;
    }
    return NOT_HERE;
}

/* Tells whether the terms at AT are those of variant NUMBER now, records included. */
static bool same_terms(const struct keeping *keeping, uint32_t entry, uint32_t number)
{
    const uint8_t *terms = variants_terms(&keeping->build->variants, number);
    size_t length;
    const uint8_t *records = set_entry_records(keeping->before, entry, &length);

    return memcmp(set_entry_terms(keeping->before, entry), terms, TERMS_OCTETS) == 0 &&
           (length == 0 || memcmp(records, terms + TERMS_OCTETS, length) == 0);
}

static int64_t find_variant(const struct keeping *keeping, uint32_t number)
{
    const struct variants *variants = &keeping->build->variants;
    uint32_t entry = SET_ENTRY(number, 0, 0);
    int64_t feed = keeping->feeds[set_entry_feed(keeping->before, entry)];
    size_t end;

    if (feed == NOT_HERE || number < keeping->before->feed_count)
        return feed;
    end = (size_t)feed + 1 < variants->feeds ? variants->base[feed + 1] : variants->count;
    for (size_t i = variants->base[feed]; i < end; i++) {
        if (same_terms(keeping, entry, (uint32_t)i))
            return (int64_t)i;
    }
    return NOT_HERE;
}

static void map_categories(struct keeping *keeping)
{
    const char *key;

    for (unsigned i = 0; set_category(keeping->before, i, &key, NULL); i++) {
        keeping->categories[i] = NOT_HERE;
        for (size_t k = 0; k < keeping->build->category_count; k++) {
            if (strcmp(keeping->build->categories[k], key) == 0)
                keeping->categories[i] = (int)k;
        }
    }
}

static int map_numbers(struct keeping *keeping)
{
    const struct set *before = keeping->before;
    size_t feeds = before->feed_count, variants = feeds + before->parts[SET_VARIANTS].count;

    if (feeds > FEEDS_MOST || variants > FEEDS_MOST)
        return -1;
    keeping->feeds = calloc(feeds + 1, sizeof *keeping->feeds);
    keeping->variants = calloc(variants + 1, sizeof *keeping->variants);
    if (keeping->feeds == NULL || keeping->variants == NULL)
        return -1;
    for (size_t i = 0; i < feeds; i++)
        keeping->feeds[i] = find_feed(keeping->build, set_feed_id(before, (uint32_t)i));
    for (size_t i = 0; i < variants; i++)
        keeping->variants[i] = find_variant(keeping, (uint32_t)i);
    map_categories(keeping);
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

    return one < other ? -1 : one > other;
}

/* Writes the entries of ROW before as they are now; returns how many, 0 where one is gone. */
static size_t translate(struct keeping *keeping, uint32_t row)
{
    uint32_t count = set_row_entries(keeping->before, row);

    if (count > ENTRIES_MOST)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = set_row_entry(keeping->before, row, i);
        int64_t variant = keeping->variants[SET_ENTRY_VARIANT(entry)];

        if (variant == NOT_HERE)
            return 0;
        keeping->entries[i] = SET_ENTRY(variant, SET_ENTRY_OPERATION(entry), SET_ENTRY_KIND(entry));
    }
    qsort(keeping->entries, count, sizeof *keeping->entries, compare_entries);
    return count;
}

/* The same for a mask; a category that is gone has no bit. */
static struct mask translate_mask(const struct keeping *keeping, struct mask mask)
{
    struct mask now = {
        {0, 0}
    };

    for (unsigned i = 0; i < keeping->before->parts[SET_CATEGORIES].count; i++) {
        if (mask_has(mask, i) && keeping->categories[i] != NOT_HERE)
            now = mask_or(now, mask_bit((unsigned)keeping->categories[i]));
    }
    return now;
}

/* Notes which rows there are still, and the ids that they had. */
static void find_kept(struct keeping *keeping)
{
    const struct set *before = keeping->before;

    for (uint32_t id = 1; id < before->row_count; id++) {
        size_t count = translate(keeping, id);
        int64_t row;

        if (count == 0)
            continue;
        row = rows_find(keeping->build->rows, keeping->entries, count,
                        translate_mask(keeping, before->rows[id].clear[1]),
                        translate_mask(keeping, before->rows[id].clear[0]));
        if (row > 0)
            keeping->kept[row] = id;
    }
}

/* Fills `order`: kept rows where they were, the others by frequency where there is room. */
static void place(struct keeping *keeping)
{
    const struct build *build = keeping->build;
    size_t count = rows_count(build->rows), free_at = 1;

    for (size_t row = 1; row < count; row++) {
        if (keeping->kept[row] != 0 && keeping->kept[row] < count)
            keeping->order[keeping->kept[row]] = (uint32_t)row;
    }
    for (size_t id = 1; id < count; id++) {
        uint32_t row = build->order[id];

        if (keeping->kept[row] != 0 && keeping->kept[row] < count)
            continue;
        while (keeping->order[free_at] != 0)
            free_at++;
        keeping->order[free_at] = row;
    }
}

static uint64_t count_escaping(const struct build *build, const uint32_t *order)
{
    uint64_t names = 0;

    for (size_t id = LINE_ESCAPE_8; id < rows_count(build->rows); id++)
        names += rows_at(build->rows, order[id])->names;
    return names;
}

static void take_order(struct build *build, const uint32_t *order)
{
    for (size_t id = 0; id < rows_count(build->rows); id++) {
        build->order[id] = order[id];
        rows_at(build->rows, order[id])->id = (uint32_t)id;
    }
}

static void keep(struct build *build, struct keeping *keeping)
{
    size_t count = rows_count(build->rows);

    keeping->kept = calloc(count + 1, sizeof *keeping->kept);
    keeping->order = calloc(count + 1, sizeof *keeping->order);
    if (keeping->kept == NULL || keeping->order == NULL || map_numbers(keeping) != 0)
        return;
    find_kept(keeping);
    place(keeping);
    if (count_escaping(build, keeping->order) <=
        count_escaping(build, build->order) + build->names / 100)
        take_order(build, keeping->order);
}

void rows_keep(struct build *build)
{
    struct keeping *keeping;

    if (build->options->previous == NULL)
        return;
    keeping = calloc(1, sizeof *keeping);
    if (keeping == NULL)
        return;
    keeping->build = build;
    keeping->before = set_open(build->options->previous, NULL, NULL);
    if (keeping->before != NULL) {
        keep(build, keeping);
        if (build->keep_lines == 0)
            build->keep_lines = keeping->before->lines.count;
    }
    set_close(keeping->before);
    free(keeping->feeds);
    free(keeping->variants);
    free(keeping->kept);
    free(keeping->order);
    free(keeping);
}
