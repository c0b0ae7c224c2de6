/* The problem: a reload must never leave half of a configuration in force, nor none, and while it
 * reads some hundred megabytes of lists the main thread has people to answer. The idea: a thread
 * beside it reads, checks and compiles everything and brings it into memory; then the main thread
 * changes one pointer. Whatever fails before that leaves no trace but its errors. Workers take
 * their upstreams and limits from the new snapshot when they are next awake.
 *
 * One reload runs at a time. Who asks meanwhile may have changed a file that was read already: he
 * gets another one, together with all who ask in that time, so that a hundred requests are two
 * reloads. What was replaced goes a slice at a time (snapshot_release): memory is taken from a
 * process with a lock and a word to each processor, and workers must not wait for either.
 *
 * Dropped: munmap of the whole in the main thread, which is the same lock held for longer. */
#include "resolver/daemon/reload.h"

#include <inttypes.h>

#include "config/base/err.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/budget.h"
#include "resolver/daemon/keeper.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/restart.h"
#include "resolver/daemon/seen.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/spawn.h"
#include "resolver/observed.h"

enum { RELEASE_MS = 2 };

static void begin(struct reload *reload);

/* ---- what was replaced ---- */

static void on_release(uv_timer_t *timer)
{
    struct reload *reload = timer->data;

    if (publish_reclaim(reload->server->publish) == 0)
        uv_timer_stop(timer);
}

/* ---- beside the answering ---- */

static void read_all(struct reload *reload, enum snapshot_from from)
{
    load_read(&reload->load, reload->server->options->config_path, from);
    load_verify(&reload->load, &reload->server->halt);
}

static void run(uv_work_t *work)
{
    struct reload *reload = work->data;

    load_step_aside();
    read_all(reload, reload->from);
    /* A large set is known to be damaged only when all of it was read. */
    if (reload->load.snapshot == NULL && reload->load.code == DAEMON_FAILED &&
        reload->from == SNAPSHOT_LAST_GOOD) {
        load_clear(&reload->load);
        read_all(reload, SNAPSHOT_PREVIOUS);
    }
}

/* ---- in the main thread ---- */

static json_t *result_of(const struct server *server)
{
    const struct snapshot *snapshot = publish_current(server->publish);

    return json_pack("{s:I,s:o,s:O}", "generation", (json_int_t)publish_generation(server->publish),
                     "needs_restart", restart_needed(server->restart, snapshot_config(snapshot)),
                     "warnings", server->warnings);
}

/* Tells whether LOAD has read an empty file in the place of one that says something: it is being
 * written at this moment, or the disk is full. As a configuration it would block nothing. */
static bool is_emptied(const struct server *server, const struct load *load)
{
    return snapshot_config(load->snapshot)->tree == NULL && server_config(server)->tree != NULL;
}

/* Last good wins: what is in force is not given up for a snapshot whose lists are missing or
 * damaged. */
static bool is_better(const struct server *server, struct load *load)
{
    const struct err *loss;
    struct err empty;

    if (load->snapshot == NULL)
        return false;
    if (is_emptied(server, load)) {
        err_set(&empty, ERR_CONFIG, "the file is empty; what is in force stays");
        message_add_error(load->errors, &empty, snapshot_config(load->snapshot)->path);
        return false;
    }
    loss = snapshot_loss(load->snapshot, publish_current(server->publish));
    if (loss != NULL)
        message_add_error(load->errors, loss, NULL);
    return loss == NULL;
}

/* Returns the result, or NULL with the load's errors. */
static json_t *swap(struct reload *reload)
{
    struct server *server = reload->server;

    if (!is_better(server, &reload->load))
        return NULL;
    load_enforce(server, &reload->load);
    if (json_array_size(reload->load.errors) > 0)
        return NULL;
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_reload(server->workers[i]);
    seen_follow(server->seen, server_config(server));
    budget_set(server->budget, server_config(server));
    observed_forget(server->observed);
    uv_timer_start(&reload->release, on_release, RELEASE_MS, RELEASE_MS);
    return result_of(server);
}

static void log_result(const struct server *server, const json_t *result, const json_t *errors)
{
    const json_t *needed;
    size_t at;

    if (result == NULL) {
        log_event(&server->log, LOG_LEVEL_ERROR, "reload_refused",
                  "errors=%zu kept_generation=%" PRIu64, json_array_size(errors),
                  publish_generation(server->publish));
        load_log(&server->log, LOG_LEVEL_ERROR, "config_error", errors);
    }
    json_array_foreach(json_object_get(result, "needs_restart"), at, needed) log_event(
        &server->log, LOG_LEVEL_WARN, "needs_restart", "option=%s", json_string_value(needed));
}

/* Sends all of LIST the same reply. */
static void reply_all(struct control_later **list, json_t *result, json_t *errors)
{
    while (*list != NULL) {
        struct control_later *later = *list;

        *list = later->next;
        control_reply(later, json_incref(result), json_incref(errors));
    }
}

static void refuse_all(struct control_later **list)
{
    json_t *errors = json_array();
    struct err err;

    err_set(&err, ERR_BUSY, "the server is stopping");
    message_add_error(errors, &err, NULL);
    reply_all(list, NULL, errors);
    json_decref(errors);
}

static void on_done(uv_work_t *work, int status)
{
    struct reload *reload = work->data;
    struct server *server = reload->server;
    json_t *result = NULL;

    (void)status; /* nobody cancels it */
    reload->running = false;
    if (server->stopping) {
        refuse_all(&reload->asked);
        refuse_all(&reload->next);
    } else {
        result = swap(reload);
        log_result(server, result, reload->load.errors);
        reply_all(&reload->asked, result, reload->load.errors);
    }
    json_decref(result);
    load_clear(&reload->load);
    server_tell(server, SPAWN_RELOADED);
    if (reload->again && !server->stopping)
        begin(reload);
}

/* Where a good set is in force, only a good new one takes its place; else the one before will do:
 * lists that the config names anew may have been fetched before. */
static enum snapshot_from set_to_read(const struct reload *reload)
{
    const struct snapshot *now = publish_current(reload->server->publish);

    if (reload->previous)
        return SNAPSHOT_PREVIOUS;
    if (snapshot_lack(now) != NULL || snapshot_fallback(now) != NULL ||
        snapshot_config(now)->set_public == NULL)
        return SNAPSHOT_LAST_GOOD;
    return SNAPSHOT_CURRENT;
}

static void begin(struct reload *reload)
{
    reload->from = set_to_read(reload);
    reload->previous = false;
    reload->asked = reload->next;
    reload->next = NULL;
    reload->again = false;
    reload->running = true;
    reload->work.data = reload;
    server_tell(reload->server, SPAWN_RELOADING);
    must(uv_queue_work(&reload->server->loop, &reload->work, run, on_done) == 0);
}

void reload_init(struct reload *reload, struct server *server)
{
    reload->server = server;
    uv_timer_init(&server->loop, &reload->release);
    reload->release.data = reload;
}

void reload_ask(struct reload *reload, struct control_later *later)
{
    if (later != NULL) {
        later->next = reload->next;
        reload->next = later;
    }
    if (reload->server->stopping) {
        refuse_all(&reload->next);
        return;
    }
    reload->again = true;
    if (!reload->running)
        begin(reload);
}

void reload_previous(struct reload *reload)
{
    reload->previous = true;
    reload_ask(reload, NULL);
}

static void on_enough(uv_timer_t *timer)
{
    (void)timer; /* that the loop has woken is all */
}

bool reload_wait(struct reload *reload, uint64_t most_ms)
{
    uv_loop_t *loop = &reload->server->loop;
    uint64_t until;

    uv_update_time(loop);
    until = uv_now(loop) + most_ms;
    uv_timer_start(&reload->release, on_enough, most_ms, 0);
    while (reload->running && uv_now(loop) < until)
        uv_run(loop, UV_RUN_ONCE);
    uv_timer_stop(&reload->release);
    return !reload->running;
}
