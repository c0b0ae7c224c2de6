/* state.c - state.db to the overlay, at the start, after a reload, and as time goes on.
 *
 * Marks, bits and names of services are a config's; the database has words. So a grant is read by
 * each config anew: one that it does not understand is kept and not in force, and may be after the
 * next reload. A grant on a service stands on each of the service's names under one id. */
#include "resolver/daemon/state.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/base/random.h"
#include "config/service.h"
#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy/who/devices.h"

enum { JUMP_S = 60 };

struct state {
    struct overlay *overlay;
    struct state_db *db; /* NULL: there is none */
    struct err fault;    /* code ERR_NONE: nothing is amiss */
    bool configured;
    const struct log *log;
    int64_t wall_s;              /* of the last state_tidy; 0: none yet */
    uint64_t mono_ms, steady_ms; /* of that, and since when the clock has not jumped */
};

/* ---- one grant ---- */

/* Puts a name of the service of GRANT in force, the first with FIRST. */
static int put_name(struct state *state, struct grant *grant, const char *text, size_t length,
                    bool *first, struct err *err)
{
    struct grants *grants = state->overlay->grants;
    bool is_first = *first;

    if (name_from_host(&grant->name, text, length) != NAME_OK)
        return 0; /* the tables are checked where they are made */
    *first = false;
    return is_first ? grants_put(grants, grant, err) : grants_add(grants, grant, err);
}

static int put_builtin(struct state *state, struct grant *grant, const char *id, bool *first,
                       struct err *err)
{
    struct data_reader row;
    bool inside = false;

    if (data_open(&row, "services") != 0)
        return 0;
    while (data_next(&row)) {
        const char *at = row.fields[SERVICE_NAMES], *name;
        size_t length;

        inside = strcmp(row.fields[SERVICE_ID], id) == 0;
        while (inside && (name = service_name_next(&at, &length)) != NULL) {
            if (put_name(state, grant, name, length, first, err) != 0)
                return -1;
        }
    }
    return 0;
}

static int put_service(struct state *state, const struct config *config, struct grant *grant,
                       const char *id, struct err *err)
{
    const struct config_service *own = service_own(config, id);
    bool first = true;
    int result = 0;

    for (size_t i = 0; own != NULL && i < own->names.count && result == 0; i++) {
        grant->name = own->names.items[i].name;
        result = first ? grants_put(state->overlay->grants, grant, err)
                       : grants_add(state->overlay->grants, grant, err);
        first = false;
    }
    if (own == NULL)
        result = put_builtin(state, grant, id, &first, err);
    if (result == 0 && first)
        return err_set(err, ERR_NOT_FOUND, "no such service: '%s'", id);
    if (result != 0)
        grants_remove(state->overlay->grants, grant->id);
    return result;
}

int state_put_grant(struct state *state, const struct config *config, const struct state_grant *row,
                    struct err *err)
{
    struct grant grant = row->grant;
    const struct category *category;
    int result;

    if (grant.scope == GRANT_PROFILE || grant.scope == GRANT_GROUP)
        grant.subject = mark_of(row->subject);
    if (grant.what == GRANT_SERVICE) {
        result = put_service(state, config, &grant, row->target, err);
    } else {
        category =
            grant.what == GRANT_CATEGORY ? taxonomy_find(&config->taxonomy, row->target) : NULL;
        if (grant.what == GRANT_CATEGORY && category == NULL)
            return err_set(err, ERR_NOT_FOUND, "no such category: '%s'", row->target);
        grant.target = category != NULL ? category->bit : 0;
        result = grants_put(state->overlay->grants, &grant, err);
    }
    overlay_changed(state->overlay);
    return result;
}

void state_take_grant(struct state *state, uint32_t id)
{
    grants_remove(state->overlay->grants, id);
    overlay_changed(state->overlay);
}

/* ---- all of them ---- */

struct loading {
    struct state *state;
    const struct config *config;
    unsigned lost;
};

static int load_grant(void *context, const struct state_grant *grant)
{
    struct loading *loading = context;
    struct err err;

    if (state_put_grant(loading->state, loading->config, grant, &err) != 0) {
        state_take_grant(loading->state, grant->grant.id);
        loading->lost++;
    }
    return 0;
}

static int load_device(void *context, const struct state_device *row, const struct device_key *keys,
                       size_t count)
{
    struct loading *loading = context;
    struct device device = {.id = row->id, .flags = row->flags};
    struct err err;

    device.profile = row->profile[0] != '\0' ? mark_of(row->profile) : 0;
    device.group = row->group[0] != '\0' ? mark_of(row->group) : 0;
    for (size_t i = 0; i < count; i++)
        loading->lost +=
            devices_put(loading->state->overlay->devices, &keys[i], &device, &err) != 0;
    return 0;
}

static int load_all(struct state *state, const struct config *config, struct err *err)
{
    struct loading loading = {.state = state, .config = config};
    uint32_t keys;

    if (state_db_key_count(state->db, &keys, err) != 0)
        return -1;
    devices_expect(state->overlay->devices, keys);
    if (state_db_devices_each(state->db, load_device, &loading, err) != 0 ||
        state_db_grants_each(state->db, load_grant, &loading, err) != 0)
        return -1;
    if (loading.lost > 0)
        log_event(state->log, LOG_LEVEL_WARN, "state_unused",
                  "rows=%u reason=\"the configuration does not know what they stand on\"",
                  loading.lost);
    log_event(state->log, LOG_LEVEL_INFO, "state_loaded", "devices=%zu grants=%zu",
              devices_count(state->overlay->devices), grants_count(state->overlay->grants));
    return 0;
}

void state_reload(struct state *state, const struct config *config)
{
    struct loading loading = {.state = state, .config = config};
    struct err err;

    if (state->db != NULL && state_db_grants_each(state->db, load_grant, &loading, &err) != 0)
        log_event(state->log, LOG_LEVEL_ERROR, "state_unread", "reason=\"%s\"", err.text);
    overlay_changed(state->overlay);
}

/* ---- in and out ---- */

/* Damage that only reading met: the same as at the opening. */
static void start_anew(struct state *state, const struct err *why)
{
    struct err err;

    if (state_db_is_damaged(state->db) && state_db_begin_anew(state->db, &state->fault, &err) == 0)
        return;
    state->fault = *why;
    state_db_close(state->db);
    state->db = NULL;
}

static void open_database(struct state *state, const struct config *config)
{
    struct err err;

    state->db = state_db_open(config->state_path, &state->fault, &err);
    if (state->db == NULL)
        state->fault = err;
    else if (load_all(state, config, &err) != 0)
        start_anew(state, &err);
    if (state->fault.code != ERR_NONE)
        log_event(state->log, LOG_LEVEL_ERROR, "state_fault", "reason=\"%s\"", state->fault.text);
}

struct state *state_open(const struct config *config, const struct log *log, struct err *err)
{
    struct state *state = calloc(1, sizeof *state);
    struct random random = {0};

    if (state == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the state");
        return NULL;
    }
    state->log = log;
    state->overlay = overlay_create(random_u64(&random), err);
    if (state->overlay == NULL) {
        free(state);
        return NULL;
    }
    state->configured = config->state_path != NULL;
    if (state->configured)
        open_database(state, config);
    return state;
}

void state_close(struct state *state)
{
    if (state == NULL)
        return;
    state_db_close(state->db);
    overlay_free(state->overlay);
    free(state);
}

struct overlay *state_overlay(const struct state *state)
{
    return state->overlay;
}

struct state_db *state_database(const struct state *state, struct err *err)
{
    if (state->db != NULL)
        return state->db;
    if (state->configured)
        err_set(err, state->fault.code, "%s", state->fault.text);
    else
        err_set(err, ERR_CONFIG,
                "nothing can be kept: 'state.path' is not configured; add `state: {path: "
                "/var/lib/stairgate/state.db}` and restart");
    return NULL;
}

const struct err *state_fault(const struct state *state)
{
    return state->fault.code == ERR_NONE ? NULL : &state->fault;
}

json_t *state_json(const struct state *state)
{
    return json_pack("{s:b, s:b, s:I, s:I}", "configured", state->configured, "open",
                     state->db != NULL, "grants", (json_int_t)grants_count(state->overlay->grants),
                     "devices", (json_int_t)devices_count(state->overlay->devices));
}

/* ---- time ---- */

enum { ENDED_AT_ONCE = 512 };

struct ended {
    int64_t before_s;
    size_t count;
    uint32_t ids[ENDED_AT_ONCE];
};

static int find_ended(void *context, const struct state_grant *grant)
{
    struct ended *ended = context;

    if (grant->grant.until_s != GRANT_FOREVER && grant->grant.until_s <= ended->before_s &&
        ended->count < ENDED_AT_ONCE)
        ended->ids[ended->count++] = grant->grant.id;
    return 0;
}

static void forget_ended(struct state *state, int64_t before_s)
{
    struct ended ended = {.before_s = before_s};
    struct err err;

    if (state_db_grants_each(state->db, find_ended, &ended, &err) != 0 || ended.count == 0)
        return;
    if (state_db_begin(state->db, &err) != 0)
        return;
    for (size_t i = 0; i < ended.count; i++) {
        if (state_db_grant_remove(state->db, ended.ids[i], &err) != 0) {
            state_db_abandon(state->db);
            return;
        }
    }
    if (state_db_commit(state->db, &err) != 0)
        return;
    for (size_t i = 0; i < ended.count; i++)
        state_take_grant(state, ended.ids[i]);
}

void state_make_room(struct state *state, int64_t wall_s)
{
    if (state->db != NULL)
        forget_ended(state, wall_s);
}

void state_tidy(struct state *state, int64_t wall_s, uint64_t mono_ms)
{
    int64_t passed_s = (int64_t)(mono_ms - state->mono_ms) / 1000;
    int64_t off_s = wall_s - state->wall_s - passed_s;

    if (state->db == NULL)
        return;
    if (state->wall_s == 0 || off_s > JUMP_S || off_s < -JUMP_S)
        state->steady_ms = mono_ms;
    state->wall_s = wall_s;
    state->mono_ms = mono_ms;
    if (mono_ms - state->steady_ms >= (uint64_t)STATE_STEADY_S * 1000)
        forget_ended(state, wall_s - STATE_STEADY_S);
    state_db_settle(state->db);
}
