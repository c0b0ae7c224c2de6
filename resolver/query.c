/* query.c - the stages in their order, over a batch.
 *
 * Problem: each query touches memory that no cache of the processor has: a line of each set, then
 * one of the index of answers, then the answer. Idea: the batch goes together up to the next such
 * place, asks for all lines, and only then reads the first. Between those places each query runs by
 * itself. */
#include "resolver/query.h"

#include "resolver/cache/cache.h"

/* What needs the question and the lists alone. */
static enum next (*const first_stages[])(const struct query_context *, struct query *) = {
    stage_budget,              /* who is out gets no answer to anything */
    stage_chaos,               /* version.bind and the like */
    stage_decide, stage_alias, /* another name is looked up */
    stage_block,               /* blocked, or not served at all */
    stage_local,               /* local records, special names */
    stage_any,                 /* RFC 8482 */
    NULL,
};

/* What needs an upstream's word; the last stage never says NEXT_STAGE. */
static enum next (*const last_stages[])(const struct query_context *, struct query *) = {
    stage_cache,
    stage_forward,
    NULL,
};

static void run(const struct query_context *context, struct query *query,
                enum next (*const *stages)(const struct query_context *, struct query *))
{
    for (; query->next == NEXT_STAGE && *stages != NULL; stages++)
        query->next = (*stages)(context, query);
}

static void find_spot(const struct query_context *context, struct query *query,
                      struct cache_spot *spot)
{
    struct cache_key key = cache_key_of(query);

    cache_spot(context->cache, &key, spot);
    cache_prefetch(context->cache, spot);
    query->spot = spot;
}

void query_run(const struct query_context *context, struct query *queries,
               const struct query_message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        queries[i].next = stage_read(context, &queries[i], &messages[i]);
    stage_look(context, queries, count);
    for (size_t i = 0; i < count; i++) {
        run(context, &queries[i], first_stages);
        if (queries[i].next == NEXT_STAGE)
            find_spot(context, &queries[i], &context->spots[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (queries[i].next == NEXT_STAGE)
            cache_prefetch_entry(context->cache, queries[i].spot);
    }
    for (size_t i = 0; i < count; i++)
        run(context, &queries[i], last_stages);
}
