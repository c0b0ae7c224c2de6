/* stage_alias: another name is looked up than the one that was asked for, where a list's rewrite
 * (or later a safe search) says so; the answer is a CNAME that leads to it, and what is known of
 * it.
 *
 * The target meets the same decision as if it had been asked for, so that a rewrite opens nothing
 * that is blocked; and once only, so that no two rewrites make a ring. It then takes the place of
 * the asked name in the cache and upstream, where others may ask for it, too; stage_serve writes
 * the answer for the asked one. */
#include <string.h>

#include "policy/decide.h"
#include "resolver/core.h"
#include "resolver/query.h"
#include "resolver/wire/question.h"

const struct question *query_lookup(const struct query *query, struct question *room)
{
    if (query->target.length == 0)
        return &query->question;
    *room = query->question;
    room->name = query->target;
    return room;
}

/* Gives QUERY the verdict on its target; what was decided on the asked name still is to be said. */
static void follow(struct query *query, const struct verdict *target)
{
    const struct verdict asked = query->verdict;

    query->verdict = *target;
    query->verdict.ttl_s = asked.ttl_s;
    memcpy(query->verdict.ede, asked.ede, sizeof asked.ede);
}

enum next stage_alias(const struct query_context *context, struct query *query)
{
    struct verdict target;
    struct name name;

    query->target.length = 0;
    if ((query->verdict.transform & TRANSFORM_ALIAS) == 0)
        return NEXT_STAGE;
    name_lower(&query->target, &query->verdict.alias);
    name = name_of(&query->target);
    policy_decide_target(context->snapshot, &query->ask, &name, &target);
    if (target.action == VERDICT_BLOCK) {
        query->target.length = 0;
        query->verdict = target;
        return NEXT_STAGE;
    }
    if (query->verdict.action == VERDICT_BLOCK)
        stage_count_block(context, &query->verdict);
    if (target.action == VERDICT_ANSWER)
        core_count(&context->counters->local);
    follow(query, &target);
    return NEXT_STAGE;
}
