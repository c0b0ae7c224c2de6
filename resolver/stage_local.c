/* stage_local: what is answered without asking anybody: local records and special names.
 *
 * A local CNAME is followed as far as it is local, and each name of the chain meets the same
 * decision as if it had been asked, so that an alias opens nothing that is blocked. Where the chain
 * leaves the local records the answer ends with the CNAME: asking an upstream for the rest needs
 * the transforms, which have an issue of their own. */
#include <string.h>

#include "blocklist/set/set.h"
#include "config/config.h"
#include "policy/decide.h"
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

enum { CHAIN_MAX = 8 };

static const struct config_record *find_type(const struct verdict_records *records, uint16_t type)
{
    for (uint32_t i = 0; i < records->count; i++) {
        if (records->items[i]->type == type)
            return records->items[i];
    }
    return NULL;
}

/* The asked name goes back in the client's letter case. */
static struct name owner_of(const struct question *question, const struct name_buf *buf)
{
    struct name owner = name_of(buf), asked = name_of(&question->name);

    return name_equal(&owner, &asked) ? (struct name){question->original, asked.length} : owner;
}

static bool add_type(struct answer *answer, const struct query *query,
                     const struct verdict_records *records, uint16_t type)
{
    bool any = false;

    for (uint32_t i = 0; i < records->count; i++) {
        const struct config_record *item = records->items[i];
        struct answer_record record = {
            .owner = owner_of(&query->question, &item->name),
            .type = item->type,
            .class = DNS_IN,
            .ttl_s = item->ttl_s,
            .rdata = item->rdata,
            .rdata_length = item->rdata_length,
        };

        if (item->type != type)
            continue;
        answer_add(answer, SECTION_ANSWER, &record);
        any = true;
    }
    return any;
}

/* Decides on the target of a local CNAME as if the client had asked for it. */
static void decide_target(const struct query_context *context, const struct query *query,
                          const struct config_record *cname, struct verdict *verdict)
{
    struct name target = {cname->rdata, cname->rdata_length};
    struct name_buf lower;

    name_lower(&lower, &target);
    target = name_of(&lower);
    policy_decide_target(context->snapshot, &query->ask, &target, verdict);
}

enum chain_end {
    CHAIN_ANSWER,  /* the asked type, or an alias that leads out of the local records */
    CHAIN_NODATA,  /* the last name is there, the asked type is not */
    CHAIN_BLOCKED, /* a name of the chain is: the verdict says how */
    CHAIN_LONG,    /* a ring, or next to one */
};

/* Adds the records of VERDICT and what its CNAMEs lead to; VERDICT is then that on the last name,
 * LAST the record that leads there. */
static enum chain_end add_chain(const struct query_context *context, const struct query *query,
                                struct answer *answer, struct verdict *verdict,
                                const struct config_record **last)
{
    uint16_t type = query->question.type;

    for (int hops = 0; hops < CHAIN_MAX; hops++) {
        const struct verdict_records *records = &verdict->records;
        const struct config_record *cname = find_type(records, DNS_CNAME);

        if (type == DNS_ANY && records->count > 0)
            type = records->items[0]->type; /* RFC 8482 §4.1: one set of them will do */
        if (add_type(answer, query, records, type))
            return CHAIN_ANSWER;
        if (cname == NULL)
            return CHAIN_NODATA;
        add_type(answer, query, records, DNS_CNAME);
        *last = cname;
        decide_target(context, query, cname, verdict);
        if (verdict->action == VERDICT_BLOCK)
            return CHAIN_BLOCKED;
        if (verdict->answer != ANSWER_RECORDS)
            return CHAIN_ANSWER;
    }
    return CHAIN_LONG;
}

/* Adds the CNAME that leads from the asked name to the one that is looked up, if there is one. */
static void add_alias(const struct query *query, struct answer *answer)
{
    if (query->target.length > 0)
        respond_add(query, answer, DNS_CNAME, query->target.wire, query->target.length);
}

/* An alias to a name that we know no record of: it stands alone. */
static enum next respond_alias(const struct query_context *context, struct query *query)
{
    struct answer answer;

    respond_start(context, query, &answer);
    respond_ede(query, &answer);
    add_alias(query, &answer);
    return respond_end(context, query, &answer);
}

/* What LAST, a record of the chain, leads to is blocked. Where rule 2 does that it costs, as what
 * an upstream's chain leads to does: else a file of local records would be a way to ask for
 * nothing. It moves the counters of one that was answered here. */
static enum next respond_blocked(const struct query_context *context, struct query *query,
                                 const struct config_record *last)
{
    struct name target = {last->rdata, last->rdata_length};
    struct name_buf lower;

    if (query->verdict.rule != RULE_OPERATOR)
        return stage_block(context, query);
    core_count(&context->counters->withheld.chains);
    name_lower(&lower, &target);
    target = name_of(&lower);
    if (stage_charge(context, query, &target) != NEXT_STAGE)
        return NEXT_SILENCE;
    return stage_block(context, query);
}

static enum next respond_records(const struct query_context *context, struct query *query)
{
    const struct config_record *blocked = NULL;
    struct verdict verdict = query->verdict;
    struct answer answer;
    struct name last;

    respond_start(context, query, &answer);
    if (query->target.length > 0)
        respond_ede(query, &answer);
    add_alias(query, &answer);
    switch (add_chain(context, query, &answer, &verdict, &blocked)) {
    case CHAIN_BLOCKED:
        query->verdict = verdict;
        return respond_blocked(context, query, blocked);
    case CHAIN_LONG:
        return respond_error(context, query, DNS_SERVFAIL, 0);
    case CHAIN_NODATA:
        /* RFC 2308 §2.2: the name is there, the type is not */
        last = owner_of(&query->question, &verdict.records.items[0]->name);
        answer_add_soa(&answer, &last, verdict.ttl_s);
        break;
    case CHAIN_ANSWER:
        break;
    }
    return respond_end(context, query, &answer);
}

/* RFC 6761 §6.3: localhost and all below it is this very machine. */
static enum next respond_loopback(const struct query_context *context, struct query *query)
{
    static const uint8_t ipv4[] = {127, 0, 0, 1}, ipv6[16] = {[15] = 1};
    struct answer answer;

    respond_start(context, query, &answer);
    if (query->question.type == DNS_A || query->question.type == DNS_ANY)
        respond_add(query, &answer, DNS_A, ipv4, sizeof ipv4);
    else if (query->question.type == DNS_AAAA)
        respond_add(query, &answer, DNS_AAAA, ipv6, sizeof ipv6);
    else
        respond_soa(query, &answer);
    return respond_end(context, query, &answer);
}

/* The apex of a zone that is served empty: RFC 6303 §3 gives it an SOA and one NS, both naming the
 * zone itself. */
static enum next respond_zone(const struct query_context *context, struct query *query)
{
    static const uint8_t soa_rest[] = "\6nobody\7invalid\0"
                                      "\0\0\0\1"       /* serial */
                                      "\0\0\x0e\x10"   /* refresh 3600 */
                                      "\0\0\x04\xb0"   /* retry 1200 */
                                      "\0\x09\x3a\x80" /* expire 604800 */
                                      "\0\0\x2a\x30";  /* minimum 10800 */
    const struct name_buf *zone = &query->question.name;
    uint8_t rdata[NAME_OCTETS_MAX + sizeof soa_rest];
    uint16_t length = zone->length;
    struct answer answer;

    respond_start(context, query, &answer);
    memcpy(rdata, zone->wire, length);
    if (query->question.type == DNS_NS) {
        respond_add(query, &answer, DNS_NS, rdata, length);
    } else if (query->question.type == DNS_SOA || query->question.type == DNS_ANY) {
        memcpy(rdata + length, soa_rest, sizeof soa_rest - 1);
        length = (uint16_t)(length + sizeof soa_rest - 1);
        respond_add(query, &answer, DNS_SOA, rdata, length);
    } else {
        respond_soa(query, &answer);
    }
    return respond_end(context, query, &answer);
}

enum next stage_local(const struct query_context *context, struct query *query)
{
    if (query->verdict.action != VERDICT_ANSWER)
        return NEXT_STAGE;
    if (query->target.length > 0 && query->verdict.answer != ANSWER_RECORDS)
        return respond_alias(context, query);
    switch (query->verdict.answer) {
    case ANSWER_RECORDS:
        return respond_records(context, query);
    case ANSWER_LOOPBACK:
        return respond_loopback(context, query);
    case ANSWER_ZONE_SOA:
        return respond_zone(context, query);
    case ANSWER_NXDOMAIN:
        return respond_negative(context, query, DNS_NXDOMAIN);
    case ANSWER_NODATA:
    case ANSWER_NONE:
        break;
    }
    return respond_negative(context, query, DNS_NOERROR);
}
