/* lift_request.h - what operators ask, from a request's words to a lift that may be written. */
#ifndef RESOLVER_DAEMON_LIFT_REQUEST_H
#define RESOLVER_DAEMON_LIFT_REQUEST_H

#include <jansson.h>
#include <stdint.h>

#include "policy/state/state_lifts.h"

struct err;
struct operators_person;
struct server;

/* Of all these, ERR comes with ERR_NONE, and on errors -1 or NULL goes back with it filled. */

/* Returns which operator the peer of BODY is, by its user and, where that says so, `as`. Errors:
 * ERR_REFUSED, ERR_USAGE. */
const struct operators_person *lift_request_operator(const struct server *server,
                                                     const json_t *body, struct err *err);

/* Refuses where nothing can be lifted now, with the reason. */
int lift_request_check(const struct server *server, struct err *err);

/* Reads `name`, `for` and `reason` to LIFT, asked for by the peer. */
int lift_request_ask(const struct server *server, const json_t *body, struct state_lift *lift,
                     struct err *err);

/* Finds the lift `lift` and makes it one that the peer confirms; `name`, where it is there, has to
 * be its name. Errors: also ERR_NOT_FOUND. */
int lift_request_confirm(const struct server *server, const json_t *body, struct state_lift *lift,
                         struct err *err);

/* Reads `request`, a text as lift_text.h has it, and `signatures`, an array of .minisig texts, to
 * LIFT, which two operators have signed; the peer counts as one where it is one. Errors: also
 * ERR_FORMAT, ERR_DIGEST. */
int lift_request_apply(const struct server *server, const json_t *body, struct state_lift *lift,
                       struct err *err);

/* Finds the lift that `lift` is the number of. Errors: ERR_USAGE, ERR_NOT_FOUND. */
int lift_request_find(const struct server *server, const json_t *body, struct state_lift *lift,
                      struct err *err);

#endif
