/* resolver/wire/answer.c, read back by ldns. */
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

#define MANY "many.addresses.in-a-rather-long-zone.delegated.under.test"

/* A question for TEXT and TYPE as a client sends it; with PAYLOAD 0 it has no OPT. */
static void ask(struct question *question, const char *text, uint16_t type, uint16_t payload)
{
    struct query_words words = {.id = 0x1234, .type = type, .payload = payload};
    struct name_buf buf;
    struct name name = packet_name(&buf, text);
    uint8_t wire[512];
    size_t length = question_write(wire, sizeof wire, &name, &words);

    for (size_t i = 12; i < 12 + name.length; i++) /* letter case to be kept */
        wire[i] = wire[i] == 'a' ? 'A' : wire[i];
    assert_int_equal(question_read(wire, length, question), QUESTION_OK);
}

static struct answer_record record_of(struct name owner, uint16_t type, const void *rdata,
                                      size_t length)
{
    return (struct answer_record){owner, type, DNS_IN, 300, rdata, (uint16_t)length};
}

static ldns_pkt *read_back(const uint8_t *out, size_t length)
{
    ldns_pkt *pkt = NULL;

    assert_int_equal(ldns_wire2pkt(&pkt, out, length), LDNS_STATUS_OK);
    return pkt;
}

/* Adds COUNT addresses of the asked name in an answer of at most ROOM octets. */
static size_t add_addresses(struct answer *answer, uint8_t *out, size_t room,
                            const struct question *question, unsigned count)
{
    struct name owner = {question->original, question->name.length};
    uint8_t rdata[] = {192, 0, 2, 0};
    struct answer_record record = record_of(owner, DNS_A, rdata, sizeof rdata);

    answer_start(answer, out, room, question, 1232);
    for (unsigned i = 0; i < count; i++) {
        rdata[3] = (uint8_t)i;
        answer_add(answer, SECTION_ANSWER, &record);
    }
    return answer_finish(answer);
}

/* C14 of the field cases: it is the compressed size that counts. */
static void eight_addresses_of_a_long_name_fit_into_512_octets(void **state)
{
    struct question question;
    struct answer answer;
    uint8_t out[512];
    size_t length;
    ldns_pkt *pkt;

    (void)state;
    ask(&question, MANY, DNS_A, 0);
    length = add_addresses(&answer, out, answer_udp_room(&question, 1232), &question, 8);
    assert_int_equal(length, 203);
    pkt = read_back(out, length);
    assert_int_equal(ldns_pkt_ancount(pkt), 8);
    assert_int_equal(ldns_pkt_arcount(pkt), 0);
    assert_false(ldns_pkt_tc(pkt));
    assert_null(ldns_pkt_edns(pkt) ? pkt : NULL);
    ldns_pkt_free(pkt);
}

static void an_answer_that_is_too_long_is_cut_at_a_record_with_tc(void **state)
{
    struct question question;
    struct answer answer;
    uint8_t *out = malloc(2048);

    (void)state;
    assert_non_null(out);
    for (size_t room = 300; room < 900; room++) {
        ldns_pkt *pkt;
        size_t length, fit;

        ask(&question, MANY, DNS_A, (room & 1) != 0 ? 1232 : 0);
        length = add_addresses(&answer, out, room, &question, 40);
        fit = (room - 75 - ((room & 1) != 0 ? 11 : 0)) / 16;
        assert_true(length <= room);
        pkt = read_back(out, length);
        assert_int_equal(ldns_pkt_ancount(pkt), fit < 40 ? fit : 40);
        assert_int_equal(ldns_pkt_tc(pkt), fit < 40);
        assert_int_equal(ldns_pkt_edns(pkt), room & 1);
        assert_int_equal(ldns_pkt_size(pkt), length);
        ldns_pkt_free(pkt);
    }
    free(out);
}

static void what_is_only_additional_is_left_out_without_tc(void **state)
{
    static const uint8_t text[] = "\310" /* 200 octets */
                                  "0123456789012345678901234567890123456789012345678901234567890123"
                                  "0123456789012345678901234567890123456789012345678901234567890123"
                                  "0123456789012345678901234567890123456789012345678901234567890123"
                                  "01234567";
    struct question question;
    struct answer answer;
    uint8_t out[512];
    ldns_pkt *pkt;

    (void)state;
    ask(&question, "a.example", DNS_TXT, 0);
    struct answer_record record =
        record_of(name_of(&question.name), DNS_TXT, text, sizeof text - 1);
    answer_start(&answer, out, sizeof out, &question, 1232);
    assert_true(answer_add(&answer, SECTION_ANSWER, &record));
    assert_true(answer_add(&answer, SECTION_ANSWER, &record));
    assert_false(answer_add(&answer, SECTION_ADDITIONAL, &record));
    pkt = read_back(out, answer_finish(&answer));
    assert_int_equal(ldns_pkt_ancount(pkt), 2);
    assert_int_equal(ldns_pkt_arcount(pkt), 0);
    assert_false(ldns_pkt_tc(pkt));
    ldns_pkt_free(pkt);
}

static void the_header_says_what_the_client_may_know(void **state)
{
    static const struct {
        uint16_t asked, set, wanted;
    } rows[] = {
        {0,                                        0,      DNS_QR | DNS_RA                  },
        {DNS_RD,                                   0,      DNS_QR | DNS_RA | DNS_RD         },
        {DNS_RD | DNS_CD,                          0,      DNS_QR | DNS_RA | DNS_RD | DNS_CD},
        {DNS_AD | DNS_AA | DNS_TC | DNS_RA | 0x40, 0,      DNS_QR | DNS_RA                  },
        {DNS_AD,                                   DNS_AD, DNS_QR | DNS_RA | DNS_AD         },
        {DNS_RD,                                   DNS_AA, DNS_QR | DNS_RA | DNS_RD | DNS_AA},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct question question;
        struct answer answer;
        uint8_t out[512];

        ask(&question, "a.example", DNS_A, 0);
        question.flags = rows[i].asked;
        answer_start(&answer, out, sizeof out, &question, 1232);
        answer.rcode = DNS_NXDOMAIN;
        answer.flags = rows[i].set;
        answer_finish(&answer);
        assert_int_equal(load_be16(out), 0x1234);
        assert_int_equal(load_be16(out + 2), rows[i].wanted | DNS_NXDOMAIN);
    }
}

/* C12: the SOA makes a negative answer last, RFC 2308 §3. */
static void a_block_answer_has_one_soa_of_the_asked_name(void **state)
{
    struct question question;
    struct answer answer;
    uint8_t out[512];
    char text[1024];
    struct name owner;

    (void)state;
    ask(&question, "t.ads.example", DNS_A, 1232);
    owner = (struct name){question.original, question.name.length};
    answer_start(&answer, out, sizeof out, &question, 1232);
    answer_ede(&answer, 17, NULL);
    assert_true(answer_add_soa(&answer, &owner, 10));
    size_t length = answer_finish(&answer);
    /* header, question, SOA: pointer, fixed part, two names written out, five numbers; OPT with one
     * EDE */
    assert_int_equal(length, 12 + 19 + (2 + 10 + 19 + 16 + 20) + 11 + 6);
    char *whole = malloc(PACKET_TEXT_MAX);
    assert_non_null(whole);
    assert_true(packet_text(out, length, whole));
    snprintf(text, sizeof text,
             "NS t.Ads.exAmple. 10 IN SOA stairgate.invalid. nobody.invalid. "
             "1 3600 600 86400 10\n");
    assert_string_equal(whole, text);
    free(whole);
}

static void any_is_answered_with_one_hinfo(void **state)
{
    struct question question;
    struct answer answer;
    uint8_t out[512];
    char *text = malloc(PACKET_TEXT_MAX);

    (void)state;
    assert_non_null(text);
    ask(&question, "www.example", DNS_ANY, 0);
    answer_start(&answer, out, sizeof out, &question, 1232);
    assert_true(answer_any(&answer, 3600));
    assert_true(packet_text(out, answer_finish(&answer), text));
    assert_string_equal(text, "AN www.exAmple. 3600 IN HINFO \"RFC8482\" \"\"\n");
    free(text);
}

/* RFC 6891 §6.1.1, §7; RFC 3225 §3. */
static void opt_is_sent_to_those_who_sent_it(void **state)
{
    struct question question;
    uint8_t out[512];
    ldns_pkt *pkt;

    (void)state;
    ask(&question, "a.example", DNS_A, 4096);
    for (int dnssec_ok = 0; dnssec_ok < 2; dnssec_ok++) {
        question.dnssec_ok = dnssec_ok != 0;
        pkt = read_back(out, answer_error(out, sizeof out, &question, DNS_BADVERS, 1232));
        assert_true(ldns_pkt_edns(pkt));
        assert_int_equal(ldns_pkt_edns_udp_size(pkt), 1232);
        assert_int_equal(ldns_pkt_edns_version(pkt), 0);
        assert_int_equal(ldns_pkt_edns_extended_rcode(pkt), 1);
        assert_int_equal(ldns_pkt_get_rcode(pkt), 0);
        assert_int_equal(ldns_pkt_edns_do(pkt), dnssec_ok);
        assert_int_equal(ldns_pkt_edns_z(pkt) & 0x7fff, 0);
        ldns_pkt_free(pkt);
    }
    question.has_opt = false;
    pkt = read_back(out, answer_error(out, sizeof out, &question, DNS_BADVERS, 1232));
    assert_false(ldns_pkt_edns(pkt));
    assert_int_equal(ldns_pkt_get_rcode(pkt), DNS_SERVFAIL);
    ldns_pkt_free(pkt);
}

/* Returns the offset of OPT's options in OUT[0..LENGTH), when nothing but OPT follows the question.
 */
static const uint8_t *options_of(const uint8_t *out, const struct question *question, size_t length,
                                 size_t *size)
{
    const uint8_t *opt = out + 12 + question->name.length + 4;

    assert_int_equal(load_be16(opt + 1), DNS_OPT);
    *size = load_be16(opt + 9);
    assert_ptr_equal(opt + 11 + *size, out + length);
    return opt + 11;
}

static void extended_errors_go_into_opt_with_the_words_of_the_first(void **state)
{
    static const uint8_t wanted[] = "\0\17\0\2\0\22"
                                    "\0\17\0\13\0\21family"
                                    "\303\244x"
                                    "\0\17\0\2\0\26";
    struct question question;
    struct answer answer;
    uint8_t out[512];
    size_t size, length;

    (void)state;
    ask(&question, "a.example", DNS_A, 1232);
    answer_start(&answer, out, sizeof out, &question, 1232);
    answer_ede(&answer, 18, NULL);
    answer_ede(&answer, 17, "family\303\244x");
    answer_ede(&answer, 17, "again");
    answer_ede(&answer, 22, "other words");
    answer_ede(&answer, 23, NULL); /* beyond ANSWER_EDE_MAX */
    length = answer_finish(&answer);
    const uint8_t *options = options_of(out, &question, length, &size);
    assert_int_equal(size, sizeof wanted - 1);
    assert_memory_equal(options, wanted, size);
}

static void long_words_are_cut_between_characters(void **state)
{
    struct question question;
    struct answer answer;
    uint8_t out[512];
    char text[200];
    size_t size;

    (void)state;
    ask(&question, "a.example", DNS_A, 1232);
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\303\244", 3);
    answer_start(&answer, out, sizeof out, &question, 1232);
    answer_ede(&answer, 17, text);
    const uint8_t *options = options_of(out, &question, answer_finish(&answer), &size);
    assert_int_equal(size, 6 + ANSWER_EDE_TEXT_MAX - 2);
    assert_int_equal(options[size - 1], 0xa4);
}

static void extended_errors_without_room_are_left_out(void **state)
{
    struct question question;
    struct answer answer;
    uint8_t out[128];

    (void)state;
    ask(&question, "a.example", DNS_A, 1232);
    for (size_t room = 12; room < sizeof out; room++) {
        size_t length;

        answer_start(&answer, out, room, &question, 1232);
        answer_ede(&answer, 17, "some words");
        answer_ede(&answer, 18, NULL);
        length = answer_finish(&answer);
        assert_true(length <= room);
        ldns_pkt_free(read_back(out, length));
    }
    uint8_t *small = malloc(11);
    assert_non_null(small);
    assert_int_equal(answer_error(small, 11, &question, DNS_REFUSED, 1232), 0);
    free(small);
}

static size_t add_exchanges(uint8_t *out, const struct question *question, unsigned count)
{
    struct name owner = {question->original, question->name.length};
    uint8_t rdata[] = "\0\0\4mx00\7exAmple";
    struct answer_record record = record_of(owner, DNS_MX, rdata, sizeof rdata);
    struct answer answer;

    answer_start(&answer, out, 65535, question, 1232);
    for (unsigned i = 0; i < count; i++) {
        rdata[5] = (uint8_t)('0' + i / 10);
        rdata[6] = (uint8_t)('0' + i % 10);
        assert_true(answer_add(&answer, SECTION_ANSWER, &record));
    }
    return answer_finish(&answer);
}

static void names_in_data_are_compressed_in_types_of_rfc_1035_only(void **state)
{
    static const uint8_t srv[] = "\0\1\0\2\0\120\7exAmple";
    struct question question;
    struct answer answer;
    uint8_t *out = malloc(65535);
    size_t length;

    (void)state;
    assert_non_null(out);
    ask(&question, "a.example", DNS_MX, 0);
    /* owner 2, fixed 10, preference 2, label 5, pointer 2 */
    assert_int_equal(add_exchanges(out, &question, 99), 12 + 11 + 4 + 99 * 21);
    ldns_pkt_free(read_back(out, 12 + 11 + 4 + 99 * 21));
    struct answer_record record = record_of(name_of(&question.name), DNS_SRV, srv, sizeof srv);
    record.owner.wire = question.original;
    answer_start(&answer, out, 512, &question, 1232);
    assert_true(answer_add(&answer, SECTION_ANSWER, &record));
    length = answer_finish(&answer);
    assert_int_equal(length, 12 + 15 + 2 + 10 + 6 + 9);
    ldns_pkt_free(read_back(out, length));
    free(out);
}

/* A pointer has 14 bits. */
static void names_beyond_16_kib_are_not_pointed_to(void **state)
{
    static const uint8_t exchange[] = "\0\1\2mx\5other\4test";
    uint8_t text[256] = {255};
    struct question question;
    struct answer answer;
    uint8_t *out = malloc(65535);
    ldns_pkt *pkt;

    (void)state;
    assert_non_null(out);
    ask(&question, "a.example", DNS_ANY, 0);
    struct name owner = {question.original, question.name.length};
    struct answer_record filler = record_of(owner, DNS_TXT, text, sizeof text);
    struct answer_record record = record_of(owner, DNS_MX, exchange, sizeof exchange);
    answer_start(&answer, out, 65535, &question, 1232);
    while (answer.length < 0x4000)
        assert_true(answer_add(&answer, SECTION_ANSWER, &filler));
    assert_true(answer_add(&answer, SECTION_ANSWER, &record));
    assert_true(answer_add(&answer, SECTION_ANSWER, &record));
    pkt = read_back(out, answer_finish(&answer));
    for (size_t i = ldns_pkt_ancount(pkt) - 2; i < ldns_pkt_ancount(pkt); i++) {
        const ldns_rdf *name = ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(pkt), i), 1);

        assert_int_equal(ldns_rdf_size(name), sizeof exchange - 2);
        assert_memory_equal(ldns_rdf_data(name), exchange + 2, sizeof exchange - 2);
    }
    ldns_pkt_free(pkt);
    free(out);
}

static void names_of_records_that_did_not_fit_are_forgotten(void **state)
{
    static const uint8_t wire[] = "\1x\5other\4test";
    static const uint8_t addr[] = {192, 0, 2, 1};
    uint8_t text[256] = {255}, out[300];
    char *read = malloc(PACKET_TEXT_MAX);
    struct question question;
    struct answer answer;

    (void)state;
    assert_non_null(read);
    ask(&question, "a.example", DNS_ANY, 0);
    struct name owner = {wire, sizeof wire};
    struct answer_record big = record_of(owner, DNS_TXT, text, sizeof text);
    struct answer_record small = record_of(owner, DNS_A, addr, sizeof addr);
    answer_start(&answer, out, sizeof out, &question, 1232);
    assert_false(answer_add(&answer, SECTION_ADDITIONAL, &big));
    assert_true(answer_add(&answer, SECTION_ADDITIONAL, &small));
    assert_true(packet_text(out, answer_finish(&answer), read));
    assert_string_equal(read, "AR x.other.test. 300 IN A 192.0.2.1\n");
    free(read);
}

static void data_of_a_wrong_form_is_not_written(void **state)
{
    static const uint8_t cut[] = "\7exam";
    struct question question;
    struct answer answer;
    uint8_t out[512];

    (void)state;
    ask(&question, "a.example", DNS_NS, 0);
    struct answer_record record = record_of(name_of(&question.name), DNS_NS, cut, sizeof cut);
    answer_start(&answer, out, sizeof out, &question, 1232);
    assert_false(answer_add(&answer, SECTION_ANSWER, &record));
    assert_int_equal(answer_finish(&answer), 12 + 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_addresses_of_a_long_name_fit_into_512_octets),
        cmocka_unit_test(an_answer_that_is_too_long_is_cut_at_a_record_with_tc),
        cmocka_unit_test(what_is_only_additional_is_left_out_without_tc),
        cmocka_unit_test(the_header_says_what_the_client_may_know),
        cmocka_unit_test(a_block_answer_has_one_soa_of_the_asked_name),
        cmocka_unit_test(any_is_answered_with_one_hinfo),
        cmocka_unit_test(opt_is_sent_to_those_who_sent_it),
        cmocka_unit_test(extended_errors_go_into_opt_with_the_words_of_the_first),
        cmocka_unit_test(long_words_are_cut_between_characters),
        cmocka_unit_test(extended_errors_without_room_are_left_out),
        cmocka_unit_test(names_in_data_are_compressed_in_types_of_rfc_1035_only),
        cmocka_unit_test(names_beyond_16_kib_are_not_pointed_to),
        cmocka_unit_test(names_of_records_that_did_not_fit_are_forgotten),
        cmocka_unit_test(data_of_a_wrong_form_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
