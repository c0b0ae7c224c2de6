/* stage_forward: into the pool, and to the upstreams unless the same question is on its way. */
#include "config/config.h"
#include "resolver/cache/cache.h"
#include "resolver/core.h"
#include "resolver/pending.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

/* Answers where the question cannot be asked: with what is old, or with a failure that CODE
 * explains. */
static enum next respond_unasked(const struct query_context *context, struct query *query,
                                 uint16_t code)
{
    enum next next = query->has_old ? stage_serve_old(context, query) : NEXT_STAGE;

    if (next != NEXT_STAGE)
        return next;
    core_count(&context->counters->failed);
    return respond_error(context, query, DNS_SERVFAIL, code);
}

/* Tells whether so many wait for the servers of QUERY that the rest of the pool is for others: a
 * zone whose servers are silent must not take the Internet away, nor the Internet a zone. */
static bool is_crowded(const struct query_context *context, const struct query *query)
{
    uint32_t room = pending_room(context->pending);
    uint32_t held = pending_held(context->pending, &query->verdict);

    if (query->verdict.upstream_group != 0)
        return held >= room / 2;
    return context->config->zone_count > 0 && held >= room - room / 8;
}

/* Opens a question for QUERY. */
static enum next ask(const struct query_context *context, struct query *query)
{
    const struct core_hooks *hooks = context->hooks;
    uint32_t ticket;
    struct query *copy = pending_open(context->pending, query, query->spot->hash, &ticket);

    if (copy == NULL) {
        core_count(&context->counters->pool_full);
        return respond_unasked(context, query, 0);
    }
    if (hooks->forward(hooks->context, copy, ticket) != 0) {
        pending_end(context->pending, ticket);
        return respond_unasked(context, query, DNS_EDE_NO_REACHABLE);
    }
    core_count(&context->counters->forwarded);
    return NEXT_WAIT;
}

static enum next join(const struct query_context *context, struct query *query, uint32_t ticket)
{
    const struct core_hooks *hooks = context->hooks;

    if (hooks->is_loop != NULL && hooks->is_loop(hooks->context, query, ticket)) {
        core_count(&context->counters->loops);
        core_count(&context->counters->failed);
        return respond_error(context, query, DNS_SERVFAIL, DNS_EDE_NETWORK);
    }
    if (pending_join(context->pending, query, ticket) == NULL) {
        core_count(&context->counters->pool_full);
        return respond_unasked(context, query, 0);
    }
    core_count(&context->counters->joined);
    return NEXT_WAIT;
}

enum next stage_forward(const struct query_context *context, struct query *query)
{
    struct cache_key key = cache_key_of(query);
    uint32_t ticket;

    query->since_ms = context->now.mono_ms;
    if (is_crowded(context, query)) {
        core_count(&context->counters->pool_full);
        return respond_unasked(context, query, 0);
    }
    if (pending_asked(context->pending, &key, query->spot->hash, &ticket))
        return join(context, query, ticket);
    return ask(context, query);
}

/* Asks again what QUERY asked, for nobody but the cache. */
static void renew(const struct query_context *context, const struct query *query)
{
    const struct core_hooks *hooks = context->hooks;
    struct query renewal = *query;
    struct query *copy;
    uint32_t ticket;

    renewal.is_background = true;
    renewal.has_old = false;
    renewal.since_ms = context->now.mono_ms;
    renewal.client = (struct endpoint){0};
    copy = pending_open(context->pending, &renewal, query->spot->hash, &ticket);
    if (copy != NULL && hooks->forward(hooks->context, copy, ticket) != 0)
        pending_end(context->pending, ticket);
}

void stage_renew(const struct query_context *context, const struct query *query)
{
    struct cache_key key = cache_key_of(query);
    uint32_t ticket;

    /* Clients go first: half of the pool is theirs alone. */
    if (pending_asked(context->pending, &key, query->spot->hash, &ticket) ||
        pending_count(context->pending) >= pending_room(context->pending) / 2)
        return;
    renew(context, query);
}
