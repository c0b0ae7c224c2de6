/* sections.c - the small sections of a set, in the order of the file.
 *
 * Feeds and categories put their texts into the strings on the way, so strings come behind them;
 * rows come in the order of their ids. Format: docs/set-file.md, "Sections". */
#include "blocklist/set/build.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/rows.h"
#include "blocklist/set/segment_file.h"
#include "blocklist/set/set_out.h"
#include "config/base/bytes.h"
#include "config/base/err.h"

/* The strings section while it grows; it begins with an empty string. */
struct strings {
    char *text;
    size_t used, room;
};

static int64_t add_string(struct strings *strings, const char *text, struct err *err)
{
    size_t length = strlen(text) + 1, at = strings->used;

    if (length == 1 && at > 0)
        return 0;
    if (at + length > strings->room) {
        size_t room = strings->room * 2 + length + 1024;
        char *more = realloc(strings->text, room);

        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for strings");
        strings->text = more;
        strings->room = room;
    }
    memcpy(strings->text + at, text, length);
    strings->used += length;
    return (int64_t)at;
}

static void store_mask(uint8_t *at, struct mask mask)
{
    store_le64(at, mask.words[0]);
    store_le64(at + 8, mask.words[1]);
}

static int write_rows(struct build *build, struct err *err)
{
    uint8_t octets[SET_ROW_OCTETS];
    uint32_t first = 0;

    if (set_out_begin(build->out, SET_ROWS, true, err) != 0)
        return -1;
    for (size_t i = 0; i < rows_count(build->rows); i++) {
        const struct row *row = rows_at(build->rows, build->order[i]);
        struct mask here, below;

        rows_add_masks(build->rows, row, &here, &below);
        memset(octets, 0, sizeof octets);
        store_mask(octets + SET_ROW_AT_ADD_HERE, here);
        store_mask(octets + SET_ROW_AT_CLEAR_HERE, row->clear_here);
        store_mask(octets + SET_ROW_AT_ADD_BELOW, below);
        store_mask(octets + SET_ROW_AT_CLEAR_BELOW, row->clear_below);
        store_le32(octets + SET_ROW_AT_FIRST, first);
        store_le32(octets + SET_ROW_AT_COUNT, row->count);
        first += row->count;
        if (set_out_write(build->out, octets, sizeof octets, err) != 0)
            return -1;
    }
    set_out_end(build->out, rows_count(build->rows));
    return 0;
}

static int write_entries(struct build *build, struct err *err)
{
    uint64_t total = 0;
    uint8_t octets[4];

    if (set_out_begin(build->out, SET_ENTRIES, true, err) != 0)
        return -1;
    for (size_t i = 0; i < rows_count(build->rows); i++) {
        const struct row *row = rows_at(build->rows, build->order[i]);
        const uint32_t *entries = rows_entries(build->rows, row);

        for (uint32_t k = 0; k < row->count; k++) {
            store_le32(octets, entries[k]);
            if (set_out_write(build->out, octets, sizeof octets, err) != 0)
                return -1;
        }
        total += row->count;
    }
    set_out_end(build->out, total);
    return 0;
}

static int write_escapes(struct build *build, struct err *err)
{
    uint8_t octets[SET_ESCAPE_OCTETS];

    if (set_out_begin(build->out, SET_ESCAPES, true, err) != 0)
        return -1;
    for (size_t i = 0; i < build->escapes.count; i += 2) {
        memset(octets, 0, sizeof octets);
        store_le64(octets, build->escapes.items[i]);
        store_le32(octets + 8, (uint32_t)build->escapes.items[i + 1]);
        if (set_out_write(build->out, octets, sizeof octets, err) != 0)
            return -1;
    }
    set_out_end(build->out, build->escapes.count / 2);
    return 0;
}

static int write_prefixes(struct build *build, struct err *err)
{
    uint8_t octets[SET_PREFIX_OCTETS];

    if (set_out_begin(build->out, SET_PREFIXES, true, err) != 0)
        return -1;
    for (size_t i = 0; i < build->prefixes.count; i++) {
        const struct prefix_row *prefix = &build->prefixes.items[i];

        memset(octets, 0, sizeof octets);
        memcpy(octets, prefix->octets, sizeof prefix->octets);
        octets[SET_PREFIX_AT_BITS] = prefix->bits;
        octets[SET_PREFIX_AT_LENGTH] = prefix->length;
        store_le32(octets + SET_PREFIX_AT_ROW, rows_at(build->rows, prefix->row)->id);
        if (set_out_write(build->out, octets, sizeof octets, err) != 0)
            return -1;
    }
    set_out_end(build->out, build->prefixes.count);
    return 0;
}

static int write_feed(struct build *build, const struct segment_about *about, uint8_t category,
                      struct strings *strings, struct err *err)
{
    const char *texts[] = {about->feed, about->feed_class, about->format, about->licence,
                           about->attribution};
    uint8_t octets[SET_FEED_OCTETS] = {0};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t at = add_string(strings, texts[i], err);

        if (at < 0)
            return -1;
        store_le32(octets + 4 * i, (uint32_t)at);
    }
    store_le32(octets + SET_FEED_AT_CATEGORY, category);
    store_le64(octets + SET_FEED_AT_LINES, about->lines);
    store_le64(octets + SET_FEED_AT_LINES + 8, about->names);
    store_le64(octets + SET_FEED_AT_LINES + 16, about->duplicates);
    for (size_t i = 0; i < SET_REFUSED; i++)
        store_le64(octets + SET_FEED_AT_REFUSED + 8 * i, about->refused[i]);
    memcpy(octets + SET_FEED_AT_DIGEST, about->source_digest, SET_DIGEST_OCTETS);
    store_le32(octets + SET_FEED_AT_FLAGS, about->observe ? SET_FEED_OBSERVED : 0);
    return set_out_write(build->out, octets, sizeof octets, err);
}

static int write_feeds(struct build *build, struct strings *strings, struct err *err)
{
    if (set_out_begin(build->out, SET_FEEDS, true, err) != 0)
        return -1;
    for (size_t i = 0; i < build->segment_count; i++) {
        if (write_feed(build, &build->segments[i]->about, build->variants.categories[i], strings,
                       err) != 0)
            return -1;
    }
    set_out_end(build->out, build->segment_count);
    return 0;
}

static void count_categories(const struct build *build, uint64_t names[SET_CATEGORIES_MAX])
{
    for (size_t i = 0; i < rows_count(build->rows); i++) {
        const struct row *row = rows_at(build->rows, i);
        struct mask categories = rows_categories(build->rows, row);

        for (unsigned c = 0; c < build->category_count; c++) {
            if (mask_has(categories, c))
                names[c] += row->names;
        }
    }
}

static int write_categories(struct build *build, struct strings *strings, struct err *err)
{
    uint64_t names[SET_CATEGORIES_MAX] = {0};
    uint8_t octets[SET_CATEGORY_OCTETS];

    count_categories(build, names);
    if (set_out_begin(build->out, SET_CATEGORIES, true, err) != 0)
        return -1;
    for (size_t i = 0; i < build->category_count; i++) {
        int64_t key = add_string(strings, build->categories[i], err);

        if (key < 0)
            return -1;
        memset(octets, 0, sizeof octets);
        store_le32(octets, (uint32_t)key);
        store_le64(octets + 8, names[i]);
        if (set_out_write(build->out, octets, sizeof octets, err) != 0)
            return -1;
    }
    set_out_end(build->out, build->category_count);
    return 0;
}

/* Records of rewrites, one after the other, in the order of the variants. */
static int write_rewrites(struct build *build, struct err *err)
{
    const struct variants *variants = &build->variants;
    uint64_t total = 0;

    if (set_out_begin(build->out, SET_REWRITES, true, err) != 0)
        return -1;
    for (size_t i = variants->feeds; i < variants->count; i++) {
        const uint8_t *terms = variants_terms(variants, (uint32_t)i);
        uint32_t length = load_le16(terms + TERMS_AT_LENGTH);

        if (set_out_write(build->out, terms + TERMS_OCTETS, length, err) != 0)
            return -1;
        total += length;
    }
    if (total > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "too many records of rewrites in one set");
    set_out_end(build->out, total);
    return 0;
}

static int write_variants(struct build *build, struct err *err)
{
    const struct variants *variants = &build->variants;
    uint8_t octets[SET_VARIANT_OCTETS];
    uint32_t records = 0;

    if (set_out_begin(build->out, SET_VARIANTS, true, err) != 0)
        return -1;
    for (size_t i = variants->feeds; i < variants->count; i++) {
        const uint8_t *terms = variants_terms(variants, (uint32_t)i);

        store_le32(octets, variants_feed(variants, (uint32_t)i));
        memcpy(octets + SET_VARIANT_AT_TERMS, terms, TERMS_OCTETS);
        store_le32(octets + SET_VARIANT_AT_RECORDS, records);
        records += load_le16(terms + TERMS_AT_LENGTH);
        if (set_out_write(build->out, octets, sizeof octets, err) != 0)
            return -1;
    }
    set_out_end(build->out, variants->count - variants->feeds);
    return 0;
}

static int write_empty(struct build *build, enum set_section id, struct err *err)
{
    if (set_out_begin(build->out, id, false, err) != 0)
        return -1;
    set_out_end(build->out, 0);
    return 0;
}

static int write_strings(struct build *build, const struct strings *strings, struct err *err)
{
    if (set_out_begin(build->out, SET_STRINGS, true, err) != 0 ||
        set_out_write(build->out, strings->text, strings->used, err) != 0)
        return -1;
    set_out_end(build->out, strings->used);
    return 0;
}

int sections_write(struct build *build, struct err *err)
{
    struct strings strings = {NULL, 0, 0};
    int result = -1;

    if (add_string(&strings, "", err) == 0 && write_rows(build, err) == 0 &&
        write_entries(build, err) == 0 && write_escapes(build, err) == 0 &&
        write_prefixes(build, err) == 0 && write_rewrites(build, err) == 0 &&
        write_variants(build, err) == 0 && write_feeds(build, &strings, err) == 0 &&
        write_categories(build, &strings, err) == 0 && write_strings(build, &strings, err) == 0 &&
        write_empty(build, SET_CANARIES, err) == 0)
        result = 0;
    free(strings.text);
    return result;
}
