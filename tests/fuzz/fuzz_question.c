/* A stranger's octets to question_read, and what it says to every kind of answer.
 *
 * Holds: nothing is read or written outside; a response and what is shorter than a header get no
 * answer; every answer fits into its room, is read whole by ldns, and has the id, the opcode and,
 * where it was read, the question's own octets; a block answer is, to our own reader of replies,
 * one that matches. */
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"

enum { ROOM_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const uint8_t *out, size_t length, const uint8_t *asked,
                         const struct question *question)
{
    size_t name_length = question->name.length;
    ldns_pkt *pkt = NULL;

    must(ldns_wire2pkt(&pkt, out, length) == LDNS_STATUS_OK);
    must(ldns_pkt_edns(pkt) == question->has_opt || ldns_pkt_tc(pkt));
    ldns_pkt_free(pkt);
    must(memcmp(out, asked, 2) == 0);
    must((out[2] & 0xf8) == (0x80 | (asked[2] & 0x78)));
    must(load_be16(out + 4) == question->has_question);
    if (question->has_question)
        must(memcmp(out + DNS_HEADER_OCTETS, asked + DNS_HEADER_OCTETS, name_length + 4) == 0);
}

static void check_block(const uint8_t *asked, const struct question *question)
{
    static struct reply reply;
    struct name owner = {question->original, question->name.length};
    struct name name = name_of(&question->name);
    uint8_t out[ROOM_MAX];
    struct answer answer;
    size_t length;

    answer_start(&answer, out, sizeof out, question, 1232);
    answer_ede(&answer, DNS_EDE_FILTERED, "a profile's rule");
    must(answer_add_soa(&answer, &owner, 10));
    length = answer_finish(&answer);
    check_answer(out, length, asked, question);
    if (question->class != DNS_IN)
        return;
    must(reply_matches(out, length, question->id, &name, question->type));
    must(reply_read(out, length, &name, question->type, question->dnssec_ok, &reply) == REPLY_OK);
    must(reply.record_count == 1 && reply.ede_count == question->has_opt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct question question;
    uint8_t out[ROOM_MAX];
    enum question_result result;

    if (size > DNS_MESSAGE_MAX)
        return 0;
    result = question_read(data, size, &question);
    must((result == QUESTION_DROP) == (size < DNS_HEADER_OCTETS || (data[2] & 0x80) != 0));
    if (result == QUESTION_DROP)
        return 0;
    must((result == QUESTION_OK) == (question.rcode == DNS_NOERROR));
    must(answer_udp_room(&question, 1232) <= 1232);
    check_answer(out, answer_error(out, sizeof out, &question, question.rcode, 1232), data,
                 &question);
    for (size_t room = size % 32; room < 64; room += 9)
        must(answer_error(out, room, &question, DNS_SERVFAIL, 1232) <= room);
    if (result == QUESTION_OK)
        check_block(data, &question);
    return 0;
}
