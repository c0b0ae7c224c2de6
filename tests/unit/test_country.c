/* config/country: packs that are right, and every way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "config/country.h"
#include "tests/unit/config_rig.h"

enum { FRI_SAT = 1 << 4 | 1 << 5, FRI_SUN = 1 << 4 | 1 << 6 };

static struct country *built_in(const char *code)
{
    struct config_problems problems;
    struct country *country = country_find(code, &problems);

    for (size_t i = 0; i < problems.count; i++)
        assert_int_equal(problems.items[i].code, ERR_NONE);
    config_problems_free(&problems);
    assert_non_null(country);
    return country;
}

static void every_built_in_pack_is_right_and_named_by_its_code(void **state)
{
    char code[3];
    size_t count = 0;

    (void)state;
    for (; country_at(count, code); count++) {
        struct country *country = built_in(code);

        assert_string_equal(country->code, code);
        assert_non_null(country->zone);
        assert_true(country->weekend != 0 && country->language_count > 0);
        country_free(country);
    }
    assert_int_equal(count, 12);
}

static void skeletons_say_nothing_that_nobody_has_verified(void **state)
{
    char code[3];

    (void)state;
    for (size_t i = 0; country_at(i, code); i++) {
        struct country *country = built_in(code);
        unsigned all, known = country_known(country, &all);

        if (strcmp(code, "XE") == 0) {
            assert_int_equal(known, all);
        } else {
            assert_int_equal(known, 3);
            assert_int_equal(country->helpline_count + country->pin_count, 0);
        }
        country_free(country);
    }
}

static void weekends_are_those_of_the_country(void **state)
{
    struct country *examplia = built_in("XE"), *brunei = built_in("BN");

    (void)state;
    assert_int_equal(examplia->weekend, FRI_SAT);
    assert_int_equal(brunei->weekend, FRI_SUN);
    country_free(brunei);
    country_free(examplia);
}

/* What is wrong with TEXT, after the lines that make it whole. */
static void refuses(const char *yaml, const char *message)
{
    struct config_problems problems;
    struct country *country = country_parse("f", yaml, strlen(yaml), &problems);
    bool said = false;

    for (size_t i = 0; i < problems.count; i++)
        said |= problems.items[i].code != ERR_NONE &&
                strncmp(problems.items[i].text, message, strlen(message)) == 0;
    if (!said || country != NULL)
        fail_msg("for:\n%s\nnot said: %s\nbut: %s", yaml, message,
                 problems.count > 0 ? problems.items[0].text : "nothing");
    config_problems_free(&problems);
}

#define XY "country: XY\nname: Y\n"

static void a_mistake_is_told_with_its_place_and_its_cure(void **state)
{
    static const struct {
        const char *yaml, *message;
    } rows[] = {
        {"",                                                                   "f: missing key: 'country'"                       },
        {"[a]",                                                                "f:1:1: a country pack is a mapping"              },
        {"country: xy\nname: Y",                                               "f:1:10: not a country's code: 'xy'; two capitals"},
        {"country: XYZ\nname: Y",                                              "f:1:10: 'country' has a wrong length"            },
        {XY "zome: {name: UTC}",                                               "f:3:1: unknown key: 'zome'; did you mean 'zone'?"},
        {XY "zone: {name: Etc/UTC}",                                           "f:3:7: no source: 'zone'; say where it is from"  },
        {XY "zone: Etc/UTC",                                                   "f:3:7: 'zone' must be a mapping: 'Etc/UTC'"      },
        {XY "weekend: {days: [fry], source: s}",                               "f:3:18: unknown day: 'fry'; did you mean 'fri'?" },
        {XY "weekend: {days: [mon, tue, wed, thu, fri, sat, sun], source: s}",
         "f:3:17: a week needs a day of work"                                                                                    },
        {XY "languages: [{tag: English, source: s}]",                          "f:3:13: not a language: 'English'"               },
        {XY "languages: [{tag: en}]",                                          "f:3:13: no source: 'languages'"                  },
        {XY "helplines: [{name: N, source: s}]",                               "f:3:13: a helpline that nobody can reach: 'N'"   },
        {XY "helplines: [{name: N, phone: '1'}]",                              "f:3:13: no source: 'helplines'"                  },
        {XY "helplines: [{name: N, site: example, source: s}]",
         "f:3:13: a pin for a whole top-level"                                                                                   },
        {XY "hotline: {name: H}",                                              "f:3:10: no source: 'hotline'"                    },
        {XY "stop_page: [{language: fr, title: t, text: t, source: s}]",
         "f:3:13: a page in no language of the country: 'fr'"                                                                    },
        {XY "lines: {profile: legal_onli, source: s}",
         "f:3:8: not a preset for lines: 'legal_onli'; did you mean 'legal_only'?"                                               },
        {XY "legal: {addresses: [192.0.2.80, 224.0.0.1], source: s}",
         "f:3:33: not an address to send clients to: '224.0.0.1'; this address is a group's, not a "
         "server's"                                                                                                              },
        {XY "legal: {addresses: [0.0.0.0], source: s}",
         "f:3:21: not an address to send clients to: '0.0.0.0'; no server has this address"                                      },
        {XY "legal: {addresses: [stop.example], source: s}",
         "f:3:21: not an address: 'stop.example'; a name would have to be looked up first: write "
         "its address"                                                                                                           },
        {XY "legal: {addresses: [192.0.2.80]}",
         "f:3:8: no source: 'legal'; say where it is from, as in `source: tzdata, zone.tab`, or "
         "leave the value out"                                                                                                   },
        {XY "legal: {ede: 17, source: s}",                                     "f:3:14: unknown word for 'ede': '17'"            },
        {XY "pins: [{name: help.example, kind: help, reason: r}]",             "f:3:8: no source: 'pins'"                        },
        {XY "pins: [{name: help.example, kind: halp, reason: r, source: s}]",
         "f:3:35: unknown word for 'kind': 'halp'; did you mean 'help'?"                                                         },
        {XY "pins: [{name: example, kind: help, reason: r, source: s}]",
         "f:3:8: a pin for a whole top-level domain"                                                                             },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuses(rows[i].yaml, rows[i].message);
}

static void what_is_empty_is_a_warning_and_no_error(void **state)
{
    struct config_problems problems;
    struct country *country = country_parse("f", XY, strlen(XY), &problems);
    unsigned all;

    (void)state;
    assert_non_null(country);
    assert_true(problems.warnings_only);
    assert_int_equal(country_known(country, &all), 0);
    assert_int_equal(problems.count, all);
    country_free(country);
    config_problems_free(&problems);
}

static void a_config_takes_the_zone_of_its_country(void **state)
{
    struct config *config = config_of("country: BN");

    (void)state;
    assert_string_equal(config->country->code, "BN");
    assert_string_equal(config->zone, "Asia/Brunei");
    config_free(config);
}

static void calendars_without_a_weekend_have_that_of_the_country(void **state)
{
    struct config *config = config_of("country: XE\n"
                                      "calendars: {school: {holidays: [2026-12-25]},"
                                      " office: {weekend: [sat, sun]}}");

    (void)state;
    assert_int_equal(config->calendar_count, 2);
    assert_int_equal(config->calendars[0].weekend, FRI_SAT);
    assert_int_equal(config->calendars[1].weekend, 1 << 5 | 1 << 6);
    config_free(config);
}

static void a_config_names_a_country_that_there_is(void **state)
{
    static const struct row rows[] = {
        {"country: XF",
         {"1:10: no country pack (`stairgate country list` has them all; a file's name ends in "
          ".yaml): 'XF'; did you mean 'XE'?"}                                       },
        {"responsible: {nam: x}", {"1:15: unknown key: 'nam'; did you mean 'name'?"}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_pack_is_right_and_named_by_its_code),
        cmocka_unit_test(skeletons_say_nothing_that_nobody_has_verified),
        cmocka_unit_test(weekends_are_those_of_the_country),
        cmocka_unit_test(a_mistake_is_told_with_its_place_and_its_cure),
        cmocka_unit_test(what_is_empty_is_a_warning_and_no_error),
        cmocka_unit_test(a_config_takes_the_zone_of_its_country),
        cmocka_unit_test(calendars_without_a_weekend_have_that_of_the_country),
        cmocka_unit_test(a_config_names_a_country_that_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
