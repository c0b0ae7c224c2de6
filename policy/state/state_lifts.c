#include "policy/state/state_lifts.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "policy/state/state_query.h"

static void take_octets(struct state_query *query, void *octets, size_t length)
{
    if (state_query_octets(query, octets, length) == length || query->failed)
        return;
    query->failed = query->db->damaged = true;
    err_set(query->err, ERR_FORMAT, "%s: damaged: a lift of no name", query->db->path);
}

static void read_lift(struct state_query *query, struct state_lift *lift)
{
    memset(lift, 0, sizeof *lift);
    lift->id = state_query_number(query, UINT32_MAX);
    lift->state = (uint8_t)state_query_number(query, LIFT_ENDED);
    take_octets(query, lift->hash, sizeof lift->hash);
    take_octets(query, lift->key_id, sizeof lift->key_id);
    take_octets(query, lift->nonce, sizeof lift->nonce);
    state_query_text(query, lift->asked_by, sizeof lift->asked_by);
    state_query_text(query, lift->confirmed_by, sizeof lift->confirmed_by);
    state_query_text(query, lift->reason, sizeof lift->reason);
    lift->asked_s = state_query_time(query);
    lift->for_s = state_query_time(query);
    lift->from_s = state_query_time(query);
    lift->until_s = state_query_time(query);
    lift->audit = state_query_time(query);
}

int state_lift_add(struct state_db *db, struct state_lift *lift, struct err *err)
{
    struct state_query query;
    int64_t id;

    state_query_start(&query, db, STATE_LIFT_ADD, err);
    state_query_bind(&query, lift->state);
    state_query_bind_octets(&query, (const uint8_t *)lift->hash, sizeof lift->hash);
    state_query_bind_octets(&query, lift->key_id, sizeof lift->key_id);
    state_query_bind_octets(&query, lift->nonce, sizeof lift->nonce);
    state_query_bind_text(&query, lift->asked_by);
    state_query_bind_text(&query, lift->confirmed_by);
    state_query_bind_text(&query, lift->reason);
    state_query_bind(&query, lift->asked_s);
    state_query_bind(&query, lift->for_s);
    state_query_bind(&query, lift->from_s);
    state_query_bind(&query, lift->until_s);
    state_query_bind(&query, lift->audit);
    if (state_query_end(&query) != 0)
        return -1;
    id = sqlite3_last_insert_rowid(db->db);
    if (id <= 0 || id > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "%s: no number is left for a lift", db->path);
    lift->id = (uint32_t)id;
    return 0;
}

int state_lift_change(struct state_db *db, const struct state_lift *lift, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_LIFT_CHANGE, err);
    state_query_bind(&query, lift->state);
    state_query_bind_text(&query, lift->confirmed_by);
    state_query_bind(&query, lift->from_s);
    state_query_bind(&query, lift->until_s);
    state_query_bind(&query, lift->audit);
    state_query_bind(&query, lift->id);
    return state_query_end(&query);
}

int state_lift_get(struct state_db *db, uint32_t id, struct state_lift *lift, struct err *err)
{
    struct state_query query;
    bool found;

    state_query_start(&query, db, STATE_LIFT_BY_ID, err);
    state_query_bind(&query, id);
    found = state_query_row(&query);
    if (found)
        read_lift(&query, lift);
    return state_query_end(&query) == 0 ? found : -1;
}

int state_lifts_each(struct state_db *db, int (*see)(void *context, const struct state_lift *lift),
                     void *context, struct err *err)
{
    struct state_query query;
    struct state_lift lift;
    int result = 0;

    state_query_start(&query, db, STATE_LIFTS, err);
    while (result == 0 && state_query_row(&query)) {
        read_lift(&query, &lift);
        if (!query.failed)
            result = see(context, &lift);
    }
    if (query.failed)
        return state_query_end(&query);
    query.failed = result != 0; /* what is left is not read */
    state_query_end(&query);
    return result;
}

int state_lifts_tidy(struct state_db *db, int64_t before_s, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_LIFTS_TIDY, err);
    state_query_bind(&query, before_s);
    return state_query_end(&query);
}

/* ---- the account ---- */

void state_lift_account(const struct state_lift *lift, struct state_audit *row)
{
    memset(row, 0, sizeof *row);
    row->at_s = lift->from_s;
    snprintf(row->actor, sizeof row->actor, "%s", lift->confirmed_by);
    snprintf(row->action, sizeof row->action, "lift");
    sodium_bin2hex(row->subject, sizeof row->subject, (const uint8_t *)lift->hash,
                   sizeof lift->hash);
    snprintf(row->reason, sizeof row->reason, "lift %u until %lld, asked for by %s: %s", lift->id,
             (long long)lift->until_s, lift->asked_by, lift->reason);
}

void state_lift_account_end(const struct state_lift *lift, struct state_audit *row)
{
    char reason[AUDIT_DETAIL_MAX];

    snprintf(reason, sizeof reason, "%s", row->reason);
    snprintf(row->action, sizeof row->action, "lift_ended");
    sodium_bin2hex(row->subject, sizeof row->subject, (const uint8_t *)lift->hash,
                   sizeof lift->hash);
    snprintf(row->reason, sizeof row->reason, "lift %u%s%.200s", lift->id,
             reason[0] != '\0' ? ": " : "", reason);
}

static bool is_row_of(const struct state_audit *own, const struct state_audit *row)
{
    return own->at_s == row->at_s && strcmp(own->actor, row->actor) == 0 &&
           strcmp(own->action, row->action) == 0 && strcmp(own->subject, row->subject) == 0 &&
           strcmp(own->reason, row->reason) == 0;
}

static int see_end(void *context, const struct state_audit *row)
{
    const struct state_audit *own = context;

    return strcmp(row->action, "lift_ended") == 0 && strcmp(row->subject, own->subject) == 0;
}

int state_lift_is_borne_out(struct state_db *db, const struct state_lift *lift, struct err *err)
{
    struct state_audit own, row;
    int found = state_audit_get(db, lift->audit, &row, err), ended;

    if (found <= 0)
        return found;
    state_lift_account(lift, &own);
    if (!is_row_of(&own, &row))
        return 0;
    ended = state_audit_each(db, lift->audit, INT64_MAX, see_end, &own, err);
    return ended < 0 ? -1 : ended == 0;
}
