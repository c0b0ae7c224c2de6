/* The problem: a reload must never leave half of a configuration in force, nor none. The idea:
 * everything new is read, checked and compiled beside the old; then one pointer changes. Whatever
 * fails before that leaves no trace but its errors. Workers take their upstreams and limits from
 * the new snapshot when they are next awake.
 *
 * Dropped: reloading in a thread of its own. The main thread answers nothing but control requests,
 * and they may wait; workers never do. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/daemon/keeper.h"
#include "resolver/daemon/lack.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/restart.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/spawn.h"

enum { RECLAIM_MS = 20 };

static void add_problems(json_t *to, const struct config_problems *problems, const char *path)
{
    for (size_t i = 0; i < problems->count; i++)
        message_add_error(to, &problems->items[i], path);
}

/* Reads everything; returns the new snapshot with WARNINGS filled, or NULL with ERRORS. *CODE is
 * the exit code that a failed start has. */
static struct snapshot *read_all(const char *path, json_t *warnings, json_t *errors, int *code)
{
    struct config_problems problems = {0};
    struct config *config = config_load(path, &problems);
    struct snapshot *snapshot = NULL;
    struct err warning, err;

    *code = DAEMON_CONFIG;
    add_problems(config != NULL ? warnings : errors, &problems, path);
    config_problems_free(&problems);
    if (config == NULL)
        return NULL;
    *code = DAEMON_FAILED;
    snapshot = snapshot_load(config, &warning, &err);
    if (snapshot == NULL) {
        message_add_error(errors, &err, NULL);
        return NULL;
    }
    if (warning.code != ERR_NONE)
        message_add_error(warnings, &warning, NULL);
    lack_add_all(warnings, snapshot);
    return snapshot;
}

/* Logs each of ENTRIES, as EVENT where it has no word of its own. */
static void log_texts(const struct server *server, enum log_level level, const char *event,
                      const json_t *entries)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *own = json_string_value(json_object_get(entry, "event"));

        log_event(&server->log, level, own != NULL ? own : event, "text=\"%s\"",
                  json_string_value(json_object_get(entry, "text")));
    }
}

static void on_reclaim(uv_timer_t *timer)
{
    struct server *server = timer->data;

    if (publish_reclaim(server->publish) == 0)
        uv_timer_stop(timer);
}

/* Puts SNAPSHOT (given up) and its WARNINGS in force. */
static int enforce(struct server *server, struct snapshot *snapshot, json_t *warnings,
                   struct err *err)
{
    struct set_info info = {0};
    uint64_t generation = publish_swap(server->publish, snapshot, err);

    if (generation == 0)
        return -1;
    set_info(snapshot_listed(snapshot), &info);
    json_decref(server->warnings);
    server->warnings = json_incref(warnings);
    server->loaded_s = (int64_t)time(NULL);
    log_event(&server->log, LOG_LEVEL_INFO, "in_force", "generation=%" PRIu64 " names=%" PRIu64,
              generation, info.names);
    log_texts(server, LOG_LEVEL_WARN, "config_warning", warnings);
    return 0;
}

int server_load(struct server *server, json_t *errors)
{
    json_t *warnings = json_array();
    struct snapshot *snapshot;
    struct err err;
    int code;

    snapshot = read_all(server->options->config_path, warnings, errors, &code);
    if (snapshot == NULL)
        goto out;
    code = DAEMON_FAILED;
    server->restart = restart_note(snapshot_config(snapshot), &err);
    server->workers_wanted = worker_count(snapshot_config(snapshot));
    /* One reader more than workers: verify.c. */
    server->publish = publish_create(server->workers_wanted + 1, snapshot_free, &err);
    if (server->restart == NULL || server->publish == NULL) {
        message_add_error(errors, &err, NULL);
        snapshot_free(snapshot);
        goto out;
    }
    if (enforce(server, snapshot, warnings, &err) < 0)
        message_add_error(errors, &err, NULL);
    else
        code = DAEMON_DONE;
out:
    json_decref(warnings);
    return code;
}

static json_t *result_of(const struct server *server)
{
    const struct snapshot *snapshot = publish_current(server->publish);

    return json_pack("{s:I,s:o,s:O}", "generation", (json_int_t)publish_generation(server->publish),
                     "needs_restart", restart_needed(server->restart, snapshot_config(snapshot)),
                     "warnings", server->warnings);
}

/* Last good wins: what is in force is not given up for a snapshot whose lists are missing or
 * damaged. A server that began without lists may go on without them. */
static int check_sets(const struct server *server, const struct snapshot *snapshot, json_t *errors)
{
    const struct err *lack = snapshot_lack(snapshot);
    struct err err;

    if (lack != NULL && snapshot_lack(publish_current(server->publish)) == NULL) {
        message_add_error(errors, lack, NULL);
        return -1;
    }
    if (snapshot_verify(snapshot, &err) != 0) {
        message_add_error(errors, &err, NULL);
        return -1;
    }
    return 0;
}

static json_t *swap(struct server *server, json_t *errors)
{
    json_t *warnings = json_array(), *result = NULL;
    struct snapshot *snapshot;
    struct err err;
    int code;

    snapshot = read_all(server->options->config_path, warnings, errors, &code);
    if (snapshot == NULL)
        goto out;
    if (check_sets(server, snapshot, errors) < 0) {
        snapshot_free(snapshot);
        goto out;
    }
    if (enforce(server, snapshot, warnings, &err) < 0) {
        message_add_error(errors, &err, NULL);
        goto out;
    }
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_reload(server->workers[i]);
    uv_timer_start(&server->reclaim, on_reclaim, 0, RECLAIM_MS);
    result = result_of(server);
out:
    json_decref(warnings);
    return result;
}

json_t *server_reload(struct server *server, json_t *errors)
{
    json_t *result, *needed;
    struct err err;
    const char *name;
    size_t at;

    if (server->stopping) {
        err_set(&err, ERR_BUSY, "the server is stopping");
        message_add_error(errors, &err, NULL);
        return NULL;
    }
    server_tell(server, SPAWN_RELOADING);
    result = swap(server, errors);
    server_tell(server, SPAWN_RELOADED);
    if (result == NULL) {
        log_event(&server->log, LOG_LEVEL_ERROR, "reload_refused",
                  "errors=%zu kept_generation=%" PRIu64, json_array_size(errors),
                  publish_generation(server->publish));
        log_texts(server, LOG_LEVEL_ERROR, "config_error", errors);
        return NULL;
    }
    json_array_foreach(json_object_get(result, "needs_restart"), at, needed)
    {
        name = json_string_value(needed);
        log_event(&server->log, LOG_LEVEL_WARN, "needs_restart", "option=%s", name);
    }
    return result;
}
