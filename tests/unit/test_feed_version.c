/* What may follow the last good list, by the time that its publisher signed; and the time itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "blocklist/feed/version.h"
#include "config/base/err.h"
#include "config/base/minisign.h"

enum { DAY_S = 86400, NOW_S = 1800000000 };

static void a_version_follows_one_that_is_older(void **state)
{
    static const uint8_t one[32] = {1}, two[32] = {2};
    static const struct {
        struct version last, came;
        enum version_word word;
    } rows[] = {
        {{100, one},       {101, two},               VERSION_NEW     },
        {{100, one},       {101, one},               VERSION_NEW     }, /* signed again: nothing changed, but it is fresh */
        {{100, one},       {100, one},               VERSION_SAME    },
        {{100, one},       {100, two},               VERSION_REPLAYED},
        {{100, one},       {99, one},                VERSION_REPLAYED},
        {{100, one},       {99, two},                VERSION_REPLAYED},
        {{100, one},       {0, one},                 VERSION_REPLAYED}, /* the last one had a time */
        {{100, NULL},      {100, two},               VERSION_NEW     },
        {{100, NULL},      {99, two},                VERSION_REPLAYED},
        {{0, NULL},        {0, two},                 VERSION_NEW     },
        {{0, one},         {1, two},                 VERSION_NEW     },
        {{0, one},         {0, one},                 VERSION_NEW     }, /* without times octets decide elsewhere */
        {{NOW_S, one},     {NOW_S + DAY_S, two},     VERSION_NEW     },
        {{NOW_S, one},     {NOW_S + DAY_S + 1, two}, VERSION_AHEAD   },
        {{0, NULL},        {INT64_MAX, two},         VERSION_AHEAD   },
        {{INT64_MAX, one}, {NOW_S, two},             VERSION_REPLAYED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum version_word word = version_compare(&rows[i].last, &rows[i].came, NOW_S);

        if (word != rows[i].word)
            fail_msg("row %zu: %d", i, (int)word);
    }
}

static void why_it_does_not_is_said_with_both_times(void **state)
{
    const struct version last = {.signed_s = 1800000000}, older = {.signed_s = 1799999999},
                         none = {.signed_s = 0}, ahead = {.signed_s = 1900000000};
    struct err err;

    (void)state;
    assert_int_equal(version_refuse(VERSION_REPLAYED, &last, &older, &err), -1);
    assert_int_equal(err.code, ERR_DIGEST);
    assert_string_equal(
        err.text, "replayed: the version that came is 2027-01-15T07:59:59Z, and that in force "
                  "2027-01-15T08:00:00Z; the last good list stays; where the publisher went "
                  "back on purpose, remove the list and add it again");
    version_refuse(VERSION_REPLAYED, &last, &last, &err);
    assert_non_null(strstr(err.text, "08:00:00Z with other octets"));
    version_refuse(VERSION_REPLAYED, &last, &none, &err);
    assert_non_null(strstr(err.text, "that came is none signed, and"));
    version_refuse(VERSION_AHEAD, &last, &ahead, &err);
    assert_non_null(strstr(err.text, "signed: 2030-03-17T17:46:40Z, which is yet to come"));
}

static void the_time_stands_in_the_trusted_comment(void **state)
{
    static const struct {
        const char *comment;
        int64_t time;
    } rows[] = {
        {"timestamp:1800000000\tfile:list.txt\thashed", 1800000000     },
        {"timestamp:1800000000",                        1800000000     },
        {"file:list.txt timestamp:7",                   7              },
        {"  timestamp:7  ",                             7              },
        {"timestamp:999999999999999",                   999999999999999},
        {"",                                            0              },
        {"signed by the tests",                         0              },
        {"timestamp:",                                  0              },
        {"timestamp: 7",                                0              },
        {"timestamp:7x",                                0              },
        {"timestamp:-7",                                0              },
        {"timestamp:+7",                                0              },
        {"xtimestamp:7",                                0              },
        {"timestamp:7 timestamp:8",                     0              },
        {"timestamp:1000000000000000",                  0              },
        {"timestamp:99999999999999999999999",           0              },
        {"TIMESTAMP:7",                                 0              },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct minisign signature = {.prehashed = 1};

        snprintf(signature.comment, sizeof signature.comment, "%s", rows[i].comment);
        if (minisign_time(&signature) != rows[i].time)
            fail_msg("'%s'", rows[i].comment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_follows_one_that_is_older),
        cmocka_unit_test(why_it_does_not_is_said_with_both_times),
        cmocka_unit_test(the_time_stands_in_the_trusted_comment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
