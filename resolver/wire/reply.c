/* reply.c - checks an upstream's message to its last record, then keeps the part that was asked
 * for.
 *
 * Problem: an upstream may be broken, lame or hostile, and its message is to be rebuilt for many
 * clients. Idea: one walk checks every record (owner, length, the form of its data) and notes where
 * it stands; reply_chain.c then moves what belongs to the question to the front of those notes; the
 * rest is forgotten. Nothing is copied until a client's answer is written. With TC set, a message
 * that breaks off is no fault: it is to be asked for again over TCP, and nothing of it is kept
 * (RFC 2181 §9). Dropped: keeping the additional section (addresses for MX, SRV): nobody checked
 * that they belong to their owner (RFC 2181 §5.4.1), and resolvers ask for them anyhow. */
#include "resolver/wire/reply.h"

#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/wire/chain.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/names.h"
#include "resolver/wire/options.h"
#include "resolver/wire/question.h"
#include "resolver/wire/rdata.h"

enum { RECORD_FIXED_OCTETS = 10, QUESTION_FIXED_OCTETS = 4 };

bool reply_matches(const uint8_t *octets, size_t length, uint16_t id, const struct name *name,
                   uint16_t type)
{
    const uint8_t *asked = octets + DNS_HEADER_OCTETS;

    if (length < DNS_HEADER_OCTETS + name->length + QUESTION_FIXED_OCTETS ||
        load_be16(octets) != id)
        return false;
    if ((octets[2] & 0xf8) != 0x80 || load_be16(octets + 4) != 1)
        return false; /* QR, opcode QUERY, one question */
    for (size_t i = 0; i < name->length; i++) {
        if (name_lower_octet(asked[i]) != name->wire[i])
            return false;
    }
    return load_be16(asked + name->length) == type && load_be16(asked + name->length + 2) == DNS_IN;
}

static bool read_options(struct reply *reply, const uint8_t *p, size_t length)
{
    struct options options = {p, length};
    enum options_step step;
    struct option option;

    while ((step = options_next(&options, &option)) == OPTIONS_NEXT) {
        /* The text of another's extended error is not repeated: nobody here can vouch for it. */
        if (option.code == DNS_OPTION_EDE && option.length >= 2 && reply->ede_count < REPLY_EDE_MAX)
            reply->ede[reply->ede_count++] = load_be16(option.data);
    }
    return step == OPTIONS_END;
}

/* RFC 6891 §6.1.1: at most one, owned by the root, in the additional section. */
static bool read_opt(struct reply *reply, const struct name_buf *owner,
                     const struct reply_record *record)
{
    const uint8_t *words = reply->octets + record->rdata - RECORD_FIXED_OCTETS + 4;

    if (reply->has_opt || owner->length != 1 || record->section != SECTION_ADDITIONAL)
        return false;
    reply->has_opt = true;
    reply->rcode = (uint16_t)(reply->rcode | words[0] << 4);
    return read_options(reply, reply->octets + record->rdata, record->length);
}

/* RFC 2181 §8: a TTL with its first bit set counts as 0. */
static uint32_t ttl_of(uint32_t wire)
{
    return wire > INT32_MAX ? 0 : wire;
}

/* Reads the record at *AT into RECORD; returns false where it is malformed. */
static bool read_record(struct reply *reply, size_t *at, struct reply_record *record)
{
    const uint8_t *fixed;
    struct name_buf owner;
    struct name name;

    record->owner = (uint16_t)*at;
    if (!names_read(reply->octets, reply->length, at, &owner) ||
        reply->length - *at < RECORD_FIXED_OCTETS)
        return false;
    name = name_of(&owner);
    record->owner_hash = names_hash(&name);
    fixed = reply->octets + *at;
    record->type = load_be16(fixed);
    record->class = load_be16(fixed + 2);
    record->ttl_s = ttl_of(load_be32(fixed + 4));
    record->length = load_be16(fixed + 8);
    *at += RECORD_FIXED_OCTETS;
    record->rdata = (uint16_t)*at;
    if (reply->length - *at < record->length)
        return false;
    *at += record->length;
    if (record->type == DNS_OPT)
        return read_opt(reply, &owner, record);
    return record->class != DNS_IN ||
           rdata_is_sound(reply->octets, record->rdata, record->length, record->type);
}

/* Reads COUNT records of SECTION; those of the answer and authority sections are noted. */
static bool read_section(struct reply *reply, size_t *at, enum answer_section section,
                         unsigned count)
{
    struct reply_record record = {.section = (uint8_t)section};

    for (unsigned i = 0; i < count; i++) {
        if (!read_record(reply, at, &record))
            return false;
        if (section == SECTION_ADDITIONAL)
            continue;
        if (reply->record_count == REPLY_RECORDS_MAX)
            return false;
        reply->records[reply->record_count++] = record;
    }
    return true;
}

static bool read_all(struct reply *reply)
{
    size_t at = DNS_HEADER_OCTETS;
    struct name_buf asked;

    if (load_be16(reply->octets + 4) != 1 ||
        !names_read(reply->octets, reply->length, &at, &asked) ||
        reply->length - at < QUESTION_FIXED_OCTETS)
        return false;
    at += QUESTION_FIXED_OCTETS;
    for (unsigned section = 0; section < SECTIONS; section++) {
        if (!read_section(reply, &at, (enum answer_section)section,
                          load_be16(reply->octets + 6 + 2 * section)))
            return false;
    }
    return true;
}

static void start(struct reply *reply, const uint8_t *octets, size_t length)
{
    reply->octets = octets;
    reply->length = length;
    reply->flags = load_be16(octets + 2);
    reply->rcode = reply->flags & 15;
    reply->has_opt = false;
    reply->truncated = (reply->flags & DNS_TC) != 0;
    reply->authentic = (reply->flags & DNS_AD) != 0;
    reply->ede_count = 0;
    reply->record_count = 0;
}

enum reply_result reply_read(const uint8_t *octets, size_t length, const struct name *name,
                             uint16_t type, bool dnssec_ok, struct reply *reply)
{
    enum reply_result result = REPLY_BROKEN;

    must(length >= DNS_HEADER_OCTETS && length <= DNS_MESSAGE_MAX);
    start(reply, octets, length);
    if (read_all(reply))
        result = chain_reduce(reply, name, type, dnssec_ok);
    if (reply->rcode != DNS_NOERROR && reply->rcode != DNS_NXDOMAIN)
        result = REPLY_LAME;
    else if (result != REPLY_OK && reply->truncated)
        result = REPLY_OK;
    else if (result == REPLY_OK)
        return REPLY_OK;
    reply->record_count = 0;
    return result;
}

long reply_expand(const struct reply *reply, const struct reply_record *record,
                  struct name_buf *owner, uint8_t *rdata, size_t room)
{
    size_t at = record->owner;
    struct rdata reader;

    if (!names_read(reply->octets, reply->length, &at, owner))
        return -1;
    /* Data of another class has no form that we know. */
    rdata_start(&reader, reply->octets, record->rdata, record->length,
                record->class == DNS_IN ? record->type : DNS_RESERVED);
    return rdata_expand(&reader, rdata, room);
}

/* RFC 4035 §3.2.1: what a client without DO gets only when it asked for that very type. */
static bool is_proof(uint16_t type)
{
    return type == DNS_RRSIG || type == DNS_NSEC || type == DNS_NSEC3;
}

static bool is_wanted(const struct reply_record *record, const struct question *question)
{
    return question->dnssec_ok || record->type == question->type || !is_proof(record->type);
}

/* Adds RECORD, its data taken as it stands where no name in it can be compressed. */
static bool add_record(const struct reply *reply, const struct reply_record *record,
                       struct answer *answer, uint32_t max_ttl_s)
{
    const struct question *question = answer->question;
    struct name asked = name_of(&question->name);
    uint8_t rdata[RDATA_EXPANDED_MAX];
    struct answer_record out = {.type = record->type, .class = record->class};
    struct name_buf owner;
    size_t at = record->owner;
    long length = record->length;

    if (!names_read(reply->octets, reply->length, &at, &owner))
        return false;
    out.owner = name_of(&owner);
    if (names_equal(reply->octets, reply->length, record->owner, &asked))
        out.owner.wire = question->original;
    out.rdata = reply->octets + record->rdata;
    if (rdata_may_be_compressed(record->type)) {
        length = reply_expand(reply, record, &owner, rdata, sizeof rdata);
        out.rdata = rdata;
    }
    if (length < 0)
        return false;
    out.rdata_length = (uint16_t)length;
    out.ttl_s = max_ttl_s != 0 && record->ttl_s > max_ttl_s ? max_ttl_s : record->ttl_s;
    return answer_add(answer, (enum answer_section)record->section, &out);
}

void reply_answer(const struct reply *reply, struct answer *answer, uint32_t max_ttl_s)
{
    answer->rcode = reply->rcode;
    for (size_t i = 0; i < reply->ede_count; i++)
        answer_ede(answer, reply->ede[i], NULL);
    for (size_t i = 0; i < reply->record_count; i++) {
        const struct reply_record *record = &reply->records[i];

        if (is_wanted(record, answer->question) && !add_record(reply, record, answer, max_ttl_s))
            break;
    }
    if (reply->truncated)
        answer->full = true;
}
