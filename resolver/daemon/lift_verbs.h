/* lift_verbs.h - the verbs that lift entries and show the account of it (docs/control.md,
 * docs/lifts.md): on the operator's socket alone. Each answers when the change is durable and in
 * force, and with the same words whether or not there is an entry. */
#ifndef RESOLVER_DAEMON_LIFT_VERBS_H
#define RESOLVER_DAEMON_LIFT_VERBS_H

#include <jansson.h>

/* Functions of verbs (control.h). Those that end in _named are for who is no operator of the
 * machine: they need the peer to be one of sealed.operators. */
json_t *run_lift(void *context, const json_t *request, json_t *errors);
json_t *run_lift_confirm(void *context, const json_t *request, json_t *errors);
json_t *run_lift_apply(void *context, const json_t *request, json_t *errors);
json_t *run_lifts(void *context, const json_t *request, json_t *errors);
json_t *run_lifts_named(void *context, const json_t *request, json_t *errors);
json_t *run_lift_end(void *context, const json_t *request, json_t *errors);
json_t *run_lift_end_named(void *context, const json_t *request, json_t *errors);
json_t *run_audit(void *context, const json_t *request, json_t *errors);
json_t *run_audit_named(void *context, const json_t *request, json_t *errors);
json_t *run_audit_verify(void *context, const json_t *request, json_t *errors);
json_t *run_audit_verify_named(void *context, const json_t *request, json_t *errors);

#endif
