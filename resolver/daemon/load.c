#include "resolver/daemon/load.h"

#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/daemon/keeper.h"
#include "resolver/daemon/lack.h"
#include "resolver/daemon/lifting.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/restart.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { BESIDE_NICE = 10 };

static void add_problems(json_t *to, const struct config_problems *problems, const char *path)
{
    for (size_t i = 0; i < problems->count; i++)
        message_add_error(to, &problems->items[i], path);
}

void load_read(struct load *load, const char *path, enum snapshot_from from)
{
    struct config_problems problems = {0};
    struct config *config = config_load(path, &problems);
    struct err warning, err;

    *load = (struct load){NULL, json_array(), json_array(), DAEMON_CONFIG};
    add_problems(config != NULL ? load->warnings : load->errors, &problems, path);
    config_problems_free(&problems);
    if (config == NULL)
        return;
    load->code = DAEMON_FAILED;
    load->snapshot = snapshot_load_from(config, from, &warning, &err);
    if (load->snapshot == NULL) {
        message_add_error(load->errors, &err, NULL);
        return;
    }
    if (warning.code != ERR_NONE)
        message_add_error(load->warnings, &warning, NULL);
    lack_add_all(load->warnings, load->snapshot);
}

/* Gives LOAD's snapshot up for the reason ERR. */
static void refuse(struct load *load, const struct err *err)
{
    message_add_error(load->errors, err, NULL);
    snapshot_free(load->snapshot);
    load->snapshot = NULL;
}

void load_verify(struct load *load, const atomic_bool *halt)
{
    uint64_t piece = 0;
    struct err err;
    int result = 1;

    if (load->snapshot == NULL)
        return;
    while (result > 0 && !atomic_load(halt))
        result = snapshot_verify_piece(load->snapshot, &piece, &err);
    if (result > 0)
        err_set(&err, ERR_BUSY, "the server is stopping");
    if (result != 0)
        refuse(load, &err);
}

void load_enforce(struct server *server, struct load *load)
{
    struct set_info info = {0};
    struct err err;
    uint64_t generation;

    set_info(snapshot_listed(load->snapshot), &info);
    generation = publish_swap(server->publish, load->snapshot, &err);
    load->snapshot = NULL; /* on failure too */
    if (generation == 0) {
        message_add_error(load->errors, &err, NULL);
        return;
    }
    json_decref(server->warnings);
    server->warnings = json_incref(load->warnings);
    if (server->state != NULL)
        state_reload(server->state, server_config(server));
    if (server->lifting != NULL)
        lifting_load(server->lifting, server_config(server), server->state,
                     server_now(server).wall_s);
    server->loaded_s = (int64_t)time(NULL);
    log_event(&server->log, LOG_LEVEL_INFO, "in_force", "generation=%" PRIu64 " names=%" PRIu64,
              generation, info.names);
    load_log(&server->log, LOG_LEVEL_WARN, "config_warning", load->warnings);
}

void load_clear(struct load *load)
{
    snapshot_free(load->snapshot);
    json_decref(load->warnings);
    json_decref(load->errors);
    *load = (struct load){0};
}

void load_log(const struct log *log, enum log_level level, const char *event, const json_t *entries)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *own = json_string_value(json_object_get(entry, "event"));

        log_event(log, level, own != NULL ? own : event, "text=\"%s\"",
                  json_string_value(json_object_get(entry, "text")));
    }
}

void load_step_aside(void)
{
    /* Of Linux's threads each has a priority of its own. */
    setpriority(PRIO_PROCESS, 0, BESIDE_NICE);
}

int server_load(struct server *server, json_t *errors)
{
    struct load load;
    struct err err;
    int code;

    load_read(&load, server->options->config_path, SNAPSHOT_LAST_GOOD);
    if (load.snapshot == NULL)
        goto out;
    server->restart = restart_note(snapshot_config(load.snapshot), &err);
    server->workers_wanted = worker_count(snapshot_config(load.snapshot));
    /* One reader more than workers: verify.c. */
    server->publish = publish_create(server->workers_wanted + 1, snapshot_release, &err);
    if (server->restart == NULL || server->publish == NULL)
        refuse(&load, &err);
    else
        load_enforce(server, &load);
out:
    code = json_array_size(load.errors) == 0 ? DAEMON_DONE : load.code;
    json_array_extend(errors, load.errors);
    load_clear(&load);
    return code;
}
