/* run_outcome.c - what becomes of one list.
 *
 * Every way a fetch can end comes here, and each leaves by outcome_commit: state, segments and
 * record change together or not at all. A list in trouble keeps the segments it has. */
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/gate.h"
#include "blocklist/feed/run.h"
#include "config/base/text.h"
#include "config/base/url_show.h"

struct store_event run_event(const struct run *run, enum store_event_kind kind, const char *list,
                             const char *format, ...)
{
    struct store_event event = {.at_s = run->request->now_s, .kind = kind};
    va_list arguments;

    snprintf(event.list, sizeof event.list, "%s", list);
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    return event;
}

void run_show(const struct run *run, const struct store_event *event)
{
    const struct sync_hooks *hooks = &run->request->hooks;

    if (hooks->event != NULL)
        hooks->event(hooks->context, event);
}

void run_stage(const struct run *run, const char *list, const char *stage)
{
    const struct sync_hooks *hooks = &run->request->hooks;

    if (hooks->stage != NULL)
        hooks->stage(hooks->context, list, stage);
}

void run_notice(struct run *run, const struct store_event *event)
{
    if (run->notice_count < RUN_NOTICES_MAX && !run->request->dry_run)
        run->notices[run->notice_count++] = *event;
}

void run_break(struct run *run, const struct err *err)
{
    if (!run->broken)
        run->fault = *err;
    run->broken = true;
}

/* Adds what became of a legal or hotline list to the account of those. */
static int write_check(struct run *run, const struct outcome *outcome, struct err *err)
{
    static const enum store_check_outcome outcomes[STORE_EVENT_KINDS] = {
        [EVENT_FAILED] = CHECK_FAILED,
        [EVENT_UNCHANGED] = CHECK_SAME,
        [EVENT_HELD] = CHECK_HELD,
        [EVENT_READ] = CHECK_TAKEN};
    const struct config_list *list = config_find_list(run->config, outcome->list.id);
    struct store_check check = {.at_s = run->request->now_s};
    enum store_event_kind kind;

    if (list == NULL || !due_sealed(list) || outcome->event_count == 0)
        return 0;
    kind = outcome->events[outcome->event_count - 1].kind;
    if (kind != EVENT_FAILED && kind != EVENT_UNCHANGED && kind != EVENT_HELD && kind != EVENT_READ)
        return 0;
    check.outcome = outcomes[kind];
    check.class_ = list->class_;
    check.deadline_s = list->deadline_s;
    snprintf(check.list, sizeof check.list, "%s", list->id);
    if (outcome->code != ERR_NONE)
        snprintf(check.kind, sizeof check.kind, "%s", err_word(outcome->code));
    if (check.outcome == CHECK_TAKEN || check.outcome == CHECK_SAME) {
        check.signed_s = outcome->list.signed_s;
        check.entries = outcome->list.sealed_entries;
    }
    return store_check_add(run->store, &check, err);
}

static int write_outcome(struct run *run, const struct outcome *outcome, struct err *err)
{
    struct store *store = run->store;
    const char *id = outcome->list.id;

    if (store_begin(store, err) != 0)
        return -1;
    if (store_put_list(store, &outcome->list, err) != 0)
        return -1;
    if (outcome->set_in_force &&
        store_set_segments(store, id, false, outcome->in_force, outcome->in_force_count, err) != 0)
        return -1;
    if (outcome->set_held &&
        store_set_segments(store, id, true, outcome->held, outcome->held_count, err) != 0)
        return -1;
    for (size_t i = 0; i < outcome->event_count && !outcome->routine; i++) {
        if (store_event(store, &outcome->events[i], err) != 0)
            return -1;
    }
    if (write_check(run, outcome, err) != 0)
        return -1;
    return store_commit(store, err);
}

int outcome_commit(struct run *run, const struct outcome *outcome)
{
    struct err err = {0};

    if (!run->request->dry_run && write_outcome(run, outcome, &err) != 0) {
        store_abandon(run->store);
        run_break(run, &err);
        return -1;
    }
    for (size_t i = 0; i < outcome->event_count; i++)
        run_show(run, &outcome->events[i]);
    if (outcome->notify && outcome->event_count > 0)
        run_notice(run, &outcome->events[outcome->event_count - 1]);
    return 0;
}

static void clamp(int64_t *time_s, int64_t now_s)
{
    if (*time_s > now_s)
        *time_s = now_s;
}

void outcome_begin(const struct run *run, const struct work *work, struct outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->list = work->known;
    snprintf(outcome->list.id, sizeof outcome->list.id, "%s", work->list->id);
    memcpy(outcome->list.recipe, work->recipe, sizeof outcome->list.recipe);
    outcome->list.tried_s = run->request->now_s;
    /* The clock was set back: nothing is younger than now. */
    clamp(&outcome->list.fetched_s, run->request->now_s);
    clamp(&outcome->list.held_s, run->request->now_s);
    if (work->recipe_changed) {
        /* What was fetched for another recipe says nothing of this one. */
        outcome->list.etag[0] = outcome->list.modified[0] = '\0';
        memset(outcome->list.body, 0, sizeof outcome->list.body);
    }
}

static void set_why(struct store_list *list, enum list_state state, const char *why)
{
    list->state = state;
    snprintf(list->why, sizeof list->why, "%s", why);
}

void outcome_success(struct run *run, const struct work *work, struct store_list *list)
{
    list->failures = 0;
    list->next_s = due_after_success(work->list, run->request->now_s, &run->random);
}

/* Takes the validators and the digest of what came just now as those of the last good. */
static void take_validators(const struct work *work, struct store_list *list)
{
    if (work->fetched.outcome == FETCH_NEW || work->fetched.etag[0] != '\0')
        snprintf(list->etag, sizeof list->etag, "%s", work->fetched.etag);
    if (work->fetched.outcome == FETCH_NEW || work->fetched.modified[0] != '\0')
        snprintf(list->modified, sizeof list->modified, "%s", work->fetched.modified);
    if (work->fetched.outcome == FETCH_NEW)
        memcpy(list->body, work->fetched.body, sizeof list->body);
}

void outcome_good(struct run *run, const struct work *work, struct store_list *list)
{
    outcome_success(run, work, list);
    list->fetched_s = run->request->now_s;
    list->stale_told = false;
    list->held_s = 0;
    list->rolled_back = false;
    memset(list->held_body, 0, sizeof list->held_body);
    take_validators(work, list);
    set_why(list, LIST_OK, "");
}

void outcome_failed(struct run *run, struct work *work, const struct err *why)
{
    struct outcome outcome;
    struct store_list *list = &outcome.list;
    char pause[32];

    outcome_begin(run, work, &outcome);
    list->failures++;
    list->next_s = due_after_failure(work->list, list->failures, work->fetched.retry_after_s,
                                     run->request->now_s, &run->random);
    if (list->state != LIST_HELD)
        set_why(list, LIST_FAILED, why->text);
    text_from_duration((uint64_t)(list->next_s - run->request->now_s) * 1000, pause);
    outcome.events[outcome.event_count++] =
        run_event(run, EVENT_FAILED, work->list->id, "%.330s; next try in %s", why->text, pause);
    outcome.notify = list->failures == 1;
    outcome.code = why->code;
    run->result->failed++;
    outcome_commit(run, &outcome);
}

void outcome_unchanged(struct run *run, struct work *work, const char *text)
{
    struct outcome outcome;
    bool was_ok = work->known.state == LIST_OK && !work->fetched.stale_validator;

    outcome_begin(run, work, &outcome);
    outcome_good(run, work, &outcome.list);
    /* The same octets signed anew are a newer version: what was signed in between is a replay. */
    if (outcome.list.signed_s < work->fetched.signed_s)
        outcome.list.signed_s = work->fetched.signed_s;
    outcome.set_held = work->known.state == LIST_HELD;
    outcome.events[outcome.event_count++] =
        run_event(run, EVENT_UNCHANGED, work->list->id, "%s%s", text,
                  work->fetched.stale_validator
                      ? "; the server's 304 contradicted itself, so it was fetched whole"
                      : "");
    outcome.routine = was_ok; /* a row for each quiet hour of each list would be all there is */
    run->result->unchanged++;
    outcome_commit(run, &outcome);
}

/* Puts the held segments of WORK's list in force. */
static void let_through(struct run *run, struct work *work)
{
    struct store_segment *held = NULL;
    struct outcome outcome;
    char waited[32];
    size_t count = 0;
    struct err err = {0};

    if (store_segments(run->store, work->list->id, true, &held, &count, &err) != 0) {
        run_break(run, &err);
        return;
    }
    outcome_begin(run, work, &outcome);
    outcome_good(run, work, &outcome.list);
    outcome.list.changed_s = run->request->now_s;
    for (size_t i = 0; i < count; i++)
        held[i].held = false;
    outcome.set_in_force = outcome.set_held = true;
    outcome.in_force = held;
    outcome.in_force_count = count;
    text_from_duration((uint64_t)(run->request->now_s - work->known.held_s) * 1000, waited);
    outcome.events[outcome.event_count++] = run_event(
        run, EVENT_ACCEPTED, work->list->id, "the same octets still came after %s", waited);
    run->result->changed++;
    if (outcome_commit(run, &outcome) == 0 && run->request->dry_run) {
        work->replaced = true;
        work->segments = held;
        work->segment_count = count;
        return;
    }
    free(held);
}

void outcome_still_held(struct run *run, struct work *work)
{
    struct outcome outcome;

    if (!work->known.rolled_back &&
        run->request->now_s - work->known.held_s >= (int64_t)run->config->feeds.hold_s) {
        let_through(run, work);
        return;
    }
    outcome_begin(run, work, &outcome);
    outcome_success(run, work, &outcome.list);
    outcome.events[outcome.event_count++] =
        run_event(run, EVENT_HELD, work->list->id, "still: %.380s", work->known.why);
    outcome.routine = true;
    run->result->held++;
    outcome_commit(run, &outcome);
}

/* Holds what was read, because of WHY; ROLLED_BACK: since somebody went back from it. */
static void hold(struct run *run, struct work *work, struct reader_result *result, const char *why,
                 bool rolled_back)
{
    struct outcome outcome;
    struct store_list *list = &outcome.list;

    outcome_begin(run, work, &outcome);
    outcome_success(run, work, list);
    list->held_s = run->request->now_s;
    list->rolled_back = rolled_back;
    memcpy(list->held_body, work->fetched.body, sizeof list->held_body);
    set_why(list, LIST_HELD, why);
    for (size_t i = 0; i < result->segment_count; i++)
        result->segments[i].held = true;
    outcome.set_held = true;
    outcome.held = result->segments;
    outcome.held_count = result->segment_count;
    outcome.events[outcome.event_count++] = run_event(run, EVENT_HELD, work->list->id, "%s", why);
    outcome.notify = !rolled_back;
    run->result->held++;
    outcome_commit(run, &outcome);
}

/* Says what was read: how much, how much more than BEFORE, what was refused and why. */
static struct store_event read_event(const struct run *run, const struct work *work,
                                     const struct reader_result *result, uint64_t before)
{
    uint64_t entries = store_segments_entries(result->segments, result->segment_count);
    struct store_event event = run_event(
        run, EVENT_READ, work->list->id, "%" PRIu64 " entries (%+" PRId64 "), %" PRIu64 " refused",
        entries, (int64_t)(entries - before), report_refused(&result->report));
    size_t used = strlen(event.text);

    for (size_t i = 0; i < REASONS && used < sizeof event.text - 80; i++) {
        if (result->report.refused[i] > 0)
            used +=
                (size_t)snprintf(event.text + used, sizeof event.text - used,
                                 "; %" PRIu64 " %s from line %" PRIu64, result->report.refused[i],
                                 reason_key((enum reason)i), result->report.first_line[i]);
    }
    snprintf(event.text + used, sizeof event.text - used, "; reader peak %" PRIu64 " KiB",
             result->peak_octets / 1024);
    return event;
}

static bool is_same(const struct reader_result *result, const struct store_segment *before,
                    size_t count)
{
    bool same = result->segment_count == count;

    /* both in the order of their parts, or they count as changed, which costs a look */
    for (size_t i = 0; i < count && same; i++)
        same = strcmp(result->segments[i].part, before[i].part) == 0 &&
               memcmp(result->segments[i].digest, before[i].digest, sizeof before[i].digest) == 0;
    return same;
}

/* Puts what was read in force, in place of BEFORE[0..COUNT). */
static void take(struct run *run, struct work *work, struct reader_result *result,
                 const struct store_segment *before, size_t count)
{
    bool same = is_same(result, before, count);
    struct outcome outcome;
    char digest[17], url[256];

    outcome_begin(run, work, &outcome);
    outcome_good(run, work, &outcome.list);
    if (!same)
        outcome.list.changed_s = run->request->now_s;
    outcome.set_in_force = outcome.set_held = true;
    outcome.in_force = result->segments;
    outcome.in_force_count = result->segment_count;
    sodium_bin2hex(digest, sizeof digest, work->fetched.body, 8);
    outcome.events[outcome.event_count++] =
        run_event(run, EVENT_FETCHED, work->list->id, "%" PRIu64 " octets, digest %s, from %.250s",
                  work->fetched.octets, digest,
                  work->fetched.final_url[0] != '\0' ? work->fetched.final_url
                                                     : url_show(work->list->url, url, sizeof url));
    outcome.events[outcome.event_count++] =
        read_event(run, work, result, store_segments_entries(before, count));
    if (same)
        run->result->unchanged++;
    else
        run->result->changed++;
    if (outcome_commit(run, &outcome) == 0 && run->request->dry_run) {
        work->replaced = true;
        work->segments = result->segments;
        work->segment_count = result->segment_count;
        result->segments = NULL;
    }
}

/* Tells whether RESULT is what was rolled back, be it read in another way, be the digest of its
 * octets not known any more. Returns 1, 0, or -1 with ERR. */
static int is_rolled_back(struct run *run, const struct work *work,
                          const struct reader_result *result, struct err *err)
{
    const struct store_list *known = &work->known;
    struct store_segment *held = NULL;
    size_t count = 0;
    bool same;

    if (!known->rolled_back)
        return 0;
    if (memcmp(known->held_body, work->fetched.body, sizeof known->held_body) == 0)
        return 1;
    if (store_segments(run->store, work->list->id, true, &held, &count, err) != 0)
        return -1;
    same = count > 0 && is_same(result, held, count);
    free(held);
    return same;
}

/* Where the operator made it another list, its size says nothing against it. Of a list that was
 * found again after damage nobody knows how it was read: there the size counts. */
static bool is_another(const struct work *work)
{
    return work->recipe_changed && !sodium_is_zero(work->known.recipe, sizeof work->known.recipe);
}

void outcome_read(struct run *run, struct work *work, struct reader_result *result)
{
    struct gate_case gate = {.list = work->list,
                             .result = result,
                             .protected_names = run->protect.names,
                             .pin_count = run->protect.pins,
                             .dir = run->dir};
    struct store_segment *before = NULL;
    struct err err = {0};
    size_t count = 0;
    int back;

    run_stage(run, work->list->id, "judge");
    back = is_rolled_back(run, work, result, &err);
    if (back < 0 || store_segments(run->store, work->list->id, false, &before, &count, &err) != 0) {
        run_break(run, &err);
        goto out;
    }
    gate.before = before;
    gate.before_count = is_another(work) ? 0 : count;
    if (back > 0)
        hold(run, work, result, work->known.why, true);
    else if (gate_judge(&gate, &err) != 0)
        hold(run, work, result, err.text, false);
    else
        take(run, work, result, before, count);
out:
    free(before);
    free(result->segments);
    result->segments = NULL;
}
