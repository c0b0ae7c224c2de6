/* stage_reply: one client who has waited gets what was waited for. */
#include "policy/decide.h"
#include "policy/snapshot.h"
#include "resolver/cache/cache.h"
#include "resolver/core.h"
#include "resolver/query.h"

/* Where the rules have changed while the query waited, the new ones decide: what a reload blocks
 * reaches nobody any more. Returns NEXT_STAGE where the upstream's word is still wanted. */
static enum next decide_anew(const struct query_context *context, struct query *query)
{
    uint32_t group = query->verdict.upstream_group;
    enum next next;

    if (query->rules == snapshot_id(context->snapshot))
        return NEXT_STAGE;
    query->ask.wall_s = context->now.wall_s;
    query->ask.mono_ms = context->now.mono_ms;
    decide_look(context->snapshot, &query->ask);
    stage_decide(context, query);
    query->verdict.upstream_group = group; /* of the question in flight */
    next = stage_block(context, query);
    return next == NEXT_STAGE ? stage_local(context, query) : next;
}

enum next stage_reply(const struct query_context *context, struct query *query,
                      struct cache_found *found)
{
    enum next next = decide_anew(context, query);

    if (next != NEXT_STAGE)
        return next;
    return found != NULL ? stage_serve(context, query, found) : stage_serve_old(context, query);
}
