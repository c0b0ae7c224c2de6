/* The problem: a set that is loaded is not yet a set that blocks. A listener may be cut off by a
 * firewall or clients.allow, a worker may hold on to an old snapshot, the wrong file may be in
 * force; and a regulator asks not what was configured but what was answered, hour by hour.
 *
 * The idea: the node is its own client. A name that only the operator knows is put into each sealed
 * set, and every listener is asked for it as anybody would ask, from its own address. What counts
 * as blocked has to be so twice: by the answer, and by the table in memory, so that neither an
 * upstream that blocks the same name nor an operator's own rule is taken for the set. A round's
 * result is its worst; each is written durably before it is told.
 *
 * Time is the server's clock, looked at once a second: hours pass at once in tests, and an hour
 * that a machine slept through has passed too.
 *
 * The node's own address may be over its budget, where everybody behind a forwarder on the same
 * machine shares it: what it asks for its own canary is answered all the same (stage_budget.c). */
#include "resolver/daemon/canary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "config/base/err.h"
#include "config/base/random.h"
#include "config/base/text.h"
#include "config/config.h"
#include "config/country.h"
#include "policy/snapshot.h"
#include "resolver/daemon/canary_ask.h"
#include "resolver/daemon/feed_deadlines.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"
#include "resolver/wire/dns.h"

enum {
    TICK_MS = 1000,
    LISTENERS_MOST = 256,
    TEXT_MAX = 32,
    HISTORY = 48,
    LATE_FACTOR = 2,
    SLACK_S = 120
};

struct asked {
    struct endpoint listener, to; /* as it is bound, and where that is asked */
    enum canary_result result;
    bool done;
};

struct canary {
    struct server *server;
    uv_timer_t tick;
    struct random random;
    struct canary_ask *asking; /* NULL: none is */
    struct control_later *waiting;
    struct asked asked[LISTENERS_MOST]; /* of this round, or of the last */
    size_t count, at;
    bool running, wanted;         /* a round is; another is to be */
    struct state_canary last;     /* at_s 0: none yet */
    struct name_buf name;         /* that the last round asked for */
    uint64_t generation, serving; /* of the sealed set, and of the snapshot, then */
    int64_t started_s;
};

static const struct snapshot *current(const struct canary *canary)
{
    return publish_current(canary->server->publish);
}

static const struct config *config_of(const struct canary *canary)
{
    return snapshot_config(current(canary));
}

static bool is_configured(const struct canary *canary)
{
    return config_of(canary)->sealed.canary.length > 0;
}

static struct sealed_info set_info_of(const struct canary *canary)
{
    struct sealed_info info;

    sealed_info(snapshot_sealed(current(canary)), &info);
    return info;
}

/* ---- a round's end ---- */

static json_t *result_json(const struct state_canary *row)
{
    enum canary_result result = (enum canary_result)row->result;
    char text[TEXT_MAX];

    return json_pack("{s:s, s:I, s:s, s:s, s:I}", "at", text_from_time(row->at_s, text), "at_s",
                     (json_int_t)row->at_s, "result", canary_word(result), "text",
                     canary_text(result), "set", (json_int_t)row->generation);
}

static json_t *asked_json(const struct canary *canary)
{
    json_t *list = json_array();
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < canary->count; i++) {
        const struct asked *one = &canary->asked[i];

        if (one->done)
            json_array_append_new(list, json_pack("{s:s, s:s}", "listen",
                                                  endpoint_to_text(&one->listener, text), "result",
                                                  canary_word(one->result)));
    }
    return list;
}

static int add_row(void *context, const struct state_canary *row)
{
    json_t *rows = context;

    if (json_array_size(rows) == HISTORY)
        json_array_remove(rows, 0);
    json_array_append_new(rows, result_json(row));
    return 0;
}

static json_t *history_json(const struct canary *canary)
{
    json_t *rows = json_array();
    struct err err;
    struct state_db *db = state_database(canary->server->state, &err);
    int64_t span_s = (int64_t)config_of(canary)->sealed.canary_every_s * HISTORY;

    if (db != NULL)
        state_db_canaries_each(db, canary->last.at_s - span_s, canary->last.at_s + 1, add_row, rows,
                               &err);
    return rows;
}

static json_t *whole_json(const struct canary *canary)
{
    json_t *whole = canary_json(canary);

    json_object_set_new(whole, "asked", asked_json(canary));
    json_object_set_new(whole, "history", history_json(canary));
    return whole;
}

static void answer_waiting(struct canary *canary)
{
    while (canary->waiting != NULL) {
        struct control_later *later = canary->waiting;

        canary->waiting = later->next;
        control_reply(later, whole_json(canary), NULL);
    }
}

/* What was asked for in vain stands in the log with the listener: nobody else's address. */
static void log_bad(const struct canary *canary)
{
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < canary->count; i++) {
        const struct asked *one = &canary->asked[i];

        if (one->result > CANARY_LATE)
            log_event(&canary->server->log, LOG_LEVEL_WARN, "canary_listener",
                      "listen=%s result=%s", endpoint_to_text(&one->listener, text),
                      canary_word(one->result));
    }
}

static void keep(struct canary *canary)
{
    const struct log *log = &canary->server->log;
    struct err err;
    struct state_db *db;

    if (config_of(canary)->state_path == NULL)
        return; /* nothing outlives this server, as configured */
    db = state_database(canary->server->state, &err);
    if (db == NULL || state_db_canary_add(db, &canary->last, &err) != 0)
        log_event(log, LOG_LEVEL_ERROR, "canary_unkept", "reason=\"%s\"", err.text);
}

static void finish(struct canary *canary, enum canary_result worst)
{
    int64_t now_s = server_now(canary->server).wall_s;

    if (worst == CANARY_OK && feed_deadlines_past(config_of(canary), now_s))
        worst = CANARY_LATE;
    canary->running = false;
    canary->last =
        (struct state_canary){.at_s = now_s, .result = worst, .generation = canary->generation};
    keep(canary);
    log_bad(canary);
    log_event(&canary->server->log, worst == CANARY_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "canary",
              "result=%s set=%" PRIu64 " listeners=%zu reason=\"%s\"", canary_word(worst),
              canary->generation, canary->count, canary_text(worst));
    if (!canary->wanted)
        answer_waiting(canary);
}

/* ---- a round ---- */

/* Tells whether the table in memory has the canary: an answer alone might be another's. */
static bool is_in_set(const struct canary *canary)
{
    const struct name name = name_of(&canary->name);
    struct sealed_hit hit = {.words = 0};

    sealed_lookup(snapshot_sealed(current(canary)), &name, &hit);
    return (hit.words & SEALED_CANARY) != 0;
}

static bool is_among(const struct prefix *prefixes, size_t count, const struct addr *addr)
{
    for (size_t i = 0; i < count; i++) {
        if (prefix_holds(&prefixes[i], addr))
            return true;
    }
    return false;
}

static struct canary_question question_of(struct canary *canary)
{
    const struct config *config = config_of(canary);
    const struct country *country = config->country;
    struct canary_question question = {
        .name = canary->name,
        .id = random_u16(&canary->random),
        .ede = DNS_EDE_BLOCKED,
    };

    if (country != NULL) {
        if (country->legal_ede == COUNTRY_EDE_CENSORED)
            question.ede = DNS_EDE_CENSORED;
        question.addresses = country->legal_addresses;
        question.address_count = country->legal_address_count;
    }
    return question;
}

static void ask_next(struct canary *canary);

static void on_answer(void *context, const uint8_t *octets, size_t length)
{
    struct canary *canary = context;
    struct asked *one = &canary->asked[canary->at++];
    const struct canary_question *question = canary_ask_question(canary->asking);

    canary->asking = NULL;
    /* A reload came between: what is answered, and what should be, may be of two configurations. */
    if (publish_generation(canary->server->publish) != canary->serving) {
        canary->running = false;
        canary->wanted = true;
        return;
    }
    one->result = octets == NULL ? CANARY_NO_ANSWER : canary_judge(question, octets, length);
    if ((one->result == CANARY_OK || one->result == CANARY_NO_ANSWER) && !is_in_set(canary))
        one->result = CANARY_NOT_BLOCKED;
    one->done = true;
    ask_next(canary);
}

static enum canary_result worst_of(const struct canary *canary)
{
    enum canary_result worst = CANARY_OK;

    for (size_t i = 0; i < canary->count; i++)
        worst = canary->asked[i].result > worst ? canary->asked[i].result : worst;
    return canary->count == 0 ? CANARY_NO_ANSWER : worst;
}

/* Asks the next listener, or ends the round. */
static void ask_next(struct canary *canary)
{
    struct server *server = canary->server;
    const struct config *config = config_of(canary);
    const struct asked *one = &canary->asked[canary->at];
    struct canary_question question;

    if (canary->at == canary->count) {
        finish(canary, worst_of(canary));
        return;
    }
    question = question_of(canary);
    canary->asking = canary_ask_start(&server->loop, &one->to,
                                      is_among(config->proxies, config->proxy_count, &one->to.addr),
                                      &question, on_answer, canary);
    if (canary->asking == NULL) /* no memory: the next tick tries again */
        log_event(&server->log, LOG_LEVEL_ERROR, "canary_unasked", "reason=\"no memory\"");
}

/* Where a listener on all addresses is asked: on the loopback one of its family. */
static struct endpoint way_to(const struct endpoint *listener)
{
    struct endpoint to = *listener;

    if (addr_is_any(&listener->addr))
        addr_from_text(&to.addr, listener->addr.bits == 32 ? "127.0.0.1" : "::1");
    return to;
}

static bool is_known(const struct canary *canary, const struct endpoint *listener)
{
    for (size_t i = 0; i < canary->count; i++) {
        if (canary->asked[i].listener.port == listener->port &&
            addr_equal(&canary->asked[i].listener.addr, &listener->addr))
            return true;
    }
    return false;
}

static void find_listeners(struct canary *canary)
{
    const struct server *server = canary->server;

    canary->count = canary->at = 0;
    for (size_t i = 0; i < server->socket_count && canary->count < LISTENERS_MOST; i++) {
        const struct listen_socket *socket = &server->sockets[i];

        if (!socket->stream && !is_known(canary, &socket->local))
            canary->asked[canary->count++] =
                (struct asked){.listener = socket->local, .to = way_to(&socket->local)};
    }
}

static void begin(struct canary *canary)
{
    struct sealed_info info = set_info_of(canary);

    canary->running = true;
    canary->wanted = false;
    canary->name = config_of(canary)->sealed.canary;
    canary->generation = info.number;
    canary->serving = publish_generation(canary->server->publish);
    find_listeners(canary);
    if (info.made_s == 0) {
        canary->count = 0;
        finish(canary, CANARY_NO_SET);
        return;
    }
    ask_next(canary);
}

/* ---- when ---- */

/* Tells whether a reload has brought another set or another canary since the last round. */
static bool is_changed(const struct canary *canary)
{
    const struct name_buf *name = &config_of(canary)->sealed.canary;

    return publish_generation(canary->server->publish) != canary->serving &&
           (set_info_of(canary).number != canary->generation ||
            name->length != canary->name.length ||
            memcmp(name->wire, canary->name.wire, name->length) != 0);
}

static bool is_due(const struct canary *canary, int64_t now_s)
{
    int64_t passed_s = now_s - canary->last.at_s;

    /* A clock that was set back tells nothing of when it was. */
    return canary->wanted || canary->serving == 0 || is_changed(canary) || passed_s < 0 ||
           passed_s >= config_of(canary)->sealed.canary_every_s;
}

static void on_tick(uv_timer_t *timer)
{
    struct canary *canary = timer->data;
    struct server *server = canary->server;

    if (server->stopping || canary->asking != NULL)
        return;
    if (!is_configured(canary)) {
        answer_waiting(canary); /* a reload took it away */
        return;
    }
    if (canary->running)
        ask_next(canary);
    else if (is_due(canary, server_now(server).wall_s))
        begin(canary);
}

/* ---- told ---- */

json_t *canary_json(const struct canary *canary)
{
    const struct config *config = config_of(canary);

    return json_pack("{s:b, s:I, s:o}", "configured", is_configured(canary), "every_s",
                     (json_int_t)config->sealed.canary_every_s, "last",
                     canary->last.at_s != 0 ? result_json(&canary->last) : json_null());
}

static bool is_old(const struct canary *canary, int64_t now_s)
{
    int64_t since_s = canary->last.at_s != 0 ? canary->last.at_s : canary->started_s;

    return now_s - since_s > (canary->last.at_s != 0
                                  ? (int64_t)LATE_FACTOR * config_of(canary)->sealed.canary_every_s
                                  : 0) +
                                 SLACK_S;
}

void canary_warn(const struct canary *canary, json_t *warnings)
{
    enum canary_result result = (enum canary_result)canary->last.result;
    int64_t now_s = server_now(canary->server).wall_s;
    char text[TEXT_MAX];
    struct err err = {.code = ERR_NONE};

    if (!is_configured(canary))
        return;
    if (is_old(canary, now_s))
        err_set(
            &err, ERR_BUSY,
            "the canary has not been asked since %s: nobody can tell whether the sealed set "
            "blocks",
            text_from_time(canary->last.at_s != 0 ? canary->last.at_s : canary->started_s, text));
    else if (canary->last.at_s != 0 && result != CANARY_OK)
        err_set(&err, ERR_GATE, "the canary was %s at %s: %s", canary_word(result),
                text_from_time(canary->last.at_s, text), canary_text(result));
    if (err.code == ERR_NONE)
        return;
    message_add_error(warnings, &err, NULL);
    json_object_set_new(json_array_get(warnings, json_array_size(warnings) - 1), "event",
                        json_string("canary"));
}

static void fail(struct control_later *later)
{
    json_t *errors = json_array();
    struct err err;

    err_set(&err, ERR_CONFIG,
            "there is no canary to ask for: sealed.canary is not configured (docs/hotlines.md)");
    message_add_error(errors, &err, NULL);
    control_reply(later, NULL, errors);
}

void begin_canary(void *context, const json_t *request, struct control_later *later)
{
    struct canary *canary = ((struct server *)context)->canary;

    if (!json_is_true(json_object_get(request, "now"))) {
        control_reply(later, whole_json(canary), NULL);
    } else if (!is_configured(canary)) {
        fail(later);
    } else {
        later->next = canary->waiting;
        canary->waiting = later;
        canary->wanted = true; /* a round that runs may have begun before what he wants to see */
        uv_timer_start(&canary->tick, on_tick, 0, TICK_MS);
    }
}

/* ---- in and out ---- */

struct canary *canary_create(struct server *server, struct err *err)
{
    struct canary *canary = calloc(1, sizeof *canary);
    struct err unread;
    struct state_db *db;

    if (canary == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the canary");
        return NULL;
    }
    canary->server = server;
    canary->started_s = server_now(server).wall_s;
    db = state_database(server->state, &unread);
    if (db != NULL && state_db_canary_last(db, &canary->last, &unread) < 0)
        log_event(&server->log, LOG_LEVEL_ERROR, "canary_unread", "reason=\"%s\"", unread.text);
    uv_timer_init(&server->loop, &canary->tick);
    canary->tick.data = canary;
    uv_timer_start(&canary->tick, on_tick, TICK_MS, TICK_MS);
    return canary;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void canary_destroy(struct canary *canary)
{
    if (canary == NULL)
        return;
    canary_ask_cancel(canary->asking);
    while (canary->waiting != NULL) { /* their clients are gone: control_destroy comes first */
        struct control_later *later = canary->waiting;

        canary->waiting = later->next;
        control_reply(later, json_object(), NULL);
    }
    uv_close((uv_handle_t *)&canary->tick, on_closed);
}
