/* grant_verbs.c - what people grant, from a request to what is in force.
 *
 * First everything is checked, then the change is written with a line in the account of changes, in
 * one transaction, and then it is put in force: a reply says that all of that is done, so that
 * kill -9 right after it changes nothing. The account names no site: what was granted is in the
 * grant, and goes with it. */
#include "resolver/daemon/grant_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "policy/decide.h"
#include "policy/snapshot.h"
#include "resolver/daemon/asker.h"
#include "resolver/daemon/grant_request.h"
#include "resolver/daemon/grant_time.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { LISTED_MOST = 5000, SENTENCE_MAX = 900 };

/* ---- in words ---- */

static const char *target_text(const struct state_grant *grant, char out[NAME_TEXT_MAX])
{
    struct name name = name_of(&grant->grant.name);

    if (grant->grant.what == GRANT_NAME || grant->grant.what == GRANT_NAME_EXACT)
        return name_to_text(&name, out);
    return grant->grant.what == GRANT_ALL ? "everything" : grant->target;
}

/* One sentence: what it does, for whom, and until when. */
static void say(const struct state_grant *grant, const char *until, char out[SENTENCE_MAX])
{
    static const char *const does[] = {[GRANT_ALLOW] = "open",
                                       [GRANT_DENY] = "blocked",
                                       [GRANT_OFFLINE] = "offline (help still answers)",
                                       [GRANT_RELEASE] = "released",
                                       [GRANT_HOLD] = "held at its step of today"};
    static const char *const whom[] = {[GRANT_EVERYBODY] = "everybody",
                                       [GRANT_GROUP] = "group ",
                                       [GRANT_PROFILE] = "profile ",
                                       [GRANT_DEVICE] = "device "};
    const struct grant *g = &grant->grant;
    bool whole = g->effect == GRANT_OFFLINE || g->effect == GRANT_HOLD;
    char text[NAME_TEXT_MAX];

    snprintf(out, SENTENCE_MAX, "%.300s%s%s%.70s is %s %s", whole ? "" : target_text(grant, text),
             whole ? "" : " for ", whom[g->scope], grant->subject, does[g->effect], until);
}

static json_t *grant_json(const struct state_grant *grant, const struct zone *zone,
                          const char *zone_name, int64_t wall_s)
{
    char text[NAME_TEXT_MAX], until[GRANT_TIME_TEXT_MAX], sentence[SENTENCE_MAX];
    const struct grant *g = &grant->grant;

    grant_time_text(g->until_s, zone, zone_name, until);
    say(grant, until, sentence);
    return json_pack(
        "{s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:s, s:b, s:s}", "id",
        (json_int_t)g->id, "effect", grant_effects[g->effect], "scope", grant_scopes[g->scope],
        "subject", grant->subject, "device",
        (json_int_t)(g->scope == GRANT_DEVICE ? g->subject : 0), "what", grant_whats[g->what],
        "target", target_text(grant, text), "as", grant_roles[g->role], "who", grant->who, "reason",
        grant->reason, "from_s", (json_int_t)g->from_s, "until_s",
        g->until_s == GRANT_FOREVER ? json_null() : json_integer(g->until_s), "until", until,
        "in_force", g->until_s == GRANT_FOREVER || wall_s < g->until_s, "sentence", sentence);
}

/* ---- changes ---- */

static int note(struct state_db *db, const struct state_grant *grant, const char *what,
                int64_t wall_s, struct err *err)
{
    char text[STATE_REASON_MAX];
    const struct grant *g = &grant->grant;

    snprintf(text, sizeof text, "grant %u: %s, %s %.60s, as %s", g->id, grant_effects[g->effect],
             grant_scopes[g->scope], grant->subject, grant_roles[g->role]);
    return state_db_note(db, wall_s, grant->who, what, text, err);
}

/* Writes and enforces GRANT, which gets its id. */
static int give(struct server *server, const struct grant_request *request,
                struct state_grant *grant, struct err *err)
{
    struct state_db *db = request->db;

    if (state_db_begin(db, err) != 0)
        return -1;
    if (state_db_grant_add(db, grant, err) != 0 ||
        note(db, grant, grant_effects[grant->grant.effect], request->wall_s, err) != 0) {
        state_db_abandon(db);
        return -1;
    }
    /* Before the commit, so that a full table leaves nothing behind; nobody has been told yet. */
    if (state_put_grant(server->state, snapshot_config(request->snapshot), grant, err) != 0) {
        state_db_abandon(db);
        return -1;
    }
    if (state_db_commit(db, err) == 0)
        return 0;
    state_take_grant(server->state, grant->grant.id);
    return -1;
}

/* Opens a request in SERVER, by BODY's peer; ASKER is room. Errors: -1 with ERR. */
static int begin(struct server *server, struct grant_request *request, const json_t *body,
                 struct asker *asker, struct err *err)
{
    asker_of_request(server, body, asker);
    *request = (struct grant_request){.snapshot = publish_current(server->publish),
                                      .db = state_database(server->state, err),
                                      .asker = asker,
                                      .wall_s = server_now(server).wall_s,
                                      .profile = -1};
    return request->db != NULL ? 0 : -1;
}

static json_t *finish(struct server *server, struct grant_request *request,
                      struct state_grant *grant, struct err *err)
{
    int given = give(server, request, grant, err);

    if (given != 0 && err->code == ERR_LIMIT) {
        state_make_room(server->state, request->wall_s);
        given = give(server, request, grant, err);
    }
    if (given != 0)
        return NULL;
    log_event(&server->log, LOG_LEVEL_INFO, "granted", "id=%u effect=%s scope=%s as=%s",
              grant->grant.id, grant_effects[grant->grant.effect], grant_scopes[grant->grant.scope],
              grant_roles[grant->grant.role]);
    return grant_json(grant, request->zone, request->zone_name, request->wall_s);
}

/* S2 is a teacher's or guardian's to lift for a time (taxonomy); and who pauses must not forget. */
static int check_ends(const struct state_grant *grant, struct err *err)
{
    const struct grant *g = &grant->grant;

    if (g->effect != GRANT_ALLOW || g->until_s != GRANT_FOREVER)
        return 0;
    if (g->what == GRANT_ALL || g->role == GRANT_BY_TEACHER)
        return err_set(err, ERR_REFUSED,
                       "everything, and what a teacher allows, is open for a time only: say --for "
                       "or --until, or change the profile");
    return 0;
}

json_t *run_grant(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct grant_request request;
    struct asker asker;
    struct state_grant grant;
    json_t *result = NULL;

    if (begin(server, &request, body, &asker, &err) == 0 &&
        grant_request_read(&request, body, &grant, &err) == 0 && check_ends(&grant, &err) == 0)
        result = finish(server, &request, &grant, &err);
    grant_time_free(request.zone);
    return result != NULL ? result : message_fail(errors, &err);
}

/* Decides for the device's profile. One without gets its network's, which nobody knows here: then
 * for the first that warns of the name, since a release passes nothing else anyhow. */
static void decide_release(const struct grant_request *request, const struct state_grant *grant,
                           struct verdict *verdict)
{
    const struct config *config = snapshot_config(request->snapshot);

    if (request->profile >= 0) {
        grant_request_decide(request, grant, (size_t)request->profile, verdict);
        return;
    }
    for (size_t i = 0; i < config->profile_count; i++) {
        grant_request_decide(request, grant, i, verdict);
        if (verdict->action == VERDICT_BLOCK && verdict->warned)
            return;
    }
    grant_request_decide(request, grant, config->default_profile, verdict);
}

/* What a release needs: that cells W, and nothing else, block the name for that device now. */
static int check_release(const struct grant_request *request, const struct state_grant *grant,
                         struct err *err)
{
    const struct name name = name_of(&grant->grant.name);
    struct verdict verdict;
    char text[NAME_TEXT_MAX];

    if (asker_pay(request->asker, NULL, err) != 0)
        return -1;
    decide_release(request, grant, &verdict);
    if (verdict.rule == RULE_OPERATOR && asker_pay(request->asker, &name, err) != 0)
        return -1;
    name_to_text(&name, text);
    if (verdict.action == VERDICT_BLOCK && verdict.warned)
        return 0;
    if (verdict.action != VERDICT_BLOCK)
        return err_set(err, ERR_REFUSED,
                       "'%.200s' is not blocked for that device; where `stairgate why` names "
                       "another in its chain, release that",
                       text);
    return err_set(err, ERR_REFUSED,
                   "'%.200s' is not one that its user may release: a guardian may allow it", text);
}

json_t *run_release(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct grant_request request;
    struct asker asker;
    struct state_grant grant = {
        .grant = {.effect = GRANT_RELEASE, .role = GRANT_BY_USER}
    };
    const char *name = message_text(body, "name", &err);
    json_t *result = NULL;

    if (begin(server, &request, body, &asker, &err) != 0)
        return message_fail(errors, &err);
    if (name == NULL || json_object_get(body, "device") == NULL)
        err_set(&err, ERR_USAGE, "say which name, and for which device: NAME --device D");
    else if (grant_request_subject(&request, body, &grant, &err) == 0 &&
             grant_request_name(name, &grant, &err) == 0 &&
             check_release(&request, &grant, &err) == 0) {
        grant.grant.from_s = request.wall_s;
        grant.grant.until_s = request.wall_s + GRANT_RELEASE_S;
        result = finish(server, &request, &grant, &err);
        server->releases += result != NULL;
    }
    grant_time_free(request.zone);
    return result != NULL ? result : message_fail(errors, &err);
}

/* ---- taking back ---- */

struct taking {
    const struct state_grant *like; /* of its subject; NULL: all */
    unsigned effects;               /* bits */
    size_t count;
    struct state_grant grants[GRANTS_MOST];
};

static int collect(void *context, const struct state_grant *grant)
{
    struct taking *taking = context;
    const struct state_grant *like = taking->like;
    bool fits = (taking->effects >> grant->grant.effect & 1) != 0;

    if (like != NULL) {
        fits &= grant->grant.scope == like->grant.scope;
        fits &= grant->grant.scope == GRANT_DEVICE ? grant->grant.subject == like->grant.subject
                                                   : strcmp(grant->subject, like->subject) == 0;
        /* Of allows, the pauses. */
        fits &= grant->grant.what == GRANT_ALL;
    }
    if (fits && taking->count < GRANTS_MOST)
        taking->grants[taking->count++] = *grant;
    return 0;
}

/* Takes back all of TAKING in one transaction. */
static int take_back(struct server *server, struct state_db *db, const struct taking *taking,
                     const json_t *body, struct err *err)
{
    int64_t wall_s = server_now(server).wall_s;
    struct state_grant giver = {.subject = ""};

    if (grant_request_giver(body, &giver, err) != 0 || state_db_begin(db, err) != 0)
        return -1;
    for (size_t i = 0; i < taking->count; i++) {
        struct state_grant grant = taking->grants[i];

        memcpy(grant.who, giver.who, sizeof grant.who);
        if (state_db_grant_remove(db, grant.grant.id, err) != 0 ||
            note(db, &grant, "revoke", wall_s, err) != 0) {
            state_db_abandon(db);
            return -1;
        }
    }
    if (state_db_commit(db, err) != 0)
        return -1;
    for (size_t i = 0; i < taking->count; i++)
        state_take_grant(server->state, taking->grants[i].grant.id);
    log_event(&server->log, LOG_LEVEL_INFO, "revoked", "grants=%zu", taking->count);
    return 0;
}

static json_t *revoke_all_of(struct server *server, struct state_db *db, struct taking *taking,
                             const json_t *body, json_t *errors)
{
    struct err err = {.code = ERR_NONE};
    json_t *result = NULL;

    if (state_db_grants_each(db, collect, taking, &err) == 0 &&
        take_back(server, db, taking, body, &err) == 0)
        result = json_pack("{s:I}", "revoked", (json_int_t)taking->count);
    return result != NULL ? result : message_fail(errors, &err);
}

json_t *run_revoke(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    const json_t *id = json_object_get(body, "grant"); /* "id" is the request's own */
    struct err err = {.code = ERR_NONE};
    struct state_db *db = state_database(server->state, &err);
    struct taking *taking = calloc(1, sizeof *taking);
    json_t *result = NULL;
    int found = 0;

    if (taking == NULL)
        err_set(&err, ERR_MEMORY, "no memory");
    if (err.code != ERR_NONE)
        goto out;
    if (json_is_true(json_object_get(body, "all"))) {
        taking->effects = ~0u;
        result = revoke_all_of(server, db, taking, body, errors);
        free(taking);
        return result;
    }
    if (!json_is_integer(id) || json_integer_value(id) < 1 || json_integer_value(id) > UINT32_MAX)
        err_set(&err, ERR_USAGE,
                "'grant' is the number of a grant, as `stairgate grants list` shows");
    else
        found = state_db_grant_get(db, (uint32_t)json_integer_value(id), taking->grants, &err);
    if (found == 0 && err.code == ERR_NONE)
        err_set(&err, ERR_NOT_FOUND, "no such grant: %lld", (long long)json_integer_value(id));
    taking->count = 1;
    if (found == 1 && take_back(server, db, taking, body, &err) == 0)
        result = json_pack("{s:i}", "revoked", 1);
out:
    free(taking);
    return result != NULL ? result : message_fail(errors, &err);
}

/* Ends what `pause` and `offline` have begun for exactly this subject; with `hold`, what `hold`
 * has. */
json_t *run_resume(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    struct state_grant like = {.subject = ""};
    struct err err = {.code = ERR_NONE};
    struct grant_request request;
    struct asker asker;
    struct taking *taking = calloc(1, sizeof *taking);
    json_t *result = NULL;

    if (begin(server, &request, body, &asker, &err) == 0 && taking != NULL &&
        grant_request_subject(&request, body, &like, &err) == 0) {
        taking->like = &like;
        taking->effects = json_is_true(json_object_get(body, "hold"))
                              ? 1u << GRANT_HOLD
                              : 1u << GRANT_ALLOW | 1u << GRANT_OFFLINE;
        result = revoke_all_of(server, request.db, taking, body, errors);
    } else {
        message_fail(errors, &err);
    }
    grant_time_free(request.zone);
    free(taking);
    return result;
}

/* ---- showing ---- */

struct listing {
    struct server *server;
    json_t *grants;
    struct zone *zone;
    const char *zone_name;
    int64_t wall_s;
    size_t found;
};

/* A device is shown by the name that it has now. */
static void name_device(struct server *server, struct state_grant *grant)
{
    struct state_device device;
    struct err err;
    struct state_db *db = state_database(server->state, &err);

    if (grant->grant.scope == GRANT_DEVICE && db != NULL &&
        state_db_device_get(db, grant->grant.subject, &device, &err) == 1)
        memcpy(grant->subject, device.name, sizeof grant->subject);
}

static int list_grant(void *context, const struct state_grant *row)
{
    struct listing *listing = context;
    struct state_grant grant = *row;

    if (grant.grant.until_s != GRANT_FOREVER && grant.grant.until_s <= listing->wall_s)
        return 0;
    listing->found++;
    if (json_array_size(listing->grants) >= LISTED_MOST)
        return 0;
    name_device(listing->server, &grant);
    json_array_append_new(listing->grants,
                          grant_json(&grant, listing->zone, listing->zone_name, listing->wall_s));
    return 0;
}

json_t *run_grants(void *context, const json_t *body, json_t *errors)
{
    struct server *server = context;
    const struct config *config = server_config(server);
    struct err err = {.code = ERR_NONE};
    struct state_db *db = state_database(server->state, &err);
    struct listing listing = {.server = server,
                              .grants = json_array(),
                              .zone_name = config->zone,
                              .wall_s = server_now(server).wall_s};

    (void)body;
    listing.zone = grant_time_zone(config->zone);
    if (db == NULL || state_db_grants_each(db, list_grant, &listing, &err) != 0) {
        grant_time_free(listing.zone);
        json_decref(listing.grants);
        return message_fail(errors, &err);
    }
    grant_time_free(listing.zone);
    return json_pack("{s:I, s:o}", "found", (json_int_t)listing.found, "grants", listing.grants);
}

void grant_verbs_add(const struct server *server, json_t *why)
{
    const json_t *decided = json_object_get(why, "grant");
    const struct config *config = server_config(server);
    struct state_grant grant;
    struct zone *zone = NULL;
    struct err err;
    struct state_db *db = state_database(server->state, &err);
    json_int_t id = json_integer_value(json_object_get(decided, "id"));

    if (id <= 0 || db == NULL || state_db_grant_get(db, (uint32_t)id, &grant, &err) != 1)
        return;
    zone = grant_time_zone(config->zone);
    json_object_set_new(why, "grant",
                        grant_json(&grant, zone, config->zone, server_now(server).wall_s));
    grant_time_free(zone);
}
