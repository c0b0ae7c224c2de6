/* stage_budget: who has met too much of what the operator, the law and hotlines block gets no
 * answer for a while: whatever he asks, by whatever transport, and to what he asked before as well.
 */
#include "resolver/budget.h"
#include "resolver/core.h"

/* The node asks for the operator's name in the set, to see that it is in force (daemon/canary.h):
 * from the address that it asks, which no packet from elsewhere has (the kernel drops such). A
 * forwarder's word is no proof. */
static bool is_own_canary(const struct query *query)
{
    const struct addr *client = &query->client.addr;

    return (query->ask.sealed.words & SEALED_CANARY) != 0 &&
           addr_equal(client, &query->local.addr) && addr_equal(client, &query->ask.client);
}

enum next stage_budget(const struct query_context *context, struct query *query)
{
    if (!budget_is_out(context->hooks->budget, &query->ask.client, context->now.mono_ms) ||
        is_own_canary(query))
        return NEXT_STAGE;
    query->withheld = WITHHELD_SILENCE;
    return NEXT_SILENCE;
}

enum next stage_charge(const struct query_context *context, const struct query *query,
                       const struct name *met)
{
    return is_own_canary(query) || budget_charge(context->hooks->budget, &query->ask.client, met,
                                                 context->now.mono_ms)
               ? NEXT_STAGE
               : NEXT_SILENCE;
}

/* What the operator, the law or a hotline blocks, or diverts, costs the client, and moves nothing
 * else: no counter, no device that is seen. */
enum next stage_hide(const struct query_context *context, struct query *query,
                     const struct name *met)
{
    query->withheld = is_own_canary(query) ? WITHHELD_CANARY : WITHHELD_BLOCK;
    return stage_charge(context, query, met);
}
