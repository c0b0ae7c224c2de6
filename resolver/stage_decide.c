/* stage_decide: the one decision, and its counts. */
#include "policy/decide.h"
#include "policy/snapshot.h"
#include "resolver/core.h"
#include "resolver/query.h"

static void count_block(struct core_counters *counters, const struct verdict *verdict)
{
    core_count(&counters->blocked);
    if (verdict->rule == RULE_OPERATOR) {
        /* which category it was is nobody's to know: operator, legal and hotline are one */
        core_count(&counters->protected_blocks);
        return;
    }
    for (uint64_t left = verdict->matched.words[0]; left != 0; left &= left - 1)
        core_count(&counters->category_blocks[__builtin_ctzll(left)]);
}

enum next stage_decide(const struct query_context *context, struct query *query)
{
    struct core_counters *counters = context->counters;

    policy_decide(context->snapshot, &query->ask, &query->verdict, NULL);
    query->rules = snapshot_id(context->snapshot);
    switch (query->verdict.action) {
    case VERDICT_BLOCK:
        count_block(counters, &query->verdict);
        break;
    case VERDICT_ANSWER:
        core_count(&counters->local);
        break;
    case VERDICT_REFUSE:
        core_count(&counters->refused);
        break;
    case VERDICT_FORWARD:
        break;
    }
    return NEXT_STAGE;
}
