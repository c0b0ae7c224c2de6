/* question.c - turns a client's octets into a question, or into the one word that turns it down.
 *
 * Problem: every octet is a stranger's. Idea: walk them once in their order, each length checked
 * before it is believed; whatever is wrong ends in one rcode, and what was read until then
 * (question, OPT) says how that rcode is sent. Choices where RFCs leave one: records in the answer
 * or authority section and octets behind the last record are format errors, as BIND takes them;
 * TSIG and SIG(0) are passed over, since no key is shared with clients; unknown options are passed
 * over (RFC 6891 §6.1.2), cookies checked for length only (RFC 7873 §5.2.2: FORMERR also from
 * servers that do not use them). Dropped: a parser of all records into structs, as no field but
 * OPT's is ever used. */
#include "resolver/wire/question.h"

#include <string.h>

#include "config/base/bytes.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/names.h"
#include "resolver/wire/options.h"

enum { RECORD_FIXED_OCTETS = 10, OPT_OCTETS = 11 };

/* The message that is being read. */
struct source {
    const uint8_t *octets;
    size_t length, at;
};

/* Types that are no types of data, so that no upstream can have them (RFC 6895 §3.1). ANY is
 * answered by the spine. */
static const struct {
    uint16_t first, last, rcode;
} type_rules[] = {
    {0,            0,            DNS_FORMERR}, /* RFC 6895 §3.1 */
    {DNS_OPT,      DNS_OPT,      DNS_FORMERR}, /* RFC 6891 §6.1.1 */
    {DNS_NXNAME,   DNS_NXNAME,   DNS_FORMERR}, /* RFC 9824 §3.1 */
    {DNS_META_MIN, DNS_TKEY,     DNS_REFUSED},
    {DNS_TSIG,     DNS_TSIG,     DNS_FORMERR}, /* RFC 8945 §4.2: a record of the message itself */
    {DNS_IXFR,     DNS_AXFR,     DNS_REFUSED}, /* RFC 5936 §2.2.1 */
    {DNS_MAILB,    DNS_MAILA,    DNS_REFUSED}, /* RFC 6895 §3.1 */
    {DNS_RESERVED, DNS_RESERVED, DNS_REFUSED},
};

static uint16_t judge_type(uint16_t type)
{
    for (size_t i = 0; i < sizeof type_rules / sizeof *type_rules; i++) {
        if (type >= type_rules[i].first && type <= type_rules[i].last)
            return type_rules[i].rcode;
    }
    return DNS_NOERROR;
}

/* Reads the asked name, in which no pointer can stand: nothing comes before it (RFC 9267 §2 tells
 * of those who followed one). */
static bool read_name(struct source *s, struct question *question)
{
    const uint8_t *start = s->octets + s->at;
    size_t room = s->length - s->at, used = 0;

    for (;;) {
        if (used >= room || start[used] > NAME_LABEL_MAX)
            return false;
        if (start[used] == 0)
            break;
        used += (size_t)start[used] + 1;
        if (used >= NAME_OCTETS_MAX)
            return false;
    }
    used++;
    memcpy(question->original, start, used);
    /* Length octets are below 'A': lower-casing leaves them. */
    name_lower_copy(question->name.wire, start, used);
    question->name.length = (uint8_t)used;
    s->at += used;
    return true;
}

static bool read_question(struct source *s, struct question *question)
{
    if (!read_name(s, question) || s->length - s->at < 4)
        return false;
    question->type = load_be16(s->octets + s->at);
    question->class = load_be16(s->octets + s->at + 2);
    question->has_question = true;
    s->at += 4;
    return true;
}

/* RFC 7873 §5.2.2: a client's cookie has 8 octets, with the server's part 16 to 40. */
static bool cookie_is_sound(size_t length)
{
    return length == 8 || (length >= 16 && length <= 40);
}

static bool options_are_sound(const uint8_t *p, size_t length)
{
    struct options options = {p, length};
    enum options_step step;
    struct option option;

    while ((step = options_next(&options, &option)) == OPTIONS_NEXT) {
        if (option.code == DNS_OPTION_COOKIE && !cookie_is_sound(option.length))
            return false;
    }
    return step == OPTIONS_END;
}

/* Reads the OPT whose fixed part (type, class, TTL, length) is FIXED, its options behind it. RFC
 * 6891 §6.1.2, §6.1.3. */
static uint16_t read_opt(const uint8_t *fixed, struct question *question)
{
    uint16_t payload = load_be16(fixed + 2);
    uint32_t words = load_be32(fixed + 4);

    if (question->has_opt)
        return DNS_FORMERR; /* RFC 6891 §6.1.1 */
    question->has_opt = true;
    question->payload = payload < DNS_UDP_PLAIN_MAX ? DNS_UDP_PLAIN_MAX : payload;
    question->dnssec_ok = (words & DNS_OPT_DO) != 0;
    /* What a later version's options look like, we do not know. */
    if ((words >> 16 & 0xff) != 0)
        return DNS_BADVERS;
    if (!options_are_sound(fixed + RECORD_FIXED_OCTETS, load_be16(fixed + 8)))
        return DNS_FORMERR;
    return DNS_NOERROR;
}

/* Walks over the owner of a record, which for OPT, and so nearly always, is the root. */
static bool skip_owner(struct source *s, bool *root)
{
    struct name_buf owner;

    *root = s->at < s->length && s->octets[s->at] == 0;
    if (*root) {
        s->at++;
        return true;
    }
    return names_read(s->octets, s->length, &s->at, &owner);
}

/* Walks over one record; an OPT is read when ADDITIONAL, elsewhere it is an error. */
static uint16_t read_record(struct source *s, bool additional, struct question *question)
{
    const uint8_t *fixed;
    size_t size;
    bool root;

    if (!skip_owner(s, &root) || s->length - s->at < RECORD_FIXED_OCTETS)
        return DNS_FORMERR;
    fixed = s->octets + s->at;
    s->at += RECORD_FIXED_OCTETS;
    size = load_be16(fixed + 8);
    if (s->length - s->at < size)
        return DNS_FORMERR;
    s->at += size;
    if (load_be16(fixed) != DNS_OPT)
        return DNS_NOERROR;
    /* RFC 6891 §6.1.1, §6.1.2: in the additional section, owned by the root. */
    if (!additional || !root)
        return DNS_FORMERR;
    question->options_at = (uint16_t)(fixed + RECORD_FIXED_OCTETS - s->octets);
    question->options_length = (uint16_t)size;
    return read_opt(fixed, question);
}

static uint16_t read_records(struct source *s, struct question *question)
{
    unsigned before = (unsigned)load_be16(s->octets + 6) + load_be16(s->octets + 8);
    unsigned all = before + load_be16(s->octets + 10);
    uint16_t rcode = DNS_NOERROR;

    /* Each record has 11 octets or more, so that the body ends the loop, whatever the counts say.
     * A format error wins over BADVERS. */
    for (unsigned i = 0; i < all && rcode != DNS_FORMERR; i++) {
        uint16_t next = read_record(s, i >= before, question);

        if (next != DNS_NOERROR)
            rcode = next;
    }
    return rcode;
}

static uint16_t judge(struct source *s, struct question *question)
{
    uint16_t rcode;

    if (question->opcode != DNS_OPCODE_QUERY)
        return DNS_NOTIMP; /* RFC 8906 §3.1.4: whatever else it holds */
    if (load_be16(s->octets + 4) != 1)
        return DNS_FORMERR; /* RFC 9619 §4 */
    if (!read_question(s, question))
        return DNS_FORMERR;
    rcode = read_records(s, question);
    if (rcode != DNS_NOERROR)
        return rcode;
    if (s->at != s->length)
        return DNS_FORMERR;
    rcode = judge_type(question->type);
    if (rcode != DNS_NOERROR)
        return rcode; /* before the counts: IXFR has an SOA in its authority section */
    if (load_be32(s->octets + 6) != 0)
        return DNS_FORMERR; /* ANCOUNT, NSCOUNT */
    if (question->class != DNS_IN && question->class != DNS_CH)
        return DNS_REFUSED; /* RFC 6895 §3.2 */
    return DNS_NOERROR;
}

enum question_result question_read(const uint8_t *octets, size_t length, struct question *question)
{
    struct source s = {octets, length, DNS_HEADER_OCTETS};

    if (length < DNS_HEADER_OCTETS || (octets[2] & 0x80) != 0)
        return QUESTION_DROP; /* an answer to an answer would make loops */
    question->id = load_be16(octets);
    question->flags = load_be16(octets + 2);
    question->opcode = (uint8_t)(question->flags >> 11 & 15);
    question->type = question->class = 0;
    question->name.wire[0] = question->original[0] = 0;
    question->name.length = 1;
    question->has_question = question->has_opt = question->dnssec_ok = false;
    question->payload = DNS_UDP_PLAIN_MAX;
    question->options_at = question->options_length = 0;
    question->rcode = judge(&s, question);
    return question->rcode == DNS_NOERROR ? QUESTION_OK : QUESTION_ANSWER;
}

static size_t write_opt(uint8_t *out, const struct query_words *words)
{
    out[0] = 0;
    store_be16(out + 1, DNS_OPT);
    store_be16(out + 3, words->payload);
    store_be32(out + 5, words->dnssec_ok ? DNS_OPT_DO : 0);
    store_be16(out + 9, 0);
    return OPT_OCTETS;
}

size_t question_write(uint8_t *out, size_t room, const struct name *name,
                      const struct query_words *words)
{
    size_t opt = words->payload != 0 ? OPT_OCTETS : 0, at = DNS_HEADER_OCTETS;

    if (room < DNS_HEADER_OCTETS + name->length + 4 + opt)
        return 0;
    store_be16(out, words->id);
    store_be16(out + 2, (uint16_t)(DNS_RD | DNS_AD | (words->checking_disabled ? DNS_CD : 0)));
    store_be16(out + 4, 1);
    store_be32(out + 6, 0);
    store_be16(out + 10, opt != 0);
    memcpy(out + at, name->wire, name->length);
    at += name->length;
    store_be16(out + at, words->type);
    store_be16(out + at + 2, DNS_IN);
    at += 4;
    return at + (opt != 0 ? write_opt(out + at, words) : 0);
}
