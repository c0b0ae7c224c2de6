/* generation_rollback.c - an older generation in force again.
 *
 * What was in force is no longer wanted, and its publisher will offer it again within the hour: so
 * every list that differs keeps it as held, until somebody accepts it or it has changed. The set is
 * checked whole before anything is written. Rows and segments are committed first, as in
 * generation_publish.c, then the link; a kill between the two is settled by generation_heal in
 * favour of the rollback. */
#include "blocklist/feed/generation.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/generation_links.h"
#include "config/base/err.h"
#include "config/config.h"

/* Returns where those of LIST begin in SEGMENTS, which are in order; *COUNT tells how many. */
static const struct store_segment *of_list(const struct store_segment *segments, size_t total,
                                           const char *list, size_t *count)
{
    const struct store_segment *first = NULL;

    *count = 0;
    for (size_t i = 0; i < total; i++) {
        if (strcmp(segments[i].list, list) != 0)
            continue;
        first = first == NULL ? &segments[i] : first;
        ++*count;
    }
    return first;
}

/* Tells whether what LIST has waiting is what its publisher offers now, as after another rollback:
 * then that goes on waiting, and not what nobody offers any more. */
static bool offered_waits(const struct store_list *list)
{
    return list->state == LIST_HELD && sodium_is_zero(list->body, sizeof list->body) &&
           !sodium_is_zero(list->held_body, sizeof list->held_body);
}

struct rollback {
    struct store *store;
    struct store_segment *now, *then;
    size_t now_count, then_count;
    uint64_t from, to;
    int64_t now_s;
    size_t lists;
};

/* Puts what generation `to` had of LIST in force, and holds what is in force now. */
static int roll_list(struct rollback *rollback, const char *id, struct err *err)
{
    struct store_list list;
    bool waits;
    size_t now_count, then_count;
    const struct store_segment *now = of_list(rollback->now, rollback->now_count, id, &now_count);
    const struct store_segment *then =
        of_list(rollback->then, rollback->then_count, id, &then_count);

    if (store_get_list(rollback->store, id, &list, err) != 0)
        return -1;
    waits = offered_waits(&list);
    if ((!waits && store_set_segments(rollback->store, id, true, now, now_count, err) != 0) ||
        store_set_segments(rollback->store, id, false, then, then_count, err) != 0)
        return -1;
    rollback->lists++;
    if (now_count == 0 &&
        !waits) /* it was taken out since: nothing of it can come back by itself */
        return list.state == LIST_NEVER ? store_put_list(rollback->store, &list, err) : 0;
    list.state = LIST_HELD;
    list.held_s = rollback->now_s;
    list.rolled_back = true;
    if (!waits)
        memcpy(list.held_body, list.body, sizeof list.held_body);
    memset(list.body, 0, sizeof list.body);
    list.etag[0] = list.modified[0] = '\0'; /* they are those of what is held */
    snprintf(list.why, sizeof list.why,
             "rolled back from generation %" PRIu64 " to %" PRIu64
             "; held until its publisher changes it, or `stairgate lists accept %s`",
             rollback->from, rollback->to, id);
    return store_put_list(rollback->store, &list, err);
}

static bool differs(const struct rollback *rollback, const char *id)
{
    return store_segments_lack(rollback->then, rollback->then_count, rollback->now,
                               rollback->now_count, id) ||
           store_segments_lack(rollback->now, rollback->now_count, rollback->then,
                               rollback->then_count, id);
}

/* Both runs of segments are sorted by list, so that a list's first segment stands for it. */
static int roll_lists(struct rollback *rollback, struct err *err)
{
    const struct store_segment *now = rollback->now, *then = rollback->then;
    size_t common;

    for (size_t i = 0; i < rollback->now_count; i++) {
        if ((i == 0 || strcmp(now[i].list, now[i - 1].list) != 0) &&
            differs(rollback, now[i].list) && roll_list(rollback, now[i].list, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < rollback->then_count; i++) {
        of_list(now, rollback->now_count, then[i].list, &common);
        if (common == 0 && (i == 0 || strcmp(then[i].list, then[i - 1].list) != 0) &&
            roll_list(rollback, then[i].list, err) != 0)
            return -1;
    }
    return 0;
}

static int write_all(struct rollback *rollback, struct err *err)
{
    struct store_event event = {
        .at_s = rollback->now_s, .kind = EVENT_ROLLED_BACK, .generation = rollback->to};

    if (store_begin(rollback->store, err) != 0)
        return -1;
    if (roll_lists(rollback, err) == 0 &&
        store_set_current(rollback->store, rollback->to, err) == 0) {
        snprintf(event.text, sizeof event.text,
                 "from generation %" PRIu64 " to %" PRIu64 ", %zu lists held", rollback->from,
                 rollback->to, rollback->lists);
        if (store_event(rollback->store, &event, err) == 0)
            return store_commit(rollback->store, err);
    }
    store_abandon(rollback->store);
    return -1;
}

static int choose(const struct generations *generations, uint64_t number, struct rollback *rollback,
                  struct err *err)
{
    rollback->from = generations->current != NULL ? generations->current->number : 0;
    rollback->to = number != 0 ? number : generations_before(generations, rollback->from);
    if (rollback->to == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no generation before the present one");
    if (generations_find(generations, rollback->to) == NULL)
        return err_set(err, ERR_NOT_FOUND,
                       "there is no generation %" PRIu64 "; `stairgate lists history` shows those "
                       "that are kept",
                       rollback->to);
    if (rollback->to == rollback->from)
        return err_set(err, ERR_USAGE, "generation %" PRIu64 " is in force already", rollback->to);
    return generation_check_set(store_dir(rollback->store), rollback->to, err);
}

int generation_rollback(struct store *store, const struct config *config, uint64_t number,
                        int64_t now_s, struct err *err)
{
    struct rollback rollback = {.store = store, .now_s = now_s};
    struct generations generations;
    uint64_t before;
    int result = -1;

    if (generations_load(store, &generations, err) != 0)
        return -1;
    if (choose(&generations, number, &rollback, err) != 0 ||
        generation_check_public(config, store_dir(store), err) != 0 ||
        store_segments(store, NULL, false, &rollback.now, &rollback.now_count, err) != 0 ||
        store_generation_segments(store, rollback.to, &rollback.then, &rollback.then_count, err) !=
            0 ||
        write_all(&rollback, err) != 0)
        goto out;
    before = generations_before(&generations, rollback.to);
    result = generation_link(config, store_dir(store), rollback.to, before, err);
out:
    free(rollback.then);
    free(rollback.now);
    free(generations.items);
    return result;
}
