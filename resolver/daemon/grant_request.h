/* grant_request.h - a request for a grant, checked: for whom, on what, by whom, until when. */
#ifndef RESOLVER_DAEMON_GRANT_REQUEST_H
#define RESOLVER_DAEMON_GRANT_REQUEST_H

#include <jansson.h>
#include <stdint.h>

#include "policy/state/state_db.h"

struct asker;
struct err;
struct snapshot;
struct verdict;

enum { GRANT_DEFAULT_S = 3600, GRANT_RELEASE_S = 900 };

/* Words of the protocol, by their enums (policy/state/grants.h). */
extern const char *const grant_effects[], *const grant_scopes[], *const grant_whats[],
                                                                     *const grant_roles[];

/* What a request is read with. */
struct grant_request {
    const struct snapshot *snapshot;
    struct state_db *db;
    const struct asker *asker; /* who asks for it */
    int64_t wall_s;
    char zone_name[64]; /* of whom it is for; "" for UTC */
    struct zone *zone;  /* the caller frees it */
    long profile;       /* of whom it is for, index; -1: of several, or none that is known */
};

/* Of all that read BODY, a request: ERR comes with ERR_NONE (as message_text needs it). */

/* Fills the subject of GRANT from BODY (`profile`, `device`, `group` or `everybody`), and the
 * request's zone and profile. Errors: -1 with ERR: ERR_USAGE, ERR_NOT_FOUND (and what is meant). */
int grant_request_subject(struct grant_request *request, const json_t *body,
                          struct state_grant *grant, struct err *err);

/* Fills who, why and in which role. Errors: -1 with ERR_USAGE. */
int grant_request_giver(const json_t *body, struct state_grant *grant, struct err *err);

/* Fills all of GRANT from BODY. Errors: -1 with ERR, ERR_REFUSED for what may not be granted. */
int grant_request_read(struct grant_request *request, const json_t *body, struct state_grant *grant,
                       struct err *err);

/* Reads TEXT, a name or `=NAME`, to GRANT. Errors: -1 with ERR_USAGE. */
int grant_request_name(const char *text, struct state_grant *grant, struct err *err);

/* Decides on the name of GRANT for PROFILE, an index, as if nothing had been granted. */
void grant_request_decide(const struct grant_request *request, const struct state_grant *grant,
                          size_t profile, struct verdict *verdict);

#endif
