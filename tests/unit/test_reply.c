/* resolver/wire/reply.c and chain.c: what an upstream may say, and what is left of it for a client.
 */
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
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"

enum { ID = 0x4242, GOOD = DNS_QR | DNS_RD | DNS_RA, MESSAGE = 65535 };

#define SIG(type, owner)                                                                           \
    owner " 300 IN RRSIG " type " 8 2 300 20300101000000 20260101000000 1 example. AAAA"
#define SOA "example. 60 IN SOA ns.example. h.example. 1 2 3 4 60"

/* Everything a test needs, on the heap: AddressSanitizer watches its ends. */
struct bench {
    uint8_t *wire, *out;
    char *text;
    struct reply *reply;
    struct question question;
    size_t length, out_length;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    bench->wire = malloc(MESSAGE);
    bench->out = malloc(MESSAGE);
    bench->text = malloc(PACKET_TEXT_MAX);
    bench->reply = malloc(sizeof *bench->reply);
    *state = bench;
    return bench->wire && bench->out && bench->text && bench->reply ? 0 : -1;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    free(bench->wire);
    free(bench->out);
    free(bench->text);
    free(bench->reply);
    free(bench);
    return 0;
}

enum asks { PLAIN, WITH_DO };

/* Makes the client's question, the same as PACKET's, with OPT. */
static void ask(struct bench *bench, const char *text, enum asks asks)
{
    char name_text[512];
    const char *space = strchr(text, ' ');
    struct query_words words = {.id = 7,
                                .type = (uint16_t)ldns_get_rr_type_by_name(space + 1),
                                .payload = 1232,
                                .dnssec_ok = asks == WITH_DO};
    struct name_buf buf;
    uint8_t wire[512];

    snprintf(name_text, sizeof name_text, "%.*s", (int)(space - text), text);
    struct name name = packet_name(&buf, name_text);
    size_t length = question_write(wire, sizeof wire, &name, &words);
    assert_int_equal(question_read(wire, length, &bench->question), QUESTION_OK);
}

static enum reply_result read_wire(struct bench *bench)
{
    struct name name = name_of(&bench->question.name);

    return reply_read(bench->wire, bench->length, &name, bench->question.type,
                      bench->question.dnssec_ok, bench->reply);
}

static enum reply_result read_packet(struct bench *bench, const struct packet *packet,
                                     enum asks asks)
{
    ask(bench, packet->question, asks);
    bench->length = packet_make(packet, bench->wire);
    struct name name = name_of(&bench->question.name);
    assert_true(reply_matches(bench->wire, bench->length, packet->id, &name, bench->question.type));
    return read_wire(bench);
}

/* Answers the client in at most ROOM octets; bench->text is what ldns reads there. */
static void answer(struct bench *bench, size_t room, uint32_t ttl_cap_s)
{
    struct answer answer;

    answer_start(&answer, bench->out, room, &bench->question, 1232);
    reply_answer(bench->reply, &answer, ttl_cap_s);
    bench->out_length = answer_finish(&answer);
    assert_true(bench->out_length <= room);
    assert_true(packet_text(bench->out, bench->out_length, bench->text));
}

struct row {
    const char *title;
    enum asks asks;
    struct packet packet;
    enum reply_result result;
    const char *text; /* of the answer, when the result is REPLY_OK */
};

static const struct row rows[] = {
    {"an address",
     PLAIN,                                                                       {"www.example. A", ID, GOOD, {"AN www.example. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN www.example. 300 IN A 192.0.2.1\n"                                           },
    {"a chain in order",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN b.example. 200 IN CNAME c.test.",
       "AN c.test. 100 IN A 192.0.2.1", "AN c.test. 100 IN A 192.0.2.2", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN CNAME b.example.\nAN b.example. 200 IN CNAME c.test.\n"
     "AN c.test. 100 IN A 192.0.2.1\nAN c.test. 100 IN A 192.0.2.2\n"                                                                                                                                                                                 },
    {"a chain in another order",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN c.test. 100 IN A 192.0.2.1", "AN b.example. 200 IN CNAME c.test.",
       "AN a.example. 300 IN CNAME b.example.", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN CNAME b.example.\nAN b.example. 200 IN CNAME c.test.\n"
     "AN c.test. 100 IN A 192.0.2.1\n"                                                                                                                                                                                                                },
    {"a chain in other letters, RFC 4343",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN A.EXAMPLE. 300 IN CNAME B.example.", "AN B.example. 100 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN CNAME B.example.\nAN B.example. 100 IN A 192.0.2.1\n"      },
    {"C28: records outside the chain are removed",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN victim.test. 300 IN A 203.0.113.66", "AN a.example. 300 IN A 192.0.2.1",
       "AN a.example. 300 IN TXT \"x\"", "NS victim.test. 300 IN NS ns.victim.test.",
       "AR victim.test. 300 IN A 203.0.113.66", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN A 192.0.2.1\n"                                             },
    {"C28: nothing in the answer section belongs to the question",
     PLAIN,                                                                       {"a.example. A", ID, GOOD, {"AN victim.test. 300 IN A 203.0.113.66", NULL}},
     REPLY_BROKEN,                                                                                                                                                                 NULL                                                                             },
    {"another class is another thing",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 CH A 192.0.2.66", "AN a.example. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN A 192.0.2.1\n"                                             },
    {"CNAME asked for is the end of the chain",
     PLAIN,                                                                       {"a.example. CNAME",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN b.example. 300 IN CNAME c.example.", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN CNAME b.example.\n"                                        },
    {"a second CNAME at one name is left behind, RFC 1034 §3.6.2",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN a.example. 300 IN CNAME c.example.",
       "AN c.example. 300 IN A 192.0.2.66", "AN b.example. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN CNAME b.example.\nAN b.example. 300 IN A 192.0.2.1\n"      },
    {"a CNAME to itself",
     PLAIN,                                                                       {"a.example. A", ID, GOOD, {"AN a.example. 300 IN CNAME a.example.", NULL}},
     REPLY_BROKEN,                                                                                                                                                                 NULL                                                                             },
    {"a loop",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN b.example. 300 IN CNAME a.example.", NULL}},
     REPLY_BROKEN,                                                                                                                                                                 NULL                                                                             },
    {"a DNAME and the CNAME it makes, in another order",
     PLAIN,                                                                       {"x.y.old.example. A",
      ID,
      GOOD,
      {"AN x.y.old.example. 300 IN CNAME x.y.new.test.", "AN x.y.new.test. 300 IN A 192.0.2.1",
       "AN old.example. 300 IN DNAME new.test.", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN old.example. 300 IN DNAME new.test.\nAN x.y.old.example. 300 IN CNAME x.y.new.test.\n"
     "AN x.y.new.test. 300 IN A 192.0.2.1\n"                                                                                                                                                                                                          },
    {"a DNAME that does not make the CNAME",
     PLAIN,                                                                       {"x.old.example. A",
      ID,
      GOOD,
      {"AN old.example. 300 IN DNAME other.test.", "AN x.old.example. 300 IN CNAME x.new.test.",
       "AN x.new.test. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN x.old.example. 300 IN CNAME x.new.test.\nAN x.new.test. 300 IN A 192.0.2.1\n"},
    {"a DNAME without its CNAME, RFC 6672 §3.1",
     PLAIN,                                                                       {"x.old.example. A",
      ID,
      GOOD,
      {"AN old.example. 300 IN DNAME new.test.", "AN x.new.test. 300 IN A 192.0.2.1", NULL}},
     REPLY_BROKEN,                                                                                                                                                                 NULL                                                                             },
    {"a DNAME asked for",
     PLAIN,                                                                       {"old.example. DNAME", ID, GOOD, {"AN old.example. 300 IN DNAME new.test.", NULL}},
     REPLY_OK,                                                                                                                                                                     "AN old.example. 300 IN DNAME new.test.\n"                                       },
    {"no such name",
     PLAIN,                                                                       {"no.example. A", ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                     "NS " SOA "\n"                                                                   },
    {"a chain to no such name",
     PLAIN,                                                                       {"a.test. A",
      ID,
      GOOD | DNS_NXDOMAIN,
      {"AN a.test. 300 IN CNAME no.example.", "NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.test. 300 IN CNAME no.example.\nNS " SOA "\n"                              },
    {"an SOA outside the question's branch, RFC 2308 §5",
     PLAIN,                                                                       {"no.test. A", ID, GOOD, {"NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                     ""                                                                               },
    {"no such type, and no SOA",                                    PLAIN,        {"a.example. MX", ID, GOOD, {NULL}},                                                   REPLY_OK, ""                                                                               },
    {"an SOA beside an answer",
     PLAIN,                                                                       {"a.example. A", ID, GOOD, {"AN a.example. 300 IN A 192.0.2.1", "NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN A 192.0.2.1\n"                                             },
    {"a referral is lame",
     PLAIN,                                                                       {"a.example. A",
      ID,
      DNS_QR,
      {"NS example. 300 IN NS ns.example.", "AR ns.example. 300 IN A 192.0.2.1", NULL}},
     REPLY_LAME,                                                                                                                                                                   NULL                                                                             },
    {"SERVFAIL is lame",
     PLAIN,                                                                       {"a.example. A", ID, GOOD | DNS_SERVFAIL, {NULL}},
     REPLY_LAME,                                                                                                                                                                   NULL                                                                             },
    {"REFUSED is lame",
     PLAIN,                                                                       {"a.example. A", ID, GOOD | DNS_REFUSED, {"AN a.example. 300 IN A 192.0.2.66", NULL}},
     REPLY_LAME,                                                                                                                                                                   NULL                                                                             },
    {"signatures come with DO",
     WITH_DO,                                                                     {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN " SIG("CNAME", "a.example."),
       "AN b.example. 300 IN A 192.0.2.1", "AN " SIG("A", "b.example."),
       "AN " SIG("TXT", "b.example."), "AN " SIG("A", "c.example."),
       "NS example. 300 IN NSEC a.example. A RRSIG NSEC", "NS " SIG("NSEC", "example."),
       "NS " SIG("NS", "example."), NULL}},
     REPLY_OK,                                                                                                                                                                     "AN a.example. 300 IN CNAME b.example.\nAN " SIG(
         "CNAME",                                                                                                                                                                                                                                       "a.example.") "\n"
                       "AN b.example. 300 IN A 192.0.2.1\nAN " SIG(
                           "A", "b.example.") "\n"
                                         "NS example. 300 IN NSEC a.example. A RRSIG NSEC\nNS " SIG(
                                             "NSEC", "example.") "\n"},
    {"a proof that a name does not exist comes with DO",
     WITH_DO,       {"no.example. A",
      ID,
      GOOD | DNS_NXDOMAIN,
      {"NS " SIG("NSEC", "m.example."), "NS m.example. 60 IN NSEC p.example. A RRSIG NSEC",
       "NS " SIG("SOA", "example."), "NS " SOA, NULL}},
     REPLY_OK,                                                   "NS " SOA
     "\nNS " SIG("SOA",                                                                                                                                                                                                                                                         "example.") "\n"
                                    "NS m.example. 60 IN NSEC p.example. A RRSIG NSEC\nNS " SIG(
                                        "NSEC", "m.example.") "\n"},
    {"no signatures without DO, RFC 4035 §3.2.1",
     PLAIN,                                             {"no.example. A",
      ID,
      GOOD | DNS_NXDOMAIN,
      {"NS " SOA, "NS " SIG("SOA", "example."), "NS m.example. 60 IN NSEC p.example. A RRSIG NSEC",
       NULL}},
     REPLY_OK,                                                                           "NS " SOA "\n"                                                                                                                                                           },
    {"signatures asked for by type",
     PLAIN,                                                         {"a.example. RRSIG", ID, GOOD, {"AN " SIG("A", "a.example."), NULL}},
     REPLY_OK,                                                                           "AN " SIG("A", "a.example.") "\n"},
    {"names in the data of many types",
     PLAIN,{"a.example. MX",
      ID,
      GOOD,
      {"AN a.example. 300 IN MX 10 mail.a.example.", "AN a.example. 300 IN MX 20 mail.b.example.",
       NULL}},
     REPLY_OK,                                                                            "AN a.example. 300 IN MX 10 mail.a.example.\nAN a.example. 300 IN MX 20 mail.b.example.\n"                                                                                                                                          },
};

static void replies_are_reduced_to_what_was_asked(void **state)
{
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum reply_result result = read_packet(bench, &rows[i].packet, rows[i].asks);

        if (result != rows[i].result)
            fail_msg("%s: result %d", rows[i].title, (int)result);
        if (result != REPLY_OK)
            continue;
        answer(bench, MESSAGE, 0);
        if (strcmp(bench->text, rows[i].text) != 0)
            fail_msg("%s: got\n%s", rows[i].title, bench->text);
        assert_int_equal(bench->out[3] & 15, rows[i].packet.flags & 15);
        /* Read again, our own answer says the same. */
        memcpy(bench->wire, bench->out, bench->out_length);
        bench->length = bench->out_length;
        assert_int_equal(read_wire(bench), REPLY_OK);
        answer(bench, MESSAGE, 0);
        assert_string_equal(bench->text, rows[i].text);
    }
}

/* C16, C20: what was fetched with DO serves those who did not set it. */
static void a_reply_with_signatures_serves_a_client_without_do(void **state)
{
    static const struct packet packet = {
        "a.example. A",
        ID,
        GOOD | DNS_AD,
        {"AN a.example. 300 IN A 192.0.2.1", "AN " SIG("A", "a.example."),
                   "NS example. 300 IN NSEC a.example. A RRSIG NSEC", NULL}
    };
    struct bench *bench = *state;

    assert_int_equal(read_packet(bench, &packet, WITH_DO), REPLY_OK);
    assert_int_equal(bench->reply->record_count, 3);
    assert_true(bench->reply->authentic);
    bench->question.dnssec_ok = false;
    answer(bench, MESSAGE, 0);
    assert_string_equal(bench->text, "AN a.example. 300 IN A 192.0.2.1\n");
    assert_int_equal(load_be16(bench->out + 2) & DNS_AD, 0);
}

static void chains_are_at_most_sixteen_long(void **state)
{
    static char lines[20][64];
    struct bench *bench = *state;

    for (int count = 14; count <= 18; count++) {
        struct packet packet = {.question = "c0.example. A", .id = ID, .flags = GOOD};

        for (int i = 0; i < count; i++) {
            snprintf(lines[i], sizeof *lines, "AN c%d.example. 300 IN CNAME c%d.example.", i,
                     i + 1);
            packet.records[count - i] = lines[i];
        }
        snprintf(lines[count], sizeof *lines, "AN c%d.example. 300 IN A 192.0.2.1", count);
        packet.records[0] = lines[count];
        packet.records[count + 1] = NULL;
        assert_int_equal(read_packet(bench, &packet, PLAIN),
                         count <= REPLY_CHAIN_MAX ? REPLY_OK : REPLY_BROKEN);
    }
}

static void ttls_are_capped_and_negative_ones_count_as_0(void **state)
{
    static const struct {
        uint32_t ttl_s, cap_s, wanted_s;
    } cases[] = {
        {300,        0,     300       },
        {300,        86400, 300       },
        {0x7fffffff, 86400, 86400     },
        {0x7fffffff, 0,     0x7fffffff},
        {0x80000000, 86400, 0         },
        {0xffffffff, 0,     0         },
        {0,          86400, 0         },
    };
    static const struct packet packet = {
        "a.example. A", ID, GOOD, {"AN a.example. 300 IN A 192.0.2.1", NULL}
    };
    struct bench *bench = *state;
    char wanted[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_packet(bench, &packet, PLAIN);
        store_be32(bench->wire + bench->length - 10, cases[i].ttl_s);
        assert_int_equal(read_wire(bench), REPLY_OK);
        answer(bench, MESSAGE, cases[i].cap_s);
        snprintf(wanted, sizeof wanted, "AN a.example. %u IN A 192.0.2.1\n", cases[i].wanted_s);
        assert_string_equal(bench->text, wanted);
    }
}

static void the_clients_letter_case_comes_back(void **state)
{
    static const struct packet packet = {
        "www.example. A",
        ID,
        GOOD,
        {"AN www.example. 300 IN CNAME x.www.example.", "AN x.www.example. 300 IN A 192.0.2.1",
          NULL}
    };
    struct bench *bench = *state;

    assert_int_equal(read_packet(bench, &packet, PLAIN), REPLY_OK);
    memcpy(bench->question.original, "\3wWw\7eXample", 12);
    answer(bench, MESSAGE, 0);
    assert_string_equal(bench->text, "AN wWw.eXample. 300 IN CNAME x.www.example.\n"
                                     "AN x.www.example. 300 IN A 192.0.2.1\n");
    assert_memory_equal(bench->out + 12, "\3wWw\7eXample", 13);
}

/* C26: a cut reply stays cut. */
static void a_truncated_reply_is_never_passed_on_as_whole(void **state)
{
    static const struct packet packet = {
        "a.example. A",
        ID,
        GOOD | DNS_TC,
        {"AN a.example. 300 IN A 192.0.2.1", "AN a.example. 300 IN A 192.0.2.2", NULL}
    };
    struct bench *bench = *state;
    size_t whole;

    assert_int_equal(read_packet(bench, &packet, PLAIN), REPLY_OK);
    assert_true(bench->reply->truncated);
    whole = bench->length;
    for (; bench->length >= DNS_HEADER_OCTETS; bench->length--) {
        assert_int_equal(read_wire(bench), REPLY_OK);
        answer(bench, MESSAGE, 0);
        assert_true((load_be16(bench->out + 2) & DNS_TC) != 0);
        assert_int_equal(load_be16(bench->out + 6), bench->length == whole ? 2 : 0);
    }
}

static void a_reply_of_64_kib_passes_whole(void **state)
{
    struct bench *bench = *state;
    struct packet packet = {"a.example. TXT", ID, GOOD, {NULL}};
    size_t count = 0;

    ask(bench, packet.question, PLAIN);
    bench->length = packet_make(&packet, bench->wire);
    for (; bench->length + 268 <= MESSAGE; bench->length += 268, count++) {
        uint8_t *p = bench->wire + bench->length;

        memcpy(p, "\300\14\0\20\0\1\0\0\1\54\1\0\377", 13);
        memset(p + 13, 'm', 255);
    }
    store_be16(bench->wire + 6, (uint16_t)count);
    assert_int_equal(read_wire(bench), REPLY_OK);
    answer(bench, MESSAGE, 0);
    assert_int_equal(load_be16(bench->out + 6), count);
    assert_int_equal(load_be16(bench->out + 2) & DNS_TC, 0);
    assert_true(bench->out_length > 65000);
    answer(bench, 1232, 0);
    assert_true((load_be16(bench->out + 2) & DNS_TC) != 0);
    assert_int_equal(load_be16(bench->out + 6), 4);
}

static void only_a_reply_to_the_question_matches(void **state)
{
    static const struct packet packet = {
        "www.example. A", ID, GOOD, {"AN www.example. 300 IN A 192.0.2.1", NULL}
    };
    static const struct {
        size_t at;
        uint8_t value;
        bool matches;
    } changes[] = {
        {0,  0x43, false}, /* id */
        {1,  0x43, false}, /* id */
        {2,  0x01, false}, /* QR */
        {2,  0xa9, false}, /* opcode 5 */
        {5,  0,    false}, /* no question */
        {5,  2,    false}, /* two */
        {13, 'x',  false}, /* name */
        {13, 'W',  true }, /* letter case: not compared */
        {12, 2,    false}, /* length of the label */
        {26, 28,   false}, /* type */
        {28, 3,    false}, /* class */
        {3,  0x80, true }, /* flags that say nothing about the question */
    };
    struct bench *bench = *state;
    struct name name;

    read_packet(bench, &packet, PLAIN);
    name = name_of(&bench->question.name);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t before = bench->wire[changes[i].at];

        bench->wire[changes[i].at] = changes[i].value;
        if (reply_matches(bench->wire, bench->length, ID, &name, DNS_A) != changes[i].matches)
            fail_msg("octet %zu set to %u", changes[i].at, changes[i].value);
        bench->wire[changes[i].at] = before;
    }
    for (size_t length = 0; length < 12 + 13 + 4; length++)
        assert_false(reply_matches(bench->wire, length, ID, &name, DNS_A));
    assert_true(reply_matches(bench->wire, 12 + 13 + 4, ID, &name, DNS_A));
}

/* Octets behind the question of a reply for www.example A, and how many answer, authority and
 * additional records the header promises. */
struct broken {
    const char *title, *wire;
    size_t length;
    uint8_t counts[3];
};

#define BROKEN(title, an, ns, ar, wire)                                                            \
    {                                                                                              \
        title, wire, sizeof(wire) - 1,                                                             \
        {                                                                                          \
            an, ns, ar                                                                             \
        }                                                                                          \
    }
#define FIXED(type, length) "\0" type "\0\1\0\0\1\0\0" length
#define OPT "\0\0\x29\4\xd0\0\0\0\0\0\0"

static const struct broken broken[] = {
    BROKEN("no record where one is promised", 1, 0, 0, ""),
    BROKEN("an owner that points to itself", 1, 0, 0, "\300\35" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("an owner that points forwards", 1, 0, 0, "\300\60" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("an owner that points into the header", 1, 0, 0,
           "\300\2" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("a label of type 0x40", 1, 0, 0, "\100" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("a record cut in its head", 1, 0, 0, "\300\14\0\1\0\1\0\0\1"),
    BROKEN("data beyond the message", 1, 0, 0, "\300\14" FIXED("\1", "\5") "\300\0\2\1"),
    BROKEN("an A of three octets", 1, 0, 0, "\300\14" FIXED("\1", "\3") "\300\0\2"),
    BROKEN("an A of five octets", 1, 0, 0, "\300\14" FIXED("\1", "\5") "\300\0\2\1\0"),
    BROKEN("an AAAA of four octets", 1, 0, 0, "\300\14" FIXED("\34", "\4") "\300\0\2\1"),
    BROKEN("a CNAME of no octets", 1, 0, 0, "\300\14" FIXED("\5", "\0")),
    BROKEN("a CNAME with an octet behind its name", 1, 0, 0,
           "\300\14" FIXED("\5", "\3") "\300\14x"),
    BROKEN("a CNAME that ends outside its data", 1, 0, 0, "\300\14" FIXED("\5", "\2") "\1a\0"),
    BROKEN("a CNAME that points to itself", 1, 0, 0, "\300\14" FIXED("\5", "\2") "\300\51"),
    BROKEN("an MX of a preference alone", 1, 0, 0, "\300\14" FIXED("\17", "\2") "\0\1"),
    BROKEN("a TXT whose string is cut", 1, 0, 0, "\300\14" FIXED("\20", "\3") "\3ab"),
    BROKEN("an SOA without its numbers", 0, 1, 0, "\300\14" FIXED("\6", "\5") "\0\0\0\0\0"),
    BROKEN("an SRV without a target", 1, 0, 0, "\300\14" FIXED("\41", "\6") "\0\1\0\1\0\1"),
    BROKEN("an RRSIG whose signer is compressed, RFC 4034 §3.1.7", 1, 0, 0,
           "\300\14" FIXED("\56", "\25") "\0\1\10\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\300\14x"),
    BROKEN("an NSEC whose windows go backwards", 0, 1, 0,
           "\300\14" FIXED("\57", "\7") "\0\1\1\0\0\1\0"),
    BROKEN("an HTTPS whose keys go backwards", 1, 0, 0,
           "\300\14" FIXED("\101", "\13") "\0\1\0\0\2\0\0\0\1\0\0"),
    BROKEN("an HTTPS whose target is compressed", 1, 0, 0,
           "\300\14" FIXED("\101", "\4") "\0\1\300\14"),
    BROKEN("two OPT, RFC 6891 §6.1.1", 0, 0, 2, OPT OPT),
    BROKEN("OPT in the answer section", 1, 0, 0, OPT),
    BROKEN("OPT owned by a name", 0, 0, 1, "\1a" OPT),
    BROKEN("an option beyond OPT", 0, 0, 1, "\0\0\x29\4\xd0\0\0\0\0\0\5\0\17\0\2\0"),
    BROKEN("half an option", 0, 0, 1, "\0\0\x29\4\xd0\0\0\0\0\0\2\0\17"),
    BROKEN("a broken record in the additional section", 0, 0, 1,
           "\300\14" FIXED("\1", "\3") "\300\0\2"),
};

static void a_message_with_any_broken_record_is_broken(void **state)
{
    static const struct packet packet = {"www.example. A", ID, GOOD, {NULL}};
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        size_t length;
        uint8_t *copy;
        struct name name;

        read_packet(bench, &packet, WITH_DO);
        length = bench->length + broken[i].length;
        copy = malloc(length);
        assert_non_null(copy);
        memcpy(copy, bench->wire, bench->length);
        memcpy(copy + bench->length, broken[i].wire, broken[i].length);
        for (size_t section = 0; section < 3; section++)
            copy[7 + 2 * section] = broken[i].counts[section];
        name = name_of(&bench->question.name);
        if (reply_read(copy, length, &name, DNS_A, true, bench->reply) != REPLY_BROKEN)
            fail_msg("%s: taken for a good one", broken[i].title);
        free(copy);
    }
}

static void a_chain_of_pointers_without_labels_has_an_end(void **state)
{
    static const struct packet packet = {"a.example. A", ID, GOOD, {NULL}};
    struct bench *bench = *state;
    size_t pointers = 1000, at;

    read_packet(bench, &packet, PLAIN);
    /* An unknown type's data full of pointers, each to the one before; then an owner that enters
     * it. */
    at = bench->length;
    memcpy(bench->wire + at, "\300\14\377\0\0\1\0\0\0\0", 10);
    store_be16(bench->wire + at + 10, (uint16_t)(2 * pointers));
    at += 12;
    for (size_t i = 0; i < pointers; i++, at += 2)
        store_be16(bench->wire + at, (uint16_t)(0xc000 | (i == 0 ? 12 : at - 2)));
    for (size_t far = 1; far <= pointers; far += 63) {
        store_be16(bench->wire + at, (uint16_t)(0xc000 | (at - 2 * pointers + 2 * (far - 1))));
        memcpy(bench->wire + at + 2, "\377\0\0\1\0\0\0\0\0\0", 10);
        bench->length = at + 12;
        store_be16(bench->wire + 6, 0);
        store_be16(bench->wire + 8, 2);
        assert_int_equal(read_wire(bench), far + 1 <= 127 ? REPLY_OK : REPLY_BROKEN);
    }
}

static void the_rcode_is_extended_and_errors_are_read_from_opt(void **state)
{
    static const char opt[] = "\0\0\x29\4\xd0\1\0\0\0\0\22"
                              "\0\17\0\5\0\6bad"
                              "\0\12\0\1x"
                              "\0\17\0\0";
    static const struct packet packet = {"a.example. A", ID, GOOD, {NULL}};
    struct bench *bench = *state;

    read_packet(bench, &packet, PLAIN);
    memcpy(bench->wire + bench->length, opt, sizeof opt - 1);
    bench->length += sizeof opt - 1;
    store_be16(bench->wire + 10, 1);
    assert_int_equal(read_wire(bench), REPLY_LAME);
    assert_int_equal(bench->reply->rcode, DNS_BADVERS);
    assert_int_equal(bench->reply->ede_count, 1);
    assert_int_equal(bench->reply->ede[0], 6);
    /* The last word is passed on: rcode and extended error. */
    answer(bench, 512, 0);
    assert_int_equal(bench->out_length, 12 + 15 + 11 + 6);
}

static void expanding_gives_the_data_without_pointers(void **state)
{
    static const struct packet packet = {
        "a.example. SOA",
        ID,
        GOOD,
        {"AN a.example. 9 IN SOA b.a.example. c.a.example. 1 2 3 4 5", NULL}
    };
    static const uint8_t wanted[] = "\1b\1a\7example\0\1c\1a\7example\0"
                                    "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5";
    struct bench *bench = *state;
    struct name_buf owner;
    uint8_t rdata[128];

    assert_int_equal(read_packet(bench, &packet, PLAIN), REPLY_OK);
    assert_int_equal(reply_expand(bench->reply, bench->reply->records, &owner, rdata, sizeof rdata),
                     sizeof wanted - 1);
    assert_memory_equal(rdata, wanted, sizeof wanted - 1);
    for (size_t room = 0; room < sizeof wanted - 1; room++)
        assert_int_equal(reply_expand(bench->reply, bench->reply->records, &owner, rdata, room),
                         -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replies_are_reduced_to_what_was_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reply_with_signatures_serves_a_client_without_do, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(chains_are_at_most_sixteen_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ttls_are_capped_and_negative_ones_count_as_0, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_clients_letter_case_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_truncated_reply_is_never_passed_on_as_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reply_of_64_kib_passes_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_a_reply_to_the_question_matches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_with_any_broken_record_is_broken, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_chain_of_pointers_without_labels_has_an_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_rcode_is_extended_and_errors_are_read_from_opt, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(expanding_gives_the_data_without_pointers, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
