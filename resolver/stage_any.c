/* stage_any: type ANY of a name that would be forwarded gets one small record instead of everything
 * an upstream may know (RFC 8482 §4.2); over UDP it is the favourite of amplifiers. */
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

enum { ANY_TTL_S = 3600 };

enum next stage_any(const struct query_context *context, struct query *query)
{
    static const uint8_t hinfo[] = "\7RFC8482"; /* and the string's own NUL: an empty OS */
    struct answer answer;

    if (query->question.type != DNS_ANY)
        return NEXT_STAGE;
    core_count(&context->counters->local);
    query->verdict.ttl_s = ANY_TTL_S;
    respond_start(context, query, &answer);
    respond_add(query, &answer, DNS_HINFO, hinfo, sizeof hinfo);
    return respond_end(context, query, &answer);
}
