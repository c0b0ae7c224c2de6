/* state.h - what outlives a server, and what is in force of it: state.db and the overlay.
 *
 * The main thread alone changes either: first the database, durably, then the overlay, which every
 * decision reads. A database that cannot be opened keeps nobody from starting: what is amiss stands
 * in status, and every change is refused with the reason. */
#ifndef RESOLVER_DAEMON_STATE_H
#define RESOLVER_DAEMON_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/state/state_db.h"

struct config;
struct err;
struct log;
struct overlay;
struct state;

enum {
    STATE_TIDY_MS = 60000, /* how often state_tidy is to be called */
    STATE_STEADY_S = 3600, /* a grant's end is believed when the clock has run on for so long */
};

/* Opens what CONFIG names and puts all of it in force.
 * Owner:  the caller closes with state_close.
 * Errors: NULL with ERR_MEMORY alone. */
struct state *state_open(const struct config *config, const struct log *log, struct err *err);
void state_close(struct state *state);

/* Returns what workers decide by; it lives as long as STATE. */
struct overlay *state_overlay(const struct state *state);

/* Returns the database, for a change. Errors: NULL with ERR, which says why there is none. */
struct state_db *state_database(const struct state *state, struct err *err);

/* Returns what is amiss, or was when it was opened; NULL where nothing is. */
const struct err *state_fault(const struct state *state);

/* Puts GRANT, which the database has, in force, as CONFIG understands it; takes the one called ID
 * out. Errors: -1 with ERR: ERR_LIMIT, ERR_NOT_FOUND (a category or service that CONFIG lacks). */
int state_put_grant(struct state *state, const struct config *config,
                    const struct state_grant *grant, struct err *err);
void state_take_grant(struct state *state, uint32_t id);

/* Puts all grants in force anew: CONFIG, which is, may have other categories and services. */
void state_reload(struct state *state, const struct config *config);

/* Forgets grants that have ended, at the times WALL_S and MONO_MS: not before the clock has run on
 * without a jump for STATE_STEADY_S since then, since a clock that was ahead for a while would take
 * away what was denied. */
void state_tidy(struct state *state, int64_t wall_s, uint64_t mono_ms);

/* Forgets all grants that have ended at WALL_S, since another wants their room. */
void state_make_room(struct state *state, int64_t wall_s);

/* Returns what `stairgate status` shows of it. */
json_t *state_json(const struct state *state);

#endif
