/* stage_look: what both sets say of each name of the batch. All names are hashed and all cache
 * lines asked for before the first is read, so that their misses overlap. Both are looked at for
 * every name, whatever the other says; the sealed one is left out only where it holds nothing at
 * all, and then for every name alike. */
#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "policy/snapshot.h"
#include "resolver/core.h"
#include "resolver/query.h"
#include "resolver/wire/dns.h"

static bool wants_look(const struct query *query)
{
    return query->next == NEXT_STAGE && query->question.class == DNS_IN;
}

static void look_listed(const struct query_context *context, struct query *queries, size_t count)
{
    const struct set *listed = snapshot_listed(context->snapshot);

    for (size_t i = 0; i < count; i++) {
        if (!wants_look(&queries[i]))
            continue;
        set_hash(listed, &queries[i].ask.name, &context->probes[i]);
        set_prefetch(listed, &context->probes[i]);
    }
}

static void hash_sealed(const struct query_context *context, struct query *queries, size_t count)
{
    const struct sealed *sealed = snapshot_sealed(context->snapshot);

    for (size_t i = 0; i < count; i++) {
        if (!wants_look(&queries[i]))
            continue;
        sealed_hash(sealed, &queries[i].ask.name, &context->sealed_probes[i]);
        sealed_prefetch(sealed, &context->sealed_probes[i]);
    }
}

static void find_sealed(const struct query_context *context, struct query *queries, size_t count)
{
    const struct sealed *sealed = snapshot_sealed(context->snapshot);

    for (size_t i = 0; i < count; i++) {
        if (wants_look(&queries[i]))
            sealed_find(sealed, &context->sealed_probes[i], &queries[i].ask.sealed);
    }
}

void stage_look(const struct query_context *context, struct query *queries, size_t count)
{
    const struct set *listed = snapshot_listed(context->snapshot);
    bool sealed = !sealed_is_empty(snapshot_sealed(context->snapshot));

    look_listed(context, queries, count);
    if (sealed)
        hash_sealed(context, queries, count);
    for (size_t i = 0; i < count; i++) {
        if (wants_look(&queries[i]))
            set_find(listed, &context->probes[i], &queries[i].ask.listed);
    }
    if (sealed)
        find_sealed(context, queries, count);
}
