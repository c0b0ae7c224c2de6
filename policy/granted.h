/* granted.h - what people have granted, looked up for one name of one client: what is asked for, or
 * what an answer leads to. For the files of policy/ alone. */
#ifndef POLICY_GRANTED_H
#define POLICY_GRANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "config/base/mask.h"
#include "config/base/name.h"
#include "policy/state/grants.h"

struct ask;
struct grants;
struct identity;
struct snapshot;
struct verdict;

struct granted_case {
    const struct snapshot *snapshot;
    const struct ask *ask;         /* its time, and who asks */
    const struct grants *grants;   /* overlay_grants */
    const struct verdict *verdict; /* whether the clock is right */
    const struct identity *who;    /* NULL: it is looked for */
    const struct name *name;       /* NULL: an address */
    struct mask listed;            /* categories that it is listed in */
    struct mask applied;           /* those of which the client's profile blocks */
    uint8_t labels;                /* of its longest listed suffix */
};

/* Finds the allow or deny that decides on CASE. An allow of a category decides only where nothing
 * else that the profile blocks is left. *UNTIL_S becomes the next edge, where that is earlier. */
bool granted_find(const struct granted_case *question, struct grant_hit *hit, int64_t *until_s);

/* Likewise what releases, or takes offline. */
bool granted_released(const struct granted_case *question, struct grant_hit *hit, int64_t *until_s);
bool granted_offline(const struct granted_case *question, struct grant_hit *hit, int64_t *until_s);

/* Tells whether the profile is held at the step of HIT's from_s. */
bool granted_held(const struct granted_case *question, struct grant_hit *hit, int64_t *until_s);

#endif
