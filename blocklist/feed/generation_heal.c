/* generation_heal.c - what a run that was killed, or a disk, left behind.
 *
 * Row and link may name two generations, since no rename is one with a commit: the row wins where
 * its set is whole, as it was committed last and checked before. A set that is damaged is passed
 * over for the newest whole one; the segments in force stay, so that the next generation is built
 * from them at once (generation_wanted). A segment in force that is damaged is replaced by an older
 * good one of its list, or its list is fetched anew. Then whatever nobody refers to is removed. */
#include "blocklist/feed/generation.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/generation_links.h"
#include "blocklist/feed/place.h"
#include "blocklist/feed/settled.h"
#include "config/base/err.h"
#include "config/config.h"

struct heal {
    struct store *store;
    const struct config *config;
    const char *dir;
    struct generations generations;
    struct settled settled;
    uint64_t row, link; /* generations that they say are in force; 0: none */
    int64_t now_s;
    struct err *err;
};

static int tell(struct heal *heal, const char *list, uint64_t number, const char *text)
{
    struct store_event event = {.at_s = heal->now_s, .kind = EVENT_HEALED, .generation = number};

    snprintf(event.list, sizeof event.list, "%s", list);
    snprintf(event.text, sizeof event.text, "%s", text);
    return store_event(heal->store, &event, heal->err);
}

/* ---- the set in force ---- */

/* Tells whether the set of NUMBER is whole; 1, 0, or -1 where that cannot be said now. */
static int whole(struct heal *heal, uint64_t number)
{
    struct err fault = {.code = ERR_NONE};
    char path[PLACE_PATH_MAX];

    if (number == 0)
        return 0;
    if (settled_unchanged(&heal->settled, place_set(heal->dir, number, path)))
        return 1;
    if (generation_check_set(heal->dir, number, &fault) == 0)
        return 1;
    if (fault.code != ERR_SYSTEM && fault.code != ERR_MEMORY)
        return 0;
    *heal->err = fault;
    return -1;
}

/* Finds the generation that is to be in force; 0: no set is whole. */
static int choose(struct heal *heal, uint64_t *wanted)
{
    uint64_t first[] = {heal->row, heal->link};
    int good = 0;

    *wanted = 0;
    for (size_t i = 0; i < 2 && good == 0; i++) {
        good = generations_find(&heal->generations, first[i]) != NULL ? whole(heal, first[i]) : 0;
        *wanted = good > 0 ? first[i] : 0;
    }
    for (size_t i = 0; i < heal->generations.count && good == 0; i++) {
        good = whole(heal, heal->generations.items[i].number);
        *wanted = good > 0 ? heal->generations.items[i].number : 0;
    }
    return good < 0 ? -1 : 0;
}

static int tell_choice(struct heal *heal, uint64_t wanted)
{
    char text[STORE_WHY_MAX];

    if (wanted == heal->row && wanted == heal->link)
        return 0;
    if (wanted == 0)
        snprintf(text, sizeof text,
                 "no generation has a whole set; one is built from the segments");
    else if (wanted == heal->row && heal->link != 0)
        snprintf(text, sizeof text,
                 "generation %" PRIu64 " was recorded while %" PRIu64
                 " was still in force; it is in force now",
                 wanted, heal->link);
    else if (wanted == heal->row)
        snprintf(text, sizeof text,
                 "generation %" PRIu64 " was recorded and not in force; it is now", wanted);
    else
        snprintf(text, sizeof text,
                 "the set of generation %" PRIu64 " is damaged or lost; generation %" PRIu64
                 " is in force until one is built from the segments",
                 heal->row, wanted);
    return tell(heal, "", wanted, text);
}

/* Forgets generations whose file is gone. */
static int forget_lost(struct heal *heal, uint64_t wanted)
{
    char path[PLACE_PATH_MAX];

    for (size_t i = 0; i < heal->generations.count; i++) {
        uint64_t number = heal->generations.items[i].number;

        if (number != wanted && access(place_set(heal->dir, number, path), F_OK) != 0 &&
            store_drop_generation(heal->store, number, heal->err) != 0)
            return -1;
    }
    return 0;
}

static int settle_rows(struct heal *heal, uint64_t wanted)
{
    if (store_begin(heal->store, heal->err) != 0)
        return -1;
    if ((wanted != heal->row && store_set_current(heal->store, wanted, heal->err) != 0) ||
        (heal->generations.count > 0 && tell_choice(heal, wanted) != 0) ||
        forget_lost(heal, wanted) != 0) {
        store_abandon(heal->store);
        return -1;
    }
    return store_commit(heal->store, heal->err);
}

static int settle_set(struct heal *heal)
{
    char path[PLACE_PATH_MAX];
    uint64_t wanted;
    int result;

    if (generations_load(heal->store, &heal->generations, heal->err) != 0)
        return -1;
    heal->row = heal->generations.current != NULL ? heal->generations.current->number : 0;
    heal->link = place_link_generation(place_current(heal->dir, path));
    result = choose(heal, &wanted);
    if (result == 0)
        result = settle_rows(heal, wanted);
    free(heal->generations.items);
    if (result != 0 || wanted == 0 ||
        generations_load(heal->store, &heal->generations, heal->err) != 0)
        return result;
    result = generation_link(heal->config, heal->dir, wanted,
                             generations_before(&heal->generations, wanted), heal->err);
    free(heal->generations.items);
    return result;
}

/* ---- segments in force ---- */

/* Returns 1 where the file of SEGMENT is the one that was judged, 0 where not, -1 where that cannot
 * be said now. What cannot be read twice is as good as lost: the run goes on without it. */
static int good_segment(struct heal *heal, const struct store_segment *segment)
{
    struct err fault = {.code = ERR_NONE};
    struct store_segment there;
    char path[PLACE_PATH_MAX];
    bool whole = !settled_unchanged(&heal->settled, place_segment(heal->dir, segment->file, path));

    for (int tries = 0; tries < 2; tries++) {
        if (store_segment_read(heal->dir, segment->file, whole, &there, &fault) == 0)
            return memcmp(there.digest, segment->digest, sizeof there.digest) == 0;
        if (fault.code != ERR_SYSTEM)
            break;
    }
    if (fault.code != ERR_MEMORY)
        return 0;
    *heal->err = fault;
    return -1;
}

/* Fills SEGMENT with an older good one of the same list and part. Returns 1, 0 (none), -1. */
static int find_older(struct heal *heal, struct store_segment *segment)
{
    struct generations generations;
    int found = 0;

    if (generations_load(heal->store, &generations, heal->err) != 0)
        return -1;
    for (size_t i = 0; i < generations.count && found == 0; i++) {
        struct store_segment *kept;
        size_t count;

        if (store_generation_segments(heal->store, generations.items[i].number, &kept, &count,
                                      heal->err) != 0) {
            found = -1;
            break;
        }
        for (size_t j = 0; j < count && found == 0; j++) {
            if (strcmp(kept[j].list, segment->list) != 0 ||
                strcmp(kept[j].part, segment->part) != 0 ||
                memcmp(kept[j].digest, segment->digest, sizeof kept[j].digest) == 0)
                continue;
            found = good_segment(heal, &kept[j]);
            if (found > 0)
                *segment = kept[j];
        }
        free(kept);
    }
    free(generations.items);
    return found;
}

/* Makes the list of SEGMENT due at once, and without conditions. */
static int fetch_anew(struct heal *heal, const char *id, const char *text)
{
    struct store_list list;

    if (store_get_list(heal->store, id, &list, heal->err) != 0)
        return -1;
    memset(list.body, 0, sizeof list.body);
    memset(list.recipe, 0, sizeof list.recipe);
    list.etag[0] = list.modified[0] = '\0';
    list.next_s = 0;
    if (list.state != LIST_HELD) {
        list.state = LIST_FAILED;
        snprintf(list.why, sizeof list.why, "%s", text);
    }
    return store_put_list(heal->store, &list, heal->err) != 0 ? -1 : tell(heal, id, 0, text);
}

/* The segments of one list are all of one result, or an older one takes the place of a damaged
 * one. */
static int settle_list(struct heal *heal, struct store_segment *segments, size_t count)
{
    bool changed = false;
    char text[STORE_WHY_MAX] = "";

    for (size_t i = 0; i < count; i++) {
        int good = good_segment(heal, &segments[i]), older;

        if (good > 0)
            continue;
        older = good < 0 ? -1 : find_older(heal, &segments[i]);
        if (older < 0)
            return -1;
        changed |= older > 0;
        snprintf(text, sizeof text,
                 "a segment is damaged or lost; %s, and the list is fetched anew",
                 older > 0 ? "an older one takes its place" : "its set stays in force");
    }
    if (text[0] == '\0')
        return 0;
    if (store_begin(heal->store, heal->err) != 0)
        return -1;
    if ((changed && store_set_segments(heal->store, segments[0].list, false, segments, count,
                                       heal->err) != 0) ||
        fetch_anew(heal, segments[0].list, text) != 0) {
        store_abandon(heal->store);
        return -1;
    }
    return store_commit(heal->store, heal->err);
}

static int settle_segments(struct heal *heal)
{
    struct store_segment *segments;
    size_t count, end;
    int result = 0;

    if (store_segments(heal->store, NULL, false, &segments, &count, heal->err) != 0)
        return -1;
    for (size_t first = 0; first < count && result == 0; first = end) {
        for (end = first + 1; end < count; end++) {
            if (strcmp(segments[end].list, segments[first].list) != 0)
                break;
        }
        result = settle_list(heal, segments + first, end - first);
    }
    free(segments);
    return result;
}

int generation_heal(struct store *store, const struct config *config, int64_t now_s,
                    struct err *err)
{
    struct err spare;
    struct heal heal = {.store = store,
                        .config = config,
                        .dir = store_dir(store),
                        .now_s = now_s,
                        .err = err != NULL ? err : &spare};

    settled_take(&heal.settled, heal.dir, now_s);
    if (settle_set(&heal) != 0 || settle_segments(&heal) != 0)
        return -1;
    generation_tidy(store, config);
    return 0;
}
