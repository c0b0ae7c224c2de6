/* generation.c - segments to a numbered set.
 *
 * The problem: what is in force must change whole or not at all, whatever happens while it is made.
 * The idea: the set is a new file with a number of its own, made and checked beside the others;
 * nothing refers to it until generation_publish. A segment is never believed from the database:
 * each is opened with its digests and must be the one that was judged. A collision by hash with a
 * protected name is cured by another seed: all segments are then hashed anew from the names that
 * they keep, as is one that was held while the seed changed.
 *
 * Dropped: checking the new set by a lookup of every name, which doubles the time and finds nothing
 * that its digests and the counts of each list do not. */
#include "blocklist/feed/generation.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/generation_links.h"
#include "blocklist/feed/place.h"
#include "blocklist/set/segment_kept.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"

enum {
    SEEDS_MOST = 8,           /* a protected name that collides under so many is no chance */
    OCTETS_A_NAME = 9,        /* of a set, lines kept for growth and rare rows included */
    OCTETS_BESIDES = 1 << 20, /* strings, lists, digests */
};

/* ---- what is to be merged ---- */

static const struct store_segment *segments_of(const struct generation *generation)
{
    return generation->made != NULL ? generation->made : generation->segments;
}

/* Checks that the file of SEGMENT is the one that was judged. */
static int check_segment(const char *dir, const struct store_segment *segment, struct err *err)
{
    struct store_segment there;

    if (store_segment_read(dir, segment->file, false, &there, err) != 0)
        return -1;
    if (memcmp(there.digest, segment->digest, sizeof there.digest) != 0 ||
        strcmp(there.list, segment->list) != 0 || strcmp(there.part, segment->part) != 0)
        return err_set(err, ERR_DIGEST,
                       "segments/%.150s: not the segment of list %s that was judged; `stairgate "
                       "lists sync --force %s` makes it anew",
                       segment->file, segment->list, segment->list);
    return 0;
}

static int check_segments(const char *dir, const struct generation *generation, struct err *err)
{
    const struct store_segment *segments = segments_of(generation);

    for (size_t i = 0; i < generation->segment_count; i++) {
        if (check_segment(dir, &segments[i], err) != 0)
            return -1;
    }
    return 0;
}

/* ---- another seed ---- */

/* Hashes SEGMENT anew with SEED, under the name that its digest gives it. */
static int rehash(const char *dir, struct store_segment *segment, uint64_t seed, struct err *err)
{
    char from[PLACE_PATH_MAX], to[PLACE_PATH_MAX], temporary[64];
    struct store_segment made;

    snprintf(temporary, sizeof temporary, "new.%ld.seed", (long)getpid());
    place_segment(dir, segment->file, from);
    place_segment(dir, temporary, to);
    if (segment_rehash(from, to, seed, err) != 0)
        return -1;
    if (store_segment_read(dir, temporary, false, &made, err) != 0) {
        unlink(to);
        return -1;
    }
    place_segment_name(made.list, made.part, made.digest, made.file, sizeof made.file);
    *segment = made;
    memcpy(from, to, sizeof from);
    return place_rename(from, place_segment(dir, made.file, to), err);
}

static int rehash_all(const char *dir, struct generation *generation, struct err *err)
{
    size_t octets = (generation->segment_count + 1) * sizeof *generation->made;

    if (generation->made == NULL) {
        generation->made = malloc(octets);
        if (generation->made == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for segments");
        memcpy(generation->made, generation->segments, octets - sizeof *generation->made);
    }
    for (size_t i = 0; i < generation->segment_count; i++) {
        if (generation->made[i].seed != generation->seed &&
            rehash(dir, &generation->made[i], generation->seed, err) != 0)
            return -1;
    }
    return 0;
}

static bool all_of_seed(const struct generation *generation)
{
    for (size_t i = 0; i < generation->segment_count; i++) {
        if (segments_of(generation)[i].seed != generation->seed)
            return false;
    }
    return true;
}

/* ---- the merge ---- */

static int merge(const char *dir, struct generation *generation, const char *previous,
                 struct err *err)
{
    struct builder_options options = {.out = generation->path,
                                      .seed = generation->seed,
                                      .protected_names = generation->protected_names,
                                      .protected_count = generation->protected_count,
                                      .previous = previous,
                                      .progress = generation->progress,
                                      .context = generation->context};
    size_t count = generation->segment_count;
    char(*texts)[PLACE_PATH_MAX] = calloc(count + 1, sizeof *texts);
    const char **paths = calloc(count + 1, sizeof *paths);
    int result = -1;

    if (texts == NULL || paths == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for %zu segments", count);
        goto out;
    }
    for (size_t i = 0; i < count; i++)
        paths[i] = place_segment(dir, segments_of(generation)[i].file, texts[i]);
    result = builder_merge(paths, count, &options, &generation->result, err);
out:
    free(paths);
    free(texts);
    return result;
}

/* Where a merge failed since a segment is damaged: says whose it is, and what to do. */
static void blame(const char *dir, const struct generation *generation, struct err *err)
{
    const struct store_segment *segments = segments_of(generation);

    for (size_t i = 0; i < generation->segment_count; i++) {
        const struct store_segment *one = &segments[i];
        struct store_segment there;
        struct err fault = {.code = ERR_NONE};

        if (store_segment_read(dir, one->file, true, &there, &fault) == 0)
            continue;
        err_set(err, fault.code,
                "list %s: segments/%.120s is damaged (%.150s), so no new set can be made and the "
                "one in force stays; `stairgate lists sync --force %s` makes it anew, and where "
                "its publisher is gone `stairgate lists remove %s`",
                one->list, one->file, fault.text, one->list, one->list);
        return;
    }
}

/* Merges, with other seeds while a protected name collides; PREVIOUS is the set before, NULL for
 * none. */
static int merge_seeded(const char *dir, struct generation *generation, const char *previous,
                        struct err *err)
{
    int result = -1;

    for (int seeds = 0; seeds < SEEDS_MOST; seeds++) {
        if ((!all_of_seed(generation) && rehash_all(dir, generation, err) != 0) ||
            check_segments(dir, generation, err) != 0) {
            blame(dir, generation, err);
            return -1;
        }
        result = merge(dir, generation, previous, err);
        if (result != 0 && err->code != ERR_GATE)
            blame(dir, generation, err);
        if (result == 0 || err->code != ERR_GATE)
            return result;
        generation->seed++;
    }
    return result;
}

/* ---- what came of it ---- */

static int check_feed(const struct set_feed *feed, const struct store_segment *segment,
                      struct err *err)
{
    const struct segment_about *about = &segment->about;

    if (strcmp(feed->category, about->category) == 0 && feed->names == about->names &&
        feed->lines == about->lines && feed->duplicates == about->duplicates &&
        memcmp(feed->source_digest, about->source_digest, sizeof about->source_digest) == 0)
        return 0;
    return err_set(err, ERR_DIGEST, "the new set has other counts for %s than its segment",
                   about->feed);
}

static int check_feeds(const struct set *set, const struct generation *generation, struct err *err)
{
    struct set_feed feed;
    unsigned count = 0;

    for (; set_feed(set, count, &feed); count++) {
        const struct store_segment *found = NULL;

        for (size_t i = 0; i < generation->segment_count && found == NULL; i++) {
            if (strcmp(segments_of(generation)[i].about.feed, feed.id) == 0)
                found = &segments_of(generation)[i];
        }
        if (found == NULL)
            return err_set(err, ERR_DIGEST, "the new set has a list of its own: %.80s", feed.id);
        if (check_feed(&feed, found, err) != 0)
            return -1;
    }
    if (count != generation->segment_count)
        return err_set(err, ERR_DIGEST, "the new set has %u lists of %zu", count,
                       generation->segment_count);
    return 0;
}

static int check_result(const struct generation *generation, struct err *err)
{
    struct set *set = set_open(generation->path, NULL, err);
    struct set_info info;
    int result;

    if (set == NULL)
        return -1;
    set_info(set, &info);
    result = set_verify(set, err);
    if (result == 0 && (info.seed != generation->seed || info.names != generation->result.names))
        result = err_set(err, ERR_DIGEST, "the new set is not the one that was merged");
    if (result == 0)
        result = check_feeds(set, generation, err);
    set_close(set);
    return result;
}

/* ---- a number, room, a seed ---- */

/* Numbers are never used twice, also where rows were lost. */
static uint64_t next_number(const char *dir, const struct generations *generations)
{
    uint64_t last = generations->count > 0 ? generations->items[0].number : 0;
    char path[PLACE_PATH_MAX];
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof path, "%.4000s/sets", dir);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        uint64_t number = place_set_number(entry->d_name);

        last = number > last ? number : last;
    }
    if (folder != NULL)
        closedir(folder);
    return last + 1;
}

static int check_room(const char *dir, const struct generation *generation, struct err *err)
{
    uint64_t names = store_segments_entries(generation->segments, generation->segment_count);
    char path[PLACE_PATH_MAX];

    snprintf(path, sizeof path, "%.4000s/sets", dir);
    return place_room(path, names * OCTETS_A_NAME + OCTETS_BESIDES, err);
}

int generation_build(struct store *store, struct generation *generation, struct err *err)
{
    const char *dir = store_dir(store);
    struct generations generations;
    char previous[PLACE_PATH_MAX] = "";

    generation->made = NULL;
    if (check_room(dir, generation, err) != 0 || generations_load(store, &generations, err) != 0)
        return -1;
    generation->number = next_number(dir, &generations);
    place_set(dir, generation->number, generation->path);
    if (generations.current != NULL) {
        generation->seed = generations.current->seed;
        place_set(dir, generations.current->number, previous);
    } else {
        generation->seed = generation->segment_count > 0 ? generation->segments[0].seed : 0;
    }
    free(generations.items);
    if (merge_seeded(dir, generation, previous[0] != '\0' ? previous : NULL, err) == 0 &&
        check_result(generation, err) == 0)
        return 0;
    generation_discard(generation);
    return -1;
}

void generation_discard(struct generation *generation)
{
    unlink(generation->path);
    free(generation->made);
    generation->made = NULL;
}

/* ---- whether one is wanted ---- */

static bool same_segments(const struct store_segment *a, size_t a_count,
                          const struct store_segment *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++) { /* both are in one order */
        if (strcmp(a[i].list, b[i].list) != 0 || strcmp(a[i].part, b[i].part) != 0 ||
            memcmp(a[i].digest, b[i].digest, sizeof a->digest) != 0)
            return false;
    }
    return true;
}

int generation_wanted(struct store *store, struct err *err)
{
    struct store_segment *now = NULL, *then = NULL;
    size_t now_count, then_count;
    struct generations generations;
    int result = -1;

    if (generations_load(store, &generations, err) != 0)
        return -1;
    if (store_segments(store, NULL, false, &now, &now_count, err) != 0)
        goto out;
    if (generations.current == NULL) {
        result = now_count > 0;
    } else if (store_generation_segments(store, generations.current->number, &then, &then_count,
                                         err) == 0) {
        result = !same_segments(now, now_count, then, then_count);
    }
out:
    free(then);
    free(now);
    free(generations.items);
    return result;
}
