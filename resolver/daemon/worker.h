/* worker.h - one thread that answers: a uv loop, its own sockets, a core and its own upstreams.
 *
 * The server's main thread makes workers, tells them things and joins them. Everything a worker
 * holds is its own; it shares the published snapshot and its counters, both without waiting. */
#ifndef RESOLVER_DAEMON_WORKER_H
#define RESOLVER_DAEMON_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "resolver/core.h"
#include "resolver/listen/listen.h"
#include "resolver/upstream/upstream.h"

struct budget;
struct cache;
struct config;
struct err;
struct log;
struct observed;
struct overlay;
struct publish;
struct sightings;
struct wall_clock;
struct worker;

enum {
    WORKER_MOST = 64,
    WORKER_DRAIN_MS = 5000,  /* what is in flight gets, before it is given up */
    WORKER_REPORT_MS = 1000, /* a worker that says nothing for so long is reported as stuck */
    WORKER_UPSTREAMS_MOST = 64,
};

struct worker_options {
    unsigned index, workers;       /* which of how many */
    struct publish *publish;       /* reader `index` of it is this worker */
    struct cache *cache;           /* of all workers */
    const struct overlay *overlay; /* what changes beside the snapshot; NULL: nothing does */
    struct observed *observed;
    struct budget *budget; /* of all workers */
    const struct listen_socket *sockets;
    size_t socket_count; /* of the whole server; a worker takes its share */
    const struct log *log;
    const struct wall_clock *clock; /* NULL: the system's */
    uv_async_t *sighted;            /* sent when there is something in worker_sightings */
    void (*ended)(void *context);   /* called in the worker's thread, which does nothing after */
    void *context;
};

/* Returns how many workers CONFIG asks for: its number, or one a processor. */
unsigned worker_count(const struct config *config);

/* Starts a worker with the snapshot that is published now.
 * Owner:  the sockets of its share are the worker's from here on; worker_join frees it.
 * Errors: NULL with ERR. */
struct worker *worker_start(const struct worker_options *options, struct err *err);

/* Tells WORKER that another snapshot is published: it takes upstreams and limits from it. */
void worker_reload(struct worker *worker);

/* Tells WORKER to read no more queries, to answer those in flight, and to end. */
void worker_drain(struct worker *worker);

/* Waits for the end of WORKER, after `ended`, and frees it. */
void worker_join(struct worker *worker);

/* Returns the ring in which WORKER tells of clients; the main thread reads it. */
struct sightings *worker_sightings(struct worker *worker);

/* Adds WORKER's counters to SUM. Threads: any, while WORKER is not joined. */
void worker_counters(const struct worker *worker, struct core_counters *sum);

/* What only the worker's thread can tell. */
struct worker_report {
    uint32_t in_flight;
    size_t upstream_count;
    struct upstream_state upstreams[WORKER_UPSTREAMS_MOST];
};

/* Asks WORKER for its REPORT and waits for it. Returns 0, or -1 when it says nothing for
 * WORKER_REPORT_MS. Threads: the main thread. */
int worker_report(struct worker *worker, struct worker_report *report);

#endif
