/* moment.c - a profile's step, and the schedules in force put on it.
 *
 * The states that a profile can be in are as many as its schedules can overlap, which nobody can
 * list ahead. So a snapshot has one state for each step of the stairs, and what is in force is put
 * on a copy of it, a few words for each schedule; where none is, the step's own is pointed at.
 *
 * A clock that shows a time before this program was built is wrong, and nobody knows by how much.
 * Then the stricter side of all states holds: what any of them blocks, and nothing that one opens;
 * a bedtime takes such a profile offline altogether, and pins, time servers among them, answer. */
#include "policy/moment.h"

#include "policy/when/timetable.h"

/* How long what is said by a clock that is wrong holds: it may be set right at any time. */
enum { UNKNOWN_CLOCK_S = 60 };

static const struct compiled_step *find_step(const struct compiled_times *times,
                                             const struct moment *moment, int64_t *until_s)
{
    size_t low = 0, high = times->step_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (times->steps[middle].from_s <= moment->step_s)
            low = middle;
        else
            high = middle;
    }
    /* One that is held does not step up. */
    if (moment->step_s == moment->wall_s && high < times->step_count &&
        times->steps[high].from_s < *until_s)
        *until_s = times->steps[high].from_s;
    return &times->steps[low];
}

/* What the schedules that are in force say together. */
struct said {
    struct mask block, open;
    bool offline, all_blocked, all_open;
};

static void hear(struct said *said, const struct config_schedule *schedule)
{
    switch (schedule->action) {
    case SCHEDULE_BLOCK:
        said->block = mask_or(said->block, schedule->targets);
        said->all_blocked = said->all_blocked || schedule->everything;
        break;
    case SCHEDULE_ALLOW:
        said->open = mask_or(said->open, schedule->targets);
        said->all_open = said->all_open || schedule->everything;
        break;
    case SCHEDULE_OFFLINE:
        said->offline = true;
        break;
    }
}

/* Where one schedule blocks what another opens, it is blocked. */
static void put(struct compiled_state *state, const struct said *said, struct mask quota)
{
    const struct mask block = mask_without(said->block, state->observe);
    const struct mask open = mask_without(said->open, said->block);
    /* what the hours add nothing to; a cell W that they close is not the user's to open, though */
    const struct mask always = mask_without(state->apply, state->warn);

    state->timed = mask_without(mask_without(mask_or(block, quota), always), open);
    state->open = open;
    state->apply = mask_without(mask_or(mask_or(state->apply, block), quota), open);
    state->warn = mask_without(state->warn, mask_or(said->block, open));
    state->offline = said->offline;
    state->all_blocked = said->all_blocked;
    state->all_open = said->all_open && !said->all_blocked;
}

const struct compiled_state *moment_state(const struct compiled_profile *profile,
                                          const struct moment *moment, struct compiled_state *room,
                                          int64_t *until_s)
{
    const struct compiled_times *times = profile->times;
    const struct config_profile *config = profile->config;
    const struct compiled_step *step;
    struct said said = {.offline = false};
    int64_t edge_s;
    uint64_t active;

    *until_s = INT64_MAX;
    if (times == NULL)
        return &profile->state;
    if (moment->wall_s < times->known_s) {
        *until_s = moment->wall_s + UNKNOWN_CLOCK_S;
        return &times->strict;
    }
    step = find_step(times, moment, until_s);
    if (times->timetable == NULL)
        return &step->state;
    active = timetable_at(times->timetable, moment->wall_s, &edge_s);
    if (edge_s < *until_s)
        *until_s = edge_s;
    if (active == 0)
        return &step->state;
    *room = step->state;
    for (size_t i = 0; i < config->schedule_count; i++) {
        if ((active >> i & 1) != 0)
            hear(&said, &config->schedules[i]);
    }
    put(room, &said, (active & step->hours) != 0 ? step->quota : (struct mask){.words = {0}});
    room->active = active & times->schedules;
    return room;
}
