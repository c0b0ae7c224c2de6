/* stage_decide: the one decision, and its counts. */
#include "policy/decide.h"
#include "policy/snapshot.h"
#include "resolver/core.h"
#include "resolver/query.h"

enum next stage_decide(const struct query_context *context, struct query *query)
{
    struct core_counters *counters = context->counters;

    policy_decide(context->snapshot, &query->ask, &query->verdict, NULL);
    query->rules = snapshot_id(context->snapshot);
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
