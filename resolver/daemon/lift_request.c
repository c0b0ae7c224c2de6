/* lift_request.c - a request's words to a lift, or to why not.
 *
 * Whoever asks here may undo the gravest block there is, so everything is checked before anything
 * is written, and nothing that is said depends on whether the name is listed: nobody here looks.
 * Two people are two operators of the configuration that share neither user nor key. */
#include "resolver/daemon/lift_request.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "policy/state/lift_text.h"
#include "policy/stairs.h"
#include "resolver/daemon/lifting.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/operators.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { SIGNATURES_MOST = 4 };

/* ---- who, and whether at all ---- */

static int64_t user_of(const json_t *body)
{
    return json_integer_value(json_object_get(body, CONTROL_USER));
}

const struct operators_person *lift_request_operator(const struct server *server,
                                                     const json_t *body, struct err *err)
{
    const char *as = message_text(body, "as", err);

    if (err->code != ERR_NONE)
        return NULL;
    return operators_of_user(lifting_operators(server->lifting), user_of(body), as, err);
}

int lift_request_check(const struct server *server, struct err *err)
{
    const struct err *fault = lifting_fault(server->lifting);

    if (fault != NULL)
        return err_set(err, fault->code, "%s", fault->text);
    if (operators_count(lifting_operators(server->lifting)) < 2)
        return err_set(err, ERR_CONFIG,
                       "lifting takes two operators: name them in sealed.operators");
    if (stairs_clock_unknown(publish_current(server->publish), server_now(server).wall_s))
        return err_set(err, ERR_REFUSED, "the clock cannot be right: a lift has an end");
    return 0;
}

/* ---- what may be lifted, and for how long ---- */

/* The node asks for its canary by itself, to see that the block is there (sealed.canary). */
static int check_canary(const struct server *server, const struct name_buf *buf, struct err *err)
{
    const struct name_buf *own = &server_config(server)->sealed.canary;
    struct name name = name_of(buf), canary = name_of(own);

    if (own->length == 0 ||
        (!name_is_below_or_at(&canary, &name) && !name_is_below_or_at(&name, &canary)))
        return 0;
    return err_set(err, ERR_REFUSED, "the canary, and what it is below of, cannot be lifted");
}

static int read_length(const json_t *body, int64_t *for_s, struct err *err)
{
    const char *text = message_text(body, "for", err);
    uint64_t ms;

    if (err->code != ERR_NONE)
        return -1;
    if (text == NULL)
        return err_set(err, ERR_USAGE, "a lift has an end: --for 7d, at most 90d");
    if (text_duration_ms(text, &ms) != 0 || ms < 1000 || ms / 1000 > LIFT_LONGEST_S)
        return err_set(err, ERR_USAGE,
                       "not how long a lift may last: '%.40s'; such as 12h or 7d, at most 90d",
                       text);
    *for_s = (int64_t)(ms / 1000);
    return 0;
}

static int see_waiting(void *context, const struct state_lift *lift)
{
    int64_t *left = context; /* then the time, then how many more */

    if (lift->state == LIFT_ASKED && lift->asked_s + LIFT_VALID_S > left[0])
        left[1]--;
    return 0;
}

static int check_waiting(const struct server *server, struct err *err)
{
    int64_t left[2] = {server_now(server).wall_s, LIFT_WAITING_MOST};
    struct state_db *db = state_database(server->state, err);

    if (db == NULL || state_lifts_each(db, see_waiting, left, err) != 0)
        return -1;
    if (left[1] <= 0)
        return err_set(err, ERR_BUSY,
                       "%d requests wait for a second operator already; end some (lift end N)",
                       LIFT_WAITING_MOST);
    return 0;
}

int lift_request_ask(const struct server *server, const json_t *body, struct state_lift *lift,
                     struct err *err)
{
    const char *name_text = message_text(body, "name", err);
    const char *reason = message_text(body, "reason", err);
    const struct operators_person *person;
    struct name_buf buf;
    struct name name;

    memset(lift, 0, sizeof *lift);
    if (err->code != ERR_NONE)
        return -1;
    person = lift_request_operator(server, body, err);
    if (person == NULL || lift_text_name(name_text, &buf, err) != 0 ||
        read_length(body, &lift->for_s, err) != 0 ||
        lift_text_reason(reason, &buf, lift->reason, err) != 0 ||
        check_canary(server, &buf, err) != 0 || check_waiting(server, err) != 0)
        return -1;
    name = name_of(&buf);
    lifting_hash(server->lifting, server->state, &name, lift);
    randombytes_buf(lift->nonce, sizeof lift->nonce);
    memcpy(lift->asked_by, person->name, sizeof lift->asked_by);
    lift->asked_s = server_now(server).wall_s;
    return 0;
}

/* ---- the second operator ---- */

int lift_request_find(const struct server *server, const json_t *body, struct state_lift *lift,
                      struct err *err)
{
    const json_t *number = json_object_get(body, "lift");
    struct state_db *db = state_database(server->state, err);
    int found;

    if (db == NULL)
        return -1;
    if (!json_is_integer(number) || json_integer_value(number) < 1 ||
        json_integer_value(number) > UINT32_MAX)
        return err_set(err, ERR_USAGE,
                       "'lift' is the number of one, as `stairgate lift list` shows");
    found = state_lift_get(db, (uint32_t)json_integer_value(number), lift, err);
    if (found == 0)
        err_set(err, ERR_NOT_FOUND, "no such lift: %lld", (long long)json_integer_value(number));
    return found == 1 ? 0 : -1;
}

static int check_asked(const struct server *server, const struct state_lift *lift, struct err *err)
{
    int64_t now_s = server_now(server).wall_s;

    if (lift->state != LIFT_ASKED)
        return err_set(err, ERR_REFUSED, "lift %u was confirmed or ended already", lift->id);
    if (now_s >= lift->asked_s + LIFT_VALID_S || now_s + LIFT_SKEW_S < lift->asked_s)
        return err_set(err, ERR_REFUSED,
                       "request %u has waited for more than a day: ask for it anew", lift->id);
    if (!lifting_is_ours(server->lifting, lift))
        return err_set(err, ERR_REFUSED,
                       "request %u is of a key that is no longer in force: ask for it anew",
                       lift->id);
    return 0;
}

static int check_name(const struct server *server, const json_t *body,
                      const struct state_lift *lift, struct err *err)
{
    const char *text = message_text(body, "name", err);
    struct state_lift own;
    struct name_buf buf;
    struct name name;

    if (text == NULL)
        return err->code == ERR_NONE ? 0 : -1;
    if (lift_text_name(text, &buf, err) != 0)
        return -1;
    name = name_of(&buf);
    lifting_hash(server->lifting, server->state, &name, &own);
    if (memcmp(own.hash, lift->hash, sizeof own.hash) != 0)
        return err_set(err, ERR_REFUSED, "request %u is about another name", lift->id);
    return 0;
}

static int check_two(const struct server *server, const struct state_lift *lift,
                     const struct operators_person *second, struct err *err)
{
    const struct operators_person *first =
        operators_named(lifting_operators(server->lifting), lift->asked_by);

    if (first == NULL)
        return err_set(err, ERR_REFUSED, "'%.40s', who asked for it, is no operator any more",
                       lift->asked_by);
    if (!operators_are_two(first, second))
        return err_set(err, ERR_REFUSED,
                       "lifting takes two people, and '%.40s' asked for this: another operator "
                       "confirms it",
                       first->name);
    return 0;
}

int lift_request_confirm(const struct server *server, const json_t *body, struct state_lift *lift,
                         struct err *err)
{
    const struct operators_person *person = lift_request_operator(server, body, err);

    if (person == NULL || lift_request_find(server, body, lift, err) != 0 ||
        check_asked(server, lift, err) != 0 || check_two(server, lift, person, err) != 0 ||
        check_name(server, body, lift, err) != 0)
        return -1;
    memcpy(lift->confirmed_by, person->name, sizeof lift->confirmed_by);
    lift->from_s = server_now(server).wall_s;
    lift->until_s = lift->from_s + lift->for_s;
    return 0;
}

/* ---- signed by both ---- */

static int check_times(const struct lift_text *text, int64_t now_s, struct err *err)
{
    if (text->asked_s > now_s + LIFT_SKEW_S)
        return err_set(err, ERR_REFUSED, "the request is of a time to come; whose clock is wrong?");
    if (now_s >= text->asked_s + LIFT_VALID_S)
        return err_set(err, ERR_REFUSED, "the request is older than a day: make a new one");
    if (text->until_s <= now_s)
        return err_set(err, ERR_REFUSED, "the lift would be over already");
    if (text->until_s - text->asked_s > LIFT_LONGEST_S || text->until_s < text->asked_s)
        return err_set(err, ERR_REFUSED, "a lift lasts 90 days at most");
    return 0;
}

/* Adds SECOND to PEOPLE, who are COUNT, unless it is one of them. Returns how many there are. */
static size_t add_person(const struct operators_person *people[2], size_t count,
                         const struct operators_person *second)
{
    if (count == 0 || (count == 1 && operators_are_two(people[0], second)))
        people[count++] = second;
    return count;
}

/* Fills PEOPLE with two who stand behind TEXT. Every signature has to be good. */
static int find_people(const struct server *server, const json_t *body, const char *text,
                       const struct operators_person *people[2], struct err *err)
{
    const struct operators *operators = lifting_operators(server->lifting);
    const json_t *signatures = json_object_get(body, "signatures");
    const struct operators_person *one;
    struct err nobody;
    size_t count = 0;

    if (json_array_size(signatures) < 1 || json_array_size(signatures) > SIGNATURES_MOST)
        return err_set(err, ERR_USAGE,
                       "say by whom it is signed: --signature A.minisig "
                       "--signature B.minisig");
    for (size_t i = 0; i < json_array_size(signatures); i++) {
        const char *signature = json_string_value(json_array_get(signatures, i));

        if (signature == NULL)
            return err_set(err, ERR_USAGE, "'signatures' are texts");
        one = operators_of_signature(operators, text, strlen(text), signature, err);
        if (one == NULL)
            return -1;
        count = add_person(people, count, one);
    }
    one = operators_of_user(operators, user_of(body), NULL, &nobody);
    if (one != NULL)
        count = add_person(people, count, one);
    if (count < 2)
        return err_set(err, ERR_REFUSED,
                       "lifting takes two people, and '%.40s' alone has signed this",
                       people[0]->name);
    return 0;
}

int lift_request_apply(const struct server *server, const json_t *body, struct state_lift *lift,
                       struct err *err)
{
    const char *text = message_text(body, "request", err);
    const struct operators_person *people[2];
    int64_t now_s = server_now(server).wall_s;
    struct lift_text request;
    struct name name;

    memset(lift, 0, sizeof *lift);
    if (text == NULL)
        return err->code == ERR_NONE ? err_set(err, ERR_USAGE, "'request' is missing") : -1;
    if (lift_text_read(&request, text, strlen(text), err) != 0 ||
        check_times(&request, now_s, err) != 0 ||
        find_people(server, body, text, people, err) != 0 ||
        check_canary(server, &request.name, err) != 0)
        return -1;
    name = name_of(&request.name);
    lifting_hash(server->lifting, server->state, &name, lift);
    memcpy(lift->nonce, request.nonce, sizeof lift->nonce);
    memcpy(lift->reason, request.reason, sizeof lift->reason);
    memcpy(lift->asked_by, people[0]->name, sizeof lift->asked_by);
    memcpy(lift->confirmed_by, people[1]->name, sizeof lift->confirmed_by);
    lift->asked_s = request.asked_s;
    lift->from_s = now_s;
    lift->until_s = request.until_s;
    lift->for_s = request.until_s - request.asked_s;
    return 0;
}
