/* stage_forward: into the pool, and to the upstreams unless the same question is on its way. */
#include "resolver/cache/key.h"
#include "resolver/core.h"
#include "resolver/pending.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

enum next stage_forward(const struct query_context *context, struct query *query)
{
    struct cache_key key = cache_key_of(query);
    uint32_t ticket;
    bool opened;
    struct query *copy = pending_add(context->pending, query, &key, &ticket, &opened);

    if (copy == NULL) {
        core_count(&context->counters->pool_full);
        core_count(&context->counters->failed);
        return respond_error(context, query, DNS_SERVFAIL, 0);
    }
    if (opened && context->hooks->forward(context->hooks->context, copy, ticket) != 0) {
        pending_end(context->pending, ticket);
        core_count(&context->counters->failed);
        return respond_error(context, query, DNS_SERVFAIL, DNS_EDE_NO_REACHABLE);
    }
    core_count(opened ? &context->counters->forwarded : &context->counters->joined);
    return NEXT_WAIT;
}
