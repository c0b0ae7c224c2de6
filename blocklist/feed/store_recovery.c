/* store_recovery.c - a lost feeds.db made again.
 *
 * What is enforced does not depend on the database: the set in force is a file, with the name and
 * the source's digest of each list in it, and each list's segment is a file that says whose it is.
 * So those of the set in force are the segments in force; where no set is left to tell, the newest
 * of each list. A list that was found again is due at once, and without conditions, since its
 * validators are gone. Nothing is believed of a file before its digests have been checked. */
#include "blocklist/feed/store_recovery.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/feed/store.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"

struct found {
    struct store_segment segment;
    int64_t made_s; /* of the file */
    bool in_force;
};

struct recovery {
    struct store *store;
    const char *dir;
    struct found *items;
    size_t count, room;
    uint64_t current; /* generation in force */
    size_t generations;
    struct err *err;
};

static int64_t made_at(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? (int64_t)status.st_mtime : 0;
}

/* Calls EACH with every name in FOLDER of the lists' directory. */
static int walk(struct recovery *recovery, const char *folder,
                int (*each)(struct recovery *recovery, const char *name))
{
    char path[PLACE_PATH_MAX + 32];
    struct dirent *entry;
    int result = 0;
    DIR *dir;

    snprintf(path, sizeof path, "%s/%s", recovery->dir, folder);
    dir = opendir(path);
    if (dir == NULL)
        return err_system(recovery->err, "%s: cannot read this folder", path);
    while (result == 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.')
            result = each(recovery, entry->d_name);
    }
    closedir(dir);
    return result;
}

/* ---- segments ---- */

static struct found *add_room(struct recovery *recovery)
{
    struct found *more;

    if (recovery->count == recovery->room) {
        recovery->room = recovery->room * 2 + 64;
        more = realloc(recovery->items, recovery->room * sizeof *more);
        if (more == NULL) {
            err_set(recovery->err, ERR_MEMORY, "out of memory for %zu segments", recovery->room);
            return NULL;
        }
        recovery->items = more;
    }
    return &recovery->items[recovery->count];
}

static int see_segment(struct recovery *recovery, const char *name)
{
    struct found *found = add_room(recovery);
    char path[PLACE_PATH_MAX];
    struct err fault = {.code = ERR_NONE};

    if (found == NULL)
        return -1;
    memset(found, 0, sizeof *found);
    for (int tries = 0; tries < 2; tries++) {
        if (store_segment_read(recovery->dir, name, true, &found->segment, &fault) == 0) {
            found->made_s = made_at(place_segment(recovery->dir, name, path));
            recovery->count++;
            return 0;
        }
        if (fault.code != ERR_SYSTEM) /* what cannot be read twice is as good as lost */
            break;
    }
    if (fault.code != ERR_MEMORY)
        return 0;
    *recovery->err = fault;
    return -1;
}

static bool same_feed(const struct set_feed *feed, uint64_t seed, const struct store_segment *one)
{
    return one->seed == seed && strcmp(feed->id, one->about.feed) == 0 &&
           strcmp(feed->category, one->about.category) == 0 && feed->names == one->about.names &&
           feed->lines == one->about.lines && feed->duplicates == one->about.duplicates &&
           memcmp(feed->source_digest, one->about.source_digest, sizeof one->about.source_digest) ==
               0;
}

/* Returns the newest segment that FEED of a set can have been made from, or NULL. */
static struct found *match(struct recovery *recovery, const struct set_feed *feed, uint64_t seed)
{
    struct found *best = NULL;

    for (size_t i = 0; i < recovery->count; i++) {
        struct found *one = &recovery->items[i];

        if (same_feed(feed, seed, &one->segment) && (best == NULL || one->made_s > best->made_s))
            best = one;
    }
    return best;
}

/* ---- sets ---- */

/* Returns the segments of SET that are there, in its order; *COUNT tells how many. NULL: no
 * memory. */
static struct store_segment *segments_of(struct recovery *recovery, const struct set *set,
                                         bool in_force, size_t *count)
{
    struct set_info info;
    struct set_feed feed;
    struct store_segment *segments;

    set_info(set, &info);
    *count = 0;
    segments = calloc((size_t)info.feeds + 1, sizeof *segments);
    if (segments == NULL)
        err_set(recovery->err, ERR_MEMORY, "out of memory for %u segments", info.feeds);
    for (unsigned i = 0; segments != NULL && set_feed(set, i, &feed); i++) {
        struct found *found = match(recovery, &feed, info.seed);

        if (found == NULL)
            continue;
        found->in_force |= in_force;
        segments[(*count)++] = found->segment;
    }
    return segments;
}

static int put_set(struct recovery *recovery, uint64_t number, const struct set *set, bool in_force)
{
    struct store_generation generation = {.number = number, .current = in_force};
    char path[PLACE_PATH_MAX];
    struct store_segment *segments;
    struct set_info info;
    size_t count;
    int result;

    set_info(set, &info);
    generation.made_s = made_at(place_set(recovery->dir, number, path));
    memcpy(generation.digest, info.digest, sizeof generation.digest);
    generation.seed = info.seed;
    generation.names = info.names;
    generation.prefixes = info.prefixes;
    generation.octets = info.octets;
    snprintf(generation.why, sizeof generation.why, "found again");
    segments = segments_of(recovery, set, in_force, &count);
    if (segments == NULL)
        return -1;
    result = store_put_generation(recovery->store, &generation, segments, count, recovery->err);
    free(segments);
    recovery->generations += result == 0;
    return result;
}

/* Opens the set of generation NUMBER where every octet of it is good; else NULL, with FAULT. */
static struct set *open_whole(const struct recovery *recovery, uint64_t number, struct err *fault)
{
    char path[PLACE_PATH_MAX];
    struct set *set = set_open(place_set(recovery->dir, number, path), NULL, fault);

    if (set != NULL && set_verify(set, fault) != 0) {
        set_close(set);
        set = NULL;
    }
    return set;
}

static int see_set(struct recovery *recovery, const char *name)
{
    struct err fault = {.code = ERR_NONE};
    uint64_t number = place_set_number(name);
    struct set *set = number != 0 ? open_whole(recovery, number, &fault) : NULL;
    int result;

    if (set == NULL) {
        if (fault.code != ERR_MEMORY && fault.code != ERR_SYSTEM)
            return 0;
        *recovery->err = fault;
        return -1;
    }
    result = put_set(recovery, number, set, number == recovery->current);
    set_close(set);
    return result;
}

static int see_newest(struct recovery *recovery, const char *name)
{
    uint64_t number = place_set_number(name);
    struct err fault;
    struct set *set = number > recovery->current ? open_whole(recovery, number, &fault) : NULL;

    if (set != NULL)
        recovery->current = number;
    set_close(set);
    return 0;
}

/* The generation that the link names, or the newest whole one where it names none. */
static int find_current(struct recovery *recovery)
{
    char path[PLACE_PATH_MAX];
    struct err fault;
    struct set *set;

    recovery->current = place_link_generation(place_current(recovery->dir, path));
    set = recovery->current != 0 ? open_whole(recovery, recovery->current, &fault) : NULL;
    if (set == NULL) {
        recovery->current = 0;
        return walk(recovery, "sets", see_newest);
    }
    set_close(set);
    return 0;
}

/* ---- lists ---- */

/* Without a set to say which: the newest segment of each feed. */
static void choose_newest(struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->count; i++) {
        struct found *one = &recovery->items[i];
        bool newest = true;

        for (size_t j = 0; j < recovery->count && newest; j++) {
            const struct found *other = &recovery->items[j];

            newest = j == i || strcmp(other->segment.about.feed, one->segment.about.feed) != 0 ||
                     other->made_s < one->made_s || (other->made_s == one->made_s && j > i);
        }
        one->in_force = newest;
    }
}

/* Puts the list of item FIRST, with all its segments in force, once. */
static int put_list(struct recovery *recovery, size_t first)
{
    struct store_list list = {.state = LIST_OK};
    struct store_segment *segments = calloc(recovery->count + 1, sizeof *segments);
    size_t count = 0;
    int result;

    if (segments == NULL)
        return err_set(recovery->err, ERR_MEMORY, "out of memory for segments");
    memcpy(list.id, recovery->items[first].segment.list, sizeof list.id);
    for (size_t i = first; i < recovery->count; i++) {
        struct found *one = &recovery->items[i];

        if (!one->in_force || strcmp(one->segment.list, list.id) != 0)
            continue;
        one->in_force = false; /* done */
        segments[count++] = one->segment;
        if (one->made_s > list.fetched_s)
            list.fetched_s = list.changed_s = one->made_s;
    }
    result = store_put_list(recovery->store, &list, recovery->err);
    if (result == 0)
        result =
            store_set_segments(recovery->store, list.id, false, segments, count, recovery->err);
    free(segments);
    return result;
}

static int put_lists(struct recovery *recovery, size_t *lists)
{
    *lists = 0;
    if (recovery->current == 0)
        choose_newest(recovery);
    for (size_t i = 0; i < recovery->count; i++) {
        if (!recovery->items[i].in_force)
            continue;
        if (put_list(recovery, i) != 0)
            return -1;
        ++*lists;
    }
    return 0;
}

static int tell(struct recovery *recovery, const char *reason, size_t lists, int64_t now_s)
{
    struct store_event event = {.at_s = now_s, .kind = EVENT_HEALED};

    if (reason[0] == '\0' && lists == 0 && recovery->generations == 0)
        return 0;
    event.generation = recovery->current;
    snprintf(event.text, sizeof event.text,
             "feeds.db made again from the files: %zu lists, %zu generations; validators and the "
             "record before are lost%s%.240s",
             lists, recovery->generations,
             reason[0] != '\0' ? "; set aside as feeds.db.damaged: " : "; there was none", reason);
    return store_event(recovery->store, &event, recovery->err);
}

int store_recovery_run(struct store *store, const char *reason, int64_t now_s, struct err *err)
{
    struct recovery recovery = {.store = store, .dir = store_dir(store), .err = err};
    size_t lists;
    int result = -1;

    if (walk(&recovery, "segments", see_segment) == 0 && find_current(&recovery) == 0 &&
        walk(&recovery, "sets", see_set) == 0 && put_lists(&recovery, &lists) == 0)
        result = tell(&recovery, reason, lists, now_s);
    free(recovery.items);
    return result;
}
