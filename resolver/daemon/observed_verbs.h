/* observed_verbs.h - verbs of the control sockets: what would be blocked, were it not observed. */
#ifndef RESOLVER_DAEMON_OBSERVED_VERBS_H
#define RESOLVER_DAEMON_OBSERVED_VERBS_H

#include <jansson.h>

/* Returns counts since the start, by category. */
json_t *run_observed(void *context, const json_t *request, json_t *errors);

/* Begins (`for_s`) or ends (`stop`) the gathering of names, and returns those that there are. */
json_t *run_observed_names(void *context, const json_t *request, json_t *errors);

#endif
