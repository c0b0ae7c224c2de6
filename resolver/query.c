#include "resolver/query.h"

/* The way of a query after the batch has been read and looked up; the last stage never says
 * NEXT_STAGE. */
static enum next (*const stages[])(const struct query_context *, struct query *) = {
    stage_chaos,               /* version.bind and the like */
    stage_decide, stage_block, /* blocked, or not served at all */
    stage_local,               /* local records, special names */
    stage_any,                 /* RFC 8482 */
    stage_cache,  stage_forward,
};

void query_run(const struct query_context *context, struct query *queries,
               const struct query_message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        queries[i].next = stage_read(context, &queries[i], &messages[i]);
    stage_look(context, queries, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t stage = 0; queries[i].next == NEXT_STAGE; stage++)
            queries[i].next = stages[stage](context, &queries[i]);
    }
}
