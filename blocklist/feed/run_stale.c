/* run_stale.c - lists that are too old, and lists that nobody wants any more. */
#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/run.h"
#include "config/base/text.h"

/* A machine that was away for weeks, or whose clock is wrong, finds every list too old, and its
 * first tries may fail for want of a network: that is no reason yet to open what was closed. */
static bool may_drop(const struct config_list *list, const struct store_list *known)
{
    return list->on_stale == LIST_STALE_DROP && !due_sealed(list) &&
           (known->state != LIST_FAILED || known->failures >= DUE_DROP_FAILURES);
}

/* Takes a list out of the set because of its age; the next fetch is without conditions. What was
 * rolled back goes on waiting for somebody to accept it. */
static void drop(struct run *run, const struct config_list *list, struct store_list *known,
                 const char *age)
{
    struct outcome outcome = {
        .set_in_force = true, .set_held = !known->rolled_back, .notify = true};

    known->etag[0] = known->modified[0] = '\0';
    memset(known->body, 0, sizeof known->body);
    known->fetched_s = 0;
    if (!known->rolled_back)
        known->state = LIST_FAILED;
    known->stale_told = true;
    outcome.list = *known;
    outcome.events[outcome.event_count++] = run_event(
        run, EVENT_DROPPED, list->id, "no success for %s, and on_stale says drop: taken out", age);
    run->result->changed++;
    outcome_commit(run, &outcome);
}

static void report(struct run *run, const struct config_list *list, struct store_list *known,
                   const char *age)
{
    struct outcome outcome = {.notify = true};

    if (known->stale_told)
        return;
    known->stale_told = true;
    outcome.list = *known;
    outcome.events[outcome.event_count++] =
        run_event(run, EVENT_STALE, list->id,
                  "no success for %s, more than max_age; the last good one stays in force%s%.200s",
                  age, known->why[0] != '\0' ? "; the last try: " : "", known->why);
    outcome_commit(run, &outcome);
}

void run_stale(struct run *run)
{
    for (size_t i = 0; i < run->config->list_count && !run->broken; i++) {
        const struct config_list *list = &run->config->lists[i];
        struct store_list known;
        struct err err = {0};
        char age[32];

        if (store_get_list(run->store, list->id, &known, &err) != 0) {
            run_break(run, &err);
            return;
        }
        if (!due_stale(list, &known, run->request->now_s))
            continue;
        text_from_duration((uint64_t)(run->request->now_s - known.fetched_s) * 1000, age);
        if (may_drop(list, &known))
            drop(run, list, &known, age);
        else
            report(run, list, &known, age);
    }
}

struct gone {
    const struct config *config;
    char (*ids)[CONFIG_WORD_MAX];
    size_t count;
};

static int collect(void *context, const struct store_list *list)
{
    struct gone *gone = context;
    char(*more)[CONFIG_WORD_MAX];

    if (config_find_list(gone->config, list->id) != NULL)
        return 0;
    more = realloc(gone->ids, (gone->count + 1) * sizeof *more);
    if (more == NULL)
        return -1;
    gone->ids = more;
    memcpy(gone->ids[gone->count++], list->id, sizeof *more);
    return 0;
}

static int forget(struct run *run, const char *id, struct err *err)
{
    struct store_event event = run_event(run, EVENT_DROPPED, id, "no longer in the configuration");

    if (!run->request->dry_run &&
        (store_begin(run->store, err) != 0 || store_forget(run->store, id, err) != 0 ||
         store_event(run->store, &event, err) != 0 || store_commit(run->store, err) != 0)) {
        store_abandon(run->store);
        return -1;
    }
    run_show(run, &event);
    return 0;
}

void run_forget(struct run *run)
{
    struct gone gone = {.config = run->config};
    struct err err = {0};

    if (store_each(run->store, collect, &gone, &err) != 0) {
        if (err.code == ERR_NONE)
            err_set(&err, ERR_MEMORY, "out of memory");
        run_break(run, &err);
    }
    for (size_t i = 0; i < gone.count && !run->broken; i++) {
        if (forget(run, gone.ids[i], &err) != 0)
            run_break(run, &err);
    }
    free(gone.ids);
}
