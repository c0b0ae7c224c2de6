/* lift_change.h - a lift asked for, confirmed or ended: in state.db with its rows of the account,
 * in one transaction, then in force, then told. When a function here returns 0 all of that is done,
 * so that kill -9 right after it changes nothing. */
#ifndef RESOLVER_DAEMON_LIFT_CHANGE_H
#define RESOLVER_DAEMON_LIFT_CHANGE_H

#include <stdbool.h>

#include "policy/state/state_lifts.h"

struct err;
struct server;

/* Writes the request LIFT, which gets its id. Errors: -1 with ERR. */
int lift_change_ask(struct server *server, struct state_lift *lift, struct err *err);

/* Puts LIFT, whose confirmed_by, from_s and until_s are there, in force, and ends another of its
 * name; with IS_NEW it has not been asked for before (it is signed by both), and gets its id.
 * Errors: -1 with ERR: ERR_DUPLICATE (its nonce served before), ERR_LIMIT. */
int lift_change_confirm(struct server *server, struct state_lift *lift, bool is_new,
                        struct err *err);

/* Ends LIFT, or withdraws it, by the word of ACTOR. Errors: -1 with ERR. */
int lift_change_end(struct server *server, struct state_lift *lift, const char *actor,
                    struct err *err);

#endif
