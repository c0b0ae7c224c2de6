/* stage_read: octets to a question, and who asks; what is no question for us is answered or dropped
 * here. */
#include "policy/who/identify.h"
#include "policy/who/trust.h"
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/told.h"

/* Takes what a trusted forwarder says of who asks. An address that is not served says nothing: the
 * forwarder is served, and answers for those behind it. */
static void take_told(const struct query_context *context, struct query *query,
                      const struct told *told)
{
    query->ask.told = told->device.length > 0 ? told->device : told->line;
    if (told->device.length > 0)
        query->ask.told_line = told->line;
    if (told->client.bits == 0 || !identify_allowed(context->snapshot, &told->client))
        return;
    query->ask.client = told->client;
    query->ask.ifindex = 0; /* the forwarder came in by it, not the client */
}

static void fill_ask(const struct query_context *context, struct query *query)
{
    query->ask = (struct ask){
        .name = name_of(&query->question.name),
        .type = query->question.type,
        .class = query->question.class,
        .wall_s = context->now.wall_s,
        .mono_ms = context->now.mono_ms,
        .client = query->client.addr,
        .ifindex = query->ifindex,
        .local = query->local,
        .transport = query->transport,
        .overlay = context->hooks->overlay,
        .forced_profile = ASK_NO_PROFILE,
    };
}

static enum next hear_client(const struct query_context *context, struct query *query,
                             const struct query_message *message)
{
    const struct question *question = &query->question;
    struct told told;
    enum next next;

    fill_ask(context, query);
    if (question->options_length == 0 || !trust_forwarder(context->snapshot, &query->client.addr))
        return NEXT_STAGE;
    if (told_read(message->octets + question->options_at, question->options_length, &told) == 0) {
        take_told(context, query, &told);
        return NEXT_STAGE;
    }
    next = stage_budget(context, query);
    if (next != NEXT_STAGE)
        return next;
    core_count(&context->counters->malformed);
    return respond_error(context, query, DNS_FORMERR, 0);
}

/* Answers what is no question for us with what is wrong. */
static enum next respond_fault(const struct query_context *context, struct query *query)
{
    enum next next;

    query->ask = (struct ask){.client = query->client.addr}; /* who is out does not learn that */
    next = stage_budget(context, query);
    if (next != NEXT_STAGE)
        return next;
    core_count(&context->counters->malformed);
    /* Strangers learn nothing more than that they are strangers, whatever they send. */
    if (identify_allowed(context->snapshot, &query->client.addr))
        return respond_error(context, query, query->question.rcode, 0);
    core_count(&context->counters->refused);
    return respond_error(context, query, DNS_REFUSED, DNS_EDE_PROHIBITED);
}

enum next stage_read(const struct query_context *context, struct query *query,
                     const struct query_message *message)
{
    switch (question_read(message->octets, message->length, &query->question)) {
    case QUESTION_OK:
        return hear_client(context, query, message);
    case QUESTION_ANSWER:
        return respond_fault(context, query);
    case QUESTION_DROP:
        break;
    }
    core_count(&context->counters->malformed);
    return NEXT_DROP;
}
