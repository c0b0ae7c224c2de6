/* evidence_verbs.h - what state.db and the running server know for `stairgate evidence`. */
#ifndef RESOLVER_DAEMON_EVIDENCE_VERBS_H
#define RESOLVER_DAEMON_EVIDENCE_VERBS_H

#include <jansson.h>

/* verbs.c: from SINCE_S up to, and without, UNTIL_S of REQUEST: canaries by day, with what failed
 * and where none was asked; what operators did, as counts; the head of their account. */
json_t *run_evidence(void *context, const json_t *request, json_t *errors);

#endif
