/* stage_look: what both sets say of each name of the batch. All names are hashed and all cache
 * lines asked for before the first is read, so that their misses overlap. */
#include "blocklist/set/set.h"
#include "policy/snapshot.h"
#include "resolver/core.h"
#include "resolver/query.h"
#include "resolver/wire/dns.h"

static bool wants_look(const struct query *query)
{
    return query->next == NEXT_STAGE && query->question.class == DNS_IN;
}

void stage_look(const struct query_context *context, struct query *queries, size_t count)
{
    const struct set *listed = snapshot_listed(context->snapshot);
    const struct set *hotline = snapshot_hotline(context->snapshot);

    for (size_t i = 0; i < count; i++) {
        if (!wants_look(&queries[i]))
            continue;
        set_hash(listed, &queries[i].ask.name, &context->probes[i][0]);
        set_hash(hotline, &queries[i].ask.name, &context->probes[i][1]);
        set_prefetch(listed, &context->probes[i][0]);
        set_prefetch(hotline, &context->probes[i][1]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!wants_look(&queries[i]))
            continue;
        set_find(listed, &context->probes[i][0], &queries[i].ask.listed);
        set_find(hotline, &context->probes[i][1], &queries[i].ask.hotline);
    }
}
