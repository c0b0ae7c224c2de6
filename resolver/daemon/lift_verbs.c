#include "resolver/daemon/lift_verbs.h"

#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "resolver/daemon/lift_change.h"
#include "resolver/daemon/lift_request.h"
#include "resolver/daemon/lifting.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/operators.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { TIME_MAX = 32, CODE_MAX = 16, LISTED_MOST = 2000 };

/* ---- in words ---- */

/* A few digits of the name's hash: by these two operators know that they speak of one request. */
static const char *code_of(const struct state_lift *lift, char out[CODE_MAX])
{
    const uint8_t *octets = (const uint8_t *)lift->hash;

    snprintf(out, CODE_MAX, "%02x%02x-%02x%02x", octets[0], octets[1], octets[2], octets[3]);
    return out;
}

static const char *confirmed_word(const struct server *server, const struct state_lift *lift,
                                  int64_t wall_s)
{
    struct err err;
    struct state_db *db = state_database(server->state, &err);

    if (lift->until_s <= wall_s)
        return "over";
    if (lifting_fault(server->lifting) != NULL || !lifting_is_ours(server->lifting, lift) ||
        db == NULL || state_lift_is_borne_out(db, lift, &err) != 1)
        return "void";
    return "in_force";
}

static const char *state_word(const struct server *server, const struct state_lift *lift,
                              int64_t wall_s)
{
    if (lift->state == LIFT_CONFIRMED)
        return confirmed_word(server, lift, wall_s);
    if (lift->state == LIFT_ENDED)
        return "ended";
    return wall_s < lift->asked_s + LIFT_VALID_S ? "asked" : "expired";
}

static json_t *time_or_none(int64_t unix_s)
{
    char text[TIME_MAX];

    return json_string(unix_s == 0 ? "" : text_from_time(unix_s, text));
}

static json_t *lift_json(const struct server *server, const struct state_lift *lift)
{
    int64_t wall_s = server_now(server).wall_s;
    char code[CODE_MAX], length[TIME_MAX];

    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:o, s:o, s:o}", "lift",
                     (json_int_t)lift->id, "code", code_of(lift, code), "state",
                     state_word(server, lift, wall_s), "asked_by", lift->asked_by, "confirmed_by",
                     lift->confirmed_by, "reason", lift->reason, "asked_s",
                     (json_int_t)lift->asked_s, "for",
                     text_from_duration((uint64_t)lift->for_s * 1000, length), "from_s",
                     (json_int_t)lift->from_s, "until_s", (json_int_t)lift->until_s, "from",
                     time_or_none(lift->from_s), "until", time_or_none(lift->until_s), "confirm_by",
                     time_or_none(lift->asked_s + LIFT_VALID_S));
}

/* Ends a verb whose change was RESULT: with LIFT, or with ERR, which the log learns without a name.
 */
static json_t *answer(struct server *server, const json_t *body, int result,
                      const struct state_lift *lift, const struct err *err, json_t *errors)
{
    if (result == 0)
        return lift_json(server, lift);
    log_event(&server->log, LOG_LEVEL_WARN, "lift_refused", "user=%lld code=%s",
              (long long)json_integer_value(json_object_get(body, CONTROL_USER)),
              err_word(err->code));
    return message_fail(errors, err);
}

/* ---- verbs ---- */

json_t *run_lift(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct state_lift lift;
    int result = lift_request_check(server, &err);

    if (result == 0)
        result = lifting_try(server->lifting, server_now(server).wall_s, &err);
    if (result == 0)
        result = lift_request_ask(server, body, &lift, &err);
    if (result == 0)
        result = lift_change_ask(server, &lift, &err);
    return answer(server, body, result, &lift, &err, errors);
}

json_t *run_lift_confirm(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct state_lift lift;
    int result = lift_request_check(server, &err);

    if (result == 0)
        result = lift_request_confirm(server, body, &lift, &err);
    if (result == 0)
        result = lift_change_confirm(server, &lift, false, &err);
    return answer(server, body, result, &lift, &err, errors);
}

json_t *run_lift_apply(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct state_lift lift;
    int result = lift_request_check(server, &err);

    if (result == 0)
        result = lifting_try(server->lifting, server_now(server).wall_s, &err);
    if (result == 0)
        result = lift_request_apply(server, body, &lift, &err);
    if (result == 0)
        result = lift_change_confirm(server, &lift, true, &err);
    if (result != 0 && err.code == ERR_DUPLICATE)
        err_set(&err, ERR_DUPLICATE, "this request was applied before: it serves once");
    return answer(server, body, result, &lift, &err, errors);
}

static json_t *end_lift(struct server *server, const json_t *body, const char *actor,
                        json_t *errors)
{
    struct err err = {.code = ERR_NONE};
    struct state_lift lift;
    int result = lift_request_find(server, body, &lift, &err);

    if (result == 0 && (lift.state == LIFT_ENDED || (lift.state == LIFT_CONFIRMED &&
                                                     lift.until_s <= server_now(server).wall_s)))
        result = err_set(&err, ERR_REFUSED, "lift %u is over already", lift.id);
    if (result == 0)
        result = lift_change_end(server, &lift, actor, &err);
    return answer(server, body, result, &lift, &err, errors);
}

/* Whoever may change everything may end what lets something through; two are for lifting. */
json_t *run_lift_end(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    const struct operators_person *person = lift_request_operator(server, body, &err);
    char actor[STATE_WHO_MAX];

    snprintf(actor, sizeof actor, "user %lld",
             (long long)json_integer_value(json_object_get(body, CONTROL_USER)));
    return end_lift(server, body, person != NULL ? person->name : actor, errors);
}

json_t *run_lift_end_named(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    const struct operators_person *person = lift_request_operator(server, body, &err);

    return person != NULL ? end_lift(server, body, person->name, errors)
                          : message_fail(errors, &err);
}

/* ---- showing ---- */

struct listing {
    struct server *server;
    json_t *lifts;
    size_t found;
};

static int list_lift(void *context, const struct state_lift *lift)
{
    struct listing *listing = context;

    if (json_array_size(listing->lifts) < LISTED_MOST)
        json_array_append_new(listing->lifts, lift_json(listing->server, lift));
    listing->found++;
    return 0;
}

json_t *run_lifts(void *context, const json_t *body, json_t *errors)
{
    struct listing listing = {.server = context, .lifts = json_array()};
    struct err err = {.code = ERR_NONE};
    struct state_db *db = state_database(listing.server->state, &err);

    (void)body;
    if (db == NULL || state_lifts_each(db, list_lift, &listing, &err) != 0) {
        json_decref(listing.lifts);
        return message_fail(errors, &err);
    }
    return json_pack("{s:I, s:o}", "found", (json_int_t)listing.found, "lifts", listing.lifts);
}

json_t *run_lifts_named(void *context, const json_t *body, json_t *errors)
{
    struct err err = {.code = ERR_NONE};

    return lift_request_operator(context, body, &err) != NULL ? run_lifts(context, body, errors)
                                                              : message_fail(errors, &err);
}
