/* resolver/cache/entry.c: what is laid out to be written often is written as it would be once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reply_bench.h"
#include "resolver/cache/entry.h"

static const struct entry_limits wide = {.max_s = UINT32_MAX, .negative_s = UINT32_MAX};

/* On the heap, to the octet: AddressSanitizer watches its ends. */
static struct entry *make(struct bench *bench, const struct packet *packet, enum asks asks,
                          const struct entry_limits *limits)
{
    struct entry *room = malloc(ENTRY_MAX), *entry;
    uint8_t *message = malloc(DNS_MESSAGE_MAX);
    struct entry_source source = {
        .reply = bench->reply,
        .question = &bench->question,
        .trusted = true,
        .limits = *limits,
        .now_ms = 1000,
        .message = message,
    };

    assert_true(room != NULL && message != NULL);
    assert_int_equal(read_packet(bench, packet, asks), REPLY_OK);
    assert_true(entry_make(room, &source));
    entry = malloc(entry_length(room));
    assert_non_null(entry);
    memcpy(entry, room, entry_length(room));
    free(room);
    free(message);
    return entry;
}

/* Writes ENTRY for the bench's question; bench->text is what ldns reads there. */
static void write_it(struct bench *bench, const struct entry *entry, size_t room,
                     const struct entry_view *view)
{
    struct answer answer;
    uint8_t *out = malloc(room);

    assert_non_null(out);
    answer_begin(&answer, out, room, &bench->question, 1232);
    for (uint8_t i = 0; i < entry->ede_count; i++)
        answer_ede(&answer, entry->ede[i], NULL);
    entry_write(entry, &answer, view);
    bench->out_length = answer_finish(&answer);
    assert_true(bench->out_length <= room);
    memcpy(bench->out, out, bench->out_length);
    free(out);
    assert_true(packet_text(bench->out, bench->out_length, bench->text));
}

static const struct packet packets[] = {
    {"a.example. A",         ID, GOOD,                {"AN a.example. 300 IN A 192.0.2.1", NULL}               },
    {"www.example. A",
     ID,                         GOOD,
     {"AN www.example. 30 IN CNAME x.www.example.", "AN x.www.example. 300 IN A 192.0.2.1",
      "AN x.www.example. 300 IN A 192.0.2.2", NULL}                                                            },
    {"none.example. A",      ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}                                        },
    {"none.example. A",      ID, GOOD,                {"NS " SOA, "AR ns.example. 300 IN A 192.0.2.9", NULL}   },
    {"example. MX",
     ID,                         GOOD,
     {"AN example. 300 IN MX 10 a.example.", "AN example. 300 IN MX 20 b.mail.a.example.", NULL}               },
    {"_x._tcp.example. SRV", ID, GOOD,                {"AN _x._tcp.example. 300 IN SRV 1 2 3 a.example.", NULL}},
    {"a.example. HTTPS",     ID, GOOD,                {"AN a.example. 300 IN HTTPS 1 b.example. alpn=h2", NULL}},
    {"1.example. PTR",       ID, GOOD,                {"AN 1.example. 300 IN PTR Living-Room.example.", NULL}  },
    {"a.example. TXT",       ID, GOOD,                {"AN a.example. 300 IN TXT \"one\" \"two\"", NULL}       },
    {"a.example. TYPE65280", ID, GOOD,                {"AN a.example. 300 IN TYPE65280 \\# 3 010203", NULL}    },
    {"x.moved.example. A",
     ID,                         GOOD,
     {"AN moved.example. 300 IN DNAME b.example.", "AN x.moved.example. 300 IN CNAME x.b.example.",
      "AN x.b.example. 300 IN A 192.0.2.1", NULL}                                                              },
    {"a.example. A",
     ID,                         GOOD | DNS_AD,
     {"AN a.example. 300 IN A 192.0.2.1", "AN " SIG("A", "a.example."), NULL}                                  },
    {"none.example. A",
     ID,                         GOOD | DNS_NXDOMAIN,
     {"NS " SOA, "NS " SIG("SOA", "example."), "NS a.example. 300 IN NSEC z.example. A RRSIG NSEC",
      "NS " SIG("NSEC", "a.example."), NULL}                                                                   },
};

/* The writer of replies is the judge: octet by octet, and cut at any length. */
static void an_entry_is_written_as_a_reply_is(void **state)
{
    const struct entry_view now = {.now_ms = 1000};
    struct bench *bench = *state;
    uint8_t *once = malloc(MESSAGE);

    assert_non_null(once);
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        for (int asks = PLAIN; asks <= WITH_DO; asks++) {
            struct entry *entry = make(bench, &packets[i], (enum asks)asks, &wide);

            for (size_t room = 512; room >= 100; room--) {
                size_t length;

                answer(bench, room, 0);
                length = bench->out_length;
                memcpy(once, bench->out, length);
                write_it(bench, entry, room, &now);
                assert_int_equal(bench->out_length, length);
                assert_memory_equal(bench->out, once, length);
            }
            free(entry);
        }
    }
    free(once);
}

static void each_client_has_an_id_case_and_flags_of_his_own(void **state)
{
    const struct entry_view now = {.now_ms = 1000};
    struct bench *bench = *state;
    struct entry *entry = make(bench, &packets[1], PLAIN, &wide);
    struct question *question = &bench->question;

    memcpy(question->original, "\3wWw\7eXample", 12);
    question->id = 0xbeef;
    question->flags = DNS_CD;
    question->has_opt = false;
    write_it(bench, entry, MESSAGE, &now);
    assert_string_equal(bench->text, "AN wWw.eXample. 30 IN CNAME x.wWw.eXample.\n"
                                     "AN x.wWw.eXample. 300 IN A 192.0.2.1\n"
                                     "AN x.wWw.eXample. 300 IN A 192.0.2.2\n");
    assert_memory_equal(bench->out + 12, "\3wWw\7eXample\0\0\1\0\1", 17);
    assert_int_equal(load_be16(bench->out), 0xbeef);
    assert_int_equal(load_be16(bench->out + 2), DNS_QR | DNS_RA | DNS_CD);
    assert_int_equal(load_be16(bench->out + 10), 0); /* no OPT */
    free(entry);
}

static void ttls_count_down_to_0_and_no_further(void **state)
{
    static const struct {
        uint64_t now_ms;
        uint32_t most_s;
        bool stale;
        const char *text;
    } cases[] = {
        {1000,       0,  false, "30 IN CNAME"},
        {500,        0,  false, "30 IN CNAME"},
        {1999,       0,  false, "30 IN CNAME"},
        {2000,       0,  false, "29 IN CNAME"},
        {2000,       7,  false, "7 IN CNAME" },
        {30999,      7,  false, "1 IN CNAME" },
        {31000,      0,  false, "0 IN CNAME" },
        {UINT64_MAX, 0,  false, "0 IN CNAME" },
        {99000,      0,  true,  "30 IN CNAME"},
        {99000,      10, true,  "10 IN CNAME"},
    };
    struct bench *bench = *state;
    struct entry *entry = make(bench, &packets[1], PLAIN, &wide);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct entry_view view = {cases[i].now_ms, cases[i].most_s, cases[i].stale};

        write_it(bench, entry, MESSAGE, &view);
        if (strstr(bench->text, cases[i].text) != bench->text + strlen("AN www.example. "))
            fail_msg("row %zu: %s", i, bench->text);
    }
    free(entry);
}

/* RFC 2308 §5; RFC 8020 §2. */
static void how_long_an_entry_lives_is_for_its_records_to_say(void **state)
{
    static const struct {
        struct packet packet;
        struct entry_limits limits;
        uint32_t lifetime_s;
        uint8_t flags;
    } cases[] = {
        {{"a.example. A", ID, GOOD, {"AN a.example. 300 IN A 192.0.2.1", NULL}},
         {0, 86400, 3600},
         300,                                                                                                                  0              },
        {{"a.example. A", ID, GOOD, {"AN a.example. 300 IN A 192.0.2.1", NULL}},
         {600, 86400, 3600},
         600,                                                                                                                  0              },
        {{"a.example. A", ID, GOOD, {"AN a.example. 300 IN A 192.0.2.1", NULL}},
         {0, 60, 3600},
         60,                                                                                                                   0              },
        {{"a.example. A", ID, GOOD, {"AN a.example. 0 IN A 192.0.2.1", NULL}},
         {0, 86400, 3600},
         0,                                                                                                                    0              },
        {{"a.example. A",
          ID,
          GOOD,
          {"AN a.example. 20 IN CNAME b.example.", "AN b.example. 300 IN A 192.0.2.1", NULL}},
         {0, 86400, 3600},
         20,                                                                                                                   0              },
 /* an alias that ends in nothing, and no word of how long */
        {{"a.example. A", ID, GOOD, {"AN a.example. 20 IN CNAME b.example.", NULL}},
         {0, 86400, 3600},
         0,                                                                                                                    0              },
        {{"a.example. A", ID, GOOD, {NULL}},                                                            {60, 86400, 3600}, 0,  0              },
        {{"a.example. A", ID, GOOD, {"NS " SOA, NULL}},                                                 {0, 86400, 3600},  60, 0              },
        {{"a.example. A", ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}},
         {0, 86400, 3600},
         60,                                                                                                                   ENTRY_DENIAL   },
        {{"a.example. A", ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}},
         {0, 86400, 10},
         10,                                                                                                                   ENTRY_DENIAL   },
        {{"a.example. A", ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}},
         {100, 86400, 10},
         10,                                                                                                                   ENTRY_DENIAL   },
        {{"a.example. DS", ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}},                                 {0, 86400, 3600},  60, 0              },
        {{"example. A", ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}},                                    {0, 86400, 3600},  60, 0              },
        {{"a.example. A",
          ID,
          GOOD | DNS_NXDOMAIN,
          {"AN a.example. 20 IN CNAME b.example.", "NS " SOA, NULL}},
         {0, 86400, 3600},
         20,                                                                                                                   0              },
        {{"a.example. A", ID, GOOD | DNS_TC, {"AN a.example. 300 IN A 192.0.2.1", NULL}},
         {0, 86400, 3600},
         0,                                                                                                                    ENTRY_TRUNCATED},
        {{"a.example. A", ID, GOOD | DNS_AD, {"AN a.example. 300 IN A 192.0.2.1", NULL}},
         {0, 86400, 3600},
         300,                                                                                                                  ENTRY_AUTHENTIC},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct entry *entry = make(bench, &cases[i].packet, PLAIN, &cases[i].limits);

        if (entry->lifetime_s != cases[i].lifetime_s || entry->flags != cases[i].flags)
            fail_msg("row %zu: %u s, flags %u", i, entry->lifetime_s, entry->flags);
        free(entry);
    }
}

static void a_denial_is_written_for_any_name_below(void **state)
{
    static const char *const names[] = {"b.none.example. A", "x.y.z.none.example. TYPE65"};
    const struct entry_view later = {.now_ms = 11000};
    struct entry *made = malloc(ENTRY_MAX);
    uint8_t *message = malloc(DNS_MESSAGE_MAX);
    struct bench *bench = *state;

    assert_true(made != NULL && message != NULL);
    for (int asks = PLAIN; asks <= WITH_DO; asks++) {
        const struct packet *packet = &packets[asks == PLAIN ? 2 : 12];
        struct entry *denial = make(bench, packet, (enum asks)asks, &wide);

        for (size_t i = 0; i < 2; i++) {
            ask(bench, names[i], (enum asks)asks);
            assert_true(entry_extend(made, denial, &bench->question, bench->reply, message));
            assert_int_equal(made->lifetime_s, denial->lifetime_s);
            assert_int_equal(made->flags, denial->flags);
            write_it(bench, made, MESSAGE, &later);
            assert_int_equal(bench->out[3] & 15, DNS_NXDOMAIN);
            assert_non_null(strstr(bench->text, "NS example. 50 IN SOA"));
            assert_int_equal(strstr(bench->text, "290 IN NSEC z.example.") != NULL,
                             asks == WITH_DO);
        }
        free(denial);
    }
    free(made);
    free(message);
}

static void a_failure_has_its_reasons_and_no_records(void **state)
{
    static const uint16_t ede[] = {22, 23, 6, 7, 8};
    const struct entry_view now = {.now_ms = 1000};
    struct bench *bench = *state;
    struct entry *entry = malloc(ENTRY_MAX);

    assert_non_null(entry);
    ask(bench, "a.example. A", PLAIN);
    entry_fail(entry, &bench->question, 1000, ede, 5);
    assert_int_equal(entry->ede_count, REPLY_EDE_MAX);
    assert_int_equal(entry->targets, 0);
    write_it(bench, entry, 512, &now);
    assert_int_equal(bench->out[3] & 15, DNS_SERVFAIL);
    assert_string_equal(bench->text, "");
    free(entry);
}

/* Puts into OCTETS the answer to `a.example. HTTPS` with COUNT records of one address as a hint
 * each; returns its length. */
static size_t put_hints(uint8_t *octets, unsigned count)
{
    static const uint8_t record[] = {0xc0, 12, 0, 65, 0, 1, 0, 0,   1, 44, 0, 11,
                                     0,    1,  0, 0,  4, 0, 4, 192, 0, 2,  1};
    static const uint8_t asked[] = "\1a\7example\0\0\101\0";
    size_t length = DNS_HEADER_OCTETS;

    memset(octets, 0, length);
    store_be16(octets + 2, DNS_QR | DNS_RD | DNS_RA);
    store_be16(octets + 4, 1);
    store_be16(octets + 6, (uint16_t)count);
    memcpy(octets + length, asked, sizeof asked);
    octets[length + sizeof asked - 1] = 1;
    length += sizeof asked;
    for (unsigned i = 0; i < count; i++, length += sizeof record)
        memcpy(octets + length, record, sizeof record);
    return length;
}

static void what_leads_to_more_than_can_be_looked_at_is_no_answer(void **state)
{
    struct bench *bench = *state;
    struct entry *room = malloc(ENTRY_MAX);
    uint8_t *octets = malloc(DNS_MESSAGE_MAX), *message = malloc(DNS_MESSAGE_MAX);
    struct entry_source source = {
        .reply = bench->reply, .question = &bench->question, .limits = wide, .message = message};
    struct name name;

    assert_true(room != NULL && octets != NULL && message != NULL);
    ask(bench, "a.example. HTTPS", PLAIN);
    name = name_of(&bench->question.name);
    for (unsigned count = ENTRY_TARGETS_MAX - 1; count < ENTRY_TARGETS_MAX + 2; count++) {
        size_t length = put_hints(octets, count);

        assert_int_equal(reply_read(octets, length, &name, DNS_HTTPS, false, bench->reply),
                         REPLY_OK);
        assert_int_equal(entry_make(room, &source), count <= ENTRY_TARGETS_MAX);
    }
    free(room);
    free(octets);
    free(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_written_as_a_reply_is),
        cmocka_unit_test(each_client_has_an_id_case_and_flags_of_his_own),
        cmocka_unit_test(ttls_count_down_to_0_and_no_further),
        cmocka_unit_test(how_long_an_entry_lives_is_for_its_records_to_say),
        cmocka_unit_test(a_denial_is_written_for_any_name_below),
        cmocka_unit_test(a_failure_has_its_reasons_and_no_records),
        cmocka_unit_test(what_leads_to_more_than_can_be_looked_at_is_no_answer),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
