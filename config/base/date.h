/* date.h - dates of the Gregorian calendar as days since 1970-01-01, and back.
 *
 * Plain arithmetic: no zone, no clock, no libc. Years from 1 to DATE_YEAR_MAX. */
#ifndef CONFIG_BASE_DATE_H
#define CONFIG_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    DATE_YEAR_MAX = 99999,
    DATE_TEXT_MAX = 24,
    DATE_DAY_S = 86400,
    DATE_DAY_M = 1440,
    DATE_WEEK_DAYS = 7
};

struct date {
    int32_t year;
    uint8_t month, day; /* from 1 */
};

/* Tells whether YEAR has a 29 February. */
bool date_is_leap(int32_t year);

/* Returns how many days MONTH (1 to 12) of YEAR has. */
unsigned date_month_days(int32_t year, unsigned month);

/* Returns the days from 1970-01-01 to DATE. */
int32_t date_days(struct date date);

/* Returns the date DAYS days after 1970-01-01. */
struct date date_of_days(int32_t days);

/* Returns the day of the week of DAYS: 0 Monday to 6 Sunday. */
unsigned date_weekday(int32_t days);

/* Returns the day that the clock reading or instant SECONDS is in: rounded down, also before 1970.
 */
int32_t date_day_of(int64_t seconds);

/* Reads `2026-12-25` at *TEXT into *DAYS and moves *TEXT behind it. Returns 0, or -1 for what is no
 * date or one that does not exist, such as 2026-02-30. */
int date_read(const char **text, int32_t *days);

/* Writes DAYS as `2026-12-25` into OUT (DATE_TEXT_MAX); returns OUT. */
char *date_to_text(int32_t days, char *out);

#endif
