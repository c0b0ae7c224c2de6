/* decision_schedule.c - what the hours of a profile close and open.
 *
 * The more particular a schedule in force is about the name the more it counts: the name itself, a
 * service or list, a category, the whole of the internet; among equals what blocks. Categories and
 * tags have been put into the state already (moment.c), so that here is only said by which
 * schedule. What a schedule opens it opens as a guardian would: not what is listed as grave harm
 * (S3), but for a name that it spells out. */
#include "policy/decision.h"

/* Longer before shorter, exact before others, then what denies. */
static bool is_better(const struct tree_match *match, const struct tree_match *best)
{
    bool exact = match->rule->cover == COVER_EXACT;

    if (best->rule == NULL || match->labels != best->labels)
        return best->rule == NULL || match->labels > best->labels;
    if (exact != (best->rule->cover == COVER_EXACT))
        return exact;
    return match->rule->deny && !best->rule->deny;
}

bool decision_schedule_name(const struct compiled_profile *profile,
                            const struct compiled_state *state, const struct tree_path *path,
                            struct tree_match *best, unsigned *number)
{
    uint64_t active = state->active;

    best->rule = NULL;
    for (unsigned i = 0; active != 0; i++, active >>= 1) {
        struct tree_match match;

        if ((active & 1) == 0 || !tree_best(path, profile->times->scope + i, &match) ||
            !is_better(&match, best))
            continue;
        *best = match;
        *number = i;
    }
    return best->rule != NULL;
}

/* Says that schedule NUMBER decides. */
static void name_schedule(struct decision *d, unsigned number)
{
    d->verdict->schedule = (uint8_t)(number + 1);
    d->verdict->place = d->profile->config->schedules[number].place;
}

/* Says which schedule in force has the ACTION and one of BITS, or everything for none: the preset's
 * hours where no schedule has. */
static void name_by_bits(struct decision *d, enum schedule_action action, struct mask bits)
{
    const struct config_profile *config = d->profile->config;
    bool all = !mask_any(bits);

    d->verdict->schedule = VERDICT_HOURS;
    for (unsigned i = 0; i < config->schedule_count; i++) {
        const struct config_schedule *schedule = &config->schedules[i];

        if ((d->state->active >> i & 1) == 0 || schedule->action != action)
            continue;
        if (all ? schedule->everything : mask_any(mask_and(schedule->targets, bits))) {
            name_schedule(d, i);
            return;
        }
    }
}

static bool by_name(struct decision *d)
{
    struct tree_match match;
    unsigned number = 0;

    if (!decision_schedule_name(d->profile, d->state, &d->path, &match, &number))
        return false;
    name_schedule(d, number);
    d->verdict->labels = (uint8_t)match.labels;
    if (match.rule->deny) {
        decision_block(d, decision_style(d, match.rule->cover != COVER_EXACT),
                       VERDICT_EDE_FILTERED);
        return true;
    }
    decision_forward_outside(d);
    d->verdict->covers = COVERS_USUAL;
    return true;
}

/* Tells whether what blocks the name is not grave, so that it can be opened for a while. */
static bool is_light(const struct decision *d)
{
    return !mask_any(mask_and(mask_and(d->listed.mask, d->state->apply), d->snapshot->grave_bits));
}

static bool open(struct decision *d, struct mask bits, enum verdict_covers covers)
{
    name_by_bits(d, SCHEDULE_ALLOW, bits);
    d->verdict->matched = bits;
    d->verdict->row = d->ask->listed.row;
    decision_forward_outside(d);
    d->verdict->covers = covers;
    return true;
}

static bool close(struct decision *d, struct mask bits)
{
    name_by_bits(d, SCHEDULE_BLOCK, bits);
    d->verdict->matched = bits;
    d->verdict->row = d->ask->listed.row;
    d->verdict->labels = mask_any(bits) ? d->ask->listed.labels : 0;
    /* It is open again in a while, and so is what lies below: NXDOMAIN would say too much. */
    decision_block(d, decision_style(d, false), VERDICT_EDE_FILTERED);
    return true;
}

/* By categories, services and lists. */
static bool by_bits(struct decision *d)
{
    const struct compiled_state *state = d->state;
    struct mask open_bits = mask_and(d->listed.mask, state->open);
    struct mask tags = {
        {0, open_bits.words[1]}
    };
    struct mask applied = mask_and(d->listed.mask, state->apply);

    if (mask_any(tags) && is_light(d))
        return open(d, tags, COVERS_USUAL);
    if (mask_any(applied)) /* what blocks at all hours is the better reason */
        return !mask_any(mask_without(applied, state->timed)) && close(d, applied);
    return mask_any(open_bits) && open(d, open_bits, COVERS_NOTHING);
}

bool decision_schedule(struct decision *d)
{
    const struct mask none = {.words = {0}};

    if (d->state->active == 0 && !mask_any(d->state->timed))
        return false;
    if (by_name(d) || by_bits(d))
        return true;
    if (d->state->all_blocked)
        return close(d, none);
    return d->state->all_open && is_light(d) && open(d, none, COVERS_USUAL);
}
