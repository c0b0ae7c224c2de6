#include "resolver/daemon/seen.h"

#include <stdlib.h>

#include "config/base/err.h"
#include "policy/state/device_book.h"
#include "policy/state/overlay.h"
#include "policy/who/neighbours.h"
#include "resolver/daemon/neighbour_table.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/sightings.h"
#include "resolver/daemon/state.h"

enum {
    BATCH = 64,        /* devices of one transaction; more come again by themselves */
    APART_MS = 1000,   /* from one to the next: each waits for the disk */
    LOG_APART_S = 3600 /* a disk that is full is told once an hour */
};

struct seen {
    struct server *server;
    struct neighbour_table *neighbours;
    uv_async_t signal;
    uv_timer_t write;
    unsigned handles; /* that libuv has not closed yet */
    struct log_limit limit;
    struct device_key keys[BATCH]; /* to be written */
    size_t count;
};

static void on_write(uv_timer_t *timer)
{
    struct seen *seen = timer->data;
    struct server *server = seen->server;
    struct device_book book = {.overlay = state_overlay(server->state)};
    struct err err;
    unsigned dropped;

    book.db = state_database(server->state, &err);
    if (book.db != NULL &&
        device_book_see(&book, seen->keys, seen->count, server_now(server).wall_s, &err) < 0 &&
        log_allowed(&seen->limit, (int64_t)(uv_now(&server->loop) / 1000), LOG_APART_S, &dropped))
        log_event(&server->log, LOG_LEVEL_WARN, "device_not_noted", "reason=\"%s\"", err.text);
    seen->count = 0;
}

/* Keeps KEY for the next writing. */
static void keep(struct seen *seen, const struct device_key *key)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (device_key_equal(&seen->keys[i], key))
            return;
    }
    if (seen->count == BATCH)
        return;
    if (seen->count == 0)
        uv_timer_start(&seen->write, on_write, APART_MS, 0);
    seen->keys[seen->count++] = *key;
}

static void hear(struct seen *seen, const struct sighting *sighting)
{
    const struct overlay *overlay = state_overlay(seen->server->state);
    struct device_key key;
    uint8_t mac[6];

    if (sighting->told.length > 0) {
        keep(seen, &sighting->told);
    } else if (neighbours_find(overlay->neighbours, &sighting->client, sighting->ifindex, mac)) {
        device_key_of_mac(mac, &key);
        keep(seen, &key);
    } else {
        neighbour_table_ask(seen->neighbours, &sighting->client, sighting->ifindex);
    }
}

static void on_signal(uv_async_t *async)
{
    struct seen *seen = async->data;
    struct server *server = seen->server;
    struct sighting sighting;

    for (unsigned i = 0; i < server->worker_count; i++) {
        while (sightings_take(worker_sightings(server->workers[i]), &sighting))
            hear(seen, &sighting);
    }
}

struct seen *seen_create(struct server *server, struct err *err)
{
    struct seen *seen = calloc(1, sizeof *seen);

    if (seen != NULL)
        seen->neighbours =
            neighbour_table_create(&server->loop, state_overlay(server->state), &server->log);
    if (seen == NULL || seen->neighbours == NULL) {
        free(seen);
        err_set(err, ERR_MEMORY, "no memory for the table of neighbours");
        return NULL;
    }
    seen->server = server;
    must(uv_async_init(&server->loop, &seen->signal, on_signal) == 0);
    uv_timer_init(&server->loop, &seen->write);
    seen->signal.data = seen->write.data = seen;
    seen->handles = 2;
    seen_follow(seen, server_config(server));
    return seen;
}

void seen_follow(struct seen *seen, const struct config *config)
{
    if (neighbour_table_wanted(config))
        neighbour_table_follow(seen->neighbours);
}

uv_async_t *seen_signal(struct seen *seen)
{
    return &seen->signal;
}

static void on_closed(uv_handle_t *handle)
{
    struct seen *seen = handle->data;

    if (--seen->handles == 0)
        free(seen);
}

void seen_destroy(struct seen *seen)
{
    if (seen == NULL)
        return;
    neighbour_table_destroy(seen->neighbours);
    uv_close((uv_handle_t *)&seen->signal, on_closed);
    uv_close((uv_handle_t *)&seen->write, on_closed);
}
