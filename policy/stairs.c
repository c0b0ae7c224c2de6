#include "policy/stairs.h"

#include "policy/compiled.h"
#include "policy/state/grants.h"
#include "policy/when/zone.h"

/* Tells whether PROFILE is held, and since when. */
static bool is_held(const struct grants *grants, const struct compiled_profile *profile,
                    int64_t wall_s, int64_t *from_s)
{
    const struct grant_subject subject = {.profile = profile->mark};
    const struct grant_question question = {.wall_s = wall_s,
                                            .clock_unknown = wall_s < profile->times->known_s};
    struct grant_hit hit;

    if (grants == NULL || !grants_held(grants, &subject, &question, &hit, NULL))
        return false;
    *from_s = hit.from_s;
    return true;
}

bool stairs_find(const struct snapshot *s, const struct grants *grants, size_t index,
                 int64_t wall_s, struct stairs *stairs)
{
    const struct compiled_profile *profile = &s->profiles[index];
    const struct compiled_times *times = profile->times;
    size_t at = 0;
    bool held;

    if (times == NULL || times->step_count < 2)
        return false;
    held = is_held(grants, profile, wall_s, &wall_s);
    while (at + 1 < times->step_count && times->steps[at + 1].from_s <= wall_s)
        at++;
    *stairs = (struct stairs){.profile = profile->config->name,
                              .preset = times->steps[at].state.preset,
                              .since_s = times->steps[at].from_s,
                              .next_s = INT64_MAX,
                              .held = held};
    if (!held && at + 1 < times->step_count) {
        stairs->next = times->steps[at + 1].state.preset;
        stairs->next_s = times->steps[at + 1].from_s;
        stairs->next_local_s = stairs->next_s + zone_offset(times->zone, stairs->next_s);
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
