/* Our wire code beside ldns, on good, mutated and random messages: what we accept, ldns accepts,
 * and both see the same question and the same records. The other way round nothing is asked: we are
 * stricter (pointers, windows of NSEC, keys of SVCB, OPT) and may be.
 *
 * Known differences, left out of the comparison, each with its reason:
 * - records in the additional section of a query: we walk over them, ldns looks inside;
 * - types of which we do not know the form and ldns does (CERT, LOC, ...): see is_compared;
 * - a TTL with its first bit set, which ldns shows as it stands and we as 0 (RFC 2181 §8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "packet.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/names.h"
#include "resolver/wire/question.h"
#include "resolver/wire/rdata.h"
#include "resolver/wire/reply.h"

enum { ROUNDS = 100000, SEEDS_MAX = 256, MESSAGE_MAX = 2048, ROOM = 65535 };

/* xorshift64*: the same cases in every run. */
static uint32_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * 0x2545f4914f6cdd1dULL) >> 32);
}

static uint32_t below(uint64_t *state, uint32_t bound)
{
    return next(state) % bound;
}

struct message {
    uint8_t octets[MESSAGE_MAX];
    size_t length;
};

struct seeds {
    struct message messages[SEEDS_MAX];
    size_t count;
};

/* Where names of a chain and of data are picked from: few, so that they meet and compress. */
static const char *const names[] = {"example.",     "a.example.",        "www.a.example.",
                                    "b.example.",   "x.y.b.example.",    "test.",
                                    "Host.A.Test.", "_sip._udp.example."};

static const char *a_name(uint64_t *random)
{
    return names[below(random, sizeof names / sizeof *names)];
}

/* Data of records of many types; %s is a name. */
static const char *const forms[] = {
    "A 192.0.2.1",
    "AAAA 2001:db8::1",
    "NS %s",
    "CNAME %s",
    "CNAME %s",
    "PTR %s",
    "DNAME %s",
    "MX 10 %s",
    "SOA %s h.example. 1 2 3 4 5",
    "TXT \"one\" \"two\"",
    "HINFO \"c\" \"o\"",
    "MINFO %s a.example.",
    "RP %s a.example.",
    "AFSDB 1 %s",
    "RT 1 %s",
    "KX 1 %s",
    "PX 1 %s a.example.",
    "SRV 1 2 3 %s",
    "NAPTR 1 2 \"s\" \"SIP+D2U\" \"\" %s",
    "DS 1 8 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "DNSKEY 257 3 8 AQID",
    "RRSIG A 8 2 300 20300101000000 20260101000000 1 example. AQID",
    "RRSIG CNAME 8 2 300 20300101000000 20260101000000 1 example. AQID",
    "NSEC %s A MX RRSIG NSEC TYPE1234",
    "NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG",
    "NSEC3PARAM 1 0 12 aabbccdd",
    "TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
    "SSHFP 1 1 123456789abcdef67890123456789abcdef67890",
    "CAA 0 issue \"ca.example\"",
    "TYPE65 \\# 5 0001000000",
    "TYPE65280 \\# 4 0a000001",
};

/* A form of TYPE, which may have several. */
static const char *form_of(uint64_t *random, const char *type)
{
    size_t count = sizeof forms / sizeof *forms, start = below(random, (uint32_t)count);

    for (size_t i = 0; i < count; i++) {
        const char *form = forms[(start + i) % count];

        if (strncmp(form, type, strlen(type)) == 0 && form[strlen(type)] == ' ')
            return form;
    }
    return forms[start];
}

/* A record that as often as not belongs to a reply to NAME and TYPE. */
static void a_record(uint64_t *random, const char *name, const char *type, char *out, size_t room)
{
    const char *form = form_of(random, below(random, 4) == 0 ? "CNAME" : type);
    char data[256];

    if (below(random, 3) == 0)
        form = forms[below(random, sizeof forms / sizeof *forms)];
    if (below(random, 3) == 0)
        name = a_name(random);
    snprintf(data, sizeof data, form, a_name(random));
    snprintf(out, room, "%s %s 300 IN %s", below(random, 4) == 0 ? "NS" : "AN", name, data);
}

static void make_reply(uint64_t *random, struct message *message)
{
    static const char *const types[] = {"A",   "AAAA",  "MX",    "TXT", "CNAME",  "NS",
                                        "SRV", "RRSIG", "NAPTR", "SOA", "TYPE65", "NSEC"};
    static const uint16_t rcodes[] = {0, 0, 0, 0, DNS_NXDOMAIN, DNS_SERVFAIL};
    const char *owner = a_name(random);
    const char *type = types[below(random, sizeof types / sizeof *types)];
    char question[128], lines[12][512];
    struct packet packet = {question, 7, DNS_QR | DNS_RD | DNS_RA, {NULL}};
    uint32_t count = below(random, 12);
    uint8_t *wire = malloc(ROOM);

    assert_non_null(wire);
    packet.flags = (uint16_t)(packet.flags | rcodes[below(random, 6)]);
    snprintf(question, sizeof question, "%s %s", owner, type);
    for (uint32_t i = 0; i < count; i++) {
        a_record(random, owner, type, lines[i], sizeof lines[i]);
        packet.records[i] = lines[i];
    }
    packet.records[count] = NULL;
    message->length = packet_make(&packet, wire);
    assert_true(message->length <= MESSAGE_MAX);
    memcpy(message->octets, wire, message->length);
    free(wire);
}

static void make_query(uint64_t *random, struct message *message)
{
    static const uint16_t types[] = {1, 28, 65, 16, 255, 41, 252, 65280};
    struct query_words words = {.id = 7,
                                .type = types[below(random, 8)],
                                .dnssec_ok = below(random, 2) != 0,
                                .payload = below(random, 3) == 0 ? 0 : 1232};
    const char *text = a_name(random);
    struct name_buf buf;
    struct name name = packet_name(&buf, text);

    message->length = question_write(message->octets, MESSAGE_MAX, &name, &words);
    if (words.payload != 0 && below(random, 2) == 0) { /* a cookie */
        memcpy(message->octets + message->length - 2, "\0\14\0\12\0\10abcdefgh", 14);
        message->length += 12;
    }
}

static void change_octet(uint64_t *random, struct message *message)
{
    static const uint8_t telling[] = {0, 1, 12, 0x3f, 0x40, 0x80, 0xc0, 0xff};
    size_t at = below(random, (uint32_t)message->length);

    if (below(random, 2) == 0)
        message->octets[at] ^= (uint8_t)(1 << below(random, 8));
    else
        message->octets[at] = telling[below(random, sizeof telling)];
}

static void move_octets(uint64_t *random, struct message *message)
{
    size_t at = below(random, (uint32_t)message->length), size = 1 + below(random, 8);
    uint8_t *p = message->octets + at;

    if (below(random, 2) == 0 && at + size <= message->length) {
        memmove(p, p + size, message->length - at - size);
        message->length -= size;
    } else if (message->length + size <= MESSAGE_MAX) {
        memmove(p + size, p, message->length - at);
        for (size_t i = 0; i < size; i++)
            p[i] = (uint8_t)next(random);
        message->length += size;
    }
}

static void mutate(uint64_t *random, struct message *message)
{
    for (uint32_t count = below(random, 4); count > 0 && message->length > 0; count--) {
        switch (below(random, 8)) {
        case 0:
            move_octets(random, message);
            break;
        case 1:
            message->length = below(random, (uint32_t)message->length + 1);
            break;
        default:
            change_octet(random, message);
        }
    }
}

static void make_noise(uint64_t *random, struct message *message)
{
    message->length = below(random, 80);
    for (size_t i = 0; i < message->length; i++)
        message->octets[i] = (uint8_t)next(random);
    if (message->length > 12 && below(random, 2) == 0) /* counts that could be true */
        memcpy(message->octets + 4, "\0\1\0\0\0\0\0\1", 8);
}

typedef void make(uint64_t *random, struct message *message);

static void make_seeds(uint64_t *random, make *maker, struct seeds *seeds)
{
    for (seeds->count = 0; seeds->count < SEEDS_MAX; seeds->count++)
        maker(random, &seeds->messages[seeds->count]);
}

static void pick(uint64_t *random, const struct seeds *seeds, struct message *message)
{
    if (below(random, 10) == 0) {
        make_noise(random, message);
        return;
    }
    *message = seeds->messages[below(random, (uint32_t)seeds->count)];
    mutate(random, message);
}

static void fail_with(const struct message *message, const char *what)
{
    char text[2 * MESSAGE_MAX + 1];

    for (size_t i = 0; i < message->length; i++)
        snprintf(text + 2 * i, 3, "%02x", message->octets[i]);
    fail_msg("%s: %.*s", what, (int)(2 * message->length), text);
}

static void compare_question(const struct message *message, const struct question *question)
{
    ldns_pkt *pkt = NULL;
    const ldns_rr *rr;

    if (ldns_wire2pkt(&pkt, message->octets, message->length) != LDNS_STATUS_OK)
        fail_with(message, "ldns does not accept it");
    rr = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);
    if (ldns_pkt_qdcount(pkt) != 1 || ldns_rdf_size(ldns_rr_owner(rr)) != question->name.length ||
        memcmp(ldns_rdf_data(ldns_rr_owner(rr)), question->original, question->name.length) != 0 ||
        ldns_rr_get_type(rr) != question->type || ldns_rr_get_class(rr) != question->class)
        fail_with(message, "another question");
    if (ldns_pkt_edns(pkt) != question->has_opt || ldns_pkt_edns_do(pkt) != question->dnssec_ok ||
        ldns_pkt_id(pkt) != question->id)
        fail_with(message, "another OPT or id");
    ldns_pkt_free(pkt);
}

static void every_question_we_accept_is_the_same_to_ldns(void **state)
{
    struct seeds *seeds = malloc(sizeof *seeds);
    uint64_t random = 1;
    unsigned accepted = 0;

    (void)state;
    assert_non_null(seeds);
    make_seeds(&random, make_query, seeds);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct question question;
        struct message message;

        pick(&random, seeds, &message);
        if (question_read(message.octets, message.length, &question) != QUESTION_OK ||
            load_be16(message.octets + 10) != question.has_opt)
            continue;
        compare_question(&message, &question);
        accepted++;
    }
    print_message("%u questions compared\n", accepted);
    assert_true(accepted > ROUNDS / 10);
    free(seeds);
}

/* Types whose form both know. */
static bool is_compared(uint16_t type)
{
    static const uint16_t types[] = {1,  2,  5,  6,  7,  8,  9,  12, 13, 14, 15, 16,
                                     17, 18, 19, 21, 26, 28, 33, 35, 36, 39, 43, 44,
                                     46, 47, 48, 50, 51, 52, 59, 60, 64, 65, 99, 257};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i] == type)
            return true;
    }
    return type > 260;
}

/* Tells whether all records of a message that reads well are of types that both know. */
static bool all_are_compared(const struct message *message)
{
    size_t at = 12;
    struct name_buf name;
    bool all = true;
    unsigned count = (unsigned)load_be16(message->octets + 6) + load_be16(message->octets + 8) +
                     load_be16(message->octets + 10);

    names_read(message->octets, message->length, &at, &name);
    at += 4;
    for (unsigned i = 0; i < count && all; i++) {
        all = names_read(message->octets, message->length, &at, &name);
        all = all && (load_be16(message->octets + at) == DNS_OPT ||
                      (is_compared(load_be16(message->octets + at)) &&
                       load_be16(message->octets + at + 2) == DNS_IN));
        at += 10 + (size_t)load_be16(message->octets + at + 8);
    }
    return all;
}

/* Writes RECORD uncompressed, as ldns_rr2wire does. */
static size_t flatten(const struct reply *reply, const struct reply_record *record, uint8_t *out,
                      size_t room)
{
    struct name_buf owner;
    long length = reply_expand(reply, record, &owner, out + 300, room - 300);

    assert_true(length >= 0);
    memcpy(out, owner.wire, owner.length);
    store_be16(out + owner.length, record->type);
    store_be16(out + owner.length + 2, record->class);
    store_be32(out + owner.length + 4, record->ttl_s);
    store_be16(out + owner.length + 8, (uint16_t)length);
    memmove(out + owner.length + 10, out + 300, (size_t)length);
    return owner.length + 10U + (size_t)length;
}

static bool is_in(const ldns_rr_list *list, const uint8_t *wire, size_t length)
{
    bool found = false;

    for (size_t i = 0; i < ldns_rr_list_rr_count(list) && !found; i++) {
        ldns_rr *rr = ldns_rr_list_rr(list, i);
        uint8_t *theirs = NULL;
        size_t size = 0;

        if (ldns_rr_ttl(rr) > INT32_MAX)
            ldns_rr_set_ttl(rr, 0);
        if (ldns_rr2wire(&theirs, rr, LDNS_SECTION_ANSWER, &size) == LDNS_STATUS_OK)
            found = size == length && memcmp(theirs, wire, size) == 0;
        free(theirs);
    }
    return found;
}

static void compare_records(const struct message *message, const struct reply *reply)
{
    ldns_pkt *pkt = NULL;
    uint8_t flat[2 * MESSAGE_MAX];

    if (ldns_wire2pkt(&pkt, message->octets, message->length) != LDNS_STATUS_OK)
        fail_with(message, "ldns does not accept it");
    for (size_t i = 0; i < reply->record_count; i++) {
        const struct reply_record *record = &reply->records[i];
        size_t length = flatten(reply, record, flat, sizeof flat);

        if (!is_in(record->section == SECTION_ANSWER ? ldns_pkt_answer(pkt)
                                                     : ldns_pkt_authority(pkt),
                   flat, length))
            fail_with(message, "a record that ldns does not see");
    }
    ldns_pkt_free(pkt);
}

/* The answer made of REPLY is one that ldns reads whole, with as many records. */
static void compare_answer(const struct message *message, const struct reply *reply,
                           const struct question *question, uint8_t *out)
{
    struct answer answer;
    ldns_pkt *pkt = NULL;
    size_t length;

    answer_start(&answer, out, ROOM, question, 1232);
    reply_answer(reply, &answer, 0);
    length = answer_finish(&answer);
    if (ldns_wire2pkt(&pkt, out, length) != LDNS_STATUS_OK)
        fail_with(message, "ldns does not accept our answer");
    if (ldns_pkt_ancount(pkt) + ldns_pkt_nscount(pkt) > reply->record_count ||
        (question->dnssec_ok &&
         ldns_pkt_ancount(pkt) + ldns_pkt_nscount(pkt) != reply->record_count))
        fail_with(message, "records lost");
    for (size_t i = 0; i < ldns_pkt_ancount(pkt); i++)
        assert_int_equal(ldns_rr_get_class(ldns_rr_list_rr(ldns_pkt_answer(pkt), i)), DNS_IN);
    ldns_pkt_free(pkt);
}

/* Asks what MESSAGE seems to answer; returns false where it has no question. */
static bool ask_for(const struct message *message, bool dnssec_ok, struct question *question)
{
    uint8_t wire[512];
    struct query_words words = {.id = 7, .dnssec_ok = dnssec_ok, .payload = 1232};
    struct name_buf buf;
    struct name name;
    size_t at = 12;

    if (message->length < 12 || !names_read(message->octets, message->length, &at, &buf) ||
        message->length - at < 4)
        return false;
    name = name_of(&buf);
    words.type = load_be16(message->octets + at);
    return question_read(wire, question_write(wire, sizeof wire, &name, &words), question) ==
           QUESTION_OK;
}

static void every_reply_we_accept_is_the_same_to_ldns(void **state)
{
    struct seeds *seeds = malloc(sizeof *seeds);
    struct reply *reply = malloc(sizeof *reply);
    uint8_t *out = malloc(ROOM);
    uint64_t random = 2;
    unsigned compared = 0, records = 0;

    (void)state;
    assert_true(seeds != NULL && reply != NULL && out != NULL);
    make_seeds(&random, make_reply, seeds);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct question question;
        struct message message;

        pick(&random, seeds, &message);
        if (!ask_for(&message, below(&random, 2) != 0, &question))
            continue;
        struct name name = name_of(&question.name);
        if (reply_read(message.octets, message.length, &name, question.type, question.dnssec_ok,
                       reply) != REPLY_OK ||
            reply->truncated || !all_are_compared(&message))
            continue;
        compare_records(&message, reply);
        compare_answer(&message, reply, &question, out);
        compared++;
        records += reply->record_count;
    }
    print_message("%u replies with %u records compared\n", compared, records);
    assert_true(compared > ROUNDS / 10 && records > ROUNDS / 10);
    free(out);
    free(reply);
    free(seeds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_we_accept_is_the_same_to_ldns),
        cmocka_unit_test(every_reply_we_accept_is_the_same_to_ldns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
