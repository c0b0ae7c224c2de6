/* resolver/wire/reply.c: what an upstream may say, and what is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reply_bench.h"

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

/* Octets behind a good reply for www.example A with one address, and how many answer, authority and
 * additional records more the header promises. They begin at offset 45. */
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
#define OCTETS_50 "abcdefghijklmnopqrstuvwxyabcdefghijklmnopqrstuvwxy"
#define OCTETS_63 OCTETS_50 "abcdefghijklm"
#define OCTETS_64 OCTETS_63 "n"
#define OPT "\0\0\x29\4\xd0\0\0\0\0\0\0"

static const struct broken broken[] = {
    BROKEN("no record where one is promised", 1, 0, 0, ""),
    BROKEN("an owner that points to itself", 1, 0, 0, "\300\55" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("an owner that points forwards", 1, 0, 0, "\300\100" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("an owner that points into the header", 1, 0, 0,
           "\300\2" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("a label of type 0x40", 1, 0, 0, "\100" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("a label of type 0x40 with 64 octets", 1, 0, 0,
           "\100" OCTETS_64 "\0" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("an owner of 256 octets, RFC 1035 §2.3.4", 1, 0, 0,
           "\77" OCTETS_63 "\77" OCTETS_63 "\77" OCTETS_63 "\62" OCTETS_50
           "\300\14" FIXED("\1", "\4") "\300\0\2\1"),
    BROKEN("a record cut in its head", 1, 0, 0, "\300\14\0\1\0\1\0\0\1"),
    BROKEN("data beyond the message", 1, 0, 0, "\300\14" FIXED("\1", "\5") "\300\0\2\1"),
    BROKEN("an A of three octets", 1, 0, 0, "\300\14" FIXED("\1", "\3") "\300\0\2"),
    BROKEN("an A of five octets", 1, 0, 0, "\300\14" FIXED("\1", "\5") "\300\0\2\1\0"),
    BROKEN("an AAAA of four octets", 1, 0, 0, "\300\14" FIXED("\34", "\4") "\300\0\2\1"),
    BROKEN("a CNAME of no octets", 1, 0, 0, "\300\14" FIXED("\5", "\0")),
    BROKEN("a CNAME with an octet behind its name", 1, 0, 0,
           "\300\14" FIXED("\5", "\3") "\300\14x"),
    BROKEN("a CNAME that ends outside its data", 1, 0, 0, "\300\14" FIXED("\5", "\2") "\1a\0"),
    BROKEN("a CNAME that points to itself", 1, 0, 0, "\300\14" FIXED("\5", "\2") "\300\71"),
    BROKEN("an MX of a preference alone", 1, 0, 0, "\300\14" FIXED("\17", "\2") "\0\1"),
    BROKEN("a TXT whose string is cut", 1, 0, 0, "\300\14" FIXED("\20", "\3") "\3ab"),
    BROKEN("an SOA without its numbers", 0, 1, 0, "\300\14" FIXED("\6", "\5") "\0\0\0\0\0"),
    BROKEN("an SRV without a target", 1, 0, 0, "\300\14" FIXED("\41", "\6") "\0\1\0\1\0\1"),
    BROKEN("an RRSIG whose signer is compressed, RFC 4034 §3.1.7", 1, 0, 0,
           "\300\14" FIXED("\56", "\25") "\0\1\10\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\300\14x"),
    BROKEN("an NSEC whose windows go backwards", 0, 1, 0,
           "\300\14" FIXED("\57", "\7") "\0\1\1\0\0\1\0"),
    BROKEN("an NSEC with a window of no octets", 0, 1, 0,
           "\300\14" FIXED("\57", "\6") "\0\0\0\1\1\100"),
    BROKEN("an NSEC with a window of 33 octets", 0, 1, 0,
           "\300\14" FIXED("\57", "\44") "\0\0\41"
                                         "abcdefghijklmnopqrstuvwxyzabcdefg"),
    BROKEN("an NSEC whose window is cut", 0, 1, 0, "\300\14" FIXED("\57", "\4") "\0\0\2\1"),
    BROKEN("an HTTPS whose parameter is cut", 1, 0, 0,
           "\300\14" FIXED("\101", "\10") "\0\1\0\0\1\0\2x"),
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
    static const struct packet packet = {
        "www.example. A", ID, GOOD, {"AN www.example. 300 IN A 192.0.2.1", NULL}
    };
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
            copy[7 + 2 * section] = (uint8_t)(copy[7 + 2 * section] + broken[i].counts[section]);
        name = name_of(&bench->question.name);
        if (reply_read(copy, length, &name, DNS_A, true, bench->reply) != REPLY_BROKEN)
            fail_msg("%s: taken for a good one", broken[i].title);
        free(copy);
    }
}

/* The form of data belongs to class IN; of another class nothing is kept anyhow. */
static void data_of_another_class_has_no_form(void **state)
{
    static const char chaos[] = "\300\14\0\1\0\3\0\0\0\0\0\3abc";
    static const struct packet packet = {
        "www.example. A", ID, GOOD, {"AN www.example. 300 IN A 192.0.2.1", NULL}
    };
    struct bench *bench = *state;

    read_packet(bench, &packet, PLAIN);
    memcpy(bench->wire + bench->length, chaos, sizeof chaos - 1);
    bench->length += sizeof chaos - 1;
    store_be16(bench->wire + 6, 2);
    assert_int_equal(read_wire(bench), REPLY_OK);
    assert_int_equal(bench->reply->record_count, 1);
}

static void more_records_than_there_is_room_for_are_broken(void **state)
{
    static const struct packet packet = {"www.example. NULL", ID, GOOD, {NULL}};
    struct bench *bench = *state;

    for (unsigned count = REPLY_RECORDS_MAX - 1; count < REPLY_RECORDS_MAX + 2; count++) {
        read_packet(bench, &packet, PLAIN);
        for (unsigned i = 0; i < count; i++, bench->length += 12)
            memcpy(bench->wire + bench->length, "\300\14\0\12\0\1\0\0\0\0\0\0", 12);
        store_be16(bench->wire + 6, (uint16_t)count);
        assert_int_equal(read_wire(bench), count <= REPLY_RECORDS_MAX ? REPLY_OK : REPLY_BROKEN);
    }
}

static void data_of_every_type_passes_unchanged(void **state)
{
    static const char *const forms[] = {
        "A 192.0.2.1",
        "NS b.a.example.",
        "MD b.a.example.",
        "MF b.a.example.",
        "SOA b.a.example. c.a.example. 1 2 3 4 5",
        "MB b.a.example.",
        "MG b.a.example.",
        "MR b.a.example.",
        "WKS 192.0.2.1 6 25",
        "PTR b.a.example.",
        "HINFO \"c\" \"o\"",
        "MINFO b.a.example. c.a.example.",
        "MX 1 b.a.example.",
        "TXT \"a\" \"\" \"b\"",
        "RP b.a.example. c.a.example.",
        "AFSDB 1 b.a.example.",
        "X25 \"311061700956\"",
        "RT 1 b.a.example.",
        "PX 1 b.a.example. c.a.example.",
        "AAAA 2001:db8::1",
        "SRV 1 2 3 b.a.example.",
        "NAPTR 1 2 \"s\" \"SIP+D2U\" \"\" b.a.example.",
        "KX 1 b.a.example.",
        "DNAME b.test.",
        "DS 1 8 2 abcdef",
        "SSHFP 1 1 abcdef",
        "RRSIG A 8 2 300 20300101000000 20260101000000 1 a.example. AQID",
        "NSEC b.a.example. A MX RRSIG NSEC TYPE1234",
        "DNSKEY 257 3 8 AQID",
        "NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG",
        "NSEC3PARAM 1 0 12 aabbccdd",
        "TLSA 3 1 1 abcdef",
        "CDS 1 8 2 abcdef",
        "CDNSKEY 257 3 8 AQID",
        "SPF \"v=spf1\"",
        "URI 1 2 \"https://a.example/\"",
        "CAA 0 issue \"ca.example\"",
        "TYPE65 \\# 10 00010000010003026832",
        "TYPE65280 \\# 4 0a000001",
    };
    struct bench *bench = *state;
    char question[64], record[256], *before = malloc(PACKET_TEXT_MAX);

    assert_non_null(before);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct packet packet = {
            question, ID, GOOD, {record, NULL}
        };

        snprintf(question, sizeof question, "a.example. %.*s", (int)strcspn(forms[i], " "),
                 forms[i]);
        snprintf(record, sizeof record, "AN a.example. 300 IN %s", forms[i]);
        if (read_packet(bench, &packet, WITH_DO) != REPLY_OK)
            fail_msg("%s is taken for broken", forms[i]);
        assert_true(packet_text(bench->wire, bench->length, before));
        answer(bench, MESSAGE, 0);
        assert_string_equal(bench->text, before);
    }
    free(before);
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

static void extended_errors_beyond_the_fourth_are_not_read(void **state)
{
    static const struct packet packet = {"a.example. A", ID, GOOD, {NULL}};
    struct bench *bench = *state;

    read_packet(bench, &packet, PLAIN);
    memcpy(bench->wire + bench->length, "\0\0\x29\4\xd0\0\0\0\0\0\60", 11);
    for (size_t i = 0; i < 8; i++)
        memcpy(bench->wire + bench->length + 11 + 6 * i, "\0\17\0\2\0\6", 6);
    bench->length += 11 + 48;
    store_be16(bench->wire + 10, 1);
    assert_int_equal(read_wire(bench), REPLY_OK);
    assert_int_equal(bench->reply->ede_count, REPLY_EDE_MAX);
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
        cmocka_unit_test_setup_teardown(ttls_are_capped_and_negative_ones_count_as_0, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_clients_letter_case_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_truncated_reply_is_never_passed_on_as_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reply_of_64_kib_passes_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_a_reply_to_the_question_matches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_with_any_broken_record_is_broken, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(data_of_another_class_has_no_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_records_than_there_is_room_for_are_broken, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(data_of_every_type_passes_unchanged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_chain_of_pointers_without_labels_has_an_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_rcode_is_extended_and_errors_are_read_from_opt, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(extended_errors_beyond_the_fourth_are_not_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(expanding_gives_the_data_without_pointers, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
