/* stage_decide: the one decision, and its counts. */
#include "policy/decide.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "policy/state/overlay.h"
#include "policy/who/devices.h"
#include "resolver/core.h"
#include "resolver/observed.h"
#include "resolver/query.h"

/* What is observed is counted whether something else blocks the name or not. */
static void count_observed(struct core_counters *counters, const struct verdict *verdict)
{
    uint64_t left = verdict->observed.words[0];

    if (left == 0 && !verdict->would_block)
        return;
    core_count(&counters->observed);
    for (; left != 0; left &= left - 1)
        core_count(&counters->category_observed[__builtin_ctzll(left)]);
}

/* Names of public classes alone: what is above them nobody may see, and it is never observed. */
static void note_observed(const struct query_context *context, const struct query *query)
{
    struct observed *observed = context->hooks->observed;
    const struct verdict *verdict = &query->verdict;

    if (observed == NULL || (!mask_any(verdict->observed) && !verdict->would_block))
        return;
    if (observed_left_ms(observed, context->now.mono_ms) == 0 ||
        mask_any(mask_and(query->ask.listed.mask,
                          taxonomy_severity_mask(&context->config->taxonomy, SEVERITY_4))))
        return;
    if (query->ask.sealed.words == 0)
        observed_note(observed, &query->ask.name, context->now.mono_ms);
}

/* A question that only a device asks which looks for a way around the filter: a known resolver or
 * tunnel, or what is asked before one is used. For profiles that do not care nothing is counted. */
static bool is_bypass_sign(const struct verdict *verdict)
{
    const struct mask ways = mask_or(mask_bit(CATEGORY_BYPASS_DOH), mask_bit(CATEGORY_BYPASS_VPN));
    struct mask seen = verdict->observed;

    if (verdict->action == VERDICT_BLOCK)
        seen = mask_or(seen, verdict->matched);
    return verdict->canary || mask_any(mask_and(seen, ways));
}

static void count_bypass(const struct query_context *context, const struct query *query)
{
    const struct overlay *overlay = query->ask.overlay;

    core_count(&context->counters->bypass_signs);
    if (overlay != NULL && query->verdict.device != 0)
        devices_count_bypass(overlay->devices, query->verdict.device);
}

enum next stage_decide(const struct query_context *context, struct query *query)
{
    struct core_counters *counters = context->counters;

    query->changes = overlay_version(context->hooks->overlay); /* before it is looked at */
    policy_decide(context->snapshot, &query->ask, &query->verdict, NULL);
    query->rules = snapshot_id(context->snapshot);
    if (query->verdict.rule == RULE_OPERATOR)
        return stage_hide(context, query, &query->ask.name);
    if (query->verdict.unknown && context->hooks->sight != NULL)
        context->hooks->sight(context->hooks->context, &query->ask);
    count_observed(counters, &query->verdict);
    note_observed(context, query);
    if (is_bypass_sign(&query->verdict))
        count_bypass(context, query);
    if (query->verdict.released)
        core_count(&counters->released);
    switch (query->verdict.action) {
    case VERDICT_ANSWER:
        core_count(&counters->local);
        break;
    case VERDICT_REFUSE:
        core_count(&counters->refused);
        break;
    case VERDICT_BLOCK: /* stage_block counts */
    case VERDICT_FORWARD:
        break;
    }
    return NEXT_STAGE;
}
