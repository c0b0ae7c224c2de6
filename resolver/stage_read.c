/* stage_read: octets to a question; what is no question for us is answered or dropped here. */
#include "policy/who/identify.h"
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

enum next stage_read(const struct query_context *context, struct query *query,
                     const struct query_message *message)
{
    core_count(&context->counters->queries[query->transport]);
    switch (question_read(message->octets, message->length, &query->question)) {
    case QUESTION_OK:
        return NEXT_STAGE;
    case QUESTION_ANSWER:
        core_count(&context->counters->malformed);
        break;
    case QUESTION_DROP:
        core_count(&context->counters->malformed);
        return NEXT_DROP;
    }
    /* Strangers learn nothing more than that they are strangers, whatever they send. */
    if (!identify_allowed(context->snapshot, &query->client.addr)) {
        core_count(&context->counters->refused);
        return respond_error(context, query, DNS_REFUSED, DNS_EDE_PROHIBITED);
    }
    return respond_error(context, query, query->question.rcode, 0);
}
