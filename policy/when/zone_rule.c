/* zone_rule.c - clocks that go forward and back by a rule.
 *
 * Problem: files of zones end with a transition decades ahead, or, since 2020, with none at all: a
 * text such as `CET-1CEST,M3.5.0,M10.5.0/3` says how it goes on for ever. Idea: for any instant,
 * the changes of the year before, its own and the two after are worked out and put into order; the
 * last before it tells the offset, the first after it that makes a difference is the next change.
 * That holds on the southern half of the world (summer over New Year), for clocks that go back in
 * summer (Ireland, Morocco), and for a change at hour -167 or 167 that is in another week.
 *
 * Dropped: comparing wall clock times within one year, which needs a case for each of these. */
#include "policy/when/zone_rule.h"

#include <ctype.h>
#include <string.h>

#include "config/base/date.h"
#include "config/base/err.h"

enum {
    HOUR_S = 3600,
    OFFSET_HOURS_MAX = 24,
    TIME_HOURS_MAX = 167, /* RFC 9636 §3.3.2: of a change's time, to both sides */
    DEFAULT_TIME_S = 2 * HOUR_S,
    YEARS_SEEN = 4,
};

/* Beyond it the rule of a year is asked for no more: 20,000 years to both sides. */
#define WALL_MOST ((int64_t)20000 * 366 * DATE_DAY_S)

/* What is left of the text. */
struct cursor {
    const char *at, *end;
};

static bool takes(struct cursor *text, char c)
{
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

static int read_number(struct cursor *text, int most, int *value)
{
    const char *begin = text->at;

    for (*value = 0; text->at < text->end && isdigit((unsigned char)*text->at); text->at++) {
        *value = *value * 10 + (*text->at - '0');
        if (*value > most)
            return -1;
    }
    return text->at > begin ? 0 : -1;
}

/* At least three letters, or anything of letters, digits and signs in angle brackets. */
static int skip_name(struct cursor *text)
{
    bool quoted = takes(text, '<');
    const char *begin = text->at;

    while (text->at < text->end &&
           (isalpha((unsigned char)*text->at) ||
            (quoted && (isdigit((unsigned char)*text->at) || strchr("+-", *text->at) != NULL))))
        text->at++;
    if (text->at - begin < 3)
        return -1;
    return quoted && !takes(text, '>') ? -1 : 0;
}

/* [+-]hh[:mm[:ss]] */
static int read_time(struct cursor *text, int hours_most, int32_t *seconds)
{
    bool minus = takes(text, '-');
    int hours, minutes = 0, rest = 0;

    if (!minus)
        (void)takes(text, '+');
    if (read_number(text, hours_most, &hours) != 0)
        return -1;
    if (takes(text, ':')) {
        if (read_number(text, 59, &minutes) != 0)
            return -1;
        if (takes(text, ':') && read_number(text, 59, &rest) != 0)
            return -1;
    }
    *seconds = (hours * 60 + minutes) * 60 + rest;
    if (minus)
        *seconds = -*seconds;
    return 0;
}

static int read_week_day(struct cursor *text, struct zone_change *change)
{
    int month, week, day;

    if (read_number(text, 12, &month) != 0 || month < 1 || !takes(text, '.') ||
        read_number(text, 5, &week) != 0 || week < 1 || !takes(text, '.') ||
        read_number(text, 6, &day) != 0)
        return -1;
    change->form = ZONE_DAY_WEEK;
    change->month = (uint8_t)month;
    change->week = (uint8_t)week;
    change->day = (uint16_t)day;
    return 0;
}

static int read_year_day(struct cursor *text, struct zone_change *change)
{
    bool julian = takes(text, 'J');
    int day;

    if (read_number(text, 365, &day) != 0 || (julian && day < 1))
        return -1;
    change->form = julian ? ZONE_DAY_JULIAN : ZONE_DAY_COUNTED;
    change->day = (uint16_t)day;
    return 0;
}

/* `,DAY[/TIME]` */
static int read_change(struct cursor *text, struct zone_change *change)
{
    if (!takes(text, ','))
        return -1;
    change->time_s = DEFAULT_TIME_S;
    if ((takes(text, 'M') ? read_week_day(text, change) : read_year_day(text, change)) != 0)
        return -1;
    return takes(text, '/') ? read_time(text, TIME_HOURS_MAX, &change->time_s) : 0;
}

static int read_summer(struct cursor *text, struct zone_rule *rule)
{
    int32_t west;

    rule->changes = true;
    rule->summer = rule->standard + HOUR_S;
    if (skip_name(text) != 0)
        return -1;
    if (text->at < text->end && *text->at != ',') {
        if (read_time(text, OFFSET_HOURS_MAX, &west) != 0)
            return -1;
        rule->summer = -west;
    }
    return read_change(text, &rule->to_summer) != 0 || read_change(text, &rule->to_standard) != 0
               ? -1
               : 0;
}

int zone_rule_read(const char *text, size_t length, struct zone_rule *rule, struct err *err)
{
    struct cursor cursor = {text, text + length};
    int32_t west; /* POSIX counts to the west */

    memset(rule, 0, sizeof *rule);
    if (skip_name(&cursor) != 0 || read_time(&cursor, OFFSET_HOURS_MAX, &west) != 0)
        return err_set(err, ERR_FORMAT, "the rule for later years cannot be read");
    rule->standard = -west;
    if (cursor.at < cursor.end && read_summer(&cursor, rule) != 0)
        return err_set(err, ERR_FORMAT, "the rule for later years cannot be read");
    if (cursor.at < cursor.end)
        return err_set(err, ERR_FORMAT, "something stands behind the rule for later years");
    return 0;
}

static int32_t week_day(const struct zone_change *change, int32_t year)
{
    int32_t first = date_days((struct date){year, change->month, 1});
    int32_t weekday = (change->day + 6) % 7; /* from Monday */
    int32_t in_month = (weekday - (int32_t)date_weekday(first) + 7) % 7 + (change->week - 1) * 7;

    while (in_month >= (int32_t)date_month_days(year, change->month))
        in_month -= 7;
    return first + in_month;
}

static int32_t change_day(const struct zone_change *change, int32_t year)
{
    int32_t first = date_days((struct date){year, 1, 1});

    switch (change->form) {
    case ZONE_DAY_JULIAN:
        return first + change->day - 1 + (date_is_leap(year) && change->day > 59);
    case ZONE_DAY_COUNTED:
        return first + change->day;
    default:
        return week_day(change, year);
    }
}

/* An instant from which an offset holds. */
struct step {
    int64_t at;
    int32_t offset;
};

/* Fills STEPS with the changes around WALL_S, in order. */
static size_t list_steps(const struct zone_rule *rule, int64_t wall_s, struct step *steps)
{
    int32_t year = date_of_days(date_day_of(wall_s)).year - 1;
    size_t count = 0;

    for (int i = 0; i < YEARS_SEEN; i++, year++) {
        const struct step step[] = {
            {(int64_t)change_day(&rule->to_standard, year) * DATE_DAY_S + rule->to_standard.time_s -
                 rule->summer,
             rule->standard},
            {(int64_t)change_day(&rule->to_summer,   year) * DATE_DAY_S + rule->to_summer.time_s -
                 rule->standard,
             rule->summer  },
        };

        /* of two at one instant, summer stands last: it may last the whole year */
        for (size_t k = 0; k < 2; k++) {
            size_t place = count++;

            for (; place > 0 && (steps[place - 1].at > step[k].at ||
                                 (steps[place - 1].at == step[k].at &&
                                  steps[place - 1].offset == rule->summer && k == 0));
                 place--)
                steps[place] = steps[place - 1];
            steps[place] = step[k];
        }
    }
    return count;
}

static int64_t clamp(int64_t wall_s)
{
    return wall_s > WALL_MOST ? WALL_MOST : wall_s < -WALL_MOST ? -WALL_MOST : wall_s;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t wall_s)
{
    struct step steps[2 * YEARS_SEEN];
    size_t count;
    int32_t offset = rule->standard;

    if (!rule->changes)
        return offset;
    wall_s = clamp(wall_s);
    count = list_steps(rule, wall_s, steps);
    for (size_t i = 0; i < count && steps[i].at <= wall_s; i++)
        offset = steps[i].offset;
    return offset;
}

int64_t zone_rule_next(const struct zone_rule *rule, int64_t wall_s)
{
    struct step steps[2 * YEARS_SEEN];
    int32_t offset = zone_rule_offset(rule, wall_s);
    size_t count;

    if (!rule->changes || wall_s >= WALL_MOST)
        return INT64_MAX;
    wall_s = clamp(wall_s);
    count = list_steps(rule, wall_s, steps);
    for (size_t i = 0; i + 1 < count; i++) { /* what stands beside the last one is not known */
        bool last_of_instant = steps[i + 1].at != steps[i].at;

        if (steps[i].at > wall_s && last_of_instant && steps[i].offset != offset)
            return steps[i].at;
    }
    return INT64_MAX;
}
