/* lifting.c - key, operators and account to what is in force.
 *
 * The problem: a lift undoes the gravest block there is, and its row lies in a file that whoever
 * holds the machine can write. The idea: a row alone lifts nothing. It has to be under the key that
 * is in force now, and the account has to say the same, word for word, with every digest right.
 * Whatever is amiss leaves the block where it is; it is told at every start and reload, and nothing
 * is repaired.
 *
 * Dropped: keeping the name itself under the key, so that a list of lifts could show it (then the
 * file would be worth stealing with the key). */
#include "resolver/daemon/lifting.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "blocklist/sealed/sealed_key.h"
#include "config/base/err.h"
#include "config/base/log.h"
#include "config/config.h"
#include "policy/state/lifts.h"
#include "policy/state/overlay.h"
#include "resolver/daemon/operators.h"
#include "resolver/daemon/state.h"

enum { HOUR_S = 3600 };

struct lifting {
    const struct log *log;
    struct operators *operators;
    struct err fault, account_fault; /* code ERR_NONE: nothing is amiss */
    uint8_t key_id[LIFT_KEY_ID_OCTETS];
    bool keyed, syslog;
    int64_t hour_s; /* since when tries are counted */
    unsigned tries;
};

struct lifting *lifting_create(const struct log *log, struct err *err)
{
    struct lifting *lifting = calloc(1, sizeof *lifting);

    if (lifting == NULL)
        err_set(err, ERR_MEMORY, "no memory for lifts");
    else
        lifting->log = log;
    return lifting;
}

void lifting_free(struct lifting *lifting)
{
    if (lifting == NULL)
        return;
    operators_free(lifting->operators);
    free(lifting);
}

/* ---- key ---- */

/* What stands for a key in state.db, from which it cannot be told. */
static void id_of(const uint8_t key[LIFTS_KEY_OCTETS], uint8_t id[LIFT_KEY_ID_OCTETS])
{
    static const char purpose[] = "stairgate lift key id";
    uint8_t digest[AUDIT_DIGEST_OCTETS];

    crypto_generichash(digest, sizeof digest, (const uint8_t *)purpose, sizeof purpose, key,
                       LIFTS_KEY_OCTETS);
    memcpy(id, digest, LIFT_KEY_ID_OCTETS);
}

/* Keys LIFTS by DERIVED. What is in force under the same key stays so meanwhile. */
static void take_key(struct lifting *lifting, struct lifts *lifts,
                     const uint8_t derived[LIFTS_KEY_OCTETS])
{
    uint8_t id[LIFT_KEY_ID_OCTETS];

    id_of(derived, id);
    if (lifting->keyed && memcmp(id, lifting->key_id, sizeof id) == 0)
        return;
    lifts_rekey(lifts, derived);
    memcpy(lifting->key_id, id, sizeof id);
    lifting->keyed = true;
}

static int read_key(struct lifting *lifting, const struct config *config, struct lifts *lifts,
                    struct err *err)
{
    uint8_t derived[LIFTS_KEY_OCTETS];
    struct sealed_key *key;

    if (config->sealed.key == NULL)
        return err_set(err, ERR_CONFIG,
                       "no key is configured (sealed.key), so that names cannot be kept apart: "
                       "nothing can be lifted");
    key = sealed_key_read(config->sealed.key, err);
    if (key == NULL)
        return -1;
    sealed_key_derive(key, SEALED_FOR_LIFTS, NULL, derived, sizeof derived);
    sealed_key_free(key);
    take_key(lifting, lifts, derived);
    sodium_memzero(derived, sizeof derived);
    return 0;
}

void lifting_hash(const struct lifting *lifting, const struct state *state, const struct name *name,
                  struct state_lift *lift)
{
    lifts_hash(state_overlay(state)->lifts, name, lift->hash);
    memcpy(lift->key_id, lifting->key_id, sizeof lift->key_id);
}

bool lifting_is_ours(const struct lifting *lifting, const struct state_lift *lift)
{
    return lifting->keyed && memcmp(lift->key_id, lifting->key_id, sizeof lift->key_id) == 0;
}

/* ---- in force ---- */

struct loading {
    struct lifting *lifting;
    const struct state *state;
    struct state_db *db;
    int64_t wall_s;
    size_t in_force;
};

static int load_lift(void *context, const struct state_lift *lift)
{
    struct loading *loading = context;
    struct err err = {.code = ERR_NONE};

    if (lift->state != LIFT_CONFIRMED || lift->until_s <= loading->wall_s ||
        !lifting_is_ours(loading->lifting, lift))
        return 0;
    if (state_lift_is_borne_out(loading->db, lift, &err) == 1)
        lifting_put(loading->state, lift, &err);
    else if (err.code == ERR_NONE)
        err_set(&err, ERR_DIGEST, "the account does not bear it out");
    loading->in_force += err.code == ERR_NONE;
    if (err.code != ERR_NONE)
        log_event(loading->lifting->log, LOG_LEVEL_ERROR, "lift_void", "lift=%u reason=\"%s\"",
                  lift->id, err.text);
    return 0;
}

/* ---- what the server itself puts into the account ---- */

static void note(struct lifting *lifting, struct state_db *db, struct state_audit *row)
{
    struct err err;

    snprintf(row->actor, sizeof row->actor, "stairgated");
    if (state_audit_add(db, row, &err) == 0)
        lifting_tell(lifting, row);
    else
        log_event(lifting->log, LOG_LEVEL_ERROR, "audit_unwritten", "reason=\"%s\"", err.text);
}

/* Notes ROW where the last one of its action says something else. */
static void note_change(struct lifting *lifting, struct state_db *db, struct state_audit *row)
{
    struct state_audit last;
    struct err err;
    int found = state_audit_last(db, row->action, &last, &err);

    if (found == 0 || (found == 1 && strcmp(last.subject, row->subject) != 0))
        note(lifting, db, row);
}

/* Whoever may change the configuration could name operators of his own: that is to be seen. */
static void note_rules(struct lifting *lifting, struct state_db *db, int64_t wall_s)
{
    struct state_audit who = {.at_s = wall_s, .action = "operators"};
    struct state_audit key = {
        .at_s = wall_s, .action = "key", .reason = "names are hashed under it"};
    uint8_t digest[AUDIT_DIGEST_OCTETS];

    operators_describe(lifting->operators, who.reason, sizeof who.reason, digest);
    sodium_bin2hex(who.subject, sizeof who.subject, digest, sizeof digest / 2);
    sodium_bin2hex(key.subject, sizeof key.subject, lifting->key_id, sizeof lifting->key_id);
    note_change(lifting, db, &key);
    note_change(lifting, db, &who);
}

/* A database that was set aside took an account with it. */
static void note_beginning(struct lifting *lifting, const struct state *state, struct state_db *db,
                           int64_t wall_s)
{
    struct state_audit row = {.at_s = wall_s,
                              .action = "begun",
                              .reason =
                                  "state.db was damaged and is set aside, with the account in it"};

    if (state_fault(state) != NULL && state_fault(state)->code == ERR_FORMAT)
        note(lifting, db, &row);
}

/* Also where nothing can be lifted: that somebody changed the account is to be told at once. */
static int check_account(struct lifting *lifting, const struct state *state, struct state_db *db,
                         int64_t wall_s)
{
    struct audit_head head;
    char digest[2 * AUDIT_DIGEST_OCTETS + 1];

    if (state_audit_verify(db, &head, &lifting->account_fault) != 0) {
        log_event(lifting->log, LOG_LEVEL_ERROR, "audit_fault", "reason=\"%s\"",
                  lifting->account_fault.text);
        lifting->fault = lifting->account_fault;
        return -1;
    }
    log_event(lifting->log, LOG_LEVEL_INFO, "audit_whole", "number=%lld digest=%s",
              (long long)head.number, state_audit_hex(head.digest, digest));
    if (head.number == 0)
        note_beginning(lifting, state, db, wall_s);
    return 0;
}

static int load_all(struct lifting *lifting, const struct state *state, int64_t wall_s)
{
    struct loading loading = {.lifting = lifting, .state = state, .wall_s = wall_s};
    struct err err = {.code = ERR_NONE};

    loading.db = state_database(state, &err);
    if (loading.db == NULL && lifting->fault.code == ERR_NONE)
        lifting->fault = err;
    if (loading.db == NULL || check_account(lifting, state, loading.db, wall_s) != 0 ||
        lifting->fault.code != ERR_NONE)
        return -1;
    note_rules(lifting, loading.db, wall_s);
    if (state_lifts_each(loading.db, load_lift, &loading, &lifting->fault) != 0)
        return -1;
    log_event(lifting->log, LOG_LEVEL_INFO, "lifts_loaded", "lifts=%zu", loading.in_force);
    return 0;
}

/* Nothing is lifted: a key that nobody has. */
static void lift_nothing(struct lifting *lifting, struct lifts *lifts)
{
    uint8_t random[LIFTS_KEY_OCTETS];

    randombytes_buf(random, sizeof random);
    lifts_rekey(lifts, random);
    lifting->keyed = false;
}

void lifting_load(struct lifting *lifting, const struct config *config, const struct state *state,
                  int64_t wall_s)
{
    struct overlay *overlay = state_overlay(state);

    operators_free(lifting->operators);
    lifting->fault.code = lifting->account_fault.code = ERR_NONE;
    lifting->operators = operators_read(config, lifting->log, &lifting->fault);
    lifting->syslog = config->sealed.syslog;
    if (lifting->operators != NULL)
        read_key(lifting, config, overlay->lifts, &lifting->fault);
    if (load_all(lifting, state, wall_s) != 0)
        lift_nothing(lifting, overlay->lifts);
    overlay_changed(overlay);
}

const struct operators *lifting_operators(const struct lifting *lifting)
{
    return lifting->operators;
}

const struct err *lifting_fault(const struct lifting *lifting)
{
    return lifting->fault.code == ERR_NONE ? NULL : &lifting->fault;
}

const struct err *lifting_account_fault(const struct lifting *lifting)
{
    return lifting->account_fault.code == ERR_NONE ? NULL : &lifting->account_fault;
}

int lifting_make_room(const struct state *state, int64_t wall_s, struct err *err)
{
    struct lifts *lifts = state_overlay(state)->lifts;

    if (lifts_count(lifts) >= LIFTS_MOST)
        lifts_tidy(lifts, wall_s);
    if (lifts_count(lifts) >= LIFTS_MOST)
        return err_set(err, ERR_LIMIT, "%d lifts are in force; end some", LIFTS_MOST);
    return 0;
}

int lifting_put(const struct state *state, const struct state_lift *lift, struct err *err)
{
    struct overlay *overlay = state_overlay(state);
    const struct lifts_span span = {lift->from_s, lift->until_s};
    int result = lifts_put(overlay->lifts, lift->hash, &span, err);

    overlay_changed(overlay);
    return result;
}

void lifting_take(const struct state *state, const struct state_lift *lift)
{
    struct overlay *overlay = state_overlay(state);

    lifts_remove(overlay->lifts, lift->hash);
    overlay_changed(overlay);
}

/* ---- bounds, and what is told ---- */

int lifting_try(struct lifting *lifting, int64_t wall_s, struct err *err)
{
    if (wall_s < lifting->hour_s || wall_s >= lifting->hour_s + HOUR_S) {
        lifting->hour_s = wall_s;
        lifting->tries = 0;
    }
    if (lifting->tries >= LIFT_TRIES_MOST)
        return err_set(err, ERR_BUSY, "%d requests were made within an hour; wait a while",
                       LIFT_TRIES_MOST);
    lifting->tries++;
    return 0;
}

void lifting_tell(const struct lifting *lifting, const struct state_audit *row)
{
    char digest[2 * AUDIT_DIGEST_OCTETS + 1];

    state_audit_hex(row->digest, digest);
    log_event(lifting->log, LOG_LEVEL_INFO, "audit", "number=%lld digest=%s",
              (long long)row->number, digest);
    if (lifting->syslog)
        syslog(LOG_AUTHPRIV | LOG_NOTICE, "stairgate audit %lld %s", (long long)row->number,
               digest);
}

void lifting_tidy(const struct state *state, int64_t wall_s)
{
    struct err err;
    struct state_db *db = state_database(state, &err);

    if (db != NULL)
        state_lifts_tidy(db, wall_s - LIFT_KEPT_S, &err);
}
