/* Case C57: what is not written, what is written as nothing, and what YAML would make of it. Every
 * list whose emptiness opens or shuts something is held in its four forms; every trap is one row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/config_rig.h"

enum { TEXT_MAX = 512 };

/* One list of the config: what stands before and behind its value, a value of one or more items,
 * and where it is counted. */
struct list {
    const char *before, *behind, *value;
    size_t offset;
    size_t items;    /* of VALUE */
    size_t default_; /* items where it is left out */
};

#define COUNTED(field) offsetof(struct config, field)

static const struct list lists[] = {
    {"clients: {allow: ",    "}", "[192.0.2.0/24]",                             COUNTED(clients_allow_count),     1, 8},
    {"trusted_forwarders: ", "",  "[192.0.2.1, '::1']",                         COUNTED(trusted_forwarder_count), 2, 0},
    {"proxies: ",            "",  "[192.0.2.0/28]",                             COUNTED(proxy_count),             1, 0},
    {"listen: ",             "",  "[127.0.0.1@5353]",                           COUNTED(listener_count),          1, 2},
    {"networks: ",           "",  "[{prefix: 192.168.0.0/24, profile: child}]", COUNTED(network_count),           1, 0},
    {"operator: {deny: ",    "}", "[a.example, =b.example]",                    COUNTED(operator_deny.count),     2, 0},
    {"rebind_allow: ",       "",  "[a.example]",                                COUNTED(rebind_allow.count),      1, 0},
    {"feeds: {protect: ",    "}", "[popular.txt]",                              COUNTED(feeds.protect_count),     1, 0},
};

/* Reads BEFORE VALUE BEHIND; NULL with the first error in ERR where it is refused. */
static struct config *read_list(const struct list *list, const char *value, struct err *err)
{
    struct config_problems problems;
    struct config *config;
    char text[TEXT_MAX];

    snprintf(text, sizeof text, "%s%s%s\n", value != NULL ? list->before : "",
             value != NULL ? value : "", value != NULL ? list->behind : "");
    config = config_parse("f", text, strlen(text), &problems);
    err->code = ERR_NONE;
    if (config == NULL)
        *err = problems.items[0];
    config_problems_free(&problems);
    return config;
}

static void counts(const struct list *list, const char *value, size_t wanted)
{
    struct err err;
    struct config *config = read_list(list, value, &err);
    size_t count;

    if (config == NULL)
        fail_msg("%s%s: %s", list->before, value != NULL ? value : "", err.text);
    memcpy(&count, (const char *)config + list->offset, sizeof count);
    if (count != wanted)
        fail_msg("%s%s: %zu items, wanted %zu", list->before, value != NULL ? value : "(nothing)",
                 count, wanted);
    config_free(config);
}

static void case_c57_a_list_left_out_empty_or_written_is_three_things(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        counts(&lists[i], NULL, lists[i].default_);
        counts(&lists[i], "[]", 0);
        counts(&lists[i], lists[i].value, lists[i].items);
    }
}

static void case_c57_a_list_that_is_null_is_refused_with_what_to_write(void **state)
{
    static const char *const nulls[] = {"", "~", "null"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (size_t k = 0; k < 3; k++) {
            if (read_list(&lists[i], nulls[k], &err) != NULL)
                fail_msg("%s%s is taken", lists[i].before, nulls[k]);
            if (strstr(err.text, "say [] for none, or leave it out") == NULL)
                fail_msg("%s%s: %s", lists[i].before, nulls[k], err.text);
        }
    }
}

#define CHILD "zone: UTC\nprofiles:\n  kid: "

/* What YAML makes of words and hours, in the options about times, ages and searching. */
static void
case_c57_what_yaml_would_make_of_hours_and_words_is_taken_as_written_or_refused(void **state)
{
    static const struct row rows[] = {
        {"zone: 01:00\n",
         {"1:7: not the name of a time zone: '01:00'; write one such as Europe/Berlin"}                                                                },
        {"zone: [UTC]\n",                                                         {"1:7: 'zone' must be a time zone such as Europe/Berlin, not a list"}},
        {"zone:\n",                                                               {"1:6: no value: 'zone'; write one or leave it out"}                 },
        {"zone: UTC\nzone: Europe/Berlin\n",
         {"2:1: key written twice: 'zone'; the other is at 1:1"}                                                                                       },
        {CHILD "{youtube: on}\n",
         {"3:18: unknown word for 'youtube': 'on'; known here: off, moderate, strict"}                                                                 },
        {CHILD "{youtube: no}\n",
         {"3:18: unknown word for 'youtube': 'no'; known here: off, moderate, strict"}                                                                 },
        {CHILD "{safe_search: on}\n",
         {"3:22: unknown search engine: 'on'; known here: all, off, google, bing, duckduckgo, "
          "ecosia, yandex, pixabay, brave, startpage, qwant"}                                                                                          },
        {CHILD "{mode: off}\n",
         {"3:15: unknown word for 'mode': 'off'; known here: enforce, observe"}                                                                        },
        {CHILD "{born: 2015-6}\n",                                                {"3:15: 'born' must be a month such as 2015-06: '2015-6'"}           },
        {CHILD "{born: 2015}\n",                                                  {"3:15: 'born' must be a month such as 2015-06: '2015'"}             },
        {CHILD "{born: 2015-06-01}\n",
         {"3:15: 'born' must be a month such as 2015-06: '2015-06-01'"}                                                                                },
        {CHILD "{born: 2015-13}\n",                                               {"3:15: 'born' must be a month such as 2015-06: '2015-13'"}          },
        {CHILD "{bedtime: 21:30}\n",
         {"3:18: not a window of hours: '21:30'; the end is missing: write both, as in "
          "20:00-06:30"}                                                                                                                               },
        {CHILD "{bedtime: {20:00: 06:30}}\n",
         {"3:18: 'bedtime' must be a list of hours such as [\"sun-thu 20:00-06:30\", \"fri,sat "
          "21:30-08:00\"], not a mapping"}                                                                                                             },
        {CHILD "{bedtime: 20:00-06:30, bedtime: []}\n",
         {"3:31: key written twice: 'bedtime'; the other is at 3:9"}                                                                                   },
        {CHILD "{bedtime: ~}\n",                                                  {"3:18: no value: 'bedtime'; say [] for none, or leave it out"}      },
        {CHILD "{schedules: {x: {block: [games], when: 21:30-}}}\n",
         {"3:47: not a window of hours: '21:30-'; hours are written as 20:00-06:30"}                                                                   },
        {CHILD "{schedules: {x: {block: games, when: mon-fri}}}\n",
         {"3:45: not a window of hours: 'mon-fri'; hours are missing: write it as \"fri,sat "
          "20:00-06:30\", in quotes"}                                                                                                                  },
        {CHILD "{schedules: [{block: [games]}]}\n",
         {"3:20: 'schedules' must be a mapping of schedules, not a list"}                                                                              },
        {CHILD "{schedules: {x: {offline: maybe, when: 1:00-2:00}}}\n",
         {"3:21: schedule 'x' must have exactly one of 'block', 'allow' and 'offline: yes'",
          "3:34: 'offline' must be yes or no: 'maybe'"}                                                                                                },
        {CHILD "{schedules: {x: {block: [games], when: 1:00-2:00, only: on}}}\n",
         {"3:64: unknown word for 'only': 'on'; known here: always, terms, holidays"}                                                                  },
        {CHILD "{schedules: {x: {block: [games], when: 1:00-2:00}, x: {block: [chat], when: "
               "1:00-2:00}}}\n",                                         {"3:59: key written twice: 'x'; the other is at 3:21"}               },
        {"zone: UTC\nprofiles:\n\tkid: {bedtime: 20:00-06:30}\n",
         {"3:1: not YAML: found character that cannot start any token; indent with spaces, not "
          "with tabs"}                                                                                                                                 },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void case_c57_hours_and_words_without_quotes_are_what_they_look_like(void **state)
{
    struct config *config =
        config_of(CHILD "{youtube: off, safe_search: off, bedtime: [21:30-6:00, mon 1:30-2:00], "
                        "schedules: {on: {block: [games], when: 12:00-13:30, only: always}}}\n");
    const struct config_profile *kid = &config->profiles[0];

    (void)state;
    assert_int_equal(kid->youtube, YOUTUBE_OFF);
    assert_true(kid->safe_search == 0);
    assert_int_equal(kid->schedule_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct config_window *first = &kid->schedules[i].windows[0];

        if (strcmp(kid->schedules[i].name, "on") == 0)
            assert_true(first->from_m == 12 * 60 && first->until_m == 13 * 60 + 30);
        else
            assert_true(first->from_m == 21 * 60 + 30 && first->until_m == 6 * 60);
    }
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_c57_a_list_left_out_empty_or_written_is_three_things),
        cmocka_unit_test(case_c57_a_list_that_is_null_is_refused_with_what_to_write),
        cmocka_unit_test(
            case_c57_what_yaml_would_make_of_hours_and_words_is_taken_as_written_or_refused),
        cmocka_unit_test(case_c57_hours_and_words_without_quotes_are_what_they_look_like),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
