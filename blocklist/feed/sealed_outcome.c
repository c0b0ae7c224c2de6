/* sealed_outcome.c - what becomes of a legal or hotline list that came.
 *
 * As run_outcome.c has it for others; but what is held is not kept: it would be a part that nobody
 * put in force. What was held and comes again is read again. A part is put in its place before the
 * list's row is written: whoever is killed in between leaves a list that is due and whose part says
 * itself which version it is. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "blocklist/feed/sealed_gate.h"
#include "blocklist/feed/sealed_memory.h"
#include "blocklist/feed/sealed_place.h"
#include "blocklist/feed/sealed_reader.h"
#include "blocklist/feed/sealed_run.h"
#include "blocklist/feed/version.h"

#define UNFINISHED ".new"

/* The places of a list's parts: as they are written, and as they are to be. */
struct places {
    char unfinished[SEALED_READER_SALTS][PLACE_PATH_MAX + 8];
    char part[SEALED_READER_SALTS][PLACE_PATH_MAX];
    const uint8_t *salts[SEALED_READER_SALTS];
    size_t count;
};

static void find_places(const struct sealed_run *sealed, const char *id, struct places *places)
{
    places->count = sealed->renew ? 2 : 1;
    places->salts[0] = sealed->set.salt;
    places->salts[1] = sealed->fresh;
    for (size_t i = 0; i < places->count; i++) {
        sealed_place_part(sealed->run->dir, id, places->salts[i], places->part[i]);
        snprintf(places->unfinished[i], sizeof places->unfinished[i], "%s" UNFINISHED,
                 places->part[i]);
    }
}

static void drop(const struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        unlink(places->unfinished[i]);
}

static int read_list(struct sealed_run *sealed, struct sealed_work *work,
                     const struct sealed_memory *memory, const struct places *places,
                     struct sealed_reader_result *result, struct err *err)
{
    struct run *run = sealed->run;
    struct sealed_reader_request request = {
        .config = run->config,
        .list = work->work.list,
        .memory = memory,
        .key = sealed->key,
        .out_count = places->count,
        .signed_s = work->work.fetched.signed_s,
        .now_s = run->request->now_s,
        .suffixes_path = run->request->suffixes_path,
        .protected_names = run->protect.names,
        .protected_count = run->protect.count,
        .pin_count = run->protect.pins,
    };

    for (size_t i = 0; i < places->count; i++)
        request.outs[i] = (struct sealed_reader_out){
            places->salts[i], run->request->dry_run ? NULL : places->unfinished[i]};
    run_stage(run, work->work.list->id, "read");
    return sealed_reader_read(&request, result, err);
}

/* ---- the record ---- */

static struct store_event read_event(const struct sealed_run *sealed,
                                     const struct sealed_work *work,
                                     const struct sealed_reader_result *result)
{
    struct store_event event =
        run_event(sealed->run, EVENT_READ, work->work.list->id,
                  "%" PRIu64 " entries (%+" PRId64 "), %" PRIu64 " pages, %" PRIu64 " refused",
                  result->entries, (int64_t)(result->entries - work->work.known.sealed_entries),
                  result->pages, report_refused(&result->report));
    size_t used = strlen(event.text);

    for (size_t i = 0; i < REASONS && used < sizeof event.text - 80; i++) {
        if (result->report.refused[i] > 0)
            used +=
                (size_t)snprintf(event.text + used, sizeof event.text - used,
                                 "; %" PRIu64 " %s from line %" PRIu64, result->report.refused[i],
                                 reason_key((enum reason)i), result->report.first_line[i]);
    }
    return event;
}

static void add_event(struct outcome *outcome, struct store_event event)
{
    outcome->events[outcome->event_count++] = event;
}

static void hold(struct sealed_run *sealed, struct sealed_work *work, const struct err *why)
{
    struct run *run = sealed->run;
    struct outcome outcome;
    struct store_list *list = &outcome.list;

    outcome_begin(run, &work->work, &outcome);
    outcome_success(run, &work->work, list);
    if (list->state != LIST_HELD ||
        memcmp(list->held_body, work->work.fetched.body, sizeof list->held_body) != 0)
        list->held_s = run->request->now_s;
    memcpy(list->held_body, work->work.fetched.body, sizeof list->held_body);
    list->state = LIST_HELD;
    snprintf(list->why, sizeof list->why, "%s", why->text);
    add_event(&outcome, run_event(run, EVENT_HELD, list->id, "%s", why->text));
    outcome.notify = true;
    outcome.code = why->code;
    run->result->held++;
    outcome_commit(run, &outcome);
}

/* Puts the parts that were written in their places, then what is known of them. */
static void take(struct sealed_run *sealed, struct sealed_work *work, const struct places *places,
                 const struct sealed_reader_result *result)
{
    struct run *run = sealed->run;
    struct outcome outcome;
    struct err err = {0};
    char version[VERSION_TEXT_MAX];

    for (size_t i = 0; i < places->count && !run->request->dry_run; i++) {
        if (place_rename(places->unfinished[i], places->part[i], &err) != 0) {
            outcome_failed(run, &work->work, &err);
            return;
        }
    }
    outcome_begin(run, &work->work, &outcome);
    outcome_good(run, &work->work, &outcome.list);
    outcome.list.changed_s = run->request->now_s;
    outcome.list.signed_s = work->work.fetched.signed_s;
    outcome.list.sealed_entries = result->entries;
    outcome.list.sealed_pages = result->pages;
    add_event(&outcome,
              run_event(run, EVENT_FETCHED, outcome.list.id, "%" PRIu64 " octets, version: %s",
                        work->work.fetched.octets, version_text(outcome.list.signed_s, version)));
    add_event(&outcome, read_event(sealed, work, result));
    run->result->changed++;
    outcome_commit(run, &outcome);
}

/* ---- what came ---- */

static bool same(const uint8_t a[32], const uint8_t b[32])
{
    return sodium_memcmp(a, b, 32) == 0;
}

/* What is older than the last good one, or as old and not the same, was signed once and is sent
 * again by somebody who wants entries back, or away. */
static int check_version(const struct sealed_run *sealed, const struct sealed_work *work,
                         struct err *err)
{
    const struct fetch_result *fetched = &work->work.fetched;
    const struct version last = {work->version_s, work->body_known ? work->work.known.body : NULL},
                         came = {fetched->signed_s, fetched->body};
    enum version_word word = version_compare(&last, &came, sealed->run->request->now_s);

    return word == VERSION_NEW || word == VERSION_SAME ? 0
                                                       : version_refuse(word, &last, &came, err);
}

static void read_and_judge(struct sealed_run *sealed, struct sealed_work *work,
                           const struct sealed_memory *memory)
{
    const struct store_list *known = &work->work.known;
    bool another =
        work->work.recipe_changed && !sodium_is_zero(known->recipe, sizeof known->recipe);
    struct sealed_reader_result result;
    struct sealed_gate gate = {.list = work->work.list,
                               .result = &result,
                               .before = another ? 0 : known->sealed_entries + known->sealed_pages,
                               .waited = work->waited};
    struct places places;
    struct err err = {0};

    find_places(sealed, work->work.list->id, &places);
    if (read_list(sealed, work, memory, &places, &result, &err) != 0)
        outcome_failed(sealed->run, &work->work, &err);
    else if (sealed_gate_judge(&gate, &err) != 0)
        hold(sealed, work, &err);
    else
        take(sealed, work, &places, &result);
    drop(&places);
}

/* Tells whether what came is what was held; notes whether it may pass. */
static bool was_held(struct sealed_run *sealed, struct sealed_work *work)
{
    const struct store_list *known = &work->work.known;
    const struct run *run = sealed->run;

    if (known->state != LIST_HELD || !same(known->held_body, work->work.fetched.body))
        return false;
    /* Read in another way it is another result, which nobody has waited for. */
    if (work->work.recipe_changed)
        return false;
    work->waited = sealed->accept != NULL ||
                   run->request->now_s - known->held_s >= (int64_t)run->config->feeds.hold_s;
    return true;
}

void sealed_outcome(struct sealed_run *sealed, struct sealed_work *work,
                    const struct sealed_memory *memory)
{
    struct run *run = sealed->run;
    bool anew = work->work.recipe_changed || run->request->force || !work->has_part;
    bool known_octets;
    struct err err = {0};

    sealed_key_digest(sealed->key, SEALED_FOR_BODIES, memory->octets, memory->length,
                      work->work.fetched.body);
    known_octets = work->body_known && work->work.known.fetched_s > 0 &&
                   same(work->work.known.body, work->work.fetched.body);
    run->result->fetched++;
    if (check_version(sealed, work, &err) != 0)
        outcome_failed(run, &work->work, &err);
    else if (was_held(sealed, work) && !work->waited)
        outcome_still_held(run, &work->work);
    else if (!anew && !work->waited && known_octets)
        outcome_unchanged(run, &work->work, "the same octets as last time");
    else
        read_and_judge(sealed, work, memory);
}
