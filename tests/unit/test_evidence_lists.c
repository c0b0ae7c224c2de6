/* The account of checks, told as a regulator reads it: what was in force in time, what was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tools/stairgate/evidence_lists.h"

enum { DAY = 1800000000, HOUR = 3600, DEADLINE = 6 * HOUR };

struct row {
    int at_s; /* after DAY */
    const char *list;
    enum store_check_outcome outcome;
    int signed_s; /* after DAY; 0: unsigned, or nothing was read */
    const char *kind;
};

/* CONFIGURED: ids of the lists that the config has, with a space between them. */
static json_t *report_of(const struct row *rows, size_t count, int since_s, int until_s,
                         const char *configured)
{
    struct config_list configs[4] = {0};
    struct config config = {.lists = configs};
    struct evidence_lists *lists = evidence_lists_create(DAY + since_s, DAY + until_s);
    json_t *report;

    assert_non_null(lists);
    for (size_t i = 0; i < count; i++) {
        bool published = rows[i].outcome == CHECK_PUBLISHED;
        struct store_check check = {.at_s = DAY + rows[i].at_s,
                                    .class_ = published ? LIST_PUBLIC : LIST_HOTLINE,
                                    .outcome = rows[i].outcome,
                                    .signed_s = rows[i].signed_s != 0 ? DAY + rows[i].signed_s : 0,
                                    .entries = 10 + i,
                                    .deadline_s = published ? 0 : DEADLINE,
                                    .generation = published ? i : 0};

        snprintf(check.list, sizeof check.list, "%s", rows[i].list);
        snprintf(check.kind, sizeof check.kind, "%s", rows[i].kind != NULL ? rows[i].kind : "");
        assert_int_equal(evidence_lists_see(lists, &check), 0);
    }
    for (size_t length; *configured != '\0'; configured += length + (configured[length] == ' ')) {
        struct config_list *list = &configs[config.list_count++];

        length = strcspn(configured, " ");
        list->class_ = LIST_HOTLINE;
        memcpy(list->id, configured, length);
    }
    report = evidence_lists_json(lists, LIST_HOTLINE, &config);
    evidence_lists_free(lists);
    assert_non_null(report);
    return report;
}

#define REPORT(rows, since_s, until_s, configured)                                                 \
    report_of(rows, sizeof rows / sizeof *rows, since_s, until_s, configured)

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static json_t *item(const json_t *report, const char *key, size_t at)
{
    return json_array_get(json_object_get(report, key), at);
}

static void a_version_in_time_and_one_too_late(void **state)
{
    static const struct row rows[] = {
        {0,             "a", CHECK_TAKEN,     -90 * HOUR, NULL    }, /* the first: not late, however old */
        {1,             "",  CHECK_PUBLISHED, 0,          NULL    },
        {5 * HOUR,      "a", CHECK_TAKEN,     2 * HOUR,   NULL    },
        {5 * HOUR + 1,  "",  CHECK_PUBLISHED, 0,          NULL    },
        {10 * HOUR,     "a", CHECK_FAILED,    0,          "digest"},
        {15 * HOUR,     "a", CHECK_TAKEN,     6 * HOUR,   NULL    },
        {15 * HOUR + 1, "",  CHECK_PUBLISHED, 0,          NULL    },
    };
    json_t *report = REPORT(rows, 0, 24 * HOUR, "a");

    (void)state;
    assert_int_equal(json_array_size(json_object_get(report, "versions")), 3);
    assert_true(json_is_true(json_object_get(item(report, "versions", 0), "within_deadline")));
    assert_true(json_is_true(json_object_get(item(report, "versions", 1), "within_deadline")));
    assert_true(json_is_false(json_object_get(item(report, "versions", 2), "within_deadline")));
    assert_int_equal(number(item(report, "versions", 2), "late_s"), 9 * HOUR + 1 - DEADLINE);
    assert_int_equal(number(item(report, "versions", 2), "set"), 6);
    assert_int_equal(number(json_object_get(report, "failures"), "digest"), 1);
    assert_int_equal(number(report, "checks"), 4);
    assert_int_equal(number(report, "deadlines_kept"), 1);
    assert_int_equal(json_array_size(json_object_get(report, "deadlines_missed")), 2);
    assert_int_equal(number(item(report, "deadlines_missed", 0), "late_s"), 4 * HOUR);
    assert_true(json_is_string(json_object_get(item(report, "deadlines_missed", 0), "met")));
    assert_int_equal(number(item(report, "deadlines_missed", 1), "late_s"), 3 * HOUR);
    assert_true(json_is_null(json_object_get(item(report, "deadlines_missed", 1), "met")));
    assert_int_equal(number(report, "stale_s"), 9 * HOUR);
    json_decref(report);
}

static void what_was_before_the_period_says_how_it_began(void **state)
{
    static const struct row rows[] = {
        {0,         "a", CHECK_TAKEN,     -1, NULL         },
        {1,         "",  CHECK_PUBLISHED, 0,  NULL         },
        {20 * HOUR, "a", CHECK_FAILED,    0,  "unreachable"},
        {30 * HOUR, "a", CHECK_SAME,      -1, NULL         },
        {60 * HOUR, "a", CHECK_SAME,      -1, NULL         }, /* after it */
    };
    json_t *report = REPORT(rows, 24 * HOUR, 32 * HOUR, "a");

    (void)state;
    assert_int_equal(json_array_size(json_object_get(report, "versions")), 0);
    assert_int_equal(json_object_size(json_object_get(report, "failures")), 0);
    assert_int_equal(number(report, "checks"), 1);
    assert_int_equal(json_array_size(json_object_get(report, "deadlines_missed")), 1);
    assert_int_equal(number(item(report, "deadlines_missed", 0), "late_s"), 24 * HOUR);
    assert_int_equal(number(report, "stale_s"), 2 * HOUR);
    json_decref(report);
}

static void a_held_version_is_no_success_and_one_that_is_not_published_is_not_in_force(void **state)
{
    static const struct row rows[] = {
        {0,        "a", CHECK_TAKEN, -1, NULL  },
        {1 * HOUR, "a", CHECK_HELD,  0,  "gate"},
    };
    json_t *report = REPORT(rows, 0, 7 * HOUR, "a");

    (void)state;
    assert_int_equal(number(report, "held"), 1);
    assert_true(json_is_null(json_object_get(item(report, "versions", 0), "in_force")));
    assert_true(json_is_null(json_object_get(item(report, "versions", 0), "within_deadline")));
    assert_int_equal(json_array_size(json_object_get(report, "deadlines_missed")), 1);
    json_decref(report);
}

static void lists_have_numbers_and_no_names(void **state)
{
    static const struct row rows[] = {
        {0, "secret-b", CHECK_TAKEN,  -1, NULL    },
        {1, "secret-a", CHECK_FAILED, 0,  "digest"},
        {2, "secret-a", CHECK_TAKEN,  -1, NULL    },
    };
    json_t *report = REPORT(rows, 0, HOUR, "secret-a secret-b secret-c secret-d");
    char *text = json_dumps(report, JSON_SORT_KEYS);

    (void)state;
    assert_null(strstr(text, "secret"));
    assert_int_equal(number(item(report, "versions", 0), "list"), 1);
    assert_int_equal(number(item(report, "versions", 1), "list"), 2);
    assert_int_equal(number(report, "lists_never_fetched"), 2);
    free(text);
    json_decref(report);
}

static void a_list_that_only_failed_was_never_fetched(void **state)
{
    static const struct row rows[] = {
        {0, "a", CHECK_FAILED, 0, "unreachable"},
        {9, "a", CHECK_FAILED, 0, ""           },
    };
    json_t *report = REPORT(rows, 0, HOUR, "a");

    (void)state;
    assert_int_equal(number(report, "lists_never_fetched"), 1);
    assert_int_equal(number(json_object_get(report, "failures"), "unreachable"), 1);
    assert_int_equal(number(json_object_get(report, "failures"), "unknown"), 1);
    assert_true(json_is_null(json_object_get(report, "last_success")));
    json_decref(report);
}

static void a_list_that_was_taken_out_is_late_for_nobody(void **state)
{
    static const struct row rows[] = {
        {0,        "gone", CHECK_TAKEN, -1, NULL},
        {9 * HOUR, "a",    CHECK_TAKEN, -1, NULL},
    };
    json_t *report = REPORT(rows, 0, 10 * HOUR, "a");

    (void)state;
    assert_int_equal(number(report, "lists_configured"), 1);
    assert_int_equal(number(report, "lists_never_fetched"), 0);
    assert_int_equal(json_array_size(json_object_get(report, "versions")), 2);
    assert_int_equal(json_array_size(json_object_get(report, "deadlines_missed")), 0);
    assert_int_equal(number(report, "stale_s"), HOUR);
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_in_time_and_one_too_late),
        cmocka_unit_test(what_was_before_the_period_says_how_it_began),
        cmocka_unit_test(
            a_held_version_is_no_success_and_one_that_is_not_published_is_not_in_force),
        cmocka_unit_test(lists_have_numbers_and_no_names),
        cmocka_unit_test(a_list_that_only_failed_was_never_fetched),
        cmocka_unit_test(a_list_that_was_taken_out_is_late_for_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
