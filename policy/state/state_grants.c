#include <string.h>

#include "config/base/err.h"
#include "policy/state/state_db.h"
#include "policy/state/state_query.h"

static void read_grant(struct state_query *query, struct state_grant *row)
{
    struct grant *grant = &row->grant;

    memset(row, 0, sizeof *row);
    grant->id = state_query_number(query, UINT32_MAX);
    grant->effect = (uint8_t)state_query_number(query, GRANT_HOLD);
    grant->scope = (uint8_t)state_query_number(query, GRANT_DEVICE);
    state_query_text(query, row->subject, sizeof row->subject);
    grant->subject = state_query_number(query, UINT32_MAX);
    grant->what = (uint8_t)state_query_number(query, GRANT_ALL);
    grant->name.length =
        (uint8_t)state_query_octets(query, grant->name.wire, sizeof grant->name.wire);
    state_query_text(query, row->target, sizeof row->target);
    grant->role = (uint8_t)state_query_number(query, GRANT_BY_OPERATOR);
    grant->from_s = state_query_time(query);
    grant->until_s = state_query_time(query);
    state_query_text(query, row->who, sizeof row->who);
    state_query_text(query, row->reason, sizeof row->reason);
    /* A name that is none would be read beyond its end. */
    if ((grant->what == GRANT_NAME || grant->what == GRANT_NAME_EXACT) && !query->failed &&
        !name_is_whole(grant->name.wire, grant->name.length)) {
        query->failed = query->db->damaged = true;
        err_set(query->err, ERR_FORMAT, "%s: damaged: a grant on no name", query->db->path);
    }
}

int state_db_grant_add(struct state_db *db, struct state_grant *row, struct err *err)
{
    const struct grant *grant = &row->grant;
    struct state_query query;
    int64_t id;

    state_query_start(&query, db, STATE_GRANT_ADD, err);
    state_query_bind(&query, grant->effect);
    state_query_bind(&query, grant->scope);
    state_query_bind_text(&query, row->subject);
    state_query_bind(&query, grant->scope == GRANT_DEVICE ? grant->subject : 0);
    state_query_bind(&query, grant->what);
    state_query_bind_octets(&query, grant->name.wire, grant->name.length);
    state_query_bind_text(&query, row->target);
    state_query_bind(&query, grant->role);
    state_query_bind(&query, grant->from_s);
    state_query_bind(&query, grant->until_s);
    state_query_bind_text(&query, row->who);
    state_query_bind_text(&query, row->reason);
    if (state_query_end(&query) != 0)
        return -1;
    id = sqlite3_last_insert_rowid(db->db);
    if (id <= 0 || id > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "%s: no number is left for a grant", db->path);
    row->grant.id = (uint32_t)id;
    return 0;
}

int state_db_grant_remove(struct state_db *db, uint32_t id, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_GRANT_REMOVE, err);
    state_query_bind(&query, id);
    return state_query_end(&query);
}

int state_db_grant_get(struct state_db *db, uint32_t id, struct state_grant *grant, struct err *err)
{
    struct state_query query;
    bool found;

    state_query_start(&query, db, STATE_GRANT_BY_ID, err);
    state_query_bind(&query, id);
    found = state_query_row(&query);
    if (found)
        read_grant(&query, grant);
    return state_query_end(&query) == 0 ? found : -1;
}

/* Ends QUERY; where RESULT is not 0 what is left of it is not read. */
static int stop(struct state_query *query, int result)
{
    bool failed = query->failed;

    query->failed |= result != 0;
    return state_query_end(query) == 0 ? 0 : failed ? -1 : result != 0 ? result : -1;
}

int state_db_grants_each(struct state_db *db,
                         int (*see)(void *context, const struct state_grant *grant), void *context,
                         struct err *err)
{
    struct state_query query;
    struct state_grant grant;
    int result = 0;

    state_query_start(&query, db, STATE_GRANTS, err);
    while (result == 0 && state_query_row(&query)) {
        read_grant(&query, &grant);
        if (!query.failed)
            result = see(context, &grant);
    }
    return stop(&query, result);
}

int state_db_note(struct state_db *db, int64_t at_s, const char *who, const char *what,
                  const char *text, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_CHANGE_ADD, err);
    state_query_bind(&query, at_s);
    state_query_bind_text(&query, who);
    state_query_bind_text(&query, what);
    state_query_bind_text(&query, text);
    if (state_query_end(&query) != 0)
        return -1;
    state_query_start(&query, db, STATE_CHANGES_TIDY, err);
    state_query_bind(&query, STATE_CHANGES_KEPT);
    return state_query_end(&query);
}

int state_db_changes_each(struct state_db *db, size_t most,
                          int (*see)(void *context, const struct state_change *change),
                          void *context, struct err *err)
{
    struct state_query query;
    struct state_change change;
    int result = 0;

    state_query_start(&query, db, STATE_CHANGES, err);
    state_query_bind(&query, most < INT32_MAX ? (int64_t)most : INT32_MAX);
    while (result == 0 && state_query_row(&query)) {
        change.number = state_query_time(&query);
        change.at_s = state_query_time(&query);
        state_query_text(&query, change.who, sizeof change.who);
        state_query_text(&query, change.what, sizeof change.what);
        state_query_text(&query, change.text, sizeof change.text);
        if (!query.failed)
            result = see(context, &change);
    }
    return stop(&query, result);
}
