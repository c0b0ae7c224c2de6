#include "policy/stairs.h"

#include "policy/compiled.h"

bool stairs_find(const struct snapshot *s, size_t index, int64_t wall_s, struct stairs *stairs)
{
    const struct compiled_profile *profile = &s->profiles[index];
    const struct compiled_times *times = profile->times;
    size_t at = 0;

    if (times == NULL || times->step_count < 2)
        return false;
    while (at + 1 < times->step_count && times->steps[at + 1].from_s <= wall_s)
        at++;
    *stairs = (struct stairs){.profile = profile->config->name,
                              .preset = times->steps[at].state.preset,
                              .since_s = times->steps[at].from_s,
                              .next_s = INT64_MAX};
    if (at + 1 < times->step_count) {
        stairs->next = times->steps[at + 1].state.preset;
        stairs->next_s = times->steps[at + 1].from_s;
    }
    return true;
}

bool stairs_clock_unknown(const struct snapshot *s, int64_t wall_s)
{
    for (size_t i = 0; i < s->profile_count; i++) {
        if (s->profiles[i].times != NULL && wall_s < s->profiles[i].times->known_s)
            return true;
    }
    return false;
}
