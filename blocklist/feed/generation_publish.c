/* generation_publish.c - a generation put in force.
 *
 * The row is committed first, then the link is renamed, so that nothing is ever in force that the
 * record does not know. A kill between the two leaves the old set in force and a row that says the
 * new one is: generation_heal then renames the link, for the new set was whole before its row was
 * written. When renaming fails and we live, the row is taken back. */
#include "blocklist/feed/generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/generation_links.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"

static int put_event(struct store *store, enum store_event_kind kind, uint64_t number,
                     int64_t now_s, const char *text, struct err *err)
{
    struct store_event event = {.at_s = now_s, .kind = kind, .generation = number};

    snprintf(event.text, sizeof event.text, "%s", text);
    return store_event(store, &event, err);
}

/* Segments that were hashed anew take the place of those that they were made from. */
static int replace_segments(struct store *store, const struct generation *generation,
                            struct err *err)
{
    size_t first = 0;

    while (generation->made != NULL && first < generation->segment_count) {
        const char *list = generation->made[first].list;
        size_t end = first + 1;

        while (end < generation->segment_count && strcmp(generation->made[end].list, list) == 0)
            end++;
        if (store_set_segments(store, list, false, generation->made + first, end - first, err) != 0)
            return -1;
        first = end;
    }
    return 0;
}

static int write_row(struct store *store, const struct generation *generation, uint64_t before,
                     const char *why, int64_t now_s, struct err *err)
{
    struct store_generation row = {.number = generation->number,
                                   .before = before,
                                   .made_s = now_s,
                                   .current = true,
                                   .seed = generation->seed,
                                   .names = generation->result.names,
                                   .prefixes = generation->result.prefixes,
                                   .octets = generation->result.octets};
    const struct store_segment *segments =
        generation->made != NULL ? generation->made : generation->segments;
    struct set *set = set_open(generation->path, NULL, err);
    struct set_info info;
    char text[STORE_WHY_MAX];

    if (set == NULL)
        return -1;
    set_info(set, &info);
    set_close(set);
    memcpy(row.digest, info.digest, sizeof row.digest);
    snprintf(row.why, sizeof row.why, "%s", why);
    snprintf(text, sizeof text, "generation %" PRIu64 ", %" PRIu64 " names: %.300s", row.number,
             row.names, why);
    if (replace_segments(store, generation, err) != 0 ||
        store_put_generation(store, &row, segments, generation->segment_count, err) != 0)
        return -1;
    return put_event(store, EVENT_PUBLISHED, row.number, now_s, text, err);
}

/* All that a caller began is committed, however deep. */
static int commit_all(struct store *store, struct err *err)
{
    while (store_in_transaction(store)) {
        if (store_commit(store, err) != 0) {
            while (store_in_transaction(store))
                store_abandon(store);
            return -1;
        }
    }
    return 0;
}

/* After the row was written the link could not be renamed: BEFORE stays. */
static void take_back(struct store *store, const struct generation *generation,
                      const struct generations *generations, const struct err *why, int64_t now_s)
{
    uint64_t before = generations->current != NULL ? generations->current->number : 0;
    char text[STORE_WHY_MAX];

    snprintf(text, sizeof text, "generation %" PRIu64 " could not be put in force: %.330s",
             generation->number, why->text);
    if (before != 0)
        generation_link(generation->config, store_dir(store), before,
                        generations_before(generations, before), NULL);
    /* Where this fails too, generation_heal finds row and link at odds. */
    if (store_begin(store, NULL) != 0)
        return;
    if (store_set_current(store, before, NULL) != 0 ||
        store_drop_generation(store, generation->number, NULL) != 0 ||
        put_event(store, EVENT_REFUSED, generation->number, now_s, text, NULL) != 0)
        store_abandon(store);
    else if (store_commit(store, NULL) == 0)
        unlink(generation->path);
}

/* Forgets all but the newest KEEP, the one in force and the one before it. */
static int forget_old(struct store *store, uint32_t keep, struct err *err)
{
    struct generations generations;
    uint64_t before;
    int result = 0;

    if (generations_load(store, &generations, err) != 0)
        return -1;
    before = generations.current != NULL
                 ? generations_before(&generations, generations.current->number)
                 : 0;
    for (size_t i = keep; i < generations.count && result == 0; i++) {
        const struct store_generation *one = &generations.items[i];

        if (!one->current && one->number != before)
            result = store_drop_generation(store, one->number, err);
    }
    free(generations.items);
    return result;
}

static int publish(struct store *store, const struct generation *generation,
                   const struct generations *generations, const char *why, int64_t now_s,
                   struct err *err)
{
    uint64_t before = generations->current != NULL ? generations->current->number : 0;

    if (generation_check_public(generation->config, store_dir(store), err) != 0 ||
        store_begin(store, err) != 0)
        goto undo;
    if (write_row(store, generation, before, why, now_s, err) != 0 || commit_all(store, err) != 0)
        goto undo;
    if (generation_link(generation->config, store_dir(store), generation->number, before, err) !=
        0) {
        take_back(store, generation, generations, err, now_s);
        return -1;
    }
    return 0;
undo:
    while (store_in_transaction(store))
        store_abandon(store);
    unlink(generation->path);
    return -1;
}

int generation_publish(struct store *store, struct generation *generation, const char *why,
                       int64_t now_s, struct err *err)
{
    struct generations generations;
    struct err spare;
    int result = -1;

    err = err != NULL ? err : &spare;
    if (generations_load(store, &generations, err) == 0)
        result = publish(store, generation, &generations, why, now_s, err);
    free(generations.items);
    free(generation->made);
    generation->made = NULL;
    if (result != 0)
        return -1;
    /* It is in force: what is left over costs room, and is found again by the next run. */
    if (forget_old(store, generation->config->feeds.keep, NULL) == 0)
        generation_tidy(store, generation->config);
    return 0;
}
