/* stage_budget: who has met too much of what the operator, the law and hotlines block gets no
 * answer for a while: whatever he asks, by whatever transport, and to what he asked before as well.
 */
#include "resolver/budget.h"
#include "resolver/core.h"

enum next stage_budget(const struct query_context *context, struct query *query)
{
    if (!budget_is_out(context->hooks->budget, &query->ask.client, context->now.mono_ms))
        return NEXT_STAGE;
    query->withheld = WITHHELD_SILENCE;
    return NEXT_SILENCE;
}

enum next stage_charge(const struct query_context *context, const struct query *query,
                       const struct name *met)
{
    return budget_charge(context->hooks->budget, &query->ask.client, met, context->now.mono_ms)
               ? NEXT_STAGE
               : NEXT_SILENCE;
}
