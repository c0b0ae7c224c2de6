/* lifting.h - what the server needs to lift entries: the key that names are hashed under, the
 * operators, the account, and what of state.db is in force.
 *
 * The main thread's alone. Where the key is missing, or the account was changed by somebody, no
 * lift is in force: what is blocked stays blocked, and the reason is told. */
#ifndef RESOLVER_DAEMON_LIFTING_H
#define RESOLVER_DAEMON_LIFTING_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/state/state_audit.h"
#include "policy/state/state_lifts.h"

struct config;
struct err;
struct lifting;
struct log;
struct name;
struct operators;
struct overlay;
struct state;

enum {
    LIFT_VALID_S = 86400,        /* how long a request may wait for the second operator */
    LIFT_LONGEST_S = 90 * 86400, /* of one lift */
    LIFT_SKEW_S = 300,           /* a signer's clock may be ahead by that */
    LIFT_WAITING_MOST = 64,      /* requests that wait, at once */
    LIFT_TRIES_MOST = 30,        /* requests in an hour, refused ones too */
    LIFT_KEPT_S = 400 * 86400,   /* rows of lifts that are over; the account stays */
};

/* Makes one that knows nothing; frees one. Errors: NULL with ERR_MEMORY. */
struct lifting *lifting_create(const struct log *log, struct err *err);
void lifting_free(struct lifting *lifting);

/* Reads key and operators of CONFIG, checks the account of STATE, and puts in force what stands
 * there at WALL_S: at the start and after each reload. What is amiss is logged and kept for
 * lifting_fault. */
void lifting_load(struct lifting *lifting, const struct config *config, const struct state *state,
                  int64_t wall_s);

/* Returns those of the last load. */
const struct operators *lifting_operators(const struct lifting *lifting);

/* Returns why nothing can be lifted; NULL where nothing keeps from it. */
const struct err *lifting_fault(const struct lifting *lifting);

/* Returns what is wrong with the account itself; NULL where nothing is. */
const struct err *lifting_account_fault(const struct lifting *lifting);

/* Fills hash and key_id of LIFT for NAME. */
void lifting_hash(const struct lifting *lifting, const struct state *state, const struct name *name,
                  struct state_lift *lift);

/* Tells whether LIFT is under the key that names are hashed under now. */
bool lifting_is_ours(const struct lifting *lifting, const struct state_lift *lift);

/* Counts a request at WALL_S. Errors: -1 with ERR_BUSY: too many in the last hour. */
int lifting_try(struct lifting *lifting, int64_t wall_s, struct err *err);

/* Makes room for one more lift in the overlay of STATE at WALL_S. Errors: -1 with ERR_LIMIT. */
int lifting_make_room(const struct state *state, int64_t wall_s, struct err *err);

/* Puts LIFT in force in the overlay of STATE; takes it out. Errors: -1 with ERR_LIMIT. */
int lifting_put(const struct state *state, const struct state_lift *lift, struct err *err);
void lifting_take(const struct state *state, const struct state_lift *lift);

/* Tells the log, and syslog where the configuration wants it, that ROW is durable: number and
 * digest. */
void lifting_tell(const struct lifting *lifting, const struct state_audit *row);

/* Forgets rows of lifts that were over LIFT_KEPT_S before WALL_S. */
void lifting_tidy(const struct state *state, int64_t wall_s);

#endif
