/* reply_bench.h - what the tests of replies share: a reply from text, read for a client's question,
 * and the answer to it as ldns reads it. Include the headers of cmocka first. */
#ifndef TESTS_UNIT_REPLY_BENCH_H
#define TESTS_UNIT_REPLY_BENCH_H

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

static inline int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    bench->wire = malloc(MESSAGE);
    bench->out = malloc(MESSAGE);
    bench->text = malloc(PACKET_TEXT_MAX);
    bench->reply = malloc(sizeof *bench->reply);
    *state = bench;
    return bench->wire && bench->out && bench->text && bench->reply ? 0 : -1;
}

static inline int tear_down(void **state)
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
static inline void ask(struct bench *bench, const char *text, enum asks asks)
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

static inline enum reply_result read_wire(struct bench *bench)
{
    struct name name = name_of(&bench->question.name);

    return reply_read(bench->wire, bench->length, &name, bench->question.type,
                      bench->question.dnssec_ok, bench->reply);
}

static inline enum reply_result read_packet(struct bench *bench, const struct packet *packet,
                                            enum asks asks)
{
    ask(bench, packet->question, asks);
    bench->length = packet_make(packet, bench->wire);
    struct name name = name_of(&bench->question.name);
    assert_true(reply_matches(bench->wire, bench->length, packet->id, &name, bench->question.type));
    return read_wire(bench);
}

/* Answers the client in at most ROOM octets; bench->text is what ldns reads there. */
static inline void answer(struct bench *bench, size_t room, uint32_t max_ttl_s)
{
    struct answer answer;

    answer_start(&answer, bench->out, room, &bench->question, 1232);
    reply_answer(bench->reply, &answer, max_ttl_s);
    bench->out_length = answer_finish(&answer);
    assert_true(bench->out_length <= room);
    assert_true(packet_text(bench->out, bench->out_length, bench->text));
}

#endif
