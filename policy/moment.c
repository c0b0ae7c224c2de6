#include "policy/moment.h"

const struct compiled_state *moment_state(const struct compiled_profile *profile, int64_t wall_s,
                                          struct compiled_state *room, int64_t *until_s)
{
    (void)wall_s;
    (void)room;
    *until_s = INT64_MAX;
    return &profile->state;
}
