/* resolver/wire/chain.c: what is left of a reply for a client, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reply_bench.h"

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
     REPLY_OK,                                                                                                                                                                       "AN www.example. 300 IN A 192.0.2.1\n"                                                },
    {"a chain in order",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN b.example. 200 IN CNAME c.test.",
       "AN c.test. 100 IN A 192.0.2.1", "AN c.test. 100 IN A 192.0.2.2", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN CNAME b.example.\nAN b.example. 200 IN CNAME c.test.\n"
     "AN c.test. 100 IN A 192.0.2.1\nAN c.test. 100 IN A 192.0.2.2\n"                                                                                                                                                                                        },
    {"a chain in another order",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN c.test. 100 IN A 192.0.2.1", "AN b.example. 200 IN CNAME c.test.",
       "AN a.example. 300 IN CNAME b.example.", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN CNAME b.example.\nAN b.example. 200 IN CNAME c.test.\n"
     "AN c.test. 100 IN A 192.0.2.1\n"                                                                                                                                                                                                                       },
    {"a chain in other letters, RFC 4343",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN A.EXAMPLE. 300 IN CNAME B.example.", "AN B.example. 100 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN CNAME B.example.\nAN B.example. 100 IN A 192.0.2.1\n"           },
    {"C28: records outside the chain are removed",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN victim.test. 300 IN A 203.0.113.66", "AN a.example. 300 IN A 192.0.2.1",
       "AN a.example. 300 IN TXT \"x\"", "NS victim.test. 300 IN NS ns.victim.test.",
       "AR victim.test. 300 IN A 203.0.113.66", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN A 192.0.2.1\n"                                                  },
    {"C28: nothing in the answer section belongs to the question",
     PLAIN,                                                                       {"a.example. A", ID, GOOD, {"AN victim.test. 300 IN A 203.0.113.66", NULL}},
     REPLY_BROKEN,                                                                                                                                                                   NULL                                                                                  },
    {"another class is another thing",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 CH A 192.0.2.66", "AN a.example. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN A 192.0.2.1\n"                                                  },
    {"CNAME asked for is the end of the chain",
     PLAIN,                                                                       {"a.example. CNAME",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN b.example. 300 IN CNAME c.example.", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN CNAME b.example.\n"                                             },
    {"a second CNAME at one name is left behind, RFC 1034 §3.6.2",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN a.example. 300 IN CNAME c.example.",
       "AN c.example. 300 IN A 192.0.2.66", "AN b.example. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN CNAME b.example.\nAN b.example. 300 IN A 192.0.2.1\n"           },
    {"a CNAME to itself",
     PLAIN,                                                                       {"a.example. A", ID, GOOD, {"AN a.example. 300 IN CNAME a.example.", NULL}},
     REPLY_BROKEN,                                                                                                                                                                   NULL                                                                                  },
    {"a loop",
     PLAIN,                                                                       {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN b.example. 300 IN CNAME a.example.", NULL}},
     REPLY_BROKEN,                                                                                                                                                                   NULL                                                                                  },
    {"a DNAME and the CNAME it makes, in another order",
     PLAIN,                                                                       {"x.y.old.example. A",
      ID,
      GOOD,
      {"AN x.y.old.example. 300 IN CNAME x.y.new.test.", "AN x.y.new.test. 300 IN A 192.0.2.1",
       "AN old.example. 300 IN DNAME new.test.", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN old.example. 300 IN DNAME new.test.\nAN x.y.old.example. 300 IN CNAME x.y.new.test.\n"
     "AN x.y.new.test. 300 IN A 192.0.2.1\n"                                                                                                                                                                                                                 },
    {"a DNAME that does not make the CNAME",
     PLAIN,                                                                       {"x.old.example. A",
      ID,
      GOOD,
      {"AN old.example. 300 IN DNAME other.test.", "AN x.old.example. 300 IN CNAME x.new.test.",
       "AN x.new.test. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN x.old.example. 300 IN CNAME x.new.test.\nAN x.new.test. 300 IN A 192.0.2.1\n"     },
    {"a DNAME without its CNAME, RFC 6672 §3.1",
     PLAIN,                                                                       {"x.old.example. A",
      ID,
      GOOD,
      {"AN old.example. 300 IN DNAME new.test.", "AN x.new.test. 300 IN A 192.0.2.1", NULL}},
     REPLY_BROKEN,                                                                                                                                                                   NULL                                                                                  },
    {"a chain that ends at a DNAME without its CNAME",
     PLAIN,                                                                       {"x.test. A",
      ID,
      GOOD,
      {"AN x.test. 300 IN CNAME x.old.example.", "AN old.example. 300 IN DNAME new.test.",
       "AN x.new.test. 300 IN A 192.0.2.1", NULL}},
     REPLY_BROKEN,                                                                                                                                                                   NULL                                                                                  },
    {"a DNAME says nothing about its own owner, RFC 6672 §2.3",
     PLAIN,                                                                       {"a.test. A",
      ID,
      GOOD,
      {"AN a.test. 300 IN CNAME old.example.", "AN old.example. 300 IN DNAME new.test.", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.test. 300 IN CNAME old.example.\n"                                              },
    {"a DNAME asked for",
     PLAIN,                                                                       {"old.example. DNAME", ID, GOOD, {"AN old.example. 300 IN DNAME new.test.", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN old.example. 300 IN DNAME new.test.\n"                                            },
    {"a CNAME asked for, RFC 6672 §5.3.1",
     PLAIN,                                                                       {"x.old.example. CNAME",
      ID,
      GOOD,
      {"AN old.example. 300 IN DNAME new.test.", "AN x.old.example. 300 IN CNAME x.new.test.",
       "AN x.new.test. 300 IN A 192.0.2.1", NULL}},
     REPLY_OK,                                                                                                                                                                       "AN old.example. 300 IN DNAME new.test.\nAN x.old.example. 300 IN CNAME x.new.test.\n"},
    {"no such name",
     PLAIN,                                                                       {"no.example. A", ID, GOOD | DNS_NXDOMAIN, {"NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                       "NS " SOA "\n"                                                                        },
    {"a chain to no such name",
     PLAIN,                                                                       {"a.test. A",
      ID,
      GOOD | DNS_NXDOMAIN,
      {"AN a.test. 300 IN CNAME no.example.", "NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.test. 300 IN CNAME no.example.\nNS " SOA "\n"                                   },
    {"an SOA outside the question's branch, RFC 2308 §5",
     PLAIN,                                                                       {"no.test. A", ID, GOOD, {"NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                       ""                                                                                    },
    {"no such type, and no SOA",                                    PLAIN,        {"a.example. MX", ID, GOOD, {NULL}},                                                     REPLY_OK, ""                                                                                    },
    {"an SOA beside an answer",
     PLAIN,                                                                       {"a.example. A", ID, GOOD, {"AN a.example. 300 IN A 192.0.2.1", "NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN A 192.0.2.1\n"                                                  },
    {"a referral is lame",
     PLAIN,                                                                       {"a.example. A",
      ID,
      DNS_QR,
      {"NS example. 300 IN NS ns.example.", "AR ns.example. 300 IN A 192.0.2.1", NULL}},
     REPLY_LAME,                                                                                                                                                                     NULL                                                                                  },
    {"no such name, with NS instead of an SOA, is no referral",
     PLAIN,                                                                       {"no.example. A", ID, GOOD | DNS_NXDOMAIN, {"NS example. 300 IN NS ns.example.", NULL}},
     REPLY_OK,                                                                                                                                                                       ""                                                                                    },
    {"an address in the authority section is no answer",
     PLAIN,                                                                       {"a.example. A", ID, GOOD, {"NS a.example. 300 IN A 192.0.2.66", "NS " SOA, NULL}},
     REPLY_OK,                                                                                                                                                                       "NS " SOA "\n"                                                                        },
    {"SERVFAIL is lame",
     PLAIN,                                                                       {"a.example. A", ID, GOOD | DNS_SERVFAIL, {NULL}},
     REPLY_LAME,                                                                                                                                                                     NULL                                                                                  },
    {"REFUSED is lame",
     PLAIN,                                                                       {"a.example. A", ID, GOOD | DNS_REFUSED, {"AN a.example. 300 IN A 192.0.2.66", NULL}},
     REPLY_LAME,                                                                                                                                                                     NULL                                                                                  },
    {"signatures come with DO",
     WITH_DO,                                                                     {"a.example. A",
      ID,
      GOOD,
      {"AN a.example. 300 IN CNAME b.example.", "AN " SIG("CNAME", "a.example."),
       "AN b.example. 300 IN A 192.0.2.1", "AN " SIG("A", "b.example."),
       "AN " SIG("TXT", "b.example."), "AN " SIG("A", "c.example."),
       "NS example. 300 IN NSEC a.example. A RRSIG NSEC", "NS " SIG("NSEC", "example."),
       "NS " SIG("NS", "example."), NULL}},
     REPLY_OK,                                                                                                                                                                       "AN a.example. 300 IN CNAME b.example.\nAN " SIG(
         "CNAME",                                                                                                                                                                                                                                              "a.example.") "\n"
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
     REPLY_OK,                                                     "NS " SOA
     "\nNS " SIG("SOA",                                                                                                                                                                                                                                                                "example.") "\n"
                                    "NS m.example. 60 IN NSEC p.example. A RRSIG NSEC\nNS " SIG(
                                        "NSEC", "m.example.") "\n"},
    {"no signatures without DO, RFC 4035 §3.2.1",
     PLAIN,                                             {"no.example. A",
      ID,
      GOOD | DNS_NXDOMAIN,
      {"NS " SOA, "NS " SIG("SOA", "example."), "NS m.example. 60 IN NSEC p.example. A RRSIG NSEC",
       NULL}},
     REPLY_OK,                                                                             "NS " SOA "\n"                                                                                                                                                                  },
    {"signatures asked for by type",
     PLAIN,                                                         {"a.example. RRSIG", ID, GOOD, {"AN " SIG("A", "a.example."), NULL}},
     REPLY_OK,                                                                           "AN " SIG("A","a.example.") "\n"},
    {"names in the data of many types",
     PLAIN,{"a.example. MX",
      ID,
      GOOD,
      {"AN a.example. 300 IN MX 10 mail.a.example.", "AN a.example. 300 IN MX 20 mail.b.example.",
       NULL}},
     REPLY_OK,                                                                              "AN a.example. 300 IN MX 10 mail.a.example.\nAN a.example. 300 IN MX 20 mail.b.example.\n"                                                                                                                                                   },
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

/* Whatever an upstream sends without being asked, the notes hold only what was asked for. */
static void nothing_of_dnssec_is_kept_without_do(void **state)
{
    static const struct packet packet = {
        "no.example. A",
        ID,
        GOOD | DNS_NXDOMAIN,
        {"NS " SOA, "NS " SIG("SOA", "example."), "NS m.example. 60 IN NSEC p.example. A NSEC",
                         "NS " SIG("NSEC", "m.example."), NULL}
    };
    struct bench *bench = *state;

    assert_int_equal(read_packet(bench, &packet, PLAIN), REPLY_OK);
    assert_int_equal(bench->reply->record_count, 1);
    assert_int_equal(read_packet(bench, &packet, WITH_DO), REPLY_OK);
    assert_int_equal(bench->reply->record_count, 4);
}

/* Work that a hostile message can make is bounded: ngmhkxn.example has the hash of a.example. */
static void messages_made_to_cost_time_are_broken(void **state)
{
    static const struct {
        const char *asked, *line;
        unsigned most;
    } kinds[] = {
        {"a.example. A",   "AN ngmhkxn.example. 300 IN A 192.0.2.66", 16             },
        {"a.b.example. A", "AN x.example. 300 IN DNAME y.example.",   REPLY_CHAIN_MAX},
    };
    struct bench *bench = *state;

    for (size_t kind = 0; kind < 2; kind++) {
        for (unsigned count = 1; count < 20; count++) {
            char good[64];
            struct packet packet = {
                kinds[kind].asked, ID, GOOD, {good, NULL}
            };

            snprintf(good, sizeof good, "AN %.*s 300 IN A 192.0.2.1",
                     (int)strcspn(packet.question, " "), packet.question);
            for (unsigned i = 1; i <= count; i++) {
                packet.records[i] = kinds[kind].line;
                packet.records[i + 1] = NULL;
            }
            assert_int_equal(read_packet(bench, &packet, PLAIN),
                             count <= kinds[kind].most ? REPLY_OK : REPLY_BROKEN);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replies_are_reduced_to_what_was_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reply_with_signatures_serves_a_client_without_do, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(chains_are_at_most_sixteen_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_of_dnssec_is_kept_without_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_made_to_cost_time_are_broken, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
