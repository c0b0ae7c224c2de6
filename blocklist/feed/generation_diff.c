/* generation_diff.c - what came and what went between two generations.
 *
 * Segments with one digest are one; the others are compared as sorted runs, which reads each once
 * and keeps nothing. Which names those hashes are is told by the names that a segment keeps: each
 * is looked up in the other segment, some ten small reads a name. Two seeds have no hash in common,
 * so that counts alone are known then, unless names are there to be looked up. */
#include "blocklist/feed/generation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/generation_links.h"
#include "blocklist/feed/place.h"
#include "blocklist/set/segment_kept.h"
#include "config/base/err.h"
#include "config/base/name.h"

struct diff {
    const char *dir;
    int (*each)(void *context, const struct generation_change *change);
    int (*names)(void *context, const struct generation_change *change, const char *name,
                 bool added);
    void *context;
    struct err *err;
    /* of the pair at hand */
    struct generation_change change;
    const struct segment *other;
    bool added;
};

static struct segment *open_segment(const struct diff *diff, const struct store_segment *one)
{
    char path[PLACE_PATH_MAX];

    return segment_open(place_segment(diff->dir, one->file, path), diff->err);
}

/* Names of other classes than public are never shown. */
static bool may_be_shown(const struct segment *segment)
{
    return segment != NULL && segment_has_names(segment) &&
           strcmp(segment_about(segment)->feed_class, "public") == 0;
}

static int show_name(void *context, const struct segment_name *name)
{
    struct diff *diff = context;
    char text[NAME_TEXT_MAX];
    int listed = 0;

    if (name->operation != ENTRY_LIST)
        return 0;
    if (diff->other != NULL)
        listed = segment_contains(diff->other, &name->name, diff->err);
    if (listed != 0)
        return listed < 0 ? -1 : 0;
    name_to_text(&name->name, text);
    return diff->names(diff->context, &diff->change, text, diff->added);
}

static int show_names(struct diff *diff, const struct segment *before, const struct segment *after)
{
    diff->other = after;
    diff->added = false;
    if (may_be_shown(before) && segment_names_each(before, show_name, diff, diff->err) != 0)
        return -1;
    diff->other = before;
    diff->added = true;
    if (may_be_shown(after) && segment_names_each(after, show_name, diff, diff->err) != 0)
        return -1;
    return 0;
}

/* Two seeds: all that is certain is how many there are. */
static void count_alone(struct generation_change *change)
{
    change->added = change->after > change->before ? change->after - change->before : 0;
    change->removed = change->before > change->after ? change->before - change->after : 0;
}

static int count_changes(struct diff *diff, const struct segment *before,
                         const struct segment *after)
{
    struct generation_change *change = &diff->change;
    struct segment_changes changes;

    if (before == NULL || after == NULL || segment_seed(before) != segment_seed(after)) {
        count_alone(change);
        return 0;
    }
    if (segment_compare(before, after, NULL, NULL, &changes, diff->err) != 0)
        return -1;
    change->added = changes.added;
    change->removed = changes.removed;
    return 0;
}

/* Compares BEFORE with AFTER, of which one may be NULL. */
static int compare(struct diff *diff, const struct store_segment *before,
                   const struct store_segment *after)
{
    const struct store_segment *one = after != NULL ? after : before;
    struct segment *old = NULL, *new = NULL;
    int result = -1;

    diff->change = (struct generation_change){.list = one->list,
                                              .part = one->part,
                                              .category = one->about.category,
                                              .before = before != NULL ? before->entries : 0,
                                              .after = after != NULL ? after->entries : 0};
    if (before != NULL && (old = open_segment(diff, before)) == NULL)
        goto out;
    if (after != NULL && (new = open_segment(diff, after)) == NULL)
        goto out;
    if (count_changes(diff, old, new) != 0)
        goto out;
    result = diff->each(diff->context, &diff->change);
    if (result == 0 && diff->names != NULL)
        result = show_names(diff, old, new);
out:
    segment_close(new);
    segment_close(old);
    return result;
}

static int order(const struct store_segment *a, const struct store_segment *b)
{
    int by_list = strcmp(a->list, b->list);

    return by_list != 0 ? by_list : strcmp(a->part, b->part);
}

/* Walks both runs of segments, which are in one order. */
static int walk(struct diff *diff, const struct store_segment *before, size_t before_count,
                const struct store_segment *after, size_t after_count)
{
    size_t i = 0, j = 0;
    int result = 0;

    while (result == 0 && (i < before_count || j < after_count)) {
        int way = i == before_count ? 1 : j == after_count ? -1 : order(&before[i], &after[j]);

        if (way < 0)
            result = compare(diff, &before[i++], NULL);
        else if (way > 0)
            result = compare(diff, NULL, &after[j++]);
        else if (memcmp(before[i].digest, after[j].digest, sizeof before->digest) == 0)
            i++, j++;
        else
            result = compare(diff, &before[i++], &after[j++]);
    }
    return result;
}

static int check_number(const struct generations *generations, uint64_t number, struct err *err)
{
    if (generations_find(generations, number) != NULL)
        return 0;
    return err_set(err, ERR_NOT_FOUND,
                   "there is no generation %llu; `stairgate lists history` shows those that are "
                   "kept",
                   (unsigned long long)number);
}

int generation_diff(struct store *store, uint64_t a, uint64_t b,
                    int (*each)(void *context, const struct generation_change *change),
                    int (*names)(void *context, const struct generation_change *change,
                                 const char *name, bool added),
                    void *context, struct err *err)
{
    struct diff diff = {
        .dir = store_dir(store), .each = each, .names = names, .context = context, .err = err};
    struct store_segment *before = NULL, *after = NULL;
    struct generations generations;
    size_t before_count, after_count;
    int result = -1;

    if (generations_load(store, &generations, err) != 0)
        return -1;
    if (check_number(&generations, a, err) == 0 && check_number(&generations, b, err) == 0 &&
        store_generation_segments(store, a, &before, &before_count, err) == 0 &&
        store_generation_segments(store, b, &after, &after_count, err) == 0)
        result = walk(&diff, before, before_count, after, after_count);
    free(after);
    free(before);
    free(generations.items);
    return result;
}
