/* prefixes.c - address ranges, nested ones resolved.
 *
 * Sorted by address and length, a range stands right before those inside it; so a stack of the
 * ranges around the present one, each with what every feed says there, is all that is needed. A
 * range inherits from the one around it, so that a lookup reads one row only. Dropped: a trie, for
 * lists that hold some thousand ranges at most. */
#include "blocklist/set/prefixes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/rows.h"
#include "blocklist/set/segment_file.h"
#include "config/base/err.h"

enum { DEEPEST = 130 };

/* One feed's word on one range. */
struct word {
    uint8_t octets[16];
    uint8_t bits, length;
    uint32_t feed, operation;
};

/* What holds in a range: per feed listed, lifted or nothing. */
struct level {
    const struct word *range;
    uint8_t *feeds;
};

enum { NOTHING, LISTED, LIFTED };

struct work {
    struct word *words;
    size_t count, feeds;
    struct level levels[DEEPEST];
    size_t depth;
    uint32_t *entries;
};

/* By family, address, length: a range stands right before what it holds. */
static int compare_words(const void *a, const void *b)
{
    const struct word *one = a, *other = b;
    int order = memcmp(one->octets, other->octets, sizeof one->octets);

    if (one->bits != other->bits)
        return one->bits < other->bits ? -1 : 1;
    if (order != 0)
        return order;
    if (one->length != other->length)
        return one->length < other->length ? -1 : 1;
    return one->feed < other->feed ? -1 : one->feed > other->feed;
}

static int collect(struct work *work, struct segment *const *segments, size_t count,
                   struct err *err)
{
    size_t total = 0;

    for (size_t feed = 0; feed < count; feed++)
        total += segments[feed]->prefix_count;
    work->feeds = count;
    work->words = calloc(total + 1, sizeof *work->words);
    work->entries = calloc(count + 1, sizeof *work->entries);
    if (work->words == NULL || work->entries == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for address ranges");
    for (size_t feed = 0; feed < count; feed++) {
        for (size_t i = 0; i < segments[feed]->prefix_count; i++) {
            const struct segment_prefix *from = &segments[feed]->prefixes[i];
            struct word *word = &work->words[work->count++];

            memcpy(word->octets, from->octets, sizeof word->octets);
            word->bits = from->bits;
            word->length = from->length;
            word->feed = (uint32_t)feed;
            word->operation = from->operation;
        }
    }
    qsort(work->words, work->count, sizeof *work->words, compare_words);
    return 0;
}

static bool same_range(const struct word *a, const struct word *b)
{
    return a->bits == b->bits && a->length == b->length &&
           memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

static bool holds(const struct word *outer, const struct word *inner)
{
    unsigned whole = outer->length / 8, rest = outer->length % 8;

    if (outer->bits != inner->bits || outer->length > inner->length ||
        memcmp(outer->octets, inner->octets, whole) != 0)
        return false;
    return rest == 0 || (outer->octets[whole] ^ inner->octets[whole]) >> (8 - rest) == 0;
}

/* Enters the range of WORD: leaves those that do not hold it, inherits from the one that does. */
static int enter(struct work *work, const struct word *word, struct err *err)
{
    struct level *level;

    while (work->depth > 0 && !holds(work->levels[work->depth - 1].range, word))
        work->depth--;
    level = &work->levels[work->depth];
    if (level->feeds == NULL) {
        level->feeds = malloc(work->feeds);
        if (level->feeds == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for address ranges");
    }
    level->range = word;
    if (work->depth > 0)
        memcpy(level->feeds, work->levels[work->depth - 1].feeds, work->feeds);
    else
        memset(level->feeds, NOTHING, work->feeds);
    work->depth++;
    return 0;
}

static int64_t intern_level(struct work *work, const struct level *level, struct rows *rows,
                            struct err *err)
{
    size_t count = 0;

    for (size_t feed = 0; feed < work->feeds; feed++) {
        if (level->feeds[feed] == LISTED)
            work->entries[count++] = SET_ENTRY(feed, ENTRY_LIST, ENTRY_SUBTREE);
    }
    return rows_intern(rows, work->entries, count, err);
}

static int build(struct work *work, struct prefixes *prefixes, struct rows *rows, struct err *err)
{
    for (size_t i = 0; i < work->count;) {
        const struct word *first = &work->words[i];
        struct prefix_row *item = &prefixes->items[prefixes->count++];
        int64_t row;

        if (enter(work, first, err) != 0)
            return -1;
        for (; i < work->count && same_range(first, &work->words[i]); i++) {
            uint8_t *state = &work->levels[work->depth - 1].feeds[work->words[i].feed];

            if (work->words[i].operation == ENTRY_EXCEPT)
                *state = LIFTED;
            else if (*state == NOTHING)
                *state = LISTED;
        }
        row = intern_level(work, &work->levels[work->depth - 1], rows, err);
        if (row < 0)
            return -1;
        memcpy(item->octets, first->octets, sizeof item->octets);
        item->bits = first->bits;
        item->length = first->length;
        item->row = (uint32_t)row;
    }
    return 0;
}

int prefixes_build(struct prefixes *prefixes, struct segment *const *segments, size_t count,
                   struct rows *rows, struct err *err)
{
    struct work work;
    int result = -1;

    memset(&work, 0, sizeof work);
    memset(prefixes, 0, sizeof *prefixes);
    if (collect(&work, segments, count, err) != 0)
        goto out;
    prefixes->items = calloc(work.count + 1, sizeof *prefixes->items);
    if (prefixes->items == NULL)
        err_set(err, ERR_MEMORY, "out of memory for address ranges");
    else
        result = build(&work, prefixes, rows, err);
out:
    for (size_t i = 0; i < DEEPEST; i++)
        free(work.levels[i].feeds);
    free(work.entries);
    free(work.words);
    return result;
}
