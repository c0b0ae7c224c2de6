/* The reader of zones against the C library's, which reads the same files by code of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "config/base/data.h"
#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/zone_file.h"
#include "libc_zone.h"
#include "policy/when/zone.h"

#define YEAR_2100 4102444800 /* its first second */

enum { SAMPLES = 400, EVERY = 37 };

static long libc_offset(int64_t wall_s)
{
    time_t at = (time_t)wall_s;
    struct tm parts;

    assert_non_null(localtime_r(&at, &parts));
    return parts.tm_gmtoff;
}

static void check_at(const char *name, const struct zone *zone, int64_t wall_s)
{
    if (zone_offset(zone, wall_s) != libc_offset(wall_s))
        fail_msg("%s at %lld: %d, the C library says %ld", name, (long long)wall_s,
                 zone_offset(zone, wall_s), libc_offset(wall_s));
}

/* Every change of ZONE from 1970 to 2100 is one for the C library too, and between two of them it
 * sees none. */
static unsigned check_changes(const char *name, const struct zone *zone)
{
    int64_t at = 0;
    unsigned changes = 0;

    while (at < YEAR_2100) {
        int64_t next = zone_next_change(zone, at), end = next < YEAR_2100 ? next : YEAR_2100;
        int64_t step = (end - at) / EVERY + 1;

        for (int64_t between = at; between < end; between += step)
            check_at(name, zone, between);
        check_at(name, zone, end - 1);
        if (next < YEAR_2100) {
            check_at(name, zone, next);
            assert_int_not_equal(zone_offset(zone, next), zone_offset(zone, next - 1));
            changes++;
        }
        at = end;
    }
    return changes;
}

static void check_zone(const char *name)
{
    struct err err;
    struct zone *zone = zone_load(name, &err);
    uint32_t draw = 1;

    if (zone == NULL)
        fail_msg("%s", err.text);
    libc_zone_set(name);
    check_changes(name, zone);
    for (int i = 0; i < SAMPLES; i++) {
        draw = draw * 1664525 + 1013904223;
        check_at(name, zone, draw % YEAR_2100);
    }
    zone_free(zone);
}

static void every_zone_of_the_system_shows_what_the_c_library_shows_from_1970_to_2100(void **state)
{
    size_t length, zones = 0;
    struct err err;
    char *text = file_read("/usr/share/zoneinfo/zone.tab", 1 << 20, &length, &err);
    struct data_reader row;

    (void)state;
    if (text == NULL)
        fail_msg("%s; the package tzdata is missing", err.text);
    data_open_text(&row, text, length);
    while (data_next(&row)) {
        check_zone(row.fields[2]);
        zones++;
    }
    free(text);
    assert_true(zones > 300);
}

/* What a footer says, put behind an empty second block. */
static size_t make_file(uint8_t *out, const char *footer)
{
    static const uint8_t head[44] = {'T', 'Z', 'i', 'f', '2', [39] = 1, [43] = 4};
    static const uint8_t type[10] = {0, 0, 0, 0, 0, 0, 'U', 'T', 'C', 0};
    size_t used = 0;

    for (int i = 0; i < 2; i++) {
        memcpy(out + used, head, sizeof head);
        memcpy(out + used + sizeof head, type, sizeof type);
        used += sizeof head + sizeof type;
    }
    return used + (size_t)sprintf((char *)out + used, "\n%s\n", footer);
}

static struct zone *zone_of_rule(const char *footer)
{
    uint8_t octets[512];
    struct err err;
    struct zone *zone = zone_parse(octets, make_file(octets, footer), &err);

    if (zone == NULL)
        fail_msg("%s: %s", footer, err.text);
    return zone;
}

/* Rules that the C library reads from TZ itself. */
static void rules_of_every_form_show_what_the_c_library_shows(void **state)
{
    static const char *const rules[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "EST5EDT,M3.2.0,M11.1.0",
        "NZST-12NZDT,M9.5.0,M4.1.0/3",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "EET-2EEST,M3.4.4/50,M10.4.4/50",
        "AAA3BBB,J60/0,J300/0",
        "AAA3BBB,59/0,300/4:30:15",
        "UTC0",
        "<+0545>-5:45",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct zone *zone = zone_of_rule(rules[i]);

        setenv("TZ", rules[i], 1);
        tzset();
        check_changes(rules[i], zone);
        zone_free(zone);
    }
}

static void summer_that_lasts_the_whole_year_never_changes(void **state)
{
    struct zone *zone = zone_of_rule("XXX3EDT4,0/0,J365/23"); /* RFC 9636 §3.3.2 */

    (void)state;
    for (int64_t at = 0; at < YEAR_2100; at += 86400 * 5 + 3599)
        assert_int_equal(zone_offset(zone, at), -4 * 3600);
    assert_true(zone_next_change(zone, 1767225600) == INT64_MAX);
    zone_free(zone);
}

static void files_and_rules_that_are_none_are_refused(void **state)
{
    static const char *const rules[] = {
        "CE-1",
        "CET",
        "CET-25",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1X",
        "<CET-1",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,J0,J1",
        "CET-1CEST,366,1",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1 ",
    };
    uint8_t octets[512];
    size_t length = make_file(octets, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct err err;

    (void)state;
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *exact = malloc(cut == 0 ? 1 : cut); /* so that a read behind it is seen */

        memcpy(exact, octets, cut);
        assert_null(zone_parse(exact, cut, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        free(exact);
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (zone_parse(octets, make_file(octets, rules[i]), &err) != NULL)
            fail_msg("taken: %s", rules[i]);
    }
}

static void names_that_lead_elsewhere_are_no_zones_and_a_likely_one_is_named(void **state)
{
    static const struct {
        const char *name, *said;
    } rows[] = {
        {"../../etc/passwd", "write one such as"             },
        {"/etc/passwd",      "write one such as"             },
        {"Europe//Berlin",   "write one such as"             },
        {"Europe/",          "write one such as"             },
        {"",                 "write one such as"             },
        {"Europe/Berln",     "did you mean 'Europe/Berlin'?" },
        {"berlin",           "did you mean 'Europe/Berlin'?" },
        {"america/denver",   "did you mean 'America/Denver'?"},
        {"Europe",           "unknown time zone: 'Europe'"   },
        {"zone.tab",         "write one such as"             },
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(zone_load(rows[i].name, &err));
        if (strstr(err.text, rows[i].said) == NULL)
            fail_msg("%s: %s", rows[i].name, err.text);
    }
}

static void the_first_instant_of_a_reading_is_found_in_gaps_and_overlaps(void **state)
{
    static const struct {
        const char *zone;
        int64_t local_s, instant;
    } rows[] = {
        {"UTC",             1767225600,         1767225600},
        {"Europe/Brussels", 1774751400,         1774746000}, /* 2026-03-29 02:30 is left out: 01:00 UTC */
        {"Europe/Brussels", 1792895400,         1792888200}, /* 2026-10-25 02:30 comes twice: the first */
        {"America/Denver",  1793491200,         1793512800}, /* 2026-11-01 00:00 */
        {"Pacific/Apia",    1325203200 + 43200, 1325239200}, /* 2011-12-30 was no day there */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct zone *zone = zone_load(rows[i].zone, NULL);

        assert_non_null(zone);
        if (zone_instant(zone, rows[i].local_s) != rows[i].instant)
            fail_msg("%s: %lld", rows[i].zone, (long long)zone_instant(zone, rows[i].local_s));
        zone_free(zone);
    }
}

static void dates_go_to_days_and_back_and_agree_with_the_c_library(void **state)
{
    char text[DATE_TEXT_MAX];

    (void)state;
    for (int32_t days = -150000; days < 400000; days++) {
        time_t at = (time_t)days * DATE_DAY_S;
        struct date date = date_of_days(days);
        struct tm parts;

        gmtime_r(&at, &parts);
        assert_int_equal(date.year, parts.tm_year + 1900);
        assert_int_equal(date.month, parts.tm_mon + 1);
        assert_int_equal(date.day, parts.tm_mday);
        assert_int_equal(date_weekday(days), (parts.tm_wday + 6) % 7);
        assert_int_equal(date_days(date), days);
        assert_int_equal(date_day_of(at + 86399), days);
    }
    assert_string_equal(date_to_text(date_days((struct date){2024, 2, 29}), text), "2024-02-29");
}

static void only_dates_that_exist_are_read(void **state)
{
    static const char *const wrong[] = {"2026-02-30", "2026-02-29", "2026-13-01", "2026-00-01",
                                        "2026-01-00", "2026-1-1",   "20260101",   "",
                                        "2026-04-31", "0000-01-01", "1900-02-29"};
    const char *at = "2024-02-29..";
    int32_t days;

    (void)state;
    assert_int_equal(date_read(&at, &days), 0);
    assert_int_equal(days, 19782);
    assert_string_equal(at, "..");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        at = wrong[i];
        if (date_read(&at, &days) == 0)
            fail_msg("taken: %s", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_zone_of_the_system_shows_what_the_c_library_shows_from_1970_to_2100),
        cmocka_unit_test(rules_of_every_form_show_what_the_c_library_shows),
        cmocka_unit_test(summer_that_lasts_the_whole_year_never_changes),
        cmocka_unit_test(files_and_rules_that_are_none_are_refused),
        cmocka_unit_test(names_that_lead_elsewhere_are_no_zones_and_a_likely_one_is_named),
        cmocka_unit_test(the_first_instant_of_a_reading_is_found_in_gaps_and_overlaps),
        cmocka_unit_test(dates_go_to_days_and_back_and_agree_with_the_c_library),
        cmocka_unit_test(only_dates_that_exist_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
