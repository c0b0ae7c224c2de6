/* moment.h - which state of a profile holds at an instant.
 *
 * A profile without schedules, hours and steps has one state, which is only pointed at. Of others
 * the step that its age has come to is found, and what is in force then is put on it. */
#ifndef POLICY_MOMENT_H
#define POLICY_MOMENT_H

#include <stdint.h>

#include "policy/compiled.h"

/* An instant, and the one that the step of the stairs is taken of, which differs where a guardian
 * holds a profile at the step of a day. */
struct moment {
    int64_t wall_s, step_s; /* Unix time */
};

/* Returns the state of PROFILE at MOMENT: one that lives as long as the snapshot, or one that is
 * put together in ROOM. *UNTIL_S becomes the first instant after it at which that may change,
 * INT64_MAX for never. Threads: any. */
const struct compiled_state *moment_state(const struct compiled_profile *profile,
                                          const struct moment *moment, struct compiled_state *room,
                                          int64_t *until_s);

#endif
