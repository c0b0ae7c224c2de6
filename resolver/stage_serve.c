/* stage_serve: what an upstream said, for one client: checked with his verdict, then written. A hit
 * and an answer that was waited for are the same thing here, so that nobody gets unchecked what
 * another had checked. */
#include "policy/check.h"
#include "policy/snapshot.h"
#include "resolver/cache/cache.h"
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/scratch.h"

/* --- the answer check --- */

/* An entry's class belongs to the rules it was made with: with others in force it is made anew, for
 * this one entry, and kept with it. */
static void renew_class(const struct query_context *context, struct cache_found *found)
{
    if (found->entry->rules == snapshot_id(context->snapshot))
        return;
    core_count(&context->counters->rechecked);
    entry_classify(found->entry, context->snapshot);
    cache_touch(context->cache, found);
}

/* A grant or a lift may be what lets a target through: no answer is kept beyond its end. */
static void limit(struct query *query, int64_t until_s)
{
    if (until_s >= query->verdict.valid_until_s)
        return;
    query->verdict.valid_until_s = until_s;
    verdict_limit(&query->verdict, query->ask.wall_s);
}

/* Has the client pay for item AT of ENTRY, which rule 2 blocks: for that, not for the name that led
 * to it, of which somebody may have a zone full. */
static enum next charge(const struct query_context *context, const struct query *query,
                        const struct entry *entry, size_t at)
{
    struct check_item item;
    struct name_buf name;

    if (!entry_item(entry, at, &name, &item))
        return NEXT_STAGE;
    if (item.is_addr)
        item.name = (struct name){item.addr.octets, item.addr.bits / 8};
    return stage_charge(context, query, &item.name);
}

/* Blocks QUERY for item AT of ENTRY. */
static enum next block(const struct query_context *context, struct query *query,
                       const struct entry *entry, size_t at)
{
    if (query->verdict.rule != RULE_OPERATOR) {
        core_count(&context->counters->chain_blocked);
        return stage_block(context, query);
    }
    core_count(&context->counters->withheld.chains);
    if (charge(context, query, entry, at) != NEXT_STAGE)
        return NEXT_SILENCE;
    return stage_block(context, query);
}

/* Returns NEXT_STAGE where what FOUND leads to may reach the client. */
static enum next check(const struct query_context *context, struct query *query,
                       struct cache_found *found)
{
    struct verdict blocked;
    size_t at;

    if (found->entry->targets == 0)
        return NEXT_STAGE;
    renew_class(context, found);
    if (check_passes(context->snapshot, &query->verdict, &found->entry->class))
        return NEXT_STAGE;
    if (entry_decide(found->entry, context->snapshot, &query->ask, &query->verdict, &blocked,
                     &at)) {
        limit(query, blocked.valid_until_s);
        return NEXT_STAGE;
    }
    verdict_set_group(&blocked, &query->verdict); /* of the question that may be in flight */
    query->verdict = blocked;
    return block(context, query, found->entry, at);
}

/* --- writing --- */

/* RFC 6840 §5.7, §5.8: AD goes only to clients that set AD or DO, and says something only where the
 * path to the upstream is trusted. What is past its time nobody can vouch for, nor for a CNAME of
 * our own. */
static bool says_authentic(const struct query *query, const struct entry *entry, bool stale)
{
    return (entry->flags & ENTRY_AUTHENTIC) != 0 && !stale && query->target.length == 0 &&
           (query->question.dnssec_ok || (query->question.flags & DNS_AD) != 0);
}

static void add_ede(const struct query *query, const struct entry *entry, bool stale,
                    struct answer *answer)
{
    respond_ede(query, answer); /* what the decision itself has to say: no lists are loaded yet */
    if (stale)
        respond_ede_code(answer,
                         entry->rcode == DNS_NXDOMAIN ? DNS_EDE_STALE_NXDOMAIN : DNS_EDE_STALE);
    for (uint8_t i = 0; i < entry->ede_count; i++) {
        if ((entry->flags & ENTRY_FAILURE) != 0)
            respond_ede_code(answer, entry->ede[i]);
        else
            answer_ede(answer, entry->ede[i], NULL);
    }
}

static enum next write_entry(const struct query_context *context, struct query *query,
                             const struct entry *entry, bool stale)
{
    const struct entry_view view = {context->now.mono_ms, query->verdict.max_ttl_s, stale};
    struct answer answer;

    respond_begin(context, query, &answer);
    add_ede(query, entry, stale, &answer);
    entry_write(entry, &answer, &view);
    if (says_authentic(query, entry, stale))
        answer.flags |= DNS_AD;
    if ((query->verdict.transform & TRANSFORM_NAME_EXISTS) != 0 && answer.rcode == DNS_NXDOMAIN) {
        answer.rcode = DNS_NOERROR;
        answer.flags &= (uint16_t)~DNS_AD; /* it is our word now */
    }
    return respond_end(context, query, &answer);
}

static enum next fail(const struct query_context *context, struct query *query, uint16_t code)
{
    core_count(&context->counters->failed);
    return respond_error(context, query, DNS_SERVFAIL, code);
}

/* Returns what ENTRY says of the name that was looked up where it is the denial of a name above it;
 * NULL where that cannot be. */
static const struct entry *entry_for(const struct query_context *context, const struct query *query,
                                     const struct entry *entry)
{
    struct query_scratch *scratch = context->scratch;
    struct entry *made = (struct entry *)(void *)scratch->made;

    if (entry->question == query_lookup_name(query).length)
        return entry;
    return entry_extend(made, entry, query_lookup(query, &scratch->question), &scratch->reply,
                        scratch->message)
               ? made
               : NULL;
}

/* Returns ENTRY behind a CNAME that leads from the asked name to the one that was looked up; NULL
 * where that cannot be. */
static const struct entry *entry_aliased(const struct query_context *context,
                                         const struct query *query, const struct entry *entry)
{
    struct query_scratch *scratch = context->scratch;
    struct entry *aliased = (struct entry *)(void *)scratch->aliased;
    const struct entry_alias alias = {
        .question = &query->question,
        .target = name_of(&query->target),
        .ttl_s = query->verdict.ttl_s,
        .now_ms = context->now.mono_ms,
    };

    return entry_lead(aliased, entry, &alias, &scratch->reply, scratch->message) ? aliased : NULL;
}

/* Returns ENTRY as the asked name's; NULL where that cannot be. */
static const struct entry *entry_asked(const struct query_context *context,
                                       const struct query *query, const struct entry *entry)
{
    if (entry == NULL || query->target.length == 0)
        return entry;
    return entry_aliased(context, query, entry);
}

enum next stage_serve(const struct query_context *context, struct query *query,
                      struct cache_found *found)
{
    enum next next = check(context, query, found);
    const struct entry *entry;

    if (next != NEXT_STAGE)
        return next;
    entry = entry_asked(context, query, entry_for(context, query, found->entry));
    if (entry == NULL)
        return fail(context, query, 0);
    /* RFC 7766 §5: TC sends a client to TCP; one that has come there would take an empty answer as
     * a word on the name. */
    if ((entry->flags & ENTRY_TRUNCATED) != 0 && query->transport != TRANSPORT_UDP)
        return fail(context, query, DNS_EDE_NETWORK);
    if ((entry->flags & ENTRY_FAILURE) != 0)
        core_count(&context->counters->failed);
    if (found->state == CACHE_OLD)
        core_count(&context->counters->cache_stale);
    return write_entry(context, query, entry, found->state == CACHE_OLD);
}

enum next stage_serve_old(const struct query_context *context, struct query *query)
{
    const struct cache_when when = {context->now.mono_ms, context->config->cache_stale_s};
    struct cache_key key = cache_key_of(query);
    struct cache_spot spot;
    struct cache_found found;

    cache_spot(context->cache, &key, &spot);
    cache_get(context->cache, &spot, &when, &context->scratch->room, &found);
    /* Another worker may have renewed it meanwhile. */
    if (found.state != CACHE_OLD && found.state != CACHE_FRESH)
        return NEXT_STAGE;
    return stage_serve(context, query, &found);
}
