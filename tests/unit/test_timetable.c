/* What holds when, against a second reading of the same rules: the C library's clock, one instant
 * at a time. Cases C45 to C48 by the windows of a config. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "config_rig.h"
#include "policy/when/timetable.h"
#include "policy/when/zone.h"
#include "libc_zone.h"
#include "policy/when/zones.h"

#define HEAD "upstreams: [192.0.2.1]\nprofiles:\n  kid:\n"

/* ---- an oracle: no code of ours but the windows and dates as numbers ---- */

static bool within(const struct config_holiday *ranges, size_t count, long day)
{
    while (count-- > 0) {
        if (day >= ranges[count].first && day <= ranges[count].last)
            return true;
    }
    return false;
}

static bool oracle_day(const struct config_calendar *calendar,
                       const struct timetable_period *period, const struct config_window *window,
                       long day)
{
    bool holiday = calendar != NULL && within(calendar->holidays, calendar->holiday_count, day);
    bool term = calendar == NULL || calendar->term_count == 0 ||
                within(calendar->terms, calendar->term_count, day);
    long weekday = holiday ? calendar->holiday_as : (day % 7 + 7 + 3) % 7;

    if (period->in_terms && (holiday || !term))
        return false;
    if (period->in_holidays && !holiday && term)
        return false;
    return (window->days >> weekday & 1) != 0;
}

static bool oracle_holds(const struct config_calendar *calendar,
                         const struct timetable_period *period, int64_t wall_s)
{
    time_t at = (time_t)wall_s;
    struct tm clock;
    long day, minute;

    localtime_r(&at, &clock);
    minute = clock.tm_hour * 60 + clock.tm_min;
    clock.tm_isdst = 0;
    day = (long)(timegm(&clock) - clock.tm_hour * 3600 - clock.tm_min * 60 - clock.tm_sec) / 86400;
    for (size_t i = 0; i < period->window_count; i++) {
        const struct config_window *window = &period->windows[i];
        bool over = window->until_m <= window->from_m;

        if (minute >= window->from_m && (over || minute < window->until_m) &&
            oracle_day(calendar, period, window, day))
            return true;
        if (over && minute < window->until_m && oracle_day(calendar, period, window, day - 1))
            return true;
    }
    return false;
}

/* ---- random schedules ---- */

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(*seed >> 4) * below >> 28);
}

static struct config_window draw_window(uint32_t *seed)
{
    static const uint16_t hours[] = {0, 60, 90, 120, 135, 150, 165, 180, 240, 1320, 1410, 1440};
    struct config_window window = {.days = (uint8_t)draw(seed, 128)};

    do {
        bool near = draw(seed, 2) == 0; /* where clocks are changed */

        window.from_m = near ? hours[draw(seed, 11)] : (uint16_t)draw(seed, 1440);
        window.until_m = near ? hours[1 + draw(seed, 11)] : (uint16_t)(1 + draw(seed, 1440));
    } while (window.from_m == window.until_m);
    return window;
}

enum { PERIODS = 6, WINDOWS = 4, RANGES = 3 };

struct drawn {
    struct config_window windows[PERIODS][WINDOWS];
    struct timetable_period periods[PERIODS];
    struct config_holiday holidays[RANGES], terms[RANGES];
    struct config_calendar calendar;
};

static void draw_ranges(uint32_t *seed, int32_t around, struct config_holiday *ranges)
{
    for (int i = 0; i < RANGES; i++) {
        ranges[i].first = around - 10 + (int32_t)draw(seed, 20);
        ranges[i].last = ranges[i].first + (int32_t)draw(seed, 5);
    }
}

static void draw_all(uint32_t *seed, int64_t around_s, struct drawn *drawn)
{
    for (size_t i = 0; i < PERIODS; i++) {
        for (size_t k = 0; k < WINDOWS; k++)
            drawn->windows[i][k] = draw_window(seed);
        drawn->periods[i] = (struct timetable_period){drawn->windows[i], 1 + draw(seed, WINDOWS),
                                                      draw(seed, 3) == 0, draw(seed, 3) == 0};
    }
    draw_ranges(seed, (int32_t)(around_s / 86400), drawn->holidays);
    draw_ranges(seed, (int32_t)(around_s / 86400), drawn->terms);
    drawn->calendar = (struct config_calendar){.holiday_as = (uint8_t)draw(seed, 7),
                                               .holidays = drawn->holidays,
                                               .terms = drawn->terms,
                                               .holiday_count = draw(seed, RANGES + 1),
                                               .term_count = draw(seed, RANGES + 1)};
}

static uint64_t oracle_all(const struct timetable_options *options, int64_t wall_s)
{
    uint64_t holds = 0;

    for (size_t i = 0; i < options->period_count; i++) {
        if (oracle_holds(options->calendar, &options->periods[i], wall_s))
            holds |= UINT64_C(1) << i;
    }
    return holds;
}

/* Five days around AROUND_S, at each half minute: by edges, on the spot, and by the oracle. */
static void compare(const char *zone, const struct timetable_options *options, int64_t around_s)
{
    struct timetable_options none = *options;
    struct timetable *edges, *spot;
    struct err err;
    int64_t end = around_s + 2 * 86400, until, until_spot, promised = INT64_MIN;
    uint64_t kept = 0;

    none.from_s = none.until_s = 0;
    edges = timetable_create(options, &err);
    spot = timetable_create(&none, &err);
    assert_non_null(edges);
    assert_non_null(spot);
    for (int64_t at = around_s - 3 * 86400; at < end; at += 30) {
        uint64_t holds = timetable_at(edges, at, &until), right = oracle_all(options, at);

        if (holds != right || timetable_at(spot, at, &until_spot) != right)
            fail_msg("%s at %lld: %llx by edges, %llx on the spot, %llx is right", zone,
                     (long long)at, (unsigned long long)holds,
                     (unsigned long long)timetable_at(spot, at, NULL), (unsigned long long)right);
        if (at < promised && holds != kept)
            fail_msg("%s at %lld: changed before %lld", zone, (long long)at, (long long)promised);
        assert_true(until > at && until_spot > at && until_spot <= until);
        promised = until;
        kept = holds;
    }
    timetable_free(spot);
    timetable_free(edges);
}

static void edges_the_spot_and_a_second_reading_agree_where_clocks_change(void **state)
{
    static const struct {
        const char *zone;
        int64_t around_s;
    } rows[] = {
        {"America/Denver",      1772960400}, /* 2026-03-08 */
        {"America/Denver",      1793520000}, /* 2026-11-01 */
        {"Europe/Brussels",     1774746000}, /* 2026-03-29 */
        {"Europe/Brussels",     1792890000}, /* 2026-10-25 */
        {"Asia/Riyadh",         1709164800}, /* 2024-02-29 */
        {"Africa/Casablanca",   1771120800}, /* Ramadan 2026: back */
        {"Africa/Casablanca",   1774144800}, /* and forward */
        {"Australia/Lord_Howe", 1775314800}, /* half an hour */
        {"Asia/Gaza",           1774656000}, /* 2026-03-28 */
        {"America/Nuuk",        1774746000}, /* at 22:00 on the day before */
        {"Pacific/Apia",        1325239200}, /* a day that was left out */
        {"UTC",                 4107542400}, /* 2100-02-28: no leap day behind it */
    };
    uint32_t seed = 6;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct zone *zone = zone_load(rows[i].zone, NULL);
        struct drawn drawn;

        assert_non_null(zone);
        libc_zone_set(rows[i].zone);
        for (int k = 0; k < 3; k++) {
            struct timetable_options options = {.zone = zone,
                                                .periods = drawn.periods,
                                                .period_count = PERIODS,
                                                .from_s = rows[i].around_s - 4 * 86400,
                                                .until_s = rows[i].around_s + 30 * 86400};

            draw_all(&seed, rows[i].around_s, &drawn);
            options.calendar = k == 0 ? NULL : &drawn.calendar;
            compare(rows[i].zone, &options, rows[i].around_s);
        }
        zone_free(zone);
    }
}

/* ---- cases ---- */

/* A time on the clock of the wall, and whether the first schedule holds then. */
struct moment {
    const char *local; /* 2026-11-01 17:59:00 */
    bool holds;
};

static int64_t read_local(const struct zone *zone, const char *text)
{
    int32_t day;
    int hour = 0, minute = 0, second = 0;

    assert_int_equal(date_read(&text, &day), 0);
    assert_int_equal(sscanf(text, " %d:%d:%d", &hour, &minute, &second), 3);
    return zone_instant(zone, (int64_t)day * 86400 + hour * 3600 + minute * 60 + second);
}

static struct timetable *timetable_of(const struct config *config, const struct zone *zone,
                                      int64_t from_s, int64_t until_s)
{
    const struct config_profile *profile = config->profiles;
    struct timetable_period periods[TIMETABLE_PERIODS_MAX];
    const struct timetable_options options = {
        .zone = zone,
        .calendar = profile->calendar < 0 ? NULL : &config->calendars[profile->calendar],
        .periods = periods,
        .period_count = timetable_schedules(profile, periods),
        .from_s = from_s,
        .until_s = until_s};

    return timetable_create(&options, NULL);
}

/* Checks MOMENTS for the schedules of the only profile of HEAD and YAML, by edges worked out from
 * the first of them on, once, as by a server that runs on; and after a jump of the clock. */
static void check_moments(const char *yaml, const struct moment *moments, size_t count)
{
    char text[2048];
    struct config *config;
    struct zones *zones = zones_create(NULL);
    const struct zone *zone;
    struct timetable *edges, *jumped;
    int64_t from;

    snprintf(text, sizeof text, "%s", yaml);
    config = config_of(text);
    assert_int_equal(zones_of_profile(zones, config, config->profiles, &zone, NULL), 0);
    from = read_local(zone, moments[0].local);
    edges = timetable_of(config, zone, from, from + 400 * 86400);
    jumped = timetable_of(config, zone, 0, 86400);
    for (size_t i = 0; i < count; i++) {
        int64_t at = read_local(zone, moments[i].local);

        if ((timetable_at(edges, at, NULL) != 0) != moments[i].holds ||
            (timetable_at(jumped, at, NULL) != 0) != moments[i].holds)
            fail_msg("at %s: not %s", moments[i].local, moments[i].holds ? "in force" : "off");
    }
    timetable_free(jumped);
    timetable_free(edges);
    zones_free(zones);
    config_free(config);
}

#define CHECK_MOMENTS(yaml, moments)                                                               \
    check_moments(yaml, moments, sizeof(moments) / sizeof *(moments))

static void case_c45_an_evening_keeps_its_hours_on_the_days_that_clocks_change(void **state)
{
    static const struct moment moments[] = {
        {"2026-03-08 17:59:59", false},
        {"2026-03-08 18:00:00", true },
        {"2026-03-08 20:31:00", true },
        {"2026-03-08 21:29:59", true },
        {"2026-03-08 21:30:00", false},
        {"2026-11-01 17:59:59", false},
        {"2026-11-01 18:00:00", true },
        {"2026-11-01 20:31:00", true },
        {"2026-11-01 21:29:59", true },
        {"2026-11-01 21:30:00", false},
    };

    (void)state;
    CHECK_MOMENTS("zone: America/Denver\n" HEAD
                  "    schedules: {film: {allow: [video], when: 18:00-21:30}}\n",
                  moments);
}

static void case_c46_a_night_runs_on_over_the_change_and_gaps_are_empty(void **state)
{
    static const struct moment night[] = {
        {"2026-03-28 12:00:00", false},
        {"2026-03-29 01:59:59", true },
        {"2026-03-29 03:00:00", true },
        {"2026-03-29 06:59:00", true },
        {"2026-03-29 07:00:00", false},
        {"2026-03-29 21:59:00", false},
        {"2026-03-29 22:00:00", true },
    };
    static const struct moment gap[] = {
        {"2026-03-28 02:15:00", true },
        {"2026-03-29 01:59:59", false},
        {"2026-03-29 02:15:00", false}, /* 03:00 */
        {"2026-03-29 03:00:01", false},
        {"2026-10-25 02:14:59", false},
        {"2026-10-25 02:15:00", true },
        {"2026-10-25 02:44:59", true },
        {"2026-10-25 02:45:00", false},
    };
    struct config_window window = {.days = 0x7f, .from_m = 135, .until_m = 165};
    struct timetable_period period = {&window, 1, false, false};
    struct zone *zone = zone_load("Europe/Brussels", NULL);
    struct timetable_options options = {
        .zone = zone, .periods = &period, .period_count = 1, .until_s = INT64_C(1) << 40};
    struct timetable *timetable = timetable_create(&options, NULL);
    int64_t second = read_local(zone, "2026-10-25 02:15:00") + 3600, until;

    (void)state;
    CHECK_MOMENTS("zone: Europe/Brussels\n" HEAD
                  "    schedules: {night: {block: [social], when: 22:00-07:00}}\n",
                  night);
    CHECK_MOMENTS("zone: Europe/Brussels\n" HEAD
                  "    schedules: {night: {block: [social], when: 02:15-02:45}}\n",
                  gap);
    assert_int_equal(timetable_at(timetable, second - 1, NULL), 0);
    assert_int_equal(timetable_at(timetable, second, &until), 1); /* the hour that comes again */
    assert_true(until == second + 1800);
    timetable_free(timetable);
    zone_free(zone);
}

static void case_c47_a_window_over_midnight_belongs_to_the_day_it_begins_on(void **state)
{
    static const struct moment moments[] = {
        {"2026-11-23 05:59:00", false}, /* a Monday: Sunday has no window */
        {"2026-11-23 19:59:00", false},
        {"2026-11-23 20:00:00", true },
        {"2026-11-23 23:59:30", true },
        {"2026-11-24 00:00:00", true },
        {"2026-11-24 05:59:00", true },
        {"2026-11-24 06:00:00", false},
        {"2026-11-27 23:00:00", true },
        {"2026-11-28 05:59:00", true },
        {"2026-11-28 20:00:00", false},
        {"2026-11-30 05:59:00", false},
    };
    static const struct moment whole[] = {
        {"2026-11-28 23:59:59", false},
        {"2026-11-29 00:00:00", true },
        {"2026-11-29 23:59:59", true },
        {"2026-11-30 00:00:00", false},
    };

    (void)state;
    CHECK_MOMENTS("zone: UTC\n" HEAD
                  "    schedules: {night: {block: [social], when: mon-fri 20:00-06:00}}\n",
                  moments);
    CHECK_MOMENTS("zone: UTC\n" HEAD
                  "    schedules: {night: {block: [social], when: sun 00:00-24:00}}\n",
                  whole);
}

#define GAMES                                                                                      \
    "    calendar: school\n"                                                                       \
    "    schedules: {games: {allow: [games], when: [weekdays 15:30-16:15, weekdays 19:00-20:00, "  \
    "weekend 09:00-12:00, weekend 11:00-13:00]}}\n"

static void case_c48_several_windows_a_day_are_half_open_and_holidays_count_as_sundays(void **state)
{
    static const struct moment germany[] = {
        {"2026-11-23 15:29:59", false},
        {"2026-11-23 15:30:00", true },
        {"2026-11-23 16:14:59", true },
        {"2026-11-23 16:15:00", false},
        {"2026-11-23 19:00:00", true },
        {"2026-11-23 20:00:00", false},
        {"2026-11-28 08:59:59", false},
        {"2026-11-28 09:00:00", true },
        {"2026-11-28 12:00:00", true },
        {"2026-11-28 12:59:59", true },
        {"2026-11-28 13:00:00", false},
        {"2026-12-25 09:00:00", true }, /* a Friday */
        {"2026-12-25 15:30:00", false},
        {"2027-12-24 15:30:00", true }, /* the list has ended */
    };
    static const struct moment riyadh[] = {
        {"2026-11-22 15:30:00", true },
        {"2026-11-22 09:00:00", false}, /* a Sunday */
        {"2026-11-27 09:00:00", true },
        {"2026-11-27 15:30:00", false}, /* a Friday */
        {"2026-11-28 12:59:59", true },
        {"2026-11-28 13:00:00", false},
    };

    (void)state;
    CHECK_MOMENTS("zone: Europe/Berlin\ncalendars: {school: {holidays: [2026-12-25]}}\n" HEAD GAMES,
                  germany);
    CHECK_MOMENTS("zone: Asia/Riyadh\ncalendars: {school: {weekend: [fri, sat]}}\n" HEAD GAMES,
                  riyadh);
}

static void terms_are_school_days_and_all_others_are_holidays(void **state)
{
    static const struct moment terms[] = {
        {"2026-08-31 10:00:00", false},
        {"2026-09-01 10:00:00", true },
        {"2026-10-03 10:00:00", false},
        {"2026-12-18 10:00:00", true },
        {"2026-12-19 10:00:00", false},
    };
    static const struct moment holidays[] = {
        {"2026-08-31 10:00:00", true },
        {"2026-09-01 10:00:00", false},
        {"2026-10-03 10:00:00", true },
        {"2026-12-19 10:00:00", true },
    };

    (void)state;
#define SCHOOL                                                                                     \
    "zone: Europe/Berlin\ncalendars: {school: {holidays: [2026-10-03], terms: "                    \
    "[2026-09-01..2026-12-18]}}\n" HEAD "    calendar: school\n    schedules: "
    CHECK_MOMENTS(SCHOOL "{x: {block: [games], when: 08:00-13:00, only: terms}}\n", terms);
    CHECK_MOMENTS(SCHOOL "{x: {block: [games], when: 08:00-13:00, only: holidays}}\n", holidays);
}

static void extreme_clocks_are_answered_and_nothing_holds_for_ever_without_windows(void **state)
{
    static const int64_t clocks[] = {INT64_MIN, -1, 0, INT64_MAX};
    struct config_window window = {.days = 0x7f, .from_m = 0, .until_m = 1440};
    struct timetable_period period = {&window, 1, false, false};
    struct timetable_options options = {.periods = &period, .period_count = 1};
    struct timetable *whole = timetable_create(&options, NULL), *nothing;
    int64_t until;

    (void)state;
    options.period_count = 0;
    nothing = timetable_create(&options, NULL);
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        assert_int_equal(timetable_at(whole, clocks[i], &until), 1);
        assert_int_equal(timetable_at(nothing, clocks[i], &until), 0);
        assert_true(until == INT64_MAX);
    }
    timetable_free(nothing);
    timetable_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_the_spot_and_a_second_reading_agree_where_clocks_change),
        cmocka_unit_test(case_c45_an_evening_keeps_its_hours_on_the_days_that_clocks_change),
        cmocka_unit_test(case_c46_a_night_runs_on_over_the_change_and_gaps_are_empty),
        cmocka_unit_test(case_c47_a_window_over_midnight_belongs_to_the_day_it_begins_on),
        cmocka_unit_test(
            case_c48_several_windows_a_day_are_half_open_and_holidays_count_as_sundays),
        cmocka_unit_test(terms_are_school_days_and_all_others_are_holidays),
        cmocka_unit_test(extreme_clocks_are_answered_and_nothing_holds_for_ever_without_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
