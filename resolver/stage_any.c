/* stage_any: type ANY of a name that would be forwarded gets one small record instead of everything
 * an upstream may know (RFC 8482 §4.2); over UDP it is the favourite of amplifiers. */
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

enum { ANY_TTL_S = 3600 };

enum next stage_any(const struct query_context *context, struct query *query)
{
    uint32_t most_s = query->verdict.max_ttl_s;
    struct answer answer;

    if (query->question.type != DNS_ANY)
        return NEXT_STAGE;
    core_count(&context->counters->local);
    respond_start(context, query, &answer);
    answer_any(&answer, most_s != 0 && most_s < ANY_TTL_S ? most_s : ANY_TTL_S);
    return respond_end(context, query, &answer);
}
