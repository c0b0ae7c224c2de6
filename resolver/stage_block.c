/* stage_block: blocked names, in the profile's style or as the list that blocks wants it, and
 * clients that get no service. A block is about the name: every type gets the same word, but where
 * the list says otherwise. */
#include "policy/listing.h"
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

static const uint8_t null_address[16];

void stage_count_block(const struct query_context *context, const struct verdict *verdict)
{
    struct core_counters *counters = context->counters;

    if (verdict->rule == RULE_OPERATOR)
        return; /* withheld, as is the whole query */
    core_count(&counters->blocked);
    if (verdict->warned)
        core_count(&counters->warned);
    for (uint64_t left = verdict->matched.words[0]; left != 0; left &= left - 1)
        core_count(&counters->category_blocks[__builtin_ctzll(left)]);
}

static enum next respond_null(const struct query_context *context, struct query *query)
{
    struct answer answer;
    uint16_t type = query->question.type;

    if (type != DNS_A && type != DNS_AAAA)
        return respond_negative(context, query, DNS_NOERROR);
    respond_start(context, query, &answer);
    respond_ede(query, &answer);
    respond_add(query, &answer, type, null_address, type == DNS_A ? 4 : 16);
    return respond_end(context, query, &answer);
}

/* The stop page's addresses, or those of the operator's proxies. */
static enum next respond_addresses(const struct query_context *context, struct query *query)
{
    const struct verdict_addresses *addresses = &query->verdict.addresses;
    struct answer answer;

    respond_start(context, query, &answer);
    respond_ede(query, &answer);
    for (size_t i = 0; i < addresses->count; i++)
        respond_add(query, &answer, query->question.type, addresses->items[i].octets,
                    addresses->items[i].bits / 8);
    return respond_end(context, query, &answer);
}

static enum next respond_refused(const struct query_context *context, struct query *query)
{
    struct answer answer;

    respond_start(context, query, &answer);
    answer.rcode = DNS_REFUSED;
    respond_ede(query, &answer);
    return respond_end(context, query, &answer);
}

/* Truncated, without a record: a client that is none of a flood's comes back over TCP. */
static enum next respond_truncated(const struct query_context *context, struct query *query)
{
    struct answer answer;

    respond_start(context, query, &answer);
    answer.full = true;
    return respond_end(context, query, &answer);
}

/* Adds what the rewrite of QUERY's verdict has of TYPE; returns whether there was any. */
static bool add_rewrite(const struct query *query, struct answer *answer, uint16_t type)
{
    const struct verdict *verdict = &query->verdict;
    struct listing_record record;
    bool any = false;
    size_t at = 0;

    while (listing_record(verdict->rewrite, verdict->rewrite_length, &at, &record)) {
        if (record.type != type)
            continue;
        respond_add(query, answer, type, record.rdata, record.length);
        any = true;
    }
    return any;
}

static enum next respond_rewrite(const struct query_context *context, struct query *query)
{
    const struct verdict *verdict = &query->verdict;
    uint16_t type = query->question.type;
    struct listing_record first;
    struct answer answer;
    size_t at = 0;

    if (type == DNS_ANY && listing_record(verdict->rewrite, verdict->rewrite_length, &at, &first))
        type = first.type; /* RFC 8482 §4.1: one set of them will do */
    respond_start(context, query, &answer);
    respond_ede(query, &answer);
    if (!add_rewrite(query, &answer, type))
        respond_soa(query, &answer);
    return respond_end(context, query, &answer);
}

static enum next respond_style(const struct query_context *context, struct query *query)
{
    switch (query->verdict.style) {
    case BLOCK_NXDOMAIN:
        return respond_negative(context, query, DNS_NXDOMAIN);
    case BLOCK_NULL:
        return respond_null(context, query);
    case BLOCK_REFUSED:
        return respond_refused(context, query);
    case BLOCK_NODATA:
        break;
    }
    return respond_negative(context, query, DNS_NOERROR);
}

enum next stage_block(const struct query_context *context, struct query *query)
{
    if (query->verdict.action == VERDICT_REFUSE)
        return respond_refused(context, query);
    if (query->verdict.action != VERDICT_BLOCK)
        return NEXT_STAGE;
    if (query->verdict.terms == TERMS_TCP)
        return respond_truncated(context, query); /* no block: over TCP the name passes */
    stage_count_block(context, &query->verdict);
    if (query->verdict.terms == TERMS_DROP)
        return NEXT_DROP;
    if (query->verdict.terms == TERMS_REWRITE)
        return respond_rewrite(context, query);
    if (query->verdict.addresses.count > 0)
        return respond_addresses(context, query);
    return respond_style(context, query);
}
