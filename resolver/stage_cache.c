/* stage_cache: what an upstream has said before, as long as it may be said again. */
#include "config/config.h"
#include "resolver/cache/cache.h"
#include "resolver/core.h"
#include "resolver/pending.h"
#include "resolver/scratch.h"

/* Tells whether others have waited in vain already for what QUERY asks: he need not. */
static bool is_slow(const struct query_context *context, const struct query *query)
{
    struct cache_key key = cache_key_of(query);
    uint32_t ticket;

    return pending_asked(context->pending, &key, query->spot->hash, &ticket) &&
           context->now.mono_ms >=
               pending_find(context->pending, ticket)->since_ms + CORE_PATIENCE_MS;
}

/* Tells whether to wait for an upstream is of no use now, so that what is old may be given at once:
 * all of its group are down, or do not answer this question. */
static bool is_hopeless(const struct query_context *context, const struct query *query)
{
    const struct core_hooks *hooks = context->hooks;

    return (hooks->is_down != NULL &&
            hooks->is_down(hooks->context, query->verdict.upstream_group)) ||
           is_slow(context, query);
}

static enum next serve_fresh(const struct query_context *context, struct query *query,
                             struct cache_found *found)
{
    bool below = found->entry->question != query_lookup_name(query).length;
    enum next next;

    core_count(&context->counters->cache_hits);
    if (below)
        core_count(&context->counters->cache_denials);
    next = stage_serve(context, query, found);
    /* The renewal of a denial is that name's own business. */
    if (!below && found->state == CACHE_FRESH && context->config->cache_prefetch &&
        cache_renews(context->cache, found, context->now.mono_ms)) {
        core_count(&context->counters->prefetched);
        stage_renew(context, query);
    }
    return next;
}

static enum next serve_old(const struct query_context *context, struct query *query,
                           struct cache_found *found)
{
    bool paused = context->now.mono_ms < found->entry->failed_until_ms; /* it failed just now */
    enum next next;

    if (!paused && !is_hopeless(context, query)) {
        core_count(&context->counters->cache_misses);
        query->has_old = true;
        return NEXT_STAGE;
    }
    next = stage_serve(context, query, found);
    if (!paused)
        stage_renew(context, query);
    return next;
}

enum next stage_cache(const struct query_context *context, struct query *query)
{
    const struct cache_when when = {context->now.mono_ms, context->config->cache_stale_s};
    struct cache_found found;

    query->has_old = query->is_background = query->is_answered = false;
    cache_get(context->cache, query->spot, &when, &context->scratch->room, &found);
    switch (found.state) {
    case CACHE_FRESH:
    case CACHE_FAILED:
        return serve_fresh(context, query, &found);
    case CACHE_OLD:
        return serve_old(context, query, &found);
    case CACHE_NONE:
        break;
    }
    core_count(&context->counters->cache_misses);
    return NEXT_STAGE;
}
