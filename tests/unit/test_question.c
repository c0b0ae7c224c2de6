/* resolver/wire/question.c: one row for each rule that turns a message down, and what it is
 * answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "resolver/wire/answer.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"

/* Pieces of messages; string literals, so that rows are made by writing them side by side. */
#define ID "\xbe\xef"
#define QUERY ID "\x01\x00"
#define COUNTS(qd, an, ns, ar) "\0" qd "\0" an "\0" ns "\0" ar
#define ONE COUNTS("\1", "\0", "\0", "\0")
#define ONE_AND_OPT COUNTS("\1", "\0", "\0", "\1")
#define NAME "\3WwW\7example\0"
#define TYPE_A "\0\1"
#define IN "\0\1"
#define ASKED NAME TYPE_A IN
#define OPT_FIXED "\0\0\x29\x04\xd0\0\0"
#define OPT OPT_FIXED "\0\0\0\0"
#define LABEL_63                                                                                   \
    "\77"                                                                                          \
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define LABEL_61                                                                                   \
    "\75"                                                                                          \
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"
#define LABEL_62                                                                                   \
    "\76"                                                                                          \
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"
#define RECORD "\300\14\0\1\0\1\0\0\0\1\0\4\300\0\2\1"
#define SOA_RECORD "\300\14\0\6\0\1\0\0\0\1\0\26\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"

struct row {
    const char *title, *wire;
    size_t length;
    enum question_result result;
    uint16_t rcode;
};

#define OK(title, wire)                                                                            \
    {                                                                                              \
        title, wire, sizeof(wire) - 1, QUESTION_OK, DNS_NOERROR                                    \
    }
#define DROP(title, wire)                                                                          \
    {                                                                                              \
        title, wire, sizeof(wire) - 1, QUESTION_DROP, 0                                            \
    }
#define SAY(rcode, title, wire)                                                                    \
    {                                                                                              \
        title, wire, sizeof(wire) - 1, QUESTION_ANSWER, rcode                                      \
    }

static const struct row rows[] = {
    OK("a plain question", QUERY ONE ASKED),
    OK("a question with OPT", QUERY ONE_AND_OPT ASKED OPT),
    OK("the root", QUERY ONE "\0" TYPE_A IN),
    OK("any octet in a label, RFC 2181 §11", QUERY ONE "\5\0\377.\\\7\0" TYPE_A IN),
    OK("255 octets, RFC 1035 §2.3.4", QUERY ONE LABEL_63 LABEL_63 LABEL_63 LABEL_61 "\0" TYPE_A IN),
    OK("class CH", QUERY ONE NAME TYPE_A "\0\3"),
    OK("type ANY, RFC 8482", QUERY ONE NAME "\0\377" IN),
    OK("an unknown type, RFC 3597 §3", QUERY ONE NAME "\377\0" IN),
    OK("Z, AD, CD, AA and TC set, RFC 8906 §3.1.1", ID "\7\160" ONE ASKED),
    OK("an unknown option, RFC 6891 §6.1.2",
       QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\5\xfd\xe9\0\1x"),
    OK("a client's cookie, RFC 7873 §4", QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\14\0\12\0\10"
                                                                           "12345678"),
    OK("both cookies", QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\24\0\12\0\20"
                                                         "1234567890123456"),
    OK("a record that is no OPT beside it", QUERY COUNTS("\1", "\0", "\0", "\2") ASKED RECORD OPT),
    OK("TSIG of a stranger is passed over",
       QUERY ONE_AND_OPT ASKED "\1k\0\0\372\0\377\0\0\0\0\0\0"),

    DROP("nothing", ""),
    DROP("11 octets", "\0\0\1\0\0\1\0\0\0\0\0"),
    DROP("a response, RFC 5452 §9", ID "\x81\x80" ONE ASKED),
    DROP("a response of an unknown opcode", ID "\xf8\0" ONE ASKED),

    SAY(DNS_NOTIMP, "opcode 15 without a question, RFC 8906 §3.1.4",
        ID "\x79\0" COUNTS("\0", "\0", "\0", "\0")),
    SAY(DNS_NOTIMP, "IQUERY, RFC 3425 §3", ID "\x09\0" ONE ASKED),
    SAY(DNS_NOTIMP, "STATUS", ID "\x11\0" ONE ASKED),
    SAY(DNS_NOTIMP, "NOTIFY", ID "\x21\0" ONE ASKED),
    SAY(DNS_NOTIMP, "UPDATE", ID "\x29\0" ONE ASKED),

    SAY(DNS_FORMERR, "no question, RFC 9619 §4", QUERY COUNTS("\0", "\0", "\0", "\0")),
    SAY(DNS_FORMERR, "no question, an OPT", QUERY COUNTS("\0", "\0", "\0", "\1") OPT),
    SAY(DNS_FORMERR, "two questions, RFC 9619 §4",
        QUERY COUNTS("\2", "\0", "\0", "\0") ASKED ASKED),
    SAY(DNS_FORMERR, "256 questions", QUERY "\1\0\0\0\0\0\0\0" ASKED),
    SAY(DNS_FORMERR, "no octet of the question", QUERY ONE),
    SAY(DNS_FORMERR, "a name without its end", QUERY ONE "\3www"),
    SAY(DNS_FORMERR, "a name cut in a label", QUERY ONE "\3ww"),
    SAY(DNS_FORMERR, "no type", QUERY ONE NAME),
    SAY(DNS_FORMERR, "half a class", QUERY ONE NAME TYPE_A "\0"),
    SAY(DNS_FORMERR, "a pointer to itself, RFC 1035 §4.1.4", QUERY ONE "\300\14" TYPE_A IN),
    SAY(DNS_FORMERR, "a pointer behind a label", QUERY ONE "\3www\300\14" TYPE_A IN),
    SAY(DNS_FORMERR, "a pointer into the header", QUERY ONE "\300\4" TYPE_A IN),
    SAY(DNS_FORMERR, "label type 0x40, RFC 6891 §5", QUERY ONE "\100abc\0" TYPE_A IN),
    SAY(DNS_FORMERR, "label type 0x40 with 64 octets", QUERY ONE "\100" LABEL_63 "\0" TYPE_A IN),
    SAY(DNS_FORMERR, "label type 0x80", QUERY ONE "\200abc\0" TYPE_A IN),
    SAY(DNS_FORMERR, "256 octets, RFC 1035 §2.3.4",
        QUERY ONE LABEL_63 LABEL_63 LABEL_63 LABEL_62 "\0" TYPE_A IN),
    SAY(DNS_FORMERR, "five labels of 63",
        QUERY ONE LABEL_63 LABEL_63 LABEL_63 LABEL_63 LABEL_63 "\0" TYPE_A IN),

    SAY(DNS_FORMERR, "type 0, RFC 6895 §3.1", QUERY ONE NAME "\0\0" IN),
    SAY(DNS_FORMERR, "type OPT", QUERY ONE NAME "\0\x29" IN),
    SAY(DNS_FORMERR, "type NXNAME, RFC 9824 §3.1", QUERY ONE NAME "\0\x80" IN),
    SAY(DNS_REFUSED, "an unassigned meta type", QUERY ONE NAME "\0\x81" IN),
    SAY(DNS_REFUSED, "type TKEY", QUERY ONE NAME "\0\371" IN),
    SAY(DNS_FORMERR, "type TSIG", QUERY ONE NAME "\0\372" IN),
    SAY(DNS_REFUSED, "IXFR with its SOA, RFC 1995 §3",
        QUERY COUNTS("\1", "\0", "\1", "\0") NAME "\0\373" IN SOA_RECORD),
    SAY(DNS_REFUSED, "AXFR, RFC 5936 §2.2", QUERY ONE NAME "\0\374" IN),
    SAY(DNS_REFUSED, "MAILB", QUERY ONE NAME "\0\375" IN),
    SAY(DNS_REFUSED, "type 65535", QUERY ONE NAME "\377\377" IN),
    SAY(DNS_REFUSED, "class 0, RFC 6895 §3.2", QUERY ONE NAME TYPE_A "\0\0"),
    SAY(DNS_REFUSED, "class HS", QUERY ONE NAME TYPE_A "\0\4"),
    SAY(DNS_REFUSED, "class ANY", QUERY ONE NAME TYPE_A "\0\377"),

    SAY(DNS_FORMERR, "a record in the answer section",
        QUERY COUNTS("\1", "\1", "\0", "\0") ASKED RECORD),
    SAY(DNS_FORMERR, "a record in the authority section",
        QUERY COUNTS("\1", "\0", "\1", "\0") ASKED RECORD),
    SAY(DNS_FORMERR, "ANCOUNT beyond the body", QUERY COUNTS("\1", "\1", "\0", "\0") ASKED),
    SAY(DNS_FORMERR, "ARCOUNT beyond the body", QUERY ONE_AND_OPT ASKED),
    SAY(DNS_FORMERR, "all counts 65535", QUERY "\0\1\377\377\377\377\377\377" ASKED),
    SAY(DNS_FORMERR, "an octet behind the question", QUERY ONE ASKED "\0"),
    SAY(DNS_FORMERR, "an octet behind the OPT", QUERY ONE_AND_OPT ASKED OPT "\0"),
    SAY(DNS_FORMERR, "a record cut before its data",
        QUERY ONE_AND_OPT ASKED "\0\0\1\0\1\0\0\0\1\0"),
    SAY(DNS_FORMERR, "an owner that points forwards",
        QUERY ONE_AND_OPT ASKED "\300\60\0\1\0\1\0\0\0\1\0\0"),

    SAY(DNS_FORMERR, "two OPT, RFC 6891 §6.1.1",
        QUERY COUNTS("\1", "\0", "\0", "\2") ASKED OPT OPT),
    SAY(DNS_FORMERR, "OPT owned by a name, RFC 6891 §6.1.2", QUERY ONE_AND_OPT ASKED "\1a" OPT),
    SAY(DNS_FORMERR, "OPT in the answer section", QUERY COUNTS("\1", "\1", "\0", "\0") ASKED OPT),
    SAY(DNS_FORMERR, "OPT longer than the message",
        QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\74\0\144\0\3abc"),
    SAY(DNS_FORMERR, "an option longer than OPT",
        QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\7\0\144\0\74abc"),
    SAY(DNS_FORMERR, "half an option header", QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\3\0\144\0"),
    SAY(DNS_FORMERR, "a cookie of no octets, RFC 7873 §5.2.2",
        QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\4\0\12\0\0"),
    SAY(DNS_FORMERR, "a cookie of 9 octets",
        QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\15\0\12\0\11"
                                          "123456789"),
    SAY(DNS_FORMERR, "a cookie of 15 octets",
        QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\23\0\12\0\17"
                                          "123456789012345"),
    SAY(DNS_FORMERR, "a cookie of 41 octets",
        QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\55\0\12\0\51"
                                          "12345678901234567890123456789012345678901"),
    SAY(DNS_BADVERS, "EDNS version 1, RFC 6891 §6.1.3",
        QUERY ONE_AND_OPT ASKED "\0\0\x29\x04\xd0\0\1\0\0\0\0"),
    SAY(DNS_BADVERS, "version 1 with options of an unknown form",
        QUERY ONE_AND_OPT ASKED "\0\0\x29\x04\xd0\0\1\0\0\0\1x"),
    SAY(DNS_FORMERR, "version 1 in the answer section",
        QUERY COUNTS("\1", "\1", "\0", "\0") ASKED "\0\0\x29\x04\xd0\0\1\0\0\0\0"),
    SAY(DNS_FORMERR, "version 1 behind an OPT owned by a name",
        QUERY COUNTS("\1", "\0", "\0", "\2") ASKED "\1a" OPT "\0\0\x29\x04\xd0\0\1\0\0\0\0"),
    SAY(DNS_FORMERR, "version 1 twice",
        QUERY COUNTS("\1", "\0", "\0", "\2") ASKED "\0\0\x29\x04\xd0\0\1\0\0\0\0"
                                                   "\0\0\x29\x04\xd0\0\1\0\0\0\0"),
};

/* Reads WIRE from memory of its very length, so that AddressSanitizer sees each octet too far. */
static enum question_result read_exactly(const char *wire, size_t length, struct question *question)
{
    uint8_t *copy = malloc(length == 0 ? 1 : length);
    enum question_result result;

    assert_non_null(copy);
    memcpy(copy, wire, length);
    result = question_read(copy, length, question);
    free(copy);
    return result;
}

static void each_rule_has_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct question question;
        enum question_result result = read_exactly(rows[i].wire, rows[i].length, &question);

        if (result != rows[i].result ||
            (result != QUESTION_DROP && question.rcode != rows[i].rcode))
            fail_msg("%s: result %d, rcode %u", rows[i].title, (int)result, question.rcode);
    }
}

/* RFC 9619, RFC 8906 §3: whatever was turned down, the id and the opcode come back, and no more
 * octets than came, the OPT of the answer aside. */
static void answers_to_turned_down_messages_are_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct question question;
        uint8_t out[512];
        size_t length;

        if (read_exactly(rows[i].wire, rows[i].length, &question) != QUESTION_ANSWER)
            continue;
        length = answer_error(out, sizeof out, &question, question.rcode, 1232);
        assert_true(length >= DNS_HEADER_OCTETS && length <= rows[i].length);
        assert_memory_equal(out, ID, 2);
        assert_int_equal(out[2], 0x80 | (rows[i].wire[2] & 0x79));
        assert_int_equal(out[3] & 15, rows[i].rcode & 15);
    }
}

static void every_cut_of_a_good_message_is_turned_down(void **state)
{
    static const char wire[] = QUERY ONE_AND_OPT ASKED OPT_FIXED "\0\0\0\5\xfd\xe9\0\1x";
    struct question question;

    (void)state;
    for (size_t length = 0; length < sizeof wire - 1; length++) {
        enum question_result result = read_exactly(wire, length, &question);

        assert_int_equal(result, length < DNS_HEADER_OCTETS ? QUESTION_DROP : QUESTION_ANSWER);
        assert_true(result == QUESTION_DROP || question.rcode == DNS_FORMERR);
    }
    assert_int_equal(read_exactly(wire, sizeof wire - 1, &question), QUESTION_OK);
}

static void what_was_read_stands_in_the_question(void **state)
{
    static const char wire[] = ID "\1\x30" ONE_AND_OPT ASKED "\0\0\x29\x10\0\0\0\x80\0\0\0";
    struct question question;

    (void)state;
    assert_int_equal(read_exactly(wire, sizeof wire - 1, &question), QUESTION_OK);
    assert_int_equal(question.id, 0xbeef);
    assert_int_equal(question.flags, DNS_RD | DNS_AD | DNS_CD);
    assert_int_equal(question.type, DNS_A);
    assert_int_equal(question.class, DNS_IN);
    assert_int_equal(question.name.length, 13);
    assert_memory_equal(question.name.wire, "\3www\7example\0", 13);
    assert_memory_equal(question.original, "\3WwW\7example\0", 13);
    assert_true(question.has_question && question.has_opt && question.dnssec_ok);
    assert_int_equal(question.payload, 4096);
}

static void payloads_below_512_count_as_512(void **state)
{
    static const uint16_t payloads[] = {0, 1, 511, 512, 1232, 65535};
    char wire[] = QUERY ONE_AND_OPT ASKED OPT;
    char *payload = wire + sizeof wire - 1 - 8;
    struct question question;

    (void)state;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        payload[0] = (char)(payloads[i] >> 8);
        payload[1] = (char)payloads[i];
        assert_int_equal(read_exactly(wire, sizeof wire - 1, &question), QUESTION_OK);
        assert_int_equal(question.payload, payloads[i] < 512 ? 512 : payloads[i]);
        assert_int_equal(answer_udp_room(&question, 1232), payloads[i] < 512    ? 512
                                                           : payloads[i] > 1232 ? 1232
                                                                                : payloads[i]);
    }
}

static void a_written_query_is_read_back(void **state)
{
    static const uint8_t wire_name[] = "\3www\7example";
    struct name name = {wire_name, sizeof wire_name};
    struct question question;
    uint8_t out[64];

    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        struct query_words words = {.id = 0x1234,
                                    .type = DNS_HTTPS,
                                    .checking_disabled = (bits & 1) != 0,
                                    .dnssec_ok = (bits & 2) != 0,
                                    .payload = 1232};
        size_t length = question_write(out, sizeof out, &name, &words);

        assert_int_equal(length, 12 + 13 + 4 + 11);
        assert_int_equal(read_exactly((char *)out, length, &question), QUESTION_OK);
        assert_int_equal(question.id, 0x1234);
        assert_int_equal(question.type, DNS_HTTPS);
        assert_int_equal(question.class, DNS_IN);
        assert_int_equal(question.flags, DNS_RD | DNS_AD | ((bits & 1) != 0 ? DNS_CD : 0));
        assert_int_equal(question.dnssec_ok, (bits & 2) != 0);
        assert_int_equal(question.payload, 1232);
        assert_memory_equal(question.name.wire, wire_name, sizeof wire_name);
        assert_int_equal(question_write(out, length - 1, &name, &words), 0);
        words.payload = 0;
        length = question_write(out, sizeof out, &name, &words);
        assert_int_equal(read_exactly((char *)out, length, &question), QUESTION_OK);
        assert_false(question.has_opt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_its_answer),
        cmocka_unit_test(answers_to_turned_down_messages_are_short),
        cmocka_unit_test(every_cut_of_a_good_message_is_turned_down),
        cmocka_unit_test(what_was_read_stands_in_the_question),
        cmocka_unit_test(payloads_below_512_count_as_512),
        cmocka_unit_test(a_written_query_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
