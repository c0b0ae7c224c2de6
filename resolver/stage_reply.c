/* stage_reply: an upstream's word, written for one client. */
#include "resolver/stage_reply.h"

#include "policy/decide.h"
#include "policy/snapshot.h"
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

/* RFC 6840 §5.7, §5.8: AD goes only to clients that set AD or DO, and says something only where the
 * path to the upstream is trusted. */
static bool says_authentic(const struct query *query, const struct stage_word *word)
{
    return word->trusted && word->reply->authentic &&
           (query->question.dnssec_ok || (query->question.flags & DNS_AD) != 0);
}

static void write_reply(const struct query *query, const struct stage_word *word,
                        struct answer *answer)
{
    respond_ede(query, answer); /* what the decision itself has to say: no lists are loaded yet */
    reply_answer(word->reply, answer, query->verdict.max_ttl_s);
    if (says_authentic(query, word))
        answer->flags |= DNS_AD;
    if ((query->verdict.transform & TRANSFORM_NAME_EXISTS) != 0 && answer->rcode == DNS_NXDOMAIN) {
        answer->rcode = DNS_NOERROR;
        answer->flags &= (uint16_t)~DNS_AD; /* it is our word now */
    }
}

/* RFC 7766 §5: TC sends a client to TCP; one that has come there would take an empty answer as a
 * word on the name. */
static bool is_useless(const struct query *query, const struct stage_word *word)
{
    return word->reply == NULL || (word->reply->truncated && query->transport != TRANSPORT_UDP);
}

/* Where the rules have changed while the query waited, the new ones decide: what a reload blocks
 * reaches nobody any more. Returns NEXT_STAGE where the upstream's word is still wanted. */
static enum next decide_anew(const struct query_context *context, struct query *query)
{
    enum next next;

    if (query->rules == snapshot_id(context->snapshot))
        return NEXT_STAGE;
    query->ask.wall_s = context->now.wall_s;
    query->ask.mono_ms = context->now.mono_ms;
    decide_look(context->snapshot, &query->ask);
    stage_decide(context, query);
    next = stage_block(context, query);
    return next == NEXT_STAGE ? stage_local(context, query) : next;
}

enum next stage_reply(const struct query_context *context, struct query *query,
                      const struct stage_word *word)
{
    enum next next = decide_anew(context, query);
    struct answer answer;

    if (next != NEXT_STAGE)
        return next;
    respond_start(context, query, &answer);
    if (!is_useless(query, word)) {
        write_reply(query, word, &answer);
        return respond_end(context, query, &answer);
    }
    for (uint8_t i = 0; i < word->ede_count; i++)
        respond_ede_code(&answer, word->ede[i]);
    if (word->reply != NULL)
        respond_ede_code(&answer, DNS_EDE_NETWORK);
    answer.rcode = DNS_SERVFAIL;
    core_count(&context->counters->failed);
    return respond_end(context, query, &answer);
}
