/* stage_block: blocked names, in the profile's style, and clients that get no service. A block is
 * about the name: every type gets the same word. */
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

static const uint8_t null_address[16];

static void count_block(struct core_counters *counters, const struct verdict *verdict)
{
    core_count(&counters->blocked);
    if (verdict->rule == RULE_OPERATOR) {
        /* which category it was is nobody's to know: operator, legal and hotline are one */
        core_count(&counters->protected_blocks);
        return;
    }
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

static enum next respond_refused(const struct query_context *context, struct query *query)
{
    struct answer answer;

    respond_start(context, query, &answer);
    answer.rcode = DNS_REFUSED;
    respond_ede(query, &answer);
    return respond_end(context, query, &answer);
}

enum next stage_block(const struct query_context *context, struct query *query)
{
    if (query->verdict.action == VERDICT_REFUSE)
        return respond_refused(context, query);
    if (query->verdict.action != VERDICT_BLOCK)
        return NEXT_STAGE;
    count_block(context->counters, &query->verdict);
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
