/* stage_reply: one client who has waited gets what was waited for. */
#include <string.h>

#include "policy/decide.h"
#include "policy/snapshot.h"
#include "policy/state/overlay.h"
#include "resolver/core.h"
#include "resolver/query.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

static bool is_outside(const struct verdict *verdict)
{
    return verdict->upstream_group == 0;
}

static enum next respond_unheard(const struct query_context *context, struct query *query)
{
    core_count(&context->counters->failed);
    return respond_error(context, query, DNS_SERVFAIL, 0);
}

/* Tells whether A and B are one name, or none. */
static bool is_same_name(const struct name_buf *a, const struct name_buf *b)
{
    return a->length == b->length && memcmp(a->wire, b->wire, a->length) == 0;
}

/* Decides by the rules that have come while QUERY waited: what a reload blocks reaches nobody any
 * more. A name that has become a zone's, or is one's no more, was asked in the wrong place: the
 * zone's servers do not vouch for what came. So was a name that leads elsewhere now. Returns
 * NEXT_STAGE where the upstream's word is still wanted. */
static enum next decide_anew(const struct query_context *context, struct query *query)
{
    const struct verdict before = query->verdict;
    const struct name_buf target = query->target;
    enum next next;

    query->ask.wall_s = context->now.wall_s;
    query->ask.mono_ms = context->now.mono_ms;
    decide_look(context->snapshot, &query->ask);
    next = stage_decide(context, query);
    if (next == NEXT_STAGE)
        next = stage_alias(context, query);
    if (query->withheld == WITHHELD_BLOCK) {
        /* It was counted when it came: now it is one whose answer is blocked. */
        query->withheld = WITHHELD_NOTHING;
        core_count(&context->counters->withheld.chains);
    }
    if (next == NEXT_STAGE)
        next = stage_block(context, query);
    if (next == NEXT_STAGE)
        next = stage_local(context, query);
    if (next == NEXT_STAGE && (is_outside(&before) != is_outside(&query->verdict) ||
                               !is_same_name(&target, &query->target)))
        next = respond_unheard(context, query);
    query->target = target; /* of the question in flight, as is the group */
    verdict_set_group(&query->verdict, &before);
    return next;
}

/* A verdict that ends some day says how long answers may be kept: less, by now, or it has ended. */
static bool has_aged(const struct query_context *context, const struct query *query)
{
    return query->verdict.valid_until_s != INT64_MAX && query->ask.wall_s != context->now.wall_s;
}

/* Returns NEXT_STAGE where the rules, those of now, let the upstream's word through. */
static enum next check_rules(const struct query_context *context, struct query *query)
{
    if (query->rules != snapshot_id(context->snapshot) ||
        query->changes != overlay_version(context->hooks->overlay) || has_aged(context, query))
        return decide_anew(context, query);
    return query->verdict.action == VERDICT_FORWARD ? NEXT_STAGE
                                                    : NEXT_DROP; /* told to drop it before */
}

enum next stage_reply(const struct query_context *context, struct query *query,
                      struct cache_found *found)
{
    enum next next = check_rules(context, query);

    if (next != NEXT_STAGE)
        return next;
    return found != NULL ? stage_serve(context, query, found) : stage_serve_old(context, query);
}
