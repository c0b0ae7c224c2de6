#include "config/base/date.h"

#include <ctype.h>
#include <stdio.h>

enum {
    ERA_YEARS = 400,
    ERA_DAYS = 146097,
    EPOCH_DAY = 719468, /* from 0000-03-01, on which an era begins, to 1970-01-01 */
    EPOCH_WEEKDAY = 3,  /* a Thursday */
};

bool date_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned date_month_days(int32_t year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && date_is_leap(year) ? 29 : days[(month - 1) % 12];
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* Years are counted from March here, so that the leap day is the last of its year. */
int32_t date_days(struct date date)
{
    int32_t year = date.month > 2 ? date.year : date.year - 1;
    int32_t era = (int32_t)floor_divide(year, ERA_YEARS), in_era = year - era * ERA_YEARS;
    int32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int32_t in_year = (153 * month + 2) / 5 + date.day - 1;

    return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + in_year - EPOCH_DAY;
}

struct date date_of_days(int32_t days)
{
    int32_t shifted = days + EPOCH_DAY;
    int32_t era = (int32_t)floor_divide(shifted, ERA_DAYS), in_era = shifted - era * ERA_DAYS;
    int32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int32_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int32_t month = (5 * in_year + 2) / 153;

    return (struct date){.year = era * ERA_YEARS + year + (month >= 10),
                         .month = (uint8_t)(month < 10 ? month + 3 : month - 9),
                         .day = (uint8_t)(in_year - (153 * month + 2) / 5 + 1)};
}

unsigned date_weekday(int32_t days)
{
    return (unsigned)(((int64_t)days + EPOCH_WEEKDAY) -
                      DATE_WEEK_DAYS * floor_divide((int64_t)days + EPOCH_WEEKDAY, DATE_WEEK_DAYS));
}

int32_t date_day_of(int64_t seconds)
{
    return (int32_t)floor_divide(seconds, DATE_DAY_S);
}

/* Reads exactly COUNT digits. */
static int read_digits(const char **text, int count, int32_t *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, ++*text) {
        if (!isdigit((unsigned char)**text))
            return -1;
        *value = *value * 10 + (**text - '0');
    }
    return 0;
}

int date_read(const char **text, int32_t *days)
{
    int32_t year, month, day;

    if (read_digits(text, 4, &year) != 0 || *(*text)++ != '-' ||
        read_digits(text, 2, &month) != 0 || *(*text)++ != '-' || read_digits(text, 2, &day) != 0)
        return -1;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > (int32_t)date_month_days(year, (unsigned)month))
        return -1;
    *days = date_days((struct date){year, (uint8_t)month, (uint8_t)day});
    return 0;
}

char *date_to_text(int32_t days, char *out)
{
    struct date date = date_of_days(days);

    snprintf(out, DATE_TEXT_MAX, "%04d-%02u-%02u", (int)date.year, date.month, date.day);
    return out;
}
