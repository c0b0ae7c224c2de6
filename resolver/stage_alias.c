/* stage_alias: another name is looked up than the one that was asked for, where a list's rewrite or
 * a safe search says so; the answer is a CNAME that leads to it, and what is known of it.
 *
 * The target meets the same decision as if it had been asked for, so that a rewrite opens nothing
 * that is blocked; and once only, so that no two rewrites make a ring. It then takes the place of
 * the asked name in the cache and upstream, where others may ask for it, too; stage_serve writes
 * the answer for the asked one. */
#include <string.h>

#include "policy/decide.h"
#include "resolver/core.h"
#include "resolver/query.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"
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

/* What the target of a list's rewrite is answered with. */
static void decide_rewrite(const struct query_context *context, struct query *query,
                           struct verdict *target)
{
    struct name name = name_of(&query->target);

    policy_decide_target(context->snapshot, &query->ask, &name, target);
    if (target->action != VERDICT_BLOCK)
        stage_count_block(context, &query->verdict);
}

/* A safe search is no block: nobody is told that something was filtered. */
static void decide_safe(const struct query_context *context, struct query *query,
                        struct verdict *target)
{
    struct name name = name_of(&query->target);

    policy_decide_alias(context->snapshot, &query->ask, &name, &query->verdict, target);
    if (target->action != VERDICT_BLOCK)
        core_count(&context->counters->rewritten);
}

/* Tells whether what is asked of the name is the alias itself, or where else its addresses are:
 * RFC 9460 §3 makes an HTTPS record a way around an alias, and the target's may hold hints. */
static bool stands_alone(const struct query *query)
{
    uint16_t type = query->question.type;

    return query->verdict.action == VERDICT_FORWARD &&
           (type == DNS_CNAME || type == DNS_HTTPS || type == DNS_SVCB);
}

/* Answers with the alias; for another type than its own the target has nothing (RFC 2308 §2.2). */
static enum next respond_alone(const struct query_context *context, struct query *query)
{
    const struct name target = name_of(&query->target);
    struct answer answer;

    respond_start(context, query, &answer);
    respond_ede(query, &answer);
    respond_add(query, &answer, DNS_CNAME, query->target.wire, query->target.length);
    if (query->question.type != DNS_CNAME)
        answer_add_soa(&answer, &target, query->verdict.ttl_s);
    return respond_end(context, query, &answer);
}

enum next stage_alias(const struct query_context *context, struct query *query)
{
    bool listed = query->verdict.action == VERDICT_BLOCK;
    struct name name = query->verdict.alias;
    struct verdict target;

    query->target.length = 0;
    if ((query->verdict.transform & TRANSFORM_ALIAS) == 0)
        return NEXT_STAGE;
    name_lower(&query->target, &query->verdict.alias);
    if (listed)
        decide_rewrite(context, query, &target);
    else
        decide_safe(context, query, &target);
    if (target.action == VERDICT_BLOCK) {
        query->target.length = 0;
        query->verdict = target;
        return target.rule == RULE_OPERATOR ? stage_hide(context, query, &name) : NEXT_STAGE;
    }
    if (target.action == VERDICT_ANSWER)
        core_count(&context->counters->local);
    follow(query, &target);
    return !listed && stands_alone(query) ? respond_alone(context, query) : NEXT_STAGE;
}
