/* grant_verbs.h - the verbs that grant, list and take back (docs/control.md, docs/grants.md). Each
 * answers when the change is durable and in force. */
#ifndef RESOLVER_DAEMON_GRANT_VERBS_H
#define RESOLVER_DAEMON_GRANT_VERBS_H

#include <jansson.h>

/* Functions of verbs (control.h). */
json_t *run_grant(void *context, const json_t *request, json_t *errors);
json_t *run_grants(void *context, const json_t *request, json_t *errors);
json_t *run_revoke(void *context, const json_t *request, json_t *errors);
json_t *run_resume(void *context, const json_t *request, json_t *errors);
json_t *run_release(void *context, const json_t *request, json_t *errors);

/* Adds who has given it, why and until when, as `grant`, to WHY, the result of why_json, where a
 * grant decided. */
struct server;
void grant_verbs_add(const struct server *server, json_t *why);

#endif
