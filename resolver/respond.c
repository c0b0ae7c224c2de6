#include "resolver/respond.h"

#include "config/config.h"
#include "resolver/core.h"
#include "resolver/wire/dns.h"

/* Short, for people who look at a packet; what may be told of operator, legal and hotline lists is
 * one text for all three. */
static const struct {
    uint16_t code;
    const char *text;
} ede_texts[] = {
    {DNS_EDE_STALE,          "no upstream answers: as it was"},
    {DNS_EDE_STALE_NXDOMAIN, "no upstream answers: as it was"},
    {DNS_EDE_BLOCKED,        "blocked by policy"             },
    {DNS_EDE_CENSORED,       "blocked by policy"             },
    {DNS_EDE_FILTERED,       "filtered for this profile"     },
    {DNS_EDE_PROHIBITED,     "client not allowed"            },
    {DNS_EDE_NOT_READY,      "no block list loaded yet"      },
    {DNS_EDE_NO_REACHABLE,   "no upstream could answer"      },
    {DNS_EDE_NETWORK,        "no answer from the network"    },
};

static const char *ede_text(uint16_t code)
{
    for (size_t i = 0; i < sizeof ede_texts / sizeof *ede_texts; i++) {
        if (ede_texts[i].code == code)
            return ede_texts[i].text;
    }
    return NULL;
}

static uint16_t payload_of(const struct query_context *context)
{
    return (uint16_t)context->config->udp_payload;
}

static size_t room_of(const struct query_context *context, const struct query *query)
{
    size_t room;

    if (query->transport != TRANSPORT_UDP)
        return query->room;
    room = answer_udp_room(&query->question, payload_of(context));
    return room < query->room ? room : query->room;
}

void respond_start(const struct query_context *context, struct query *query, struct answer *answer)
{
    answer_start(answer, query->out, room_of(context, query), &query->question,
                 payload_of(context));
}

void respond_begin(const struct query_context *context, struct query *query, struct answer *answer)
{
    answer_begin(answer, query->out, room_of(context, query), &query->question,
                 payload_of(context));
}

void respond_ede_code(struct answer *answer, uint16_t code)
{
    answer_ede(answer, code, ede_text(code));
}

void respond_ede(const struct query *query, struct answer *answer)
{
    for (size_t i = 0; i < VERDICT_EDE_MAX && query->verdict.ede[i] != VERDICT_NO_EDE; i++)
        respond_ede_code(answer, query->verdict.ede[i]);
}

void respond_add(const struct query *query, struct answer *answer, uint16_t type,
                 const uint8_t *rdata, uint16_t length)
{
    const struct question *question = &query->question;
    struct answer_record record = {
        .owner = {question->original, question->name.length},
        .type = type,
        .class = question->class,
        .ttl_s = query->verdict.ttl_s,
        .rdata = rdata,
        .rdata_length = length,
    };

    answer_add(answer, SECTION_ANSWER, &record);
}

void respond_soa(const struct query *query, struct answer *answer)
{
    struct name owner = {query->question.original, query->question.name.length};

    /* A zone that is served here says so itself: its SOA stands at its apex. */
    if (query->verdict.rule == RULE_SPECIAL && query->verdict.labels > 0)
        owner = name_suffix(&owner, query->verdict.labels);
    answer_add_soa(answer, &owner, query->verdict.ttl_s);
}

static enum next finished(const struct query_context *context, struct query *query, size_t length)
{
    query->out_length = length;
    if (length < DNS_HEADER_OCTETS)
        return NEXT_DROP;
    if (query->withheld == WITHHELD_NOTHING)
        core_count(&context->counters->rcodes[query->out[3] & 0xf]);
    return NEXT_SEND;
}

enum next respond_end(const struct query_context *context, struct query *query,
                      struct answer *answer)
{
    return finished(context, query, answer_finish(answer));
}

enum next respond_error(const struct query_context *context, struct query *query, uint16_t rcode,
                        uint16_t code)
{
    struct answer answer;

    if (code == 0)
        return finished(context, query,
                        answer_error(query->out, room_of(context, query), &query->question, rcode,
                                     payload_of(context)));
    respond_start(context, query, &answer);
    answer.rcode = rcode;
    respond_ede_code(&answer, code);
    return respond_end(context, query, &answer);
}

enum next respond_negative(const struct query_context *context, struct query *query, uint16_t rcode)
{
    struct answer answer;

    respond_start(context, query, &answer);
    answer.rcode = rcode;
    respond_ede(query, &answer);
    respond_soa(query, &answer);
    return respond_end(context, query, &answer);
}
