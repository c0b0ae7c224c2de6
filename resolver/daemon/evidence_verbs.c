#include "resolver/daemon/evidence_verbs.h"

#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "policy/state/state_audit.h"
#include "resolver/daemon/canary_answer.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

/* A year of failures that come and go each hour has 8,760 spans; beyond that they are counted. */
enum { TEXT_MAX = 32, SPANS_MOST = 9000, GAP_FACTOR = 2, PERIOD_S = 30 * 86400 };

/* ---- canaries ---- */

struct canaries {
    json_t *days, *failures, *gaps;
    int64_t every_s, last_s, span_from_s, span_until_s;
    enum canary_result span_result;
    int64_t span_count, lost;
    int32_t day; /* of the last entry of days */
};

static json_t *time_json(int64_t time_s)
{
    char text[TEXT_MAX];

    return json_string(text_from_time(time_s, text));
}

static void add_span(struct canaries *canaries, json_t *spans, json_t *span)
{
    if (json_array_size(spans) < SPANS_MOST) {
        json_array_append_new(spans, span);
        return;
    }
    json_decref(span);
    canaries->lost++;
}

static void end_span(struct canaries *canaries)
{
    if (canaries->span_count == 0)
        return;
    add_span(canaries, canaries->failures,
             json_pack("{s:s, s:o, s:o, s:I}", "result", canary_word(canaries->span_result),
                       "first", time_json(canaries->span_from_s), "last",
                       time_json(canaries->span_until_s), "count",
                       (json_int_t)canaries->span_count));
    canaries->span_count = 0;
}

static void note_failure(struct canaries *canaries, const struct state_canary *row)
{
    enum canary_result result = (enum canary_result)row->result;

    if (canaries->span_count == 0 || canaries->span_result != result) {
        end_span(canaries);
        canaries->span_result = result;
        canaries->span_from_s = row->at_s;
    }
    canaries->span_until_s = row->at_s;
    canaries->span_count++;
}

static void count_day(struct canaries *canaries, const struct state_canary *row)
{
    int32_t day = date_day_of(row->at_s);
    const char *word = canary_word((enum canary_result)row->result);
    char text[DATE_TEXT_MAX];
    json_t *entry, *results;

    if (json_array_size(canaries->days) == 0 || day != canaries->day) {
        json_array_append_new(
            canaries->days,
            json_pack("{s:s, s:i, s:{}}", "day", date_to_text(day, text), "asked", 0, "results"));
        canaries->day = day;
    }
    entry = json_array_get(canaries->days, json_array_size(canaries->days) - 1);
    results = json_object_get(entry, "results");
    json_object_set_new(entry, "asked",
                        json_integer(json_integer_value(json_object_get(entry, "asked")) + 1));
    json_object_set_new(results, word,
                        json_integer(json_integer_value(json_object_get(results, word)) + 1));
}

static void note_gap(struct canaries *canaries, int64_t at_s)
{
    if (canaries->last_s != 0 && canaries->every_s > 0 &&
        at_s - canaries->last_s > GAP_FACTOR * canaries->every_s)
        add_span(canaries, canaries->gaps,
                 json_pack("{s:o, s:o}", "after", time_json(canaries->last_s), "before",
                           time_json(at_s)));
    canaries->last_s = at_s;
}

static int see_canary(void *context, const struct state_canary *row)
{
    struct canaries *canaries = context;

    note_gap(canaries, row->at_s);
    count_day(canaries, row);
    if (row->result == CANARY_OK)
        end_span(canaries);
    else
        note_failure(canaries, row);
    return 0;
}

static json_t *canaries_json(struct state_db *db, const struct config *config, int64_t since_s,
                             int64_t until_s, struct err *err)
{
    struct canaries canaries = {.days = json_array(),
                                .failures = json_array(),
                                .gaps = json_array(),
                                .every_s = config->sealed.canary_every_s};

    if (state_db_canaries_each(db, since_s, until_s, see_canary, &canaries, err) != 0) {
        json_decref(canaries.days);
        json_decref(canaries.failures);
        json_decref(canaries.gaps);
        return NULL;
    }
    end_span(&canaries);
    return json_pack("{s:b, s:I, s:o, s:o, s:o, s:I}", "configured",
                     config->sealed.canary.length > 0, "every_s", (json_int_t)canaries.every_s,
                     "days", canaries.days, "failures", canaries.failures, "not_asked",
                     canaries.gaps, "left_out", (json_int_t)canaries.lost);
}

/* ---- what operators did ---- */

struct actions {
    int64_t since_s, until_s;
    json_t *counts;
};

static int see_action(void *context, const struct state_audit *row)
{
    struct actions *actions = context;
    json_int_t before = json_integer_value(json_object_get(actions->counts, row->action));

    if (row->at_s >= actions->since_s && row->at_s < actions->until_s)
        json_object_set_new(actions->counts, row->action, json_integer(before + 1));
    return 0;
}

static json_t *audit_json(struct state_db *db, int64_t since_s, int64_t until_s)
{
    struct actions actions = {since_s, until_s, json_object()};
    char hex[2 * AUDIT_DIGEST_OCTETS + 1];
    struct audit_head head;
    struct err err;
    int good = state_audit_verify(db, &head, &err);

    if (good == 0)
        good = state_audit_each(db, 0, INT64_MAX, see_action, &actions, &err);
    if (good != 0) { /* that it was changed is what a regulator has to see */
        json_decref(actions.counts);
        return json_pack("{s:b, s:s}", "whole", 0, "fault", err.text);
    }
    return json_pack("{s:b, s:o, s:I, s:s}", "whole", 1, "actions", actions.counts, "rows",
                     (json_int_t)head.number, "head_digest", state_audit_hex(head.digest, hex));
}

static json_t *set_json(const struct server *server)
{
    struct sealed_info info;

    sealed_info(snapshot_sealed(publish_current(server->publish)), &info);
    return json_pack("{s:I, s:o, s:I}", "number", (json_int_t)info.number, "made",
                     info.made_s != 0 ? time_json(info.made_s) : json_null(), "entries",
                     (json_int_t)info.entries);
}

json_t *run_evidence(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    int64_t since_s = json_integer_value(json_object_get(request, "since_s"));
    int64_t until_s = json_integer_value(json_object_get(request, "until_s"));
    int64_t now_s = server_now(server).wall_s;
    struct err err = {.code = ERR_NONE};
    struct state_db *db = state_database(server->state, &err);
    json_t *canaries = NULL;

    until_s = until_s == 0 || until_s > now_s ? now_s + 1 : until_s;
    since_s = since_s == 0 ? until_s - PERIOD_S : since_s;
    if (db != NULL)
        canaries = canaries_json(db, server_config(server), since_s, until_s, &err);
    if (canaries == NULL)
        return message_fail(errors, &err);
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:I, s:o}", "since_s", (json_int_t)since_s,
                     "until_s", (json_int_t)until_s, "canary", canaries, "account",
                     audit_json(db, since_s, until_s), "sealed_set_now", set_json(server),
                     "silenced_since_start", (json_int_t)server_counters(server).silenced,
                     "started", time_json(server->started_s));
}
