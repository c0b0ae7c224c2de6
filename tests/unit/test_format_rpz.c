/* Response policy zones: each trigger and action, the shape of zone files, and what is refused. */
#include "tests/unit/format_rig.h"

static struct rig rig;

#define HEAD                                                                                       \
    "$TTL 60\n@ IN SOA rpz.example. root.rpz.example. ( 1 ; serial\n 2 3 4\n 5 )\n IN NS "         \
    "localhost.\n"

static void names_are_exact_and_stars_stand_for_what_is_below(void **state)
{
    (void)state;
    rig_read(&rig, NULL,
             HEAD "bad.example CNAME .\n*.bad.example 300 IN CNAME .\nNO.example IN 60 cname *.\n");
    assert_string_equal(rig.format->key, "rpz");
    assert_int_equal(rig.result, 0);
    assert_string_equal(rig.taken, "exact bad.example\nbelow bad.example\nexact no.example\n");
    assert_int_equal(report_refused(&rig.intake.report), 0);
}

static void the_zone_of_the_soa_is_cut_off(void **state)
{
    static const char *const zones[] = {
        "@ 60 SOA a. b. 1 2 3 4 5\nx.example CNAME .\n",
        "$ORIGIN rpz.test.\n@ 60 SOA a. b. 1 2 3 4 5\nx.example CNAME .\n",
        "rpz.test. 60 SOA a. b. 1 2 3 4 5\nx.example CNAME .\n",
        "rpz.test. 60 SOA a. b. 1 2 3 4 5\nx.example.RPZ.test. CNAME .\n",
        "RPZ.test. 60 SOA a. b. 1 2 3 4 5\n$ORIGIN example.rpz.test.\nx CNAME .\n",
        "rpz.test. 60 SOA a. b. 1 2 3 4 5\n$ORIGIN example\nx CNAME .\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        rig_read(&rig, "rpz", zones[i]);
        assert_string_equal(rig.taken, "exact x.example\n");
        assert_int_equal(report_refused(&rig.intake.report), 0);
    }
    rig_read(&rig, "rpz", "rpz.test. 60 SOA a. b. 1 2 3 4 5\nx.example. CNAME .\n");
    assert_string_equal(rig.taken, "");
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 1);
}

static void passthru_is_an_exception_in_both_its_forms(void **state)
{
    (void)state;
    rig_read(&rig, "rpz",
             HEAD "ok.example CNAME rpz-passthru.\n*.ok.example CNAME RPZ-PASSTHRU.\n"
                  "old.example CNAME old.example.\n*.old.example CNAME *.old.example.\n");
    assert_string_equal(rig.taken, "except ok.example\nexcept ok.example scoped\n"
                                   "except old.example\nexcept old.example scoped\n");
    assert_int_equal(rig.intake.report.exceptions, 4);
}

static void drop_and_tcp_only_are_terms_and_unknown_words_are_refused(void **state)
{
    (void)state;
    rig_read(&rig, "rpz",
             HEAD "a.example CNAME rpz-drop.\n*.b.example CNAME rpz-tcp-only.\n"
                  "c.example CNAME rpz-later.\n");
    assert_string_equal(rig.taken, "exact a.example drop\nbelow b.example tcp\n");
    assert_int_equal(rig_refused(&rig, REASON_OTHER_SYNTAX), 1);
    assert_int_equal(rig.intake.report.first_line[REASON_OTHER_SYNTAX], 8);
}

static void local_data_of_one_owner_is_one_listing_or_one_rewrite(void **state)
{
    static const char zone[] =
        HEAD "a.example A 192.0.2.1\n AAAA 2001:db8::1\na.example TXT \"x; (y\" z\n"
             "b.example CNAME Garden.example.\nc.example CNAME *.garden.example.\n"
             "24.0.2.0.192.rpz-ip A 192.0.2.9\n";
    struct intake_rules rules = {.rewrites = true};

    (void)state;
    rig_read(&rig, "rpz", zone);
    assert_string_equal(rig.taken,
                        "exact a.example\nexact b.example\nexact c.example\nprefix 192.0.2.0/24\n");
    rig_read_octets(&rig, "rpz", rules, zone, strlen(zone));
    assert_string_equal(rig.taken, "exact a.example rewrite\nexact b.example rewrite\n"
                                   "exact c.example\nprefix 192.0.2.0/24\n");
    assert_int_equal(report_refused(&rig.intake.report), 0);
}

/* Keeps the records of the last rewrite. */
static uint8_t records[TERMS_RECORDS_MAX];
static size_t records_length;

static int keep_records(void *context, const struct name *name, uint64_t hash, unsigned labels,
                        enum entry_kind kind, enum entry_operation operation,
                        const struct terms *terms, struct err *err)
{
    (void)context, (void)name, (void)hash, (void)labels, (void)kind, (void)operation, (void)err;
    assert_non_null(terms);
    assert_int_equal(terms->action, TERMS_REWRITE);
    memcpy(records, terms->records, terms->records_length);
    records_length = terms->records_length;
    return 0;
}

static void the_records_of_a_rewrite_are_in_wire_format(void **state)
{
    static const char zone[] = "x.example A 192.0.2.1\nx.example MX 10 Mail.Example.\n";
    static const uint8_t wanted[] = {0,   1,   0,   4,   192, 0,   2,   1,   0,   15,
                                     0,   16,  0,   10,  4,   'm', 'a', 'i', 'l', 7,
                                     'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
    struct siphash_key key = siphash_key_from_seed(1);
    struct err err;
    struct suffixes *suffixes =
        suffixes_load_memory(rig_suffixes, strlen(rig_suffixes), &key, &err);
    const struct sink sink = {NULL, keep_records, NULL, NULL};
    struct intake intake = {
        .rules = {.rewrites = true}, .suffixes = suffixes, .key = key, .sink = &sink};
    struct source *source = source_open_memory(zone, strlen(zone), &err);

    (void)state;
    assert_int_equal(format_read(format_find("rpz"), source, &intake, &err), 0);
    assert_int_equal(records_length, sizeof wanted);
    assert_memory_equal(records, wanted, sizeof wanted);
    source_close(source);
    suffixes_free(suffixes);
}

static void addresses_of_answers_are_ranges(void **state)
{
    static const struct {
        const char *owner, *range; /* NULL: refused */
    } rows[] = {
        {"24.0.2.0.192.rpz-ip",           "prefix 192.0.2.0/24\n"      },
        {"32.1.2.0.192.RPZ-IP",           "prefix 192.0.2.1\n"         },
        {"48.zz.db8.2001.rpz-ip",         "prefix 2001:db8::/48\n"     },
        {"128.1.zz.db8.2001.rpz-ip",      "prefix 2001:db8::1\n"       },
        {"128.8.7.6.5.4.3.2.2001.rpz-ip", "prefix 2001:2:3:4:5:6:7:8\n"},
        {"128.8.7.6.5.zz.2001.rpz-ip",    "prefix 2001::5:6:7:8\n"     },
        {"24.1.2.0.192.rpz-ip",           NULL                         }, /* host bits */
        {"33.1.2.0.192.rpz-ip",           NULL                         },
        {"24.0.2.192.rpz-ip",             NULL                         },
        {"24.0.2.0.0.192.rpz-ip",         NULL                         },
        {"128.1.zz.2.zz.2001.rpz-ip",     NULL                         },
        {"rpz-ip",                        NULL                         },
        {"24.rpz-ip",                     NULL                         },
        {"x.0.2.0.192.rpz-ip",            NULL                         },
    };
    char zone[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(zone, sizeof zone, "%s CNAME .\n", rows[i].owner);
        rig_read(&rig, "rpz", zone);
        assert_string_equal(rig.taken, rows[i].range == NULL ? "" : rows[i].range);
        assert_int_equal(report_refused(&rig.intake.report), rows[i].range == NULL);
    }
    rig_read(&rig, "rpz", "0.zz.rpz-ip CNAME .\n32.1.2.0.192.rpz-ip CNAME rpz-passthru.\n");
    assert_string_equal(rig.taken, "except 192.0.2.1\n"); /* all of IPv6 is too wide */
    assert_int_equal(rig_refused(&rig, REASON_IP_ADDRESS), 1);
}

static void triggers_that_are_no_names_are_refused_as_such(void **state)
{
    (void)state;
    rig_read(&rig, "rpz",
             HEAD "32.1.0.0.127.rpz-client-ip CNAME .\n32.1.2.0.192.rpz-nsip CNAME .\n"
                  "ns.example.rpz-nsdname CNAME .\n*.example.rpz-nsdname CNAME .\n* CNAME .\n"
                  "a*b.example CNAME .\na.*.example CNAME .\n");
    assert_string_equal(rig.taken, "");
    assert_int_equal(rig_refused(&rig, REASON_TRIGGER), 4);
    assert_int_equal(rig_refused(&rig, REASON_PATTERN), 3);
}

static void what_a_zone_file_may_hold_besides_is_counted_or_refused(void **state)
{
    (void)state;
    rig_read(&rig, "rpz",
             HEAD "; a remark\n\n   \n$INCLUDE other.zone\n$GENERATE 1-3 a$ CNAME .\n"
                  "@ TXT \"of the zone\"\nch.example CH TXT x\nns.example NS a.\n"
                  "d.example DNAME b.\nbroken.example CNAME\nno record at all\n"
                  "z\\.z.example CNAME .\nquote.example TXT \"never closed\nb.example CNAME .\n"
                  "paren.example ( CNAME\n");
    assert_string_equal(rig.taken, "exact b.example\n");
    assert_int_equal(rig_refused(&rig, REASON_INCLUDE), 1);
    assert_int_equal(rig_refused(&rig, REASON_OTHER_SYNTAX), 4);
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 5);
    assert_int_equal(rig.intake.report.blank, 2);
    assert_int_equal(rig.intake.report.lines, 20);
    assert_int_equal(report_taken(&rig.intake.report) + report_refused(&rig.intake.report) +
                         rig.intake.report.blank + rig.intake.report.comments +
                         rig.intake.report.passed,
                     20);
}

/* C33, C34 (list-format): marks and line ends */
static void C33_C34_byte_order_marks_and_line_ends_are_no_part_of_a_zone(void **state)
{
    static const char utf16[] = "\xff\xfe$\0T\0T\0L\0";

    (void)state;
    rig_read(&rig, NULL,
             "\xef\xbb\xbf$TTL 60\r\n@ SOA a. b. (\r\n 1 2 3 4 5 )\r\nh.example CNAME .\r\n"
             "i.example CNAME .");
    assert_string_equal(rig.taken, "exact h.example\nexact i.example\n");
    assert_int_equal(report_refused(&rig.intake.report), 0);
    rig_read_octets(&rig, "rpz", (struct intake_rules){0}, utf16, sizeof utf16 - 1);
    assert_int_equal(rig.result, -1);
    assert_non_null(strstr(rig.err.text, "UTF-16"));
}

static void names_pass_the_gate_of_all_formats(void **state)
{
    (void)state;
    rig_read(&rig, "rpz",
             "com CNAME .\n*.co.test CNAME .\nb\\252cher.example CNAME .\n"
             "localhost CNAME .\n");
    assert_string_equal(rig.taken, "");
    assert_int_equal(report_refused(&rig.intake.report), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_exact_and_stars_stand_for_what_is_below),
        cmocka_unit_test(the_zone_of_the_soa_is_cut_off),
        cmocka_unit_test(passthru_is_an_exception_in_both_its_forms),
        cmocka_unit_test(drop_and_tcp_only_are_terms_and_unknown_words_are_refused),
        cmocka_unit_test(local_data_of_one_owner_is_one_listing_or_one_rewrite),
        cmocka_unit_test(the_records_of_a_rewrite_are_in_wire_format),
        cmocka_unit_test(addresses_of_answers_are_ranges),
        cmocka_unit_test(triggers_that_are_no_names_are_refused_as_such),
        cmocka_unit_test(what_a_zone_file_may_hold_besides_is_counted_or_refused),
        cmocka_unit_test(C33_C34_byte_order_marks_and_line_ends_are_no_part_of_a_zone),
        cmocka_unit_test(names_pass_the_gate_of_all_formats),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
