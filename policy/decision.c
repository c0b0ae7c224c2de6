/* decision.c - what the lists say, and how a block of theirs is answered.
 *
 * The problem: most listings only say that a name is listed, and the profile's style is the answer;
 * a few bring an answer of their own, which must hold for the type that is asked, and must not say
 * more than is true: NXDOMAIN denies all that is below. The idea: an action that is a style goes
 * the way of the style; the rest (no answer, TCP alone, records) is passed to whoever answers.
 * Where several lists block, an action counts only if each of them has one: a name that some list
 * simply blocks is not to be led elsewhere by another.
 *
 * Dropped: actions for what an answer leads to (policy/check.c): the asked name is there. */
#include "policy/decision.h"

#include <string.h>

enum { WITNESSES_LOOKED_AT = 32 };

void decision_until(struct decision *d, int64_t wall_s)
{
    if (wall_s < d->verdict->valid_until_s)
        d->verdict->valid_until_s = wall_s;
}

void decision_forward(struct decision *d)
{
    d->verdict->action = VERDICT_FORWARD;
    d->verdict->max_ttl_s = d->state->max_ttl_s;
    d->verdict->upstream_mark = d->snapshot->group_marks[d->verdict->upstream_group];
    if (tree_has_below(&d->path, TREE_LOCAL) || tree_has_below(&d->path, TREE_ZONE))
        d->verdict->transform |= TRANSFORM_NAME_EXISTS;
}

void decision_forward_outside(struct decision *d)
{
    struct tree_match match;

    decision_forward(d);
    if (d->snapshot->config->rebind_guard && !tree_best(&d->path, TREE_REBIND, &match))
        d->verdict->transform |= TRANSFORM_REBIND_GUARD;
}

void decision_block(struct decision *d, enum block_style style, uint16_t ede)
{
    verdict_block(d->verdict, style, d->profile->config->block_ttl_s, d->ask->type, ede);
}

/* Returns STYLE, made to say no more than decision_style would. */
static enum block_style soften(const struct decision *d, enum block_style style, bool subtree)
{
    if (style != BLOCK_NXDOMAIN)
        return style;
    /* A schedule or a grant may open something below, now or before the answer's time is over. */
    if (d->state->active != 0 || d->grants != NULL)
        return BLOCK_NODATA;
    if (!subtree || d->ask->is_target || tree_passes_below(&d->path, d->verdict->profile))
        return BLOCK_NODATA;
    return style;
}

enum block_style decision_style(const struct decision *d, bool subtree)
{
    return soften(d, d->profile->config->style, subtree);
}

/* Returns what the public lists say of every name below the asked one. */
static struct mask mask_below(const struct decision *d)
{
    struct name_buf child = {
        .wire = {1, '*'}
    };
    const struct name *name = &d->ask->name;
    struct set_hit hit;
    struct name below;

    memcpy(child.wire + 2, name->wire, name->length);
    child.length = (uint8_t)(name->length + 2);
    below = name_of(&child);
    set_lookup(d->snapshot->listed, &below, &hit);
    return listing_mask(d->snapshot->listed, &below, d->ask->type, &hit);
}

/* Tells whether a listing of the name, or an exception, holds for some types of question only:
 * NXDOMAIN denies all of them. */
static bool is_limited(const struct decision *d)
{
    struct set_witness witnesses[WITNESSES_LOOKED_AT];
    size_t count;

    if (!d->ask->listed.terms)
        return false;
    count = set_witnesses(d->snapshot->listed, &d->ask->name, witnesses, WITNESSES_LOOKED_AT);
    if (count >= WITNESSES_LOOKED_AT)
        return true; /* who knows */
    for (size_t i = 0; i < count; i++) {
        if (witnesses[i].limited)
            return true;
    }
    return false;
}

/* Tells whether a listed name is listed with all that is below it. The hit tells so where a longer
 * name than the listed one was asked for; else what the set says of a name below is asked. Bits
 * that an exception lifts somewhere say nothing: that may be below this name. */
static bool is_listed_below(const struct decision *d, struct mask bits)
{
    struct mask firm = mask_without(bits, set_liftable(d->snapshot->listed));

    if (mask_any(mask_and(d->tags, bits)))
        return true; /* so is all that is below */
    if (is_limited(d))
        return false;
    if (d->ask->name.length + 2 > NAME_OCTETS_MAX)
        return true; /* no name fits below it */
    if (d->ask->listed.labels < d->path.labels && !d->ask->listed.terms)
        return mask_any(firm);
    return mask_any(mask_and(mask_below(d), firm));
}

/* The styles that a list's action comes to. */
static const struct {
    bool is_style;
    enum block_style style;
} action_styles[TERMS_ACTIONS] = {
    [TERMS_NXDOMAIN] = {true, BLOCK_NXDOMAIN},
    [TERMS_NODATA] = {true, BLOCK_NODATA  },
    [TERMS_REFUSED] = {true, BLOCK_REFUSED },
};

/* Returns how the lists that block by BITS want it answered, where all of them have a word on it;
 * what others would have answered does not count. */
static enum terms_action action_of(struct decision *d, struct mask bits)
{
    if (mask_any(mask_without(bits, d->listed.acted)))
        return TERMS_STYLE;
    if (mask_any(mask_without(d->listed.acted, bits)))
        set_find_terms_among(d->snapshot->listed, &d->ask->name, d->ask->type, bits, &d->listed);
    if (d->listed.action >= TERMS_ACTIONS)
        return TERMS_STYLE;
    return (enum terms_action)d->listed.action;
}

/* Tells whether ACTION lets the question through as it is asked: over TCP what is to be asked over
 * TCP alone, and the very name that a rewrite leads to, as a rule for a whole domain does with the
 * one name in it that it wants to be used. */
static bool lets_through(const struct decision *d, enum terms_action action)
{
    struct name alias;

    if (action == TERMS_TCP)
        return d->ask->transport != TRANSPORT_UDP;
    return action == TERMS_REWRITE && listing_alias(&d->listed, d->ask->type, &alias) &&
           name_equal(&alias, &d->ask->name);
}

/* Makes the block, whose list has the action TERMS_REWRITE, answer with that list's records. */
static void rewrite(struct decision *d)
{
    struct verdict *verdict = d->verdict;
    struct listing_record record;

    verdict->rewrite = d->listed.records;
    verdict->rewrite_length = d->listed.records_length;
    if (listing_alias(&d->listed, d->ask->type, &verdict->alias))
        verdict->transform |= TRANSFORM_ALIAS;
    if ((verdict->transform & TRANSFORM_ALIAS) != 0 ||
        listing_record_of(verdict->rewrite, verdict->rewrite_length, d->ask->type, &record))
        verdict_give_ede(verdict, VERDICT_EDE_FORGED);
}

/* Blocks by BITS, as ACTION says, which is not TERMS_STYLE. */
static void act(struct decision *d, struct mask bits, enum terms_action action)
{
    enum block_style style = BLOCK_NODATA;

    d->verdict->feed = d->listed.feed;
    d->verdict->listed_terms = action;
    d->verdict->labels = d->listed.labels;
    if (action_styles[action].is_style)
        style = action_styles[action].style;
    decision_block(d, soften(d, style, style == BLOCK_NXDOMAIN && is_listed_below(d, bits)),
                   VERDICT_EDE_FILTERED);
    if (action_styles[action].is_style)
        return;
    d->verdict->terms = action;
    if (action == TERMS_REWRITE)
        rewrite(d);
}

/* Tells whether BITS are cells W alone. */
static bool is_warned(const struct decision *d, struct mask bits)
{
    return !mask_any(mask_without(bits, d->state->warn));
}

bool decision_category(struct decision *d)
{
    const struct compiled_state *state = d->state;
    struct mask bits = mask_and(d->listed.mask, state->apply);
    struct mask used = mask_or(state->apply, state->observe);
    enum terms_action action;

    d->verdict->observed =
        mask_or(mask_and(d->listed.mask, state->observe), mask_and(d->listed.observed, used));
    if (!mask_any(bits))
        return false;
    if (is_warned(d, bits) && decision_released(d)) {
        d->verdict->released = true;
        return false;
    }
    action = action_of(d, bits);
    if (lets_through(d, action))
        return false;
    d->verdict->matched = bits;
    d->verdict->warned = is_warned(d, bits);
    d->verdict->row = d->ask->listed.row;
    d->verdict->labels = d->ask->listed.labels;
    if (action != TERMS_STYLE && !d->ask->is_target) {
        act(d, bits, action);
        return true;
    }
    /* Only this style wants to know, and the set is asked once more for it. */
    decision_block(
        d,
        decision_style(d, d->profile->config->style == BLOCK_NXDOMAIN && is_listed_below(d, bits)),
        VERDICT_EDE_FILTERED);
    return true;
}
