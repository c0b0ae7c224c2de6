/* server.h - the process that answers: its main thread's parts, and what is done with them.
 *
 * start (server.c): user, config, snapshot, control sockets, workers. Then the main thread only
 * waits for signals and control requests: reload.h, status.c and verbs.c act on this struct, in
 * the main thread and nowhere else. */
#ifndef RESOLVER_DAEMON_SERVER_H
#define RESOLVER_DAEMON_SERVER_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/base/log.h"
#include "resolver/daemon/control.h"
#include "resolver/daemon/reload.h"
#include "resolver/daemon/withheld.h"
#include "resolver/daemon/worker.h"

struct budget;
struct canary;
struct config;
struct lifting;
struct observed;
struct publish;
struct restart;
struct seen;
struct state;

struct server_options {
    const char *config_path, *log_level;
    const char *user;  /* to become; NULL: stay */
    const char *clock; /* for tests: the file with the time (clock.h); NULL: the system's */
    int keeper;        /* the server's end of the keeper's channel; -1 for none */
};

struct server {
    const struct server_options *options;
    struct log log;
    struct wall_clock *clock; /* NULL: the system's */
    uv_loop_t loop;
    uv_signal_t signals[4];
    uv_timer_t interfaces; /* looks them up again */
    uv_async_t ended;      /* a worker has */
    struct seen *seen;
    struct canary *canary; /* asks ourselves for the operator's name in the sealed set */

    struct listen_socket *sockets;
    size_t socket_count;
    struct publish *publish;
    struct reload reload;
    atomic_bool halt;          /* work beside the main thread is to end */
    struct restart *restart;   /* what the first config fixed */
    struct cache *cache;       /* of all workers */
    struct observed *observed; /* names, when the operator wants them */
    struct budget *budget;     /* of clients and of people who ask why */
    struct withheld withheld;  /* what rule 2 has done, hourly */
    struct control *control;
    struct state *state; /* state.db and the overlay */
    struct lifting *lifting;
    uint64_t releases; /* by users of devices, since the start */
    uv_timer_t tidy;   /* forgets grants that have ended */
    struct worker *workers[WORKER_MOST];
    unsigned workers_wanted, worker_count; /* the second: started */
    _Atomic unsigned workers_ended;

    json_t *warnings; /* of the config and sets now in force: array of errors (message.h) */
    int64_t started_s, loaded_s;
    uint64_t started_ms;
    int64_t stairs_told_s; /* up to when steps of profiles have been logged */
    bool stopping;
};

/* Runs the server on the sockets handed over, until TERM, INT or the verb `stop`. Returns the exit
 * code (keeper.h). */
int server_run(const struct server_options *options);

/* Begins to stop: no more queries are read, those in flight are answered. */
void server_stop(struct server *server);

/* Tells the keeper WORD (spawn.h). */
void server_tell(const struct server *server, char word);

/* load.c: reads and checks everything for the first time. Returns 0, or an exit code with ERRORS
 * filled. */
int server_load(struct server *server, json_t *errors);

/* Returns the config now in force. Threads: the main one. */
const struct config *server_config(const struct server *server);

/* Returns what the clocks that SERVER goes by show. Threads: any. */
struct core_now server_now(const struct server *server);

/* status.c: the counters of all workers, as they may leave the process. */
struct core_counters server_counters(const struct server *server);

/* status.c: lets out what is withheld, when it is time. */
void server_tell_withheld(struct server *server);

/* status.c: what `stairgate status` shows, and the one line of USR1. */
json_t *server_status(struct server *server);
void server_log_status(const struct server *server);

/* verbs.c: what the control sockets can be asked. */
extern const struct control_verb server_verbs[];

#endif
