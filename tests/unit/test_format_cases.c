/* The cases of the field that the list formats meet, each by its id. */
#include "tests/unit/format_rig.h"

static struct rig rig;

/* C01 (over-block) */
static void C01_page_rules_say_nothing_to_dns(void **state)
{
    static const char list[] = "||ads.example^\n"
                               "shop.example##[aria-label=\"Please test this\"]\n"
                               "news.example#?#.box:has-text(An example text)\n"
                               "forum.example#@#.banner\n";
    static const char *const as[] = {NULL, "adblock", "plain"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        rig_read(&rig, as[i], list);
        assert_string_equal(rig.taken, "subtree ads.example\n");
        assert_int_equal(rig_refused(&rig, REASON_PAGE_RULE), 3);
    }
}

/* C02 (over-block) */
static void C02_a_child_is_no_duplicate_of_its_parent_nor_the_reverse(void **state)
{
    (void)state;
    rig_read(&rig, "hosts",
             "0.0.0.0 m.social.example\n0.0.0.0 social.example\n0.0.0.0 notsocial.example\n");
    assert_string_equal(rig.taken,
                        "exact m.social.example\nexact social.example\nexact notsocial.example\n");
    assert_int_equal(report_refused(&rig.intake.report), 0);
}

/* C04 (over-block): formats of patterns are recognised, and refused as a whole. */
static void C04_patterns_are_no_names(void **state)
{
    static const char list[] =
        "^ad[0-9]+\\.\n^(www[0-9]*\\.)?xn--\n.*\n(\\.|^)clickads\\.example$\n";

    (void)state;
    rig_read(&rig, NULL, list);
    assert_null(rig.format);
    assert_non_null(strstr(rig.err.text, "regex"));
    rig_read(&rig, "plain", list);
    assert_string_equal(rig.taken, "");
    assert_int_equal(report_refused(&rig.intake.report), 4);
}

/* C10 (missed-block) */
static void C10_a_bare_name_means_what_is_below_it_too(void **state)
{
    static const char list[] = "vendor.example\n*.wild.example\n.dot.example\n=exact.example\n";
    struct intake_rules exact = {.match = MATCH_EXACT};

    (void)state;
    rig_read(&rig, NULL, list);
    assert_string_equal(rig.format->key, "plain");
    assert_string_equal(rig.taken, "subtree vendor.example\nsubtree wild.example\n"
                                   "subtree dot.example\nexact exact.example\n");
    assert_int_equal(rig.intake.report.subtree, 3);
    assert_int_equal(rig.intake.report.exact, 1);
    rig_read_octets(&rig, "plain", exact, list, strlen(list));
    assert_string_equal(rig.taken, "exact vendor.example\nsubtree wild.example\n"
                                   "subtree dot.example\nexact exact.example\n");
}

/* C31 (list-format) */
static void C31_a_remark_is_no_part_of_the_name(void **state)
{
    (void)state;
    rig_read(&rig, "plain",
             "one.example #Vendor - Tracker\ntwo.example\t# note\nthree.example#no space\n"
             "0.0.0.0 four.example  #[Tool][Kind]\n# only.example\n"
             "five.example ! not a comment sign here\n");
    assert_string_equal(rig.taken,
                        "subtree one.example\nsubtree two.example\nexact four.example\n");
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 2);
    assert_int_equal(rig.intake.report.first_line[REASON_MALFORMED], 3);
    assert_int_equal(rig.intake.report.comments, 1);
}

/* C32 (list-format) */
static void C32_directives_of_other_formats_cost_their_line(void **state)
{
    (void)state;
    rig_read(&rig, "hosts",
             "# Title: demo\n!+ NOT_OPTIMIZED\n0.0.0.0 bad.example\n! Checksum: abc=\n"
             "[Adblock Plus]\n0.0.0.0 worse.example\n");
    assert_string_equal(rig.taken, "exact bad.example\nexact worse.example\n");
    assert_int_equal(rig_refused(&rig, REASON_OTHER_SYNTAX), 3);
    assert_int_equal(rig.intake.report.first_line[REASON_OTHER_SYNTAX], 2);
}

/* C33 (list-format) */
static void C33_a_byte_order_mark_belongs_to_no_name(void **state)
{
    static const char utf16[] = "\xff\xfe"
                                "d\0.\0e\0x\0a\0m\0p\0l\0e\0";
    struct intake_rules rules = {.match = MATCH_BY_FORMAT};

    (void)state;
    rig_read(&rig, NULL, "\xef\xbb\xbf# Title\na.example\n");
    assert_string_equal(rig.taken, "subtree a.example\n");
    assert_int_equal(rig.intake.report.comments, 1);
    assert_int_equal(report_refused(&rig.intake.report), 0);
    rig_read(&rig, NULL,
             "\xef\xbb\xbf"
             "b.example\n");
    assert_string_equal(rig.taken, "subtree b.example\n");
    rig_read(&rig, NULL, "\xef\xbb\xbf||c.example^\n");
    assert_string_equal(rig.taken, "subtree c.example\n");
    rig_read_octets(&rig, "plain", rules, utf16, sizeof utf16 - 1);
    assert_int_equal(rig.result, -1);
    assert_non_null(strstr(rig.err.text, "not UTF-8 text (UTF-16)"));
    rig_read(&rig, "plain",
             "e.example\n\xef\xbb\xbf"
             "f.example\n");
    assert_string_equal(rig.taken, "subtree e.example\nsubtree f.example\n");
}

/* C34 (list-format) */
static void C34_every_line_end_is_one(void **state)
{
    static const char list[] = "0.0.0.0 a.example\r\nb.example\r\n||c.example^\r\nd.example\r"
                               "e.example\n0.0.0.0 f.example   \t\r\n\n   \ng.example";

    (void)state;
    rig_read(&rig, NULL, list);
    assert_string_equal(rig.format->key, "plain");
    assert_string_equal(rig.taken, "exact a.example\nsubtree b.example\nsubtree c.example\n"
                                   "subtree d.example\nsubtree e.example\nexact f.example\n"
                                   "subtree g.example\n");
    assert_int_equal(rig.intake.report.lines, 9);
    assert_int_equal(rig.intake.report.blank, 2);
}

/* C34 (list-format), the formats of resolvers */
static void C34_zones_and_directives_with_crlf_are_whole_names(void **state)
{
    (void)state;
    rig_read(&rig, NULL, "server:\r\nlocal-zone: \"h.example\" always_nxdomain\r\n");
    assert_string_equal(rig.taken, "subtree h.example\n");
    rig_read(&rig, NULL, "address=/h.example/\r\naddress=/i.example/#\r\n");
    assert_string_equal(rig.taken, "subtree h.example\nsubtree i.example\n");
    rig_read(&rig, NULL, "$TTL 60\r\n@ SOA a. b. 1 2 3 4 5\r\nh.example CNAME .\r\n");
    assert_string_equal(rig.format->key, "rpz");
    assert_string_equal(rig.taken, "exact h.example\n");
    rig_read(&rig, NULL, "\xef\xbb\xbfurl,note\r\nhttp://h.example/,x\r\n");
    assert_string_equal(rig.taken, "exact h.example\n");
    assert_int_equal(report_refused(&rig.intake.report), 0);
}

/* C35 (list-format) */
static void C35_boilerplate_and_mappings_are_not_blocked(void **state)
{
    (void)state;
    rig_read(&rig, NULL,
             "127.0.0.1 localhost localhost.localdomain\n::1 ip6-localhost ip6-loopback\n"
             "fe80::1%lo0 localhost\n255.255.255.255 broadcasthost\n0.0.0.0 0.0.0.0\n"
             "0.0.0.0 a.example b.example\tc.example # two more\n192.168.1.5 nas.home.test\n"
             "0 d.example\n0.0.0.0\ne.example 0.0.0.0\n");
    assert_string_equal(rig.format->key, "hosts");
    assert_string_equal(rig.taken,
                        "exact a.example\nexact b.example\nexact c.example\nexact d.example\n");
    assert_int_equal(rig_refused(&rig, REASON_BOILERPLATE), 7);
    assert_int_equal(rig_refused(&rig, REASON_MAPPING), 1);
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 2);
    assert_int_equal(rig.intake.report.first_line[REASON_MALFORMED], 9);
}

/* C36 (list-format) */
static void C36_names_of_every_script_become_what_is_asked(void **state)
{
    (void)state;
    rig_read(&rig, NULL,
             "пример.испытание\n||bücher.example^\n0.0.0.0 BÜCHER2.example\nfaß.example\n"
             "xn--fsqu00a.xn--0zwm56d\n例え。テスト\nbad\u00a0blank.example\n");
    assert_string_equal(rig.format->key, "plain");
    assert_string_equal(rig.taken,
                        "subtree xn--e1afmkfd.xn--80akhbyknj4f\nsubtree xn--bcher-kva.example\n"
                        "exact xn--bcher2-3ya.example\nsubtree xn--fa-hia.example\n"
                        "subtree xn--fsqu00a.xn--0zwm56d\nsubtree xn--r8jz45g.xn--zckzah\n");
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 1);
    assert_int_equal(rig.intake.report.first_line[REASON_MALFORMED], 7);
}

/* C37 (list-format): what can be narrowed is, the rest is not applied to anybody. */
static void C37_a_rule_that_cannot_be_narrowed_is_not_applied(void **state)
{
    (void)state;
    rig_read(&rig, NULL,
             "*$denyallow=test|invalid\n||cdn.example^$denyallow=img.cdn.example|js.cdn.example\n"
             "||page.example^$third-party\n||only6.example^$dnstype=AAAA\n"
             "||kid.example^$client=192.0.2.77\n||some.example^$unknownmod\n");
    assert_string_equal(rig.format->key, "adblock");
    assert_string_equal(rig.taken, "subtree cdn.example narrowed\nexcept img.cdn.example own\n"
                                   "except js.cdn.example own\nsubtree only6.example only 28\n");
    assert_int_equal(rig_refused(&rig, REASON_MODIFIER), 4);
    assert_int_equal(rig.intake.report.first_line[REASON_MODIFIER], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C01_page_rules_say_nothing_to_dns),
        cmocka_unit_test(C02_a_child_is_no_duplicate_of_its_parent_nor_the_reverse),
        cmocka_unit_test(C04_patterns_are_no_names),
        cmocka_unit_test(C10_a_bare_name_means_what_is_below_it_too),
        cmocka_unit_test(C31_a_remark_is_no_part_of_the_name),
        cmocka_unit_test(C32_directives_of_other_formats_cost_their_line),
        cmocka_unit_test(C33_a_byte_order_mark_belongs_to_no_name),
        cmocka_unit_test(C34_every_line_end_is_one),
        cmocka_unit_test(C34_zones_and_directives_with_crlf_are_whole_names),
        cmocka_unit_test(C35_boilerplate_and_mappings_are_not_blocked),
        cmocka_unit_test(C36_names_of_every_script_become_what_is_asked),
        cmocka_unit_test(C37_a_rule_that_cannot_be_narrowed_is_not_applied),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
