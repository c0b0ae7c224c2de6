/* load.h - from files to a snapshot in force, in three steps: the long ones beside the answering.
 *
 * load_read and load_verify look at files and at nothing of the server, in any thread; load_enforce
 * belongs to the main thread. */
#ifndef RESOLVER_DAEMON_LOAD_H
#define RESOLVER_DAEMON_LOAD_H

#include <jansson.h>
#include <stdatomic.h>

#include "config/base/log.h"
#include "policy/snapshot.h"

struct server;

struct load {
    struct snapshot *snapshot; /* NULL: ERRORS says why */
    json_t *warnings, *errors; /* as replies carry them (message.h) */
    int code;                  /* the exit code of a start that fails so */
};

/* Reads the config at PATH and all that it names into LOAD, the public set FROM where.
 * Owner:  the caller calls load_clear. */
void load_read(struct load *load, const char *path, enum snapshot_from from);

/* Checks every octet of LOAD's sets and brings them into memory, until HALT becomes true; where
 * that fails, LOAD has errors and no snapshot. */
void load_verify(struct load *load, const atomic_bool *halt);

/* Puts LOAD's snapshot in force, or adds to its errors why not. */
void load_enforce(struct server *server, struct load *load);

/* Logs each of ENTRIES, as EVENT where it has no word of its own. */
void load_log(const struct log *log, enum log_level level, const char *event,
              const json_t *entries);

/* Lets the calling thread have only what the others leave of the processors, from now on. */
void load_step_aside(void);

/* Frees what LOAD holds. */
void load_clear(struct load *load);

#endif
