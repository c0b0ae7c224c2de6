#include "resolver/daemon/lift_change.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/base/text.h"
#include "resolver/daemon/lifting.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { ROWS_MOST = 4 /* asked, the one before ended, confirmed; and one over */ };

/* One transaction. */
struct change {
    struct server *server;
    struct state_db *db;
    struct state_audit rows[ROWS_MOST]; /* to be told when it is durable */
    size_t row_count;
};

static int begin(struct change *change, struct server *server, struct err *err)
{
    *change = (struct change){.server = server, .db = state_database(server->state, err)};
    return change->db != NULL ? state_db_begin(change->db, err) : -1;
}

/* Commits CHANGE and tells its rows, or undoes what there is of it where RESULT is not 0. */
static int finish(struct change *change, int result, struct err *err)
{
    if (result != 0) {
        state_db_abandon(change->db);
        return -1;
    }
    if (state_db_commit(change->db, err) != 0)
        return -1;
    for (size_t i = 0; i < change->row_count; i++)
        lifting_tell(change->server->lifting, &change->rows[i]);
    return 0;
}

static int account(struct change *change, struct state_audit *row, struct err *err)
{
    if (state_audit_add(change->db, row, err) != 0)
        return -1;
    must(change->row_count < ROWS_MOST);
    change->rows[change->row_count++] = *row;
    return 0;
}

/* ---- asked for ---- */

static int write_request(struct change *change, struct state_lift *lift, struct err *err)
{
    struct state_audit row = {.at_s = server_now(change->server).wall_s, .action = "lift_asked"};
    char length[32];

    if (state_lift_add(change->db, lift, err) != 0)
        return -1;
    memcpy(row.actor, lift->asked_by, sizeof row.actor);
    sodium_bin2hex(row.subject, sizeof row.subject, (const uint8_t *)lift->hash, sizeof lift->hash);
    snprintf(row.reason, sizeof row.reason, "lift %u for %s: %s", lift->id,
             text_from_duration((uint64_t)lift->for_s * 1000, length), lift->reason);
    return account(change, &row, err);
}

int lift_change_ask(struct server *server, struct state_lift *lift, struct err *err)
{
    struct change change;

    if (begin(&change, server, err) != 0)
        return -1;
    return finish(&change, write_request(&change, lift, err), err);
}

/* ---- ended ---- */

static int write_end(struct change *change, struct state_lift *lift, struct state_audit *row,
                     struct err *err)
{
    lift->state = LIFT_ENDED;
    lift->until_s = row->at_s;
    state_lift_account_end(lift, row);
    return state_lift_change(change->db, lift, err) == 0 ? account(change, row, err) : -1;
}

int lift_change_end(struct server *server, struct state_lift *lift, const char *actor,
                    struct err *err)
{
    struct state_audit row = {.at_s = server_now(server).wall_s};
    bool was_confirmed = lift->state == LIFT_CONFIRMED;
    struct change change;

    snprintf(row.actor, sizeof row.actor, "%s", actor);
    if (begin(&change, server, err) != 0 ||
        finish(&change, write_end(&change, lift, &row, err), err) != 0)
        return -1;
    if (was_confirmed && lifting_is_ours(server->lifting, lift))
        lifting_take(server->state, lift);
    return 0;
}

/* ---- confirmed ---- */

struct before {
    const struct state_lift *lift; /* the new one */
    struct state_lift found;       /* id 0: none */
};

static int see_before(void *context, const struct state_lift *lift)
{
    struct before *before = context;

    if (lift->state != LIFT_CONFIRMED || lift->id == before->lift->id ||
        lift->until_s <= before->lift->from_s ||
        memcmp(lift->hash, before->lift->hash, sizeof lift->hash) != 0)
        return 0;
    before->found = *lift;
    return 1;
}

/* Of one name one lift is in force: the one before ends with this. */
static int end_before(struct change *change, const struct state_lift *lift, struct err *err)
{
    struct before before = {.lift = lift};
    struct state_audit row = {.at_s = lift->from_s};

    if (state_lifts_each(change->db, see_before, &before, err) < 0)
        return -1;
    if (before.found.id == 0)
        return 0;
    memcpy(row.actor, lift->confirmed_by, sizeof row.actor);
    snprintf(row.reason, sizeof row.reason, "lift %u takes its place", lift->id);
    return write_end(change, &before.found, &row, err);
}

static int write_confirmed(struct change *change, struct state_lift *lift, struct err *err)
{
    struct state_audit row;

    if (end_before(change, lift, err) != 0)
        return -1;
    lift->state = LIFT_CONFIRMED;
    state_lift_account(lift, &row);
    if (account(change, &row, err) != 0)
        return -1;
    lift->audit = row.number;
    return state_lift_change(change->db, lift, err);
}

int lift_change_confirm(struct server *server, struct state_lift *lift, bool is_new,
                        struct err *err)
{
    struct change change;
    int result = 0;

    if (lifting_make_room(server->state, lift->from_s, err) != 0 ||
        begin(&change, server, err) != 0)
        return -1;
    if (is_new)
        result = write_request(&change, lift, err);
    if (result == 0)
        result = write_confirmed(&change, lift, err);
    if (finish(&change, result, err) != 0)
        return -1;
    return lifting_put(server->state, lift, err);
}
