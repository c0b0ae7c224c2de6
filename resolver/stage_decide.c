/* stage_decide: the one decision, and its counts. */
#include "policy/decide.h"
#include "policy/snapshot.h"
#include "policy/state/overlay.h"
#include "resolver/core.h"
#include "resolver/query.h"

/* What is observed is counted whether something else blocks the name or not. */
static void count_observed(struct core_counters *counters, const struct verdict *verdict)
{
    uint64_t left = verdict->observed.words[0];

    if (left == 0)
        return;
    core_count(&counters->observed);
    for (; left != 0; left &= left - 1)
        core_count(&counters->category_observed[__builtin_ctzll(left)]);
}

enum next stage_decide(const struct query_context *context, struct query *query)
{
    struct core_counters *counters = context->counters;

    query->changes = overlay_version(context->hooks->overlay); /* before it is looked at */
    policy_decide(context->snapshot, &query->ask, &query->verdict, NULL);
    query->rules = snapshot_id(context->snapshot);
    count_observed(counters, &query->verdict);
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
