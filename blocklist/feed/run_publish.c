/* run_publish.c - from the segments in force to the set in force.
 *
 * A set that does not keep the operator's expectations is no failure of this machine: what changed
 * since the present generation is held, each list for itself, and the segments of that generation
 * are in force again. So the other lists go on being fresh, and `lists accept` tells which one it
 * was. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/generation.h"
#include "blocklist/feed/run.h"

struct segments {
    struct store_segment *items;
    size_t count;
};

/* The segments of the present generation (none where there is none) and those that are to be. */
struct step {
    struct segments now, next;
    uint64_t present;
};

static int load_present(struct run *run, struct step *step, struct err *err)
{
    struct store_generation current;

    if (store_current(run->store, &current, err) != 0)
        return -1;
    step->present = current.number;
    if (step->present == 0)
        return 0;
    return store_generation_segments(run->store, step->present, &step->now.items, &step->now.count,
                                     err);
}

static bool is_replaced(const struct run *run, const char *list)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->works[i].replaced && strcmp(run->works[i].list->id, list) == 0)
            return true;
    }
    return false;
}

/* A dry run's lists take the place of those in the store. */
static int replace(const struct run *run, struct segments *segments, struct err *err)
{
    size_t total = segments->count, kept = 0;
    struct store_segment *items;

    for (size_t i = 0; i < run->count; i++)
        total += run->works[i].segment_count;
    items = calloc(total == 0 ? 1 : total, sizeof *items);
    if (items == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < segments->count; i++) {
        if (!is_replaced(run, segments->items[i].list))
            items[kept++] = segments->items[i];
    }
    for (size_t i = 0; i < run->count; i++) {
        const struct work *work = &run->works[i];

        if (work->replaced && work->segment_count > 0)
            memcpy(items + kept, work->segments, work->segment_count * sizeof *items);
        kept += work->replaced ? work->segment_count : 0;
    }
    free(segments->items);
    *segments = (struct segments){items, kept};
    return 0;
}

/* Tells whether some segment of list ID (NULL: of any) is to be that is not in force. */
static bool has_new(const struct step *step, const char *id)
{
    return store_segments_lack(step->now.items, step->now.count, step->next.items, step->next.count,
                               id);
}

static bool changed(const struct step *step, const char *id)
{
    return has_new(step, id) || store_segments_lack(step->next.items, step->next.count,
                                                    step->now.items, step->now.count, id);
}

/* Writes which lists changed into WHY. */
static void reason(const struct run *run, const struct step *step, char why[STORE_WHY_MAX])
{
    size_t used = 0, more = 0;

    why[0] = '\0';
    for (size_t i = 0; i < run->config->list_count; i++) {
        const char *id = run->config->lists[i].id;

        if (!changed(step, id))
            continue;
        if (used + strlen(id) + 40 > STORE_WHY_MAX)
            more++;
        else
            used += (size_t)snprintf(why + used, STORE_WHY_MAX - used, "%s%s",
                                     used == 0 ? "" : ", ", id);
    }
    if (more > 0)
        snprintf(why + used, STORE_WHY_MAX - used, " and %zu more", more);
    if (used == 0)
        snprintf(why, STORE_WHY_MAX, "lists were taken out");
}

/* Fills ITEMS, which has room for all of FROM, with those of list ID; returns how many. */
static size_t pick(const struct segments *from, const char *id, bool held,
                   struct store_segment *items)
{
    size_t count = 0;

    for (size_t i = 0; i < from->count; i++) {
        if (strcmp(from->items[i].list, id) != 0)
            continue;
        items[count] = from->items[i];
        items[count++].held = held;
    }
    return count;
}

/* Holds what list ID has new, and puts what the present generation has of it in force again. */
static void hold(struct run *run, const struct step *step, const char *id, const struct err *why)
{
    struct outcome outcome = {.set_in_force = true, .set_held = true, .notify = true};
    struct store_list *list = &outcome.list;
    struct store_segment *old = calloc(step->now.count + 1, sizeof *old);
    struct store_segment *new = calloc(step->next.count + 1, sizeof *new);
    struct err err = {0};

    if (old == NULL || new == NULL) {
        err_set(&err, ERR_MEMORY, "out of memory");
        run_break(run, &err);
        goto out;
    }
    if (store_get_list(run->store, id, list, &err) != 0) {
        run_break(run, &err);
        goto out;
    }
    snprintf(list->id, sizeof list->id, "%s", id);
    list->state = LIST_HELD;
    list->held_s = run->request->now_s;
    memcpy(list->held_body, list->body, sizeof list->held_body);
    memset(list->body, 0, sizeof list->body);
    list->etag[0] = list->modified[0] = '\0';
    snprintf(list->why, sizeof list->why, "%s", why->text);
    outcome.in_force_count = pick(&step->now, id, false, old);
    outcome.held_count = pick(&step->next, id, true, new);
    outcome.in_force = old;
    outcome.held = new;
    outcome.events[outcome.event_count++] = run_event(run, EVENT_HELD, id, "%s", why->text);
    run->result->held++;
    outcome_commit(run, &outcome);
out:
    free(new);
    free(old);
}

/* Records that the set was refused because of WHY, and holds what changed. */
static void refuse(struct run *run, const struct step *step, const struct err *why)
{
    struct store_event event = run_event(run, EVENT_REFUSED, "", "%s", why->text);
    struct err err = {0};

    run_show(run, &event);
    run_notice(run, &event);
    if (run->request->dry_run)
        return;
    if (store_event(run->store, &event, &err) != 0)
        run_break(run, &err);
    /* Without a generation there is nothing to go back to; the next run tries again. */
    for (size_t i = 0; i < run->config->list_count && step->present != 0 && !run->broken; i++) {
        if (has_new(step, run->config->lists[i].id))
            hold(run, step, run->config->lists[i].id, why);
    }
}

static int expect(const struct run *run, const struct generation *generation, struct err *err)
{
    const struct sync_hooks *hooks = &run->request->hooks;

    if (hooks->expect == NULL)
        return 0;
    run_stage(run, "", "check");
    return hooks->expect(hooks->context, generation->path, err);
}

/* Tells hooks and notices that GENERATION is in force. */
static void tell(struct run *run, const struct generation *generation, const char *why)
{
    const struct sync_hooks *hooks = &run->request->hooks;
    struct store_event event =
        run_event(run, EVENT_PUBLISHED, "", "generation %" PRIu64 ", %" PRIu64 " names: %.300s",
                  generation->number, generation->result.names, why);
    struct err err = {0};

    event.generation = generation->number;
    run->result->generation = generation->number;
    run->result->names = generation->result.names;
    run_show(run, &event);
    if (hooks->published == NULL || hooks->published(hooks->context, generation->number, &err) == 0)
        return;
    event = run_event(run, EVENT_FAILED, "", "the server was not told: %.350s", err.text);
    run_show(run, &event);
    if (store_event(run->store, &event, &err) != 0)
        run_break(run, &err);
}

static int publish(struct run *run, const struct step *step, struct err *err)
{
    struct generation generation = {.config = run->config,
                                    .segments = step->next.items,
                                    .segment_count = step->next.count,
                                    .protected_names = run->protect.names,
                                    .protected_count = run->protect.count,
                                    .progress = run->request->hooks.merged,
                                    .context = run->request->hooks.context};
    char why[STORE_WHY_MAX];

    run_stage(run, "", "merge");
    if (generation_build(run->store, &generation, err) != 0)
        return -1;
    if (expect(run, &generation, err) != 0 || run->request->dry_run) {
        run->result->names = generation.result.names;
        generation_discard(&generation);
        return err->code == ERR_NONE ? 0 : -1;
    }
    reason(run, step, why);
    run_stage(run, "", "publish");
    if (generation_publish(run->store, &generation, why, run->request->now_s, err) != 0)
        return -1;
    tell(run, &generation, why);
    return 0;
}

int run_publish(struct run *run, struct err *err)
{
    struct step step = {0};
    int result = -1;

    if (!run->request->dry_run) {
        int wanted = generation_wanted(run->store, err);

        if (wanted <= 0)
            return wanted;
    }
    if (load_present(run, &step, err) != 0 ||
        store_segments(run->store, NULL, false, &step.next.items, &step.next.count, err) != 0 ||
        (run->request->dry_run && replace(run, &step.next, err) != 0))
        goto out;
    err->code = ERR_NONE;
    if (run->request->dry_run && !changed(&step, NULL)) {
        result = 0;
        goto out;
    }
    result = publish(run, &step, err);
    if (result != 0 && err->code == ERR_GATE)
        refuse(run, &step, err);
out:
    free(step.now.items);
    free(step.next.items);
    return result;
}
