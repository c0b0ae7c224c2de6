/* Hours, dates and schedules in a config: what is taken, and what is said of what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/window.h"
#include "config_rig.h"

#define KID "zone: UTC\nprofiles:\n  kid: {bedtime: "
#define PLAN "zone: UTC\nprofiles:\n  kid: {schedules: {x: "

static void case_c47_c48_hours_that_say_nothing_are_refused_with_what_to_write(void **state)
{
    static const struct row rows[] = {
        {KID "[06:00-06:00]}",
         {"3:19: a window without length: '06:00-06:00'; write 00:00-24:00 for a whole day"}                      },
        {KID "['sat 15:00-15:00']}",
         {"3:19: a window without length: 'sat 15:00-15:00'; write 00:00-24:00 for a whole day"}                  },
        {KID "24:00-06:00}",
         {"3:18: a window cannot begin at 24:00: '24:00-06:00'; write 00:00, with the day after"}                 },
        {KID "21:30}",
         {"3:18: not a window of hours: '21:30'; the end is missing: write both, as in "
          "20:00-06:30"}                                                                                          },
        {KID "20:60-21:00}",
         {"3:18: not a window of hours: '20:60-21:00'; hours are written as 20:00-06:30"}                         },
        {KID "8-12}",                    {"3:18: not a window of hours: '8-12'; hours are written as 20:00-06:30"}},
        {KID "[fri,sat 20:00-21:00]}",
         {"3:19: not a window of hours: 'fri'; hours are missing: write it as \"fri,sat "
          "20:00-06:30\", in quotes"}                                                                             },
        {KID "mon-fry 20:00-21:00}",     {"3:18: unknown day: 'fry'; did you mean 'fri'?"}                        },
        {KID "weekend-mon 20:00-21:00}",
         {"3:18: a range is of two days, such as mon-fri: 'weekend-mon'"}                                         },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void hours_are_read_and_shown_the_same(void **state)
{
    static const struct {
        const char *text, *shown;
        uint8_t days;
        uint16_t from_m, until_m;
    } rows[] = {
        {"20:00-06:30",               "daily 20:00-06:30",       0x7f, 1200, 390 },
        {"sun-thu 20:00-06:30",       "sun-thu 20:00-06:30",     0x4f, 1200, 390 },
        {"fri,sat 21:30-8:00",        "fri-sat 21:30-08:00",     0x30, 1290, 480 },
        {"Mon Wed, 00:00 - 24:00",    "mon wed 00:00-24:00",     0x05, 0,    1440},
        {"weekdays 15:00-17:00",      "sun-thu 15:00-17:00",     0x4f, 900,  1020}, /* fri, sat off */
        {"weekend 20:00-00:00",       "fri-sat 20:00-00:00",     0x30, 1200, 0   },
        {"sunday-monday 1:00-2:00",   "sun-mon 01:00-02:00",     0x41, 60,   120 },
        {"tue,thu-sat,sun 1:00-2:00", "tue thu-sun 01:00-02:00", 0x7a, 60,   120 },
    };
    char fault[WINDOW_FAULT_MAX], text[WINDOW_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config_window window, again;

        if (window_read(rows[i].text, 0x30, &window, fault) != 0)
            fail_msg("%s: %s", rows[i].text, fault);
        assert_int_equal(window.days, rows[i].days);
        assert_int_equal(window.from_m, rows[i].from_m);
        assert_int_equal(window.until_m, rows[i].until_m);
        window_to_text(&window, text);
        assert_int_equal(window_read(text, 0x60, &again, fault), 0);
        assert_int_equal(window.days, again.days); /* a word is shown as the days it means */
        assert_int_equal(window.from_m, again.from_m);
        assert_int_equal(window.until_m, again.until_m);
        assert_string_equal(text, rows[i].shown);
    }
}

static void schedules_have_one_action_something_to_be_about_and_a_zone(void **state)
{
    static const struct row rows[] = {
        {PLAN "{when: 20:00-21:00}}}",
         {"3:21: schedule 'x' must have exactly one of 'block', 'allow' and 'offline: yes'"}        },
        {PLAN "{block: [games], allow: [video], when: 20:00-21:00}}}",
         {"3:21: schedule 'x' must have exactly one of 'block', 'allow' and 'offline: yes'"}        },
        {PLAN "{block: [], when: 20:00-21:00}}}",
         {"3:21: schedule 'x' is about nothing; name categories, 'services', 'lists', 'names', or "
          "'everything: yes'"}                                                                      },
        {PLAN "{offline: yes, names: [a.test], when: 20:00-21:00}}}",
         {"3:21: schedule 'x' is offline and names what it is about; offline is about everything"}  },
        {PLAN "{allow: [games, malware, csam], when: 20:00-21:00}}}",
         {"3:21: schedule 'x' opens what does serious harm: 'csam,malware'; it may open names of "
          "it "
          "('names'), not all"}                                                                     },
        {PLAN "{block: [games], when: 20:00-21:00, only: terms}}}",
         {"3:21: schedule 'x' goes by terms or holidays, and its profile has no 'calendar'"}        },
        {PLAN "{block: [games]}}}",                                    {"3:24: missing key: 'when'"}},
        {"profiles:\n  kid: {bedtime: 20:00-21:00}",
         {"2:18: hours on nobody's clock: profile 'kid'; write `zone: Europe/Berlin`, or the zone "
          "that it is in, at the top of the file or in the profile"}                                },
        {"zone: ../x\nprofiles:\n  kid: {}",
         {"1:7: not the name of a time zone: '../x'; write one such as Europe/Berlin"}              },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void dates_that_do_not_exist_are_refused(void **state)
{
#define DAYS "calendars: {school: {holidays: "
    static const char *const wrong[] = {"2026-02-30", "2026-12-21..2026-12-20", "25.12.2026",
                                        "2026-12-21-2026-12-22", "2026-12-21.."};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct config_problems problems;
        char text[160];

        snprintf(text, sizeof text, DAYS "'%s'}}", wrong[i]);
        if (config_parse("f", text, strlen(text), &problems) != NULL)
            fail_msg("taken: %s", wrong[i]);
        assert_int_equal(problems.items[0].line, 1);
        assert_int_equal(problems.items[0].column, 32);
        config_problems_free(&problems);
    }
}

static void a_profile_has_the_hours_of_the_one_it_extends_or_its_own_of_that_name(void **state)
{
    struct config *config = config_of(
        "zone: UTC\ncalendars: {school: {weekend: [fri, sat]}}\nprofiles:\n"
        "  kid: {calendar: school, bedtime: weekend 20:00-06:00, schedules: {x: {block: [games], "
        "when: 1:00-2:00}, y: {allow: [video], names: [a.test], when: 3:00-4:00}}}\n"
        "  big: {extends: kid, zone: UTC, bedtime: 22:00-06:00, schedules: {x: {offline: yes, "
        "when: "
        "5:00-6:00}}}\n"
        "  free: {extends: kid, bedtime: []}\ndefault_profile: kid\n");
    const struct config_profile *kid = &config->profiles[0], *big = kid + 1, *free_ = kid + 2;

    (void)state;
    assert_int_equal(kid->schedule_count, 3);
    assert_string_equal(kid->schedules[0].name, "bedtime");
    assert_int_equal(kid->schedules[0].action, SCHEDULE_OFFLINE);
    assert_int_equal(kid->schedules[0].windows[0].days, 0x30);
    assert_int_equal(big->schedule_count, 3);
    assert_string_equal(big->schedules[0].name, "y");
    assert_string_equal(big->schedules[1].name, "bedtime");
    assert_int_equal(big->schedules[1].windows[0].from_m, 22 * 60);
    assert_int_equal(big->schedules[2].action, SCHEDULE_OFFLINE);
    assert_int_equal(free_->schedule_count, 2);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_c47_c48_hours_that_say_nothing_are_refused_with_what_to_write),
        cmocka_unit_test(hours_are_read_and_shown_the_same),
        cmocka_unit_test(schedules_have_one_action_something_to_be_about_and_a_zone),
        cmocka_unit_test(dates_that_do_not_exist_are_refused),
        cmocka_unit_test(a_profile_has_the_hours_of_the_one_it_extends_or_its_own_of_that_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
