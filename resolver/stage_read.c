/* stage_read: octets to a question; what is no question for us is answered or dropped here. */
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

/* Types that nobody may ask of a forwarder: pseudo types whose records are part of a message, and
 * zone transfers. NOTIMP would tell the client that we speak no DNS at all (RFC 8906 §3.1.4). */
static const struct {
    uint16_t type, rcode;
} turned_down[] = {
    {0,        DNS_FORMERR}, /* RFC 6895 §3.1: reserved */
    {DNS_OPT,  DNS_FORMERR}, /* RFC 6891 §6.1.1 */
    {249,      DNS_REFUSED}, /* TKEY, RFC 2930 */
    {DNS_TSIG, DNS_FORMERR}, /* RFC 8945 §5.1 */
    {DNS_IXFR, DNS_REFUSED}, /* RFC 1995 */
    {DNS_AXFR, DNS_REFUSED}, /* RFC 5936 §2.2 */
};

static bool type_is_turned_down(struct question *question)
{
    for (size_t i = 0; i < sizeof turned_down / sizeof *turned_down; i++) {
        if (turned_down[i].type == question->type) {
            question->rcode = turned_down[i].rcode;
            return true;
        }
    }
    return false;
}

enum next stage_read(const struct query_context *context, struct query *query,
                     const struct query_message *message)
{
    core_count(&context->counters->queries[query->transport]);
    switch (question_read(message->octets, message->length, &query->question)) {
    case QUESTION_OK:
        if (!type_is_turned_down(&query->question))
            return NEXT_STAGE;
        break;
    case QUESTION_ANSWER:
        core_count(&context->counters->malformed);
        break;
    case QUESTION_DROP:
        core_count(&context->counters->malformed);
        return NEXT_DROP;
    }
    return respond_error(context, query, query->question.rcode, 0);
}
