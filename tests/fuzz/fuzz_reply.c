/* An upstream's octets to reply_read, and what is left of them to a client.
 *
 * The first two octets choose DO and the client's room; the rest is the message, taken as a reply
 * to the question that it holds. Holds: nothing is read or written outside; the answer fits into
 * its room; what we wrote we read again as the same records, and write again as the same octets;
 * every target of a record lies in it, and its names can be read;
 * ldns reads every answer that holds only types whose whole form we check. */
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/names.h"
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"
#include "resolver/wire/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t first[DNS_MESSAGE_MAX], second[DNS_MESSAGE_MAX];
static struct reply reply, again;

/* Makes the question that MESSAGE repeats; returns false where it has none that we would ask. */
static bool ask(const uint8_t *message, size_t length, bool dnssec_ok, struct question *question)
{
    struct query_words words = {.id = 7, .dnssec_ok = dnssec_ok, .payload = 1232};
    size_t at = DNS_HEADER_OCTETS;
    uint8_t wire[512];
    struct name_buf buf;
    struct name name;

    if (length < DNS_HEADER_OCTETS || !names_read(message, length, &at, &buf) || length - at < 4)
        return false;
    words.type = load_be16(message + at);
    name = name_of(&buf);
    return question_read(wire, question_write(wire, sizeof wire, &name, &words), question) ==
           QUESTION_OK;
}

static size_t write_answer(const struct reply *from, const struct question *question, uint8_t *out,
                           size_t room)
{
    struct answer answer;
    size_t length;

    answer_start(&answer, out, room, question, 1232);
    reply_answer(from, &answer, 86400);
    length = answer_finish(&answer);
    must(length >= DNS_HEADER_OCTETS && length <= room);
    return length;
}

/* Types whose data ldns checks no further than we do. */
static bool is_plain(const struct reply *from)
{
    static const uint16_t types[] = {DNS_A,  DNS_NS,     DNS_CNAME, DNS_SOA, DNS_PTR,
                                     DNS_MX, DNS_TXT,    DNS_AAAA,  DNS_SRV, DNS_DNAME,
                                     DNS_DS, DNS_DNSKEY, DNS_NSEC};

    for (size_t i = 0; i < from->record_count; i++) {
        bool known = false;

        for (size_t j = 0; j < sizeof types / sizeof *types; j++)
            known = known || types[j] == from->records[i].type;
        if (!known)
            return false;
    }
    return true;
}

static void check_with_ldns(const uint8_t *out, size_t length)
{
    ldns_pkt *pkt = NULL;

    must(ldns_wire2pkt(&pkt, out, length) == LDNS_STATUS_OK);
    must(ldns_pkt_size(pkt) == length);
    ldns_pkt_free(pkt);
}

static void check_again(const struct question *question, const struct name *name, size_t length)
{
    must(reply_matches(first, length, question->id, name, question->type));
    must(reply_read(first, length, name, question->type, question->dnssec_ok, &again) == REPLY_OK);
    must(again.record_count == reply.record_count);
    must(again.rcode == reply.rcode && !again.truncated);
    must(write_answer(&again, question, second, sizeof second) == length);
    must(memcmp(first, second, length) == 0);
}

static void check_target(const uint8_t *message, size_t length, const struct target *target)
{
    size_t at = target->at, size = target->kind == TARGET_IPV4 ? 4 : 16;
    struct name_buf buf;

    must(at < length);
    must(target->kind == TARGET_NAME ? names_read(message, length, &at, &buf)
                                     : size <= length - at);
}

/* What the answer check reads of the records that were kept. */
static void check_targets(const struct reply *from)
{
    for (size_t i = 0; i < from->record_count; i++) {
        const struct reply_record *record = &from->records[i];
        struct targets targets;
        struct target target;

        if (record->class != DNS_IN)
            continue;
        targets_start(&targets, from->octets, record->rdata, record->length, record->type);
        while (targets_next(&targets, &target)) {
            must(target.at >= record->rdata && target.at < record->rdata + record->length);
            check_target(from->octets, from->length, &target);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct question question;
    struct name name;
    size_t length;

    if (size < 2 || size > DNS_MESSAGE_MAX ||
        !ask(data + 2, size - 2, (data[0] & 1) != 0, &question))
        return 0;
    name = name_of(&question.name);
    switch (reply_read(data + 2, size - 2, &name, question.type, question.dnssec_ok, &reply)) {
    case REPLY_OK:
        break;
    case REPLY_LAME:
    case REPLY_BROKEN:
        must(reply.record_count == 0);
        write_answer(&reply, &question, first, 512);
        return 0;
    }
    check_targets(&reply);
    length = write_answer(&reply, &question, first, 512 + 4 * (size_t)data[1]);
    if (is_plain(&reply))
        check_with_ldns(first, length);
    length = write_answer(&reply, &question, first, sizeof first);
    if (is_plain(&reply))
        check_with_ldns(first, length);
    /* What was cut stays cut. */
    if ((load_be16(first + 2) & DNS_TC) == 0)
        check_again(&question, &name, length);
    return 0;
}
