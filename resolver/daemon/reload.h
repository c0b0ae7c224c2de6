/* reload.h - new configuration and lists while the server answers: all of it, or nothing. */
#ifndef RESOLVER_DAEMON_RELOAD_H
#define RESOLVER_DAEMON_RELOAD_H

#include <stdbool.h>
#include <uv.h>

#include "resolver/daemon/load.h"

struct control_later;
struct server;

struct reload {
    struct server *server;
    uv_work_t work;
    uv_timer_t release;          /* runs while replaced snapshots are there */
    struct load load;            /* the work's, until it is done */
    struct control_later *asked; /* whom the one that runs is for */
    struct control_later *next;  /* who asked since: they get one of their own, together */
    bool running, again;         /* the second: there is to be another */
    enum snapshot_from from;     /* of the one that runs */
    bool previous;               /* the next one is to go back to the set before */
};

/* Makes RELOAD ready on the loop of SERVER. */
void reload_init(struct reload *reload, struct server *server);

/* Begins a reload, or has another one begin when the one that runs is over. LATER (NULL: nobody
 * waits) then gets a result that says what needs a restart, or every error. */
void reload_ask(struct reload *reload, struct control_later *later);

/* Has a reload go back to the set before the one in force, which is damaged. */
void reload_previous(struct reload *reload);

/* Runs the loop until no reload is running, for MOST_MS at most; returns whether none is. For the
 * end: a file that never comes (a pipe, a dead mount) holds up a thread, and nothing else. */
bool reload_wait(struct reload *reload, uint64_t most_ms);

#endif
