/* Names, ranges and what public suffixes and the operator's options do to them. */
#include "tests/unit/format_rig.h"

static struct rig rig;

/* One line and what is to come of it: TAKEN as the rig writes it, or a REASON. */
struct row {
    const char *format, *line, *taken;
    enum reason reason;
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rig_read(&rig, rows[i].format, rows[i].line);
        if (strcmp(rig.taken, rows[i].taken) != 0)
            fail_msg("%s: '%s' gave '%s'", rows[i].format, rows[i].line, rig.taken);
        if (rows[i].reason != REASONS && rig_refused(&rig, rows[i].reason) != 1)
            fail_msg("%s: '%s' was not refused as %s", rows[i].format, rows[i].line,
                     reason_key(rows[i].reason));
        assert_int_equal(report_refused(&rig.intake.report), rows[i].reason != REASONS);
        assert_int_equal(rig.intake.report.lines, 1);
    }
}

#define LABEL63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define NAME253                                                                                    \
    LABEL63 "." LABEL63 "." LABEL63 "."                                                            \
            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"

static void names_follow_the_rules_for_labels(void **state)
{
    static const struct row rows[] = {
        {"plain", "MiXed.Example.",          "subtree mixed.example\n",           REASONS            },
        {"plain", "_dmarc.under_score.test", "subtree _dmarc.under_score.test\n", REASONS            },
        {"plain", "-hyphen-.example",        "subtree -hyphen-.example\n",        REASONS            },
        {"plain", "xn--whatever.example",    "subtree xn--whatever.example\n",    REASONS            },
        {"plain", LABEL63 ".example",        "subtree " LABEL63 ".example\n",     REASONS            },
        {"plain", LABEL63 "x.example",       "",                                  REASON_MALFORMED   },
        {"plain", NAME253,                   "subtree " NAME253 "\n",             REASONS            },
        {"plain", NAME253 ".",               "subtree " NAME253 "\n",             REASONS            },
        {"plain", "x" NAME253,               "",                                  REASON_MALFORMED   },
        {"plain", "two..dots.example",       "",                                  REASON_MALFORMED   },
        {"plain", "two.dots.example..",      "",                                  REASON_MALFORMED   },
        {"plain", ".",                       "",                                  REASON_MALFORMED   },
        {"plain", "*.",                      "",                                  REASON_MALFORMED   },
        {"plain", "a,b.example",             "",                                  REASON_MALFORMED   },
        {"plain", "a@b.example",             "",                                  REASON_MALFORMED   },
        {"plain", "a.example:8080",          "",                                  REASON_MALFORMED   },
        {"plain", "a.999",                   "",                                  REASON_MALFORMED   },
        {"plain", "1.2.3.256",               "",                                  REASON_MALFORMED   },
        {"plain", "a.example/path",          "",                                  REASON_PAGE_RULE   },
        {"plain", "https://a.example/",      "",                                  REASON_PAGE_RULE   },
        {"plain", "a*.example",              "",                                  REASON_PATTERN     },
        {"plain", "*.a.*.example",           "",                                  REASON_PATTERN     },
        {"plain", "=*.example",              "",                                  REASON_PATTERN     },
        {"plain", "||a.example",             "",                                  REASON_PATTERN     },
        {"plain", "||a.example^$important",  "subtree a.example important\n",     REASONS            },
        {"plain", "@@||a.example^",          "except a.example\n",                REASONS            },
        {"plain", "single",                  "",                                  REASON_SINGLE_LABEL},
        {"plain", "com",                     "",                                  REASON_SINGLE_LABEL},
        {"plain", "localhost.localdomain",   "",                                  REASON_BOILERPLATE },
        {"plain", "<name>",                  "",                                  REASON_MALFORMED   },
        {"plain", "; zone",                  "",                                  REASON_OTHER_SYNTAX},
        {"plain", "// comment",              "",                                  REASON_OTHER_SYNTAX},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void names_beyond_ascii_follow_idna(void **state)
{
    static const struct row rows[] = {
        {"plain",   "ﬁsh.example",      "subtree fish.example\n",    REASONS         },
        {"plain",   "Ⅷ.example",        "subtree viii.example\n",    REASONS         },
        {"plain",   "ς.example",         "subtree xn--3xa.example\n", REASONS         },
        {"plain",   "ü.example.",        "subtree xn--tda.example\n", REASONS         },
        {"plain",   "*.ü.example",       "subtree xn--tda.example\n", REASONS         },
        {"adblock", "||ü.example^",      "subtree xn--tda.example\n", REASONS         },
        {"hosts",   "0.0.0.0 ü.example", "exact xn--tda.example\n",   REASONS         },
        {"plain",   "ü_b.example",       "",                          REASON_MALFORMED},
        {"plain",   "😀.example",       "",                          REASON_MALFORMED},
        {"plain",   "-ü.example",        "",                          REASON_MALFORMED},
        {"plain",   "א1ü.example",      "",                          REASON_MALFORMED},
        {"plain",   "a\u2011b.example",   "",                          REASON_MALFORMED},
        {"plain",   "\xff\xfd.example",   "",                          REASON_MALFORMED},
        {"plain",   "ü..example",        "",                          REASON_MALFORMED},
        {"plain",   "ü.com\u3002",       "subtree xn--tda.com\n",     REASONS         },
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void ranges_become_prefixes_unless_they_are_too_wide(void **state)
{
    static const struct row rows[] = {
        {"plain",    "198.51.100.7",         "prefix 198.51.100.7\n",    REASONS           },
        {"plain",    "198.51.100.7  # doh",  "prefix 198.51.100.7\n",    REASONS           },
        {"plain",    "198.51.100.0/24",      "prefix 198.51.100.0/24\n", REASONS           },
        {"plain",    "2001:db8::/32",        "prefix 2001:db8::/32\n",   REASONS           },
        {"plain",    "::ffff:198.51.100.7",  "prefix 198.51.100.7\n",    REASONS           },
        {"ut1",      "198.51.100.7",         "prefix 198.51.100.7\n",    REASONS           },
        {"wildcard", "198.51.100.7",         "prefix 198.51.100.7\n",    REASONS           },
        {"adblock",  "198.51.100.7",         "prefix 198.51.100.7\n",    REASONS           },
        {"adblock",  "||198.51.100.7^",      "prefix 198.51.100.7\n",    REASONS           },
        {"adblock",  "||198.51.100.0/24^",   "prefix 198.51.100.0/24\n", REASONS           },
        {"adblock",  "||[2001:db8::1]^",     "prefix 2001:db8::1\n",     REASONS           },
        {"adblock",  "@@||198.51.100.7^",    "except 198.51.100.7\n",    REASONS           },
        {"plain",    "10.0.0.0/8",           "prefix 10.0.0.0/8\n",      REASONS           },
        {"plain",    "8.0.0.0/7",            "",                         REASON_IP_ADDRESS },
        {"plain",    "0.0.0.0/0",            "",                         REASON_IP_ADDRESS },
        {"plain",    "::/0",                 "",                         REASON_IP_ADDRESS },
        {"plain",    "0.0.0.0",              "",                         REASON_IP_ADDRESS },
        {"plain",    "127.0.0.1",            "",                         REASON_IP_ADDRESS },
        {"plain",    "::1",                  "",                         REASON_IP_ADDRESS },
        {"hosts",    "0.0.0.0 198.51.100.7", "",                         REASON_IP_ADDRESS },
        {"hosts",    "0.0.0.0 ::1",          "",                         REASON_BOILERPLATE},
        {"plain",    "198.51.100.1/24",      "",                         REASON_PAGE_RULE  },
        {"plain",    "fe80::1%eth0",         "",                         REASON_MALFORMED  },
        {"adblock",  "@@198.51.100.7",       "",                         REASON_EXCEPTION  },
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void hosts_lines_are_exact_and_need_a_sinkhole(void **state)
{
    static const struct row rows[] = {
        {"hosts", "127.0.0.1\ta.example",       "exact a.example\n", REASONS            },
        {"hosts", "0:0:0:0:0:0:0:0 a.example",  "exact a.example\n", REASONS            },
        {"hosts", "::ffff:127.0.0.1 a.example", "exact a.example\n", REASONS            },
        {"hosts", "  0.0.0.0   a.example  ",    "exact a.example\n", REASONS            },
        {"hosts", "0.0.0.0 a.example#x",        "",                  REASON_MALFORMED   },
        {"hosts", "127.0.0.2 a.example",        "",                  REASON_MAPPING     },
        {"hosts", "2001:db8::1 a.example",      "",                  REASON_MAPPING     },
        {"hosts", "0.0.0.0 *.a.example",        "",                  REASON_PATTERN     },
        {"hosts", "0.0.0.0 single",             "",                  REASON_SINGLE_LABEL},
        {"hosts", "0.0.0.0 ip6-anything",       "",                  REASON_BOILERPLATE },
        {"hosts", "0.0.0.0 # nothing",          "",                  REASON_MALFORMED   },
        {"hosts", "a.example",                  "",                  REASON_MALFORMED   },
        {"hosts", "||a.example^",               "",                  REASON_OTHER_SYNTAX},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void adblock_rules_are_taken_whole_or_not_at_all(void **state)
{
    static const struct row rows[] = {
        {"adblock", "||a.example^  # remark",  "subtree a.example\n", REASONS            },
        {"adblock", "@@||a.example^",          "except a.example\n",  REASONS            },
        {"adblock", "||a.example.^",           "subtree a.example\n", REASONS            },
        {"adblock", "a.example",               "",                    REASON_PATTERN     },
        {"adblock", "||a.example",             "",                    REASON_PATTERN     },
        {"adblock", "||a.example^|",           "subtree a.example\n", REASONS            },
        {"adblock", "||a.example/x^",          "",                    REASON_PATTERN     },
        {"adblock", "||*.a.example^",          "below a.example\n",   REASONS            },
        {"adblock", "|https://a.example^",     "",                    REASON_PATTERN     },
        {"adblock", "||^",                     "",                    REASON_PATTERN     },
        {"adblock", "/a\\.example$/",          "",                    REASON_PATTERN     },
        {"adblock", "@@/a/",                   "",                    REASON_EXCEPTION   },
        {"adblock", "@@||a.example^$document", "",                    REASON_EXCEPTION   },
        {"adblock", "||a.example^$badfilter",  "",                    REASON_DISABLED    },
        {"adblock", "0.0.0.0 a.example",       "",                    REASON_OTHER_SYNTAX},
        {"adblock", "a.example#$#body { }",    "",                    REASON_PAGE_RULE   },
        {"adblock", "a.example#@%#//s()",      "",                    REASON_PAGE_RULE   },
        {"adblock", "a.example$$script",       "",                    REASON_PAGE_RULE   },
        {"adblock", "##.banner",               "",                    REASON_PAGE_RULE   },
        {"adblock", "||x..example^",           "",                    REASON_MALFORMED   },
        {"adblock", "||single^",               "",                    REASON_SINGLE_LABEL},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void remarks_and_headers_of_adblock_are_comments(void **state)
{
    (void)state;
    rig_read(&rig, "adblock", "! Title\n[Adblock Plus 2.0]\n# hash\n#\n\n||a.example^\n");
    assert_string_equal(rig.taken, "subtree a.example\n");
    assert_int_equal(rig.intake.report.comments, 4);
    assert_int_equal(rig.intake.report.blank, 1);
}

static void public_suffixes_need_the_operators_word(void **state)
{
    static const char list[] = "com\nco.test\nany.wild\ncity.wild\npages.example\n"
                               "eu.cloud.example\nmine.pages.example\nlocalhost\nunlisted\n";
    struct intake_rules tld = {.tld = true};
    struct intake_rules private_suffixes = {.private_suffixes = true};

    (void)state;
    rig_read(&rig, "plain", list);
    assert_string_equal(rig.taken, "subtree city.wild\nsubtree mine.pages.example\n");
    assert_int_equal(rig_refused(&rig, REASON_PUBLIC_SUFFIX), 4);
    assert_int_equal(rig_refused(&rig, REASON_SINGLE_LABEL), 2);
    assert_int_equal(rig_refused(&rig, REASON_BOILERPLATE), 1);
    rig_read_octets(&rig, "plain", tld, list, strlen(list));
    assert_string_equal(rig.taken, "subtree com\nsubtree co.test\nsubtree any.wild\n"
                                   "subtree city.wild\nsubtree mine.pages.example\n");
    rig_read_octets(&rig, "plain", private_suffixes, list, strlen(list));
    assert_string_equal(rig.taken, "subtree city.wild\nsubtree pages.example\n"
                                   "subtree eu.cloud.example\nsubtree mine.pages.example\n");
}

static void the_operators_match_changes_what_lines_leave_open(void **state)
{
    static const char list[] =
        "0.0.0.0 a.example\n||b.example^\nc.example\n*.d.example\n=e.example\n";
    struct intake_rules exact = {.match = MATCH_EXACT};
    struct intake_rules subtree = {.match = MATCH_SUBTREE};

    (void)state;
    rig_read_octets(&rig, "plain", exact, list, strlen(list));
    assert_string_equal(rig.taken, "exact a.example\nexact b.example\nexact c.example\n"
                                   "subtree d.example\nexact e.example\n");
    rig_read_octets(&rig, "plain", subtree, list, strlen(list));
    assert_string_equal(rig.taken, "subtree a.example\nsubtree b.example\nsubtree c.example\n"
                                   "subtree d.example\nexact e.example\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_the_rules_for_labels),
        cmocka_unit_test(names_beyond_ascii_follow_idna),
        cmocka_unit_test(ranges_become_prefixes_unless_they_are_too_wide),
        cmocka_unit_test(hosts_lines_are_exact_and_need_a_sinkhole),
        cmocka_unit_test(adblock_rules_are_taken_whole_or_not_at_all),
        cmocka_unit_test(remarks_and_headers_of_adblock_are_comments),
        cmocka_unit_test(public_suffixes_need_the_operators_word),
        cmocka_unit_test(the_operators_match_changes_what_lines_leave_open),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
