/* answer.c - writes an answer from left to right into the client's buffer.
 *
 * Problem: names must be compressed before an answer is judged too long (an old stub has 512
 * octets), nothing may be allocated, and our OPT must fit whatever the records need. Idea: remember
 * the offset and length of each suffix written (the question's come first, and most owners are it);
 * a new name looks there for its longest suffix. The length is compared first, which rules out
 * nearly all. Letter case must agree, so that each owner keeps the case it was given in. The octets
 * of OPT are set aside before the first record. Dropped: a hash of suffixes, which pays only beyond
 * the 64 that are kept; and taking back the part of a cut RRset that fitted: with TC the client
 * asks again over TCP anyhow (RFC 2181 §9). */
#include "resolver/wire/answer.h"

#include <string.h>

#include "config/base/bytes.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "resolver/wire/rdata.h"

enum {
    POINTER = 0xc0,
    POINTER_REACH = 0x4000,
    OPT_OCTETS = 11,
    OPTION_HEADER_OCTETS = 4,
    EDE_OCTETS = OPTION_HEADER_OCTETS + 2,
    RECORD_FIXED_OCTETS = 10,
};

/* Octets that OPT and its options want. */
static size_t opt_size(const struct answer *answer)
{
    if (!answer->question->has_opt)
        return 0;
    if (answer->ede_count == 0)
        return OPT_OCTETS;
    return OPT_OCTETS + EDE_OCTETS * (size_t)answer->ede_count + strlen(answer->ede_text);
}

/* Sets aside what OPT needs now; what is written already stays. */
static void reserve_opt(struct answer *answer)
{
    size_t opt = opt_size(answer);

    answer->limit = answer->room > opt ? answer->room - opt : 0;
}

static bool put(struct answer *answer, const void *octets, size_t length)
{
    if (answer->limit < answer->length || answer->limit - answer->length < length)
        return false;
    memcpy(answer->octets + answer->length, octets, length);
    answer->length += length;
    return true;
}

/* Tells whether the name at AT of our own octets is NAME, letter case included. */
static bool is_written_at(const uint8_t *octets, size_t at, const uint8_t *name)
{
    for (;;) {
        size_t size = octets[at];

        if (size >= POINTER) {
            at = (size & 0x3f) << 8 | octets[at + 1];
            continue;
        }
        /* The length octet is compared with its label. */
        for (size_t i = 0; i <= size; i++) {
            if (octets[at + i] != name[i])
                return false;
        }
        if (size == 0)
            return true;
        at += size + 1;
        name += size + 1;
    }
}

/* Returns the offset where NAME[0..LENGTH) was written before; 0 where it was not. */
static uint16_t find_suffix(const struct answer *answer, const uint8_t *name, size_t length)
{
    for (size_t i = 0; i < answer->name_count; i++) {
        if (answer->name_lengths[i] == length &&
            is_written_at(answer->octets, answer->names[i], name))
            return answer->names[i];
    }
    return 0;
}

/* Remembers the labels of NAME up to END, which begin at offset START of the answer. */
static void remember(struct answer *answer, const struct name *name, size_t end, size_t start)
{
    for (size_t at = 0; at < end; at += (size_t)name->wire[at] + 1) {
        if (answer->name_count == ANSWER_NAMES_MAX || start + at >= POINTER_REACH)
            return;
        answer->names[answer->name_count] = (uint16_t)(start + at);
        answer->name_lengths[answer->name_count++] = (uint8_t)(name->length - at);
    }
}

static bool put_name(struct answer *answer, const struct name *name)
{
    size_t start = answer->length, at = 0;
    uint16_t found = 0;
    uint8_t pointer[2];

    while (name->wire[at] != 0) {
        found = find_suffix(answer, name->wire + at, name->length - at);
        if (found != 0)
            break;
        at += (size_t)name->wire[at] + 1;
    }
    if (found == 0) {
        if (!put(answer, name->wire, name->length))
            return false;
    } else {
        store_be16(pointer, (uint16_t)(POINTER << 8 | found));
        if (!put(answer, name->wire, at) || !put(answer, pointer, sizeof pointer))
            return false;
    }
    remember(answer, name, at, start);
    return true;
}

static bool put_fixed(struct answer *answer, const struct answer_record *record)
{
    uint8_t fixed[RECORD_FIXED_OCTETS];

    store_be16(fixed, record->type);
    store_be16(fixed + 2, record->class);
    store_be32(fixed + 4, record->ttl_s);
    store_be16(fixed + 8, record->rdata_length);
    return put(answer, fixed, sizeof fixed);
}

static bool put_part(struct answer *answer, const struct rdata *rdata, enum rdata_kind kind)
{
    struct name name = name_of(&rdata->name);

    switch (kind) {
    case RDATA_OCTETS:
        return put(answer, rdata->octets + rdata->start, rdata->length);
    case RDATA_NAME:
        return put_name(answer, &name);
    case RDATA_OTHER_NAME:
        return put(answer, name.wire, name.length);
    case RDATA_END:
    case RDATA_BROKEN:
        break;
    }
    return false;
}

/* Data with names in it is written part by part, then its length is corrected. */
static bool put_rdata(struct answer *answer, const struct answer_record *record)
{
    size_t start = answer->length;
    struct rdata rdata;
    enum rdata_kind kind;

    rdata_start(&rdata, record->rdata, 0, record->rdata_length, record->type);
    while ((kind = rdata_next(&rdata)) != RDATA_END) {
        if (!put_part(answer, &rdata, kind))
            return false;
    }
    store_be16(answer->octets + start - 2, (uint16_t)(answer->length - start));
    return true;
}

/* Adds RECORD; with PLAIN its data goes out as it stands. */
static bool add(struct answer *answer, enum answer_section section,
                const struct answer_record *record, bool plain)
{
    size_t length = answer->length;
    uint16_t name_count = answer->name_count;

    if (!answer->full && put_name(answer, &record->owner) && put_fixed(answer, record) &&
        (plain ? put(answer, record->rdata, record->rdata_length) : put_rdata(answer, record))) {
        answer->counts[section]++;
        return true;
    }
    answer->length = length;
    answer->name_count = name_count;
    /* RFC 2181 §9: what is only additional may be missing without a word. */
    if (section != SECTION_ADDITIONAL)
        answer->full = true;
    return false;
}

bool answer_add(struct answer *answer, enum answer_section section,
                const struct answer_record *record)
{
    return add(answer, section, record,
               record->class != DNS_IN || !rdata_may_be_compressed(record->type));
}

static void put_question(struct answer *answer, const struct question *question)
{
    struct name name = {question->original, question->name.length};
    size_t start = answer->length;
    uint8_t words[4];

    store_be16(words, question->type);
    store_be16(words + 2, question->class);
    if (put(answer, name.wire, name.length) && put(answer, words, sizeof words)) {
        remember(answer, &name, name.length - 1, start);
        store_be16(answer->octets + 4, 1);
        return;
    }
    answer->length = start;
    answer->full = true;
}

void answer_begin(struct answer *answer, uint8_t *out, size_t room, const struct question *question,
                  uint16_t payload)
{
    answer->octets = out;
    answer->room = room;
    answer->length = 0;
    answer->question = question;
    answer->rcode = DNS_NOERROR;
    answer->flags = 0;
    answer->payload = payload;
    memset(answer->counts, 0, sizeof answer->counts);
    answer->full = false;
    answer->name_count = 0;
    answer->ede_count = 0;
    answer->ede_text[0] = '\0';
    reserve_opt(answer);
}

void answer_start(struct answer *answer, uint8_t *out, size_t room, const struct question *question,
                  uint16_t payload)
{
    answer_begin(answer, out, room, question, payload);
    if (room < DNS_HEADER_OCTETS) {
        answer->full = true;
        return;
    }
    memset(out, 0, DNS_HEADER_OCTETS);
    answer->length = DNS_HEADER_OCTETS;
    if (question->has_question)
        put_question(answer, question);
}

/* Our own start of authority: stairgate.invalid, nobody.invalid, serial 1, refresh 3600, retry 600,
 * expire 86400, minimum. Every block answer has it, so it is kept as it goes out. */
static const uint8_t soa[] = "\011stairgate\007invalid\0\006nobody\007invalid\0"
                             "\0\0\0\1\0\0\016\020\0\0\2\130\0\1\121\200\0\0\0";

bool answer_add_soa(struct answer *answer, const struct name *zone, uint32_t ttl_s)
{
    uint8_t rdata[sizeof soa];
    struct answer_record record = {*zone, DNS_SOA, DNS_IN, ttl_s, rdata, sizeof rdata};

    memcpy(rdata, soa, sizeof soa);
    store_be32(rdata + sizeof soa - 4, ttl_s);
    return add(answer, SECTION_AUTHORITY, &record, true);
}

bool answer_any(struct answer *answer, uint32_t ttl_s)
{
    static const uint8_t rdata[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
    const struct question *question = answer->question;
    struct answer_record record = {
        {question->original, question->name.length},
        DNS_HINFO, DNS_IN, ttl_s, rdata, sizeof rdata
    };

    return answer_add(answer, SECTION_ANSWER, &record);
}

static bool has_ede(const struct answer *answer, uint16_t code)
{
    for (size_t i = 0; i < answer->ede_count; i++) {
        if (answer->ede[i] == code)
            return true;
    }
    return false;
}

/* The words for a person go with the first code that has some. */
static void set_ede_text(struct answer *answer, const char *text)
{
    size_t length = strnlen(text, ANSWER_EDE_TEXT_MAX - 1);

    /* Cut between characters of UTF-8, not within one. */
    while (text[length] != '\0' && length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80)
        length--;
    memcpy(answer->ede_text, text, length);
    answer->ede_text[length] = '\0';
    answer->ede_text_of = answer->ede_count;
}

void answer_ede(struct answer *answer, uint16_t code, const char *text)
{
    if (answer->ede_count == ANSWER_EDE_MAX || has_ede(answer, code))
        return;
    if (text != NULL && answer->ede_text[0] == '\0')
        set_ede_text(answer, text);
    answer->ede[answer->ede_count++] = code;
    reserve_opt(answer);
}

/* Writes extended error INDEX, without its words or not at all where the room is too small. */
static void put_ede(struct answer *answer, size_t index)
{
    size_t left = answer->room - answer->length;
    size_t size = index == answer->ede_text_of ? strlen(answer->ede_text) : 0;
    uint8_t *p = answer->octets + answer->length;

    if (left < EDE_OCTETS)
        return;
    if (left < EDE_OCTETS + size)
        size = 0;
    store_be16(p, DNS_OPTION_EDE);
    store_be16(p + 2, (uint16_t)(2 + size));
    store_be16(p + 4, answer->ede[index]);
    memcpy(p + EDE_OCTETS, answer->ede_text, size);
    answer->length += EDE_OCTETS + size;
}

static void put_opt(struct answer *answer)
{
    uint8_t *p = answer->octets + answer->length;
    size_t start;

    if (answer->room - answer->length < OPT_OCTETS)
        return;
    p[0] = 0;
    store_be16(p + 1, DNS_OPT);
    store_be16(p + 3, answer->payload);
    p[5] = (uint8_t)(answer->rcode >> 4);
    p[6] = 0;                                                        /* version, RFC 6891 §6.1.3 */
    store_be16(p + 7, answer->question->dnssec_ok ? DNS_OPT_DO : 0); /* RFC 3225 §3 */
    answer->length += OPT_OCTETS;
    start = answer->length;
    for (size_t i = 0; i < answer->ede_count; i++)
        put_ede(answer, i);
    store_be16(p + 9, (uint16_t)(answer->length - start));
    answer->counts[SECTION_ADDITIONAL]++;
}

size_t answer_finish(struct answer *answer)
{
    const struct question *question = answer->question;
    uint16_t flags = (uint16_t)(DNS_QR | DNS_RA | (question->opcode & 15) << 11 |
                                (question->flags & (DNS_RD | DNS_CD)) |
                                (answer->flags & (DNS_AA | DNS_AD | DNS_TC)));
    uint8_t *out = answer->octets;

    if (answer->room < DNS_HEADER_OCTETS)
        return 0;
    if (question->has_opt)
        put_opt(answer);
    else if (answer->rcode > 15)
        answer->rcode = DNS_SERVFAIL; /* its upper bits have no place */
    if (answer->full)
        flags |= DNS_TC;
    store_be16(out, question->id);
    store_be16(out + 2, (uint16_t)(flags | (answer->rcode & 15)));
    for (size_t i = 0; i < SECTIONS; i++)
        store_be16(out + 6 + 2 * i, answer->counts[i]);
    return answer->length;
}

size_t answer_error(uint8_t *out, size_t room, const struct question *question, uint16_t rcode,
                    uint16_t payload)
{
    struct answer answer;

    answer_start(&answer, out, room, question, payload);
    answer.rcode = rcode;
    return answer_finish(&answer);
}

size_t answer_udp_room(const struct question *question, uint16_t our_payload)
{
    uint16_t room = question->payload < our_payload ? question->payload : our_payload;

    return !question->has_opt || room < DNS_UDP_PLAIN_MAX ? DNS_UDP_PLAIN_MAX : room;
}
