/* sync.c - one run from its lock to its verdict.
 *
 * The order is what makes it safe to end at any instant: what a killed run left is settled first;
 * each list's outcome is one transaction; the set is made from what the store says, not from what
 * this run remembers. So a run that comes after a killed one finds either the old state or the new,
 * and a set that is still to be made is made by whoever notices. */
#include "blocklist/feed/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/generation.h"
#include "blocklist/feed/notify.h"
#include "blocklist/feed/place.h"
#include "blocklist/feed/run.h"
#include "blocklist/feed/sealed_run.h"
#include "blocklist/feed/settled.h"

enum { ROOM_LEAST = 1 << 20 };

/* Takes the seed that the segments have, so that one changed list is all there is to read. */
static int choose_seed(struct run *run, struct err *err)
{
    struct store_segment *segments = NULL;
    size_t count = 0;

    if (store_segments(run->store, NULL, false, &segments, &count, err) != 0)
        return -1;
    run->seed = count > 0 ? segments[0].seed : random_u64(&run->random);
    free(segments);
    return 0;
}

static int load_protected(struct run *run, struct err *err)
{
    const struct config_feeds *feeds = &run->config->feeds;

    if (protect_add_pins(&run->protect, run->config->country, err) != 0)
        return -1;
    for (size_t i = 0; i < feeds->protect_count; i++) {
        if (protect_add_file(&run->protect, feeds->protect[i], err) != 0)
            return -1;
    }
    return 0;
}

static int open_run(struct run *run, const struct sync_request *request, struct sync_result *result,
                    struct err *err)
{
    memset(run, 0, sizeof *run);
    memset(result, 0, sizeof *result);
    run->request = request;
    run->result = result;
    run->config = request->config;
    run->dir = request->config->feeds.dir;
    if (run->dir == NULL)
        return err_set(err, ERR_CONFIG, "no lists are configured; see stairgate lists add");
    run->store = store_open(run->dir, STORE_WRITE, request->now_s, err);
    if (run->store == NULL || generation_heal(run->store, run->config, request->now_s, err) != 0 ||
        choose_seed(run, err) != 0)
        return -1;
    run->opened = true;
    return load_protected(run, err);
}

static void close_run(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        free(run->works[i].into);
        free(run->works[i].segments);
    }
    free(run->works);
    protect_free(&run->protect);
    if (run->store != NULL && run->request->dry_run)
        generation_tidy(run->store, run->config);
    if (run->opened && !run->broken)
        settled_mark(run->dir);
    store_close(run->store);
}

static bool is_asked_for(const struct sync_request *request, const char *id)
{
    for (size_t i = 0; i < request->id_count; i++) {
        if (strcmp(request->ids[i], id) == 0)
            return true;
    }
    return request->id_count == 0;
}

static int check_ids(const struct sync_request *request, struct err *err)
{
    for (size_t i = 0; i < request->id_count; i++) {
        if (config_find_list(request->config, request->ids[i]) == NULL)
            return config_no_such_list(request->config, request->ids[i], err);
    }
    return 0;
}

static int add_work(struct run *run, const struct config_list *list, struct err *err)
{
    const struct sync_request *request = run->request;
    struct work *work = &run->works[run->count];
    char path[PLACE_PATH_MAX];

    if (store_get_list(run->store, list->id, &work->known, err) != 0)
        return -1;
    work->known.sealed_entries = work->known.sealed_pages = 0; /* of when it was sealed */
    due_recipe(list, work->recipe);
    work->recipe_changed = memcmp(work->recipe, work->known.recipe, sizeof work->recipe) != 0;
    if (!request->force && request->id_count == 0 &&
        !due_now(&work->known, work->recipe, request->now_s))
        return 0;
    work->list = list;
    work->into = strdup(place_incoming(run->dir, list->id, path));
    if (work->into == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    run->count++;
    return 0;
}

/* Lists which are due. */
static int plan(struct run *run, struct err *err)
{
    run->works = calloc(run->config->list_count + 1, sizeof *run->works);
    if (run->works == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < run->config->list_count; i++) {
        const struct config_list *list = &run->config->lists[i];

        if (due_sealed(list) || !is_asked_for(run->request, list->id))
            continue;
        if (add_work(run, list, err) != 0)
            return -1;
    }
    run->result->due = run->count;
    return 0;
}

/* Before anything is fetched: is there room for another set as large as the last one? */
static int check_room(const struct run *run, struct err *err)
{
    char path[PLACE_PATH_MAX];
    struct stat status;
    uint64_t need = ROOM_LEAST;

    if (stat(place_current(run->dir, path), &status) == 0 && status.st_size > 0)
        need += (uint64_t)status.st_size;
    return place_room(run->dir, need, err);
}

static int64_t monotonic_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec;
}

/* Tells whoever the operator named, for a minute at most. */
static void send_notices(struct run *run)
{
    const struct config_feeds *feeds = &run->config->feeds;
    int64_t until_s = monotonic_s() + RUN_NOTICES_SECONDS;

    if (feeds->notify_command == NULL && feeds->notify_url == NULL)
        return;
    for (size_t i = 0; i < run->notice_count && monotonic_s() < until_s; i++) {
        struct store_event event;
        struct err err = {0};

        if (notify_send(feeds, &run->notices[i], &err) == 0)
            continue;
        event = run_event(run, EVENT_FAILED, "", "not told: %.350s", err.text);
        run_show(run, &event);
    }
}

static int verdict(const struct sync_result *result, struct err *err)
{
    if (result->failed + result->held == 0)
        return 0;
    return err_set(err, ERR_GATE, "%zu failed, %zu held; the last good lists are in force",
                   result->failed, result->held);
}

/* Lists of classes public and partner. */
static int go_public(struct run *run, struct err *err)
{
    if (plan(run, err) != 0)
        return -1;
    if (run->count > 0 && check_room(run, err) != 0)
        return -1;
    run_forget(run);
    if (run->count > 0 && !run->broken)
        run_fetch(run);
    if (!run->broken)
        run_stale(run);
    if (!run->broken && run_publish(run, err) != 0)
        return -1;
    if (run->broken) {
        *err = run->fault;
        return -1;
    }
    return 0;
}

/* Does what a run does, once it is open. Neither part waits for the other to go well. */
static int go(struct run *run, struct err *err)
{
    struct err fault = {0};
    int outcome, sealed;
    bool broken;

    if (check_ids(run->request, err) != 0)
        return -1;
    outcome = run->request->sealed_only ? 0 : go_public(run, err);
    broken = run->broken;
    run->broken = false;
    sealed = sealed_run(run, &fault);
    run->broken = run->broken || broken;
    if (outcome == 0 && sealed != 0)
        *err = fault;
    if (outcome != 0 || sealed != 0)
        return -1;
    return verdict(run->result, err);
}

int sync_run(const struct sync_request *request, struct sync_result *result, struct err *err)
{
    struct run run;
    int outcome = open_run(&run, request, result, err);

    if (outcome == 0)
        outcome = go(&run, err);
    close_run(&run);
    send_notices(&run);
    return outcome;
}

/* Makes the held segments of KNOWN's list those in force. */
static int accept_held(struct run *run, struct store_list *known, struct err *err)
{
    struct outcome outcome = {.set_in_force = true, .set_held = true};
    struct store_segment *held = NULL;
    size_t count = 0;

    if (store_segments(run->store, known->id, true, &held, &count, err) != 0)
        return -1;
    if (count == 0) {
        free(held);
        return err_set(err, ERR_NOT_FOUND, "%s: nothing is held; see stairgate lists status",
                       known->id);
    }
    for (size_t i = 0; i < count; i++)
        held[i].held = false;
    outcome.in_force = held;
    outcome.in_force_count = count;
    outcome.list = *known;
    outcome.list.state = LIST_OK;
    outcome.list.why[0] = '\0';
    outcome.list.changed_s = outcome.list.fetched_s = run->request->now_s;
    outcome.list.rolled_back = outcome.list.stale_told = false;
    outcome.list.held_s = 0;
    /* The validators were those of the other octets. */
    outcome.list.etag[0] = outcome.list.modified[0] = '\0';
    memcpy(outcome.list.body, known->held_body, sizeof outcome.list.body);
    memset(outcome.list.held_body, 0, sizeof outcome.list.held_body);
    outcome.events[outcome.event_count++] = run_event(
        run, EVENT_ACCEPTED, known->id, "by hand; it was held because: %.300s", known->why);
    run->result->changed++;
    outcome_commit(run, &outcome);
    free(held);
    return 0;
}

static int go_accept(struct run *run, const char *id, struct err *err)
{
    struct store_list known;

    const struct config_list *list = config_find_list(run->config, id);

    if (list == NULL)
        return config_no_such_list(run->config, id, err);
    if (due_sealed(list))
        return sealed_run_accept(run, id, err);
    if (store_get_list(run->store, id, &known, err) != 0)
        return -1;
    snprintf(known.id, sizeof known.id, "%s", id);
    if (accept_held(run, &known, err) != 0)
        return -1;
    if (!run->broken && run_publish(run, err) != 0)
        return -1;
    if (run->broken) {
        *err = run->fault;
        return -1;
    }
    return 0;
}

int sync_accept(const struct sync_request *request, const char *id, struct sync_result *result,
                struct err *err)
{
    struct run run;
    int outcome = open_run(&run, request, result, err);

    if (outcome == 0)
        outcome = go_accept(&run, id, err);
    close_run(&run);
    send_notices(&run);
    return outcome;
}
