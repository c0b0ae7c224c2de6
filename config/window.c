/* window.c - `sun-thu 20:00-06:30`, and what people write instead of it.
 *
 * The problem: hours are written in as many ways as there are people, and one that is read wrongly
 * leaves a child without protection at night. The idea: one narrow form, and for each wrong one
 * that people do write (an end that is missing, a dash of another length, 24:00 as a beginning,
 * hours of no length, days alone) a message that says what to write.
 *
 * Dropped: `am` and `pm`, and hours without minutes: 8-12 may be either half of the day. */
#include "config/window.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/base/date.h"
#include "config/base/text.h"
#include "config/problem.h"

enum { DAY_WORD_MAX = 12, HOUR_M = 60 };

const char *const window_days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

/* What is no single day comes last. */
static const char *const words[] = {
    "mon",      "tue",    "wed",      "thu",       "fri",      "sat",
    "sun",      "monday", "tuesday",  "wednesday", "thursday", "friday",
    "saturday", "sunday", "weekdays", "weekend",   "daily",
};

enum { WORD_WEEKDAYS = 2 * DATE_WEEK_DAYS, WORD_WEEKEND, WORD_DAILY, WORDS };

/* Returns the index of TEXT[0..LENGTH) in words, or WORDS. */
static size_t find_word(const char *text, size_t length)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (strlen(words[i]) == length && strncasecmp(words[i], text, length) == 0)
            return i;
    }
    return WORDS;
}

static int fault_day(const char *text, size_t length, char *fault)
{
    char word[2 * DAY_WORD_MAX], quote[PROBLEM_QUOTE_MAX];
    const char *meant;

    snprintf(word, sizeof word, "%.*s", (int)length, text);
    meant = text_nearest(word, words, WORDS);
    problem_quote(word, quote);
    if (strcasecmp(word, "holidays") == 0 || strcasecmp(word, "terms") == 0)
        snprintf(fault, WINDOW_FAULT_MAX,
                 "not a day of the week: %s; write `only:` it beside the hours", quote);
    else if (meant != NULL)
        snprintf(fault, WINDOW_FAULT_MAX, "unknown day: %s; did you mean '%s'?", quote, meant);
    else
        snprintf(fault, WINDOW_FAULT_MAX,
                 "unknown day: %s; days are mon to sun, weekdays, weekend, daily", quote);
    return -1;
}

/* `fri-mon` goes on over the end of the week. */
static uint8_t days_between(size_t first, size_t last)
{
    uint8_t days = 0;

    for (size_t day = first;; day = (day + 1) % DATE_WEEK_DAYS) {
        days = (uint8_t)(days | 1u << day);
        if (day == last)
            return days;
    }
}

int window_read_days(const char *text, size_t length, uint8_t weekend, uint8_t *days, char *fault)
{
    const char *dash = memchr(text, '-', length);
    size_t head = dash == NULL ? length : (size_t)(dash - text);
    size_t first = find_word(text, head), last = first;

    if (dash != NULL)
        last = find_word(dash + 1, length - head - 1);
    if (first == WORDS)
        return fault_day(text, head, fault);
    if (last == WORDS)
        return fault_day(dash + 1, length - head - 1, fault);
    if (first < WORD_WEEKDAYS && last < WORD_WEEKDAYS) {
        *days = days_between(first % DATE_WEEK_DAYS, last % DATE_WEEK_DAYS);
    } else if (dash != NULL) {
        snprintf(fault, WINDOW_FAULT_MAX, "a range is of two days, such as mon-fri: '%.*s'",
                 (int)(length < DAY_WORD_MAX ? length : DAY_WORD_MAX), text);
        return -1;
    } else {
        *days = first == WORD_DAILY     ? WINDOW_DAYS_ALL
                : first == WORD_WEEKEND ? weekend
                                        : (uint8_t)(WINDOW_DAYS_ALL & ~weekend);
    }
    return 0;
}

void window_settle(struct config_window *window, uint8_t weekend)
{
    window->days = window->said;
    if (window->weekend)
        window->days |= weekend;
    if (window->weekdays)
        window->days |= (uint8_t)(WINDOW_DAYS_ALL & ~weekend);
}

/* Reads the list of days at *TEXT and moves it to the hours behind; where there is none, daily. */
static int read_day_list(const char **text, uint8_t weekend, struct config_window *window,
                         char *fault)
{
    *window = (struct config_window){.said = isalpha((unsigned char)**text) ? 0 : WINDOW_DAYS_ALL};
    while (isalpha((unsigned char)**text)) {
        size_t length = strcspn(*text, ", "), word = find_word(*text, length);
        uint8_t some;

        if (window_read_days(*text, length, weekend, &some, fault) != 0)
            return -1;
        window->weekend = window->weekend || word == WORD_WEEKEND;
        window->weekdays = window->weekdays || word == WORD_WEEKDAYS;
        if (word != WORD_WEEKEND && word != WORD_WEEKDAYS)
            window->said |= some;
        *text += length;
        *text += strspn(*text, ", ");
    }
    window_settle(window, weekend);
    return 0;
}

static bool read_time(const char **text, unsigned *minutes)
{
    unsigned parts[2] = {0, 0};

    for (int i = 0; i < 2; i++) {
        const char *begin = *text;

        for (; isdigit((unsigned char)**text) && *text - begin < 2; ++*text)
            parts[i] = parts[i] * 10 + (unsigned)(**text - '0');
        if (*text == begin || (i == 1 && *text - begin != 2) || (i == 0 && *(*text)++ != ':'))
            return false;
    }
    *minutes = parts[0] * HOUR_M + parts[1];
    return parts[1] < HOUR_M && *minutes <= DATE_DAY_M;
}

/* Says what to write instead of TEXT, which holds no hours of the right form. */
static int fault_form(const char *text, const char *hours, char *fault)
{
    char quote[PROBLEM_QUOTE_MAX];
    const char *cure = "hours are written as 20:00-06:30";
    unsigned begin;

    problem_quote(text, quote);
    if (*hours == '\0')
        cure = "hours are missing: write it as \"fri,sat 20:00-06:30\", in quotes";
    else if (strstr(hours, "\xe2\x80") != NULL) /* dashes of print, U+2010 to U+2015 */
        cure = "write a plain `-` between the hours";
    else if (read_time(&hours, &begin) && *hours == '\0')
        cure = "the end is missing: write both, as in 20:00-06:30";
    snprintf(fault, WINDOW_FAULT_MAX, "not a window of hours: %s; %s", quote, cure);
    return -1;
}

static int check_hours(const char *text, unsigned from, unsigned until, char *fault)
{
    char quote[PROBLEM_QUOTE_MAX];

    problem_quote(text, quote);
    if (from == until)
        snprintf(fault, WINDOW_FAULT_MAX,
                 "a window without length: %s; write 00:00-24:00 for a whole day", quote);
    else if (from == DATE_DAY_M)
        snprintf(fault, WINDOW_FAULT_MAX,
                 "a window cannot begin at 24:00: %s; write 00:00, with the day after", quote);
    else
        return 0;
    return -1;
}

int window_read(const char *text, uint8_t weekend, struct config_window *window, char *fault)
{
    const char *at = text + strspn(text, " "), *hours;
    unsigned from, until;

    if (read_day_list(&at, weekend, window, fault) != 0)
        return -1;
    hours = at;
    if (!read_time(&at, &from))
        return fault_form(text, hours, fault);
    at += strspn(at, " ");
    if (*at++ != '-')
        return fault_form(text, hours, fault);
    at += strspn(at, " ");
    if (!read_time(&at, &until) || at[strspn(at, " ")] != '\0')
        return fault_form(text, hours, fault);
    if (check_hours(text, from, until, fault) != 0)
        return -1;
    window->from_m = (uint16_t)from;
    window->until_m = (uint16_t)until;
    return 0;
}

/* Days in a row are written as a range, from the first after a day that is not among them; no
 * comma, so that a list in brackets needs no quotes. */
char *window_days_text(uint8_t days, char *out)
{
    size_t first = DATE_WEEK_DAYS - 1, used = 0;

    out[0] = '\0';
    if ((days & WINDOW_DAYS_ALL) == WINDOW_DAYS_ALL) {
        snprintf(out, WINDOW_TEXT_MAX, "daily");
        return out;
    }
    while ((days & 1u << first) != 0)
        first = (first + 1) % DATE_WEEK_DAYS;
    for (size_t i = 1; i < DATE_WEEK_DAYS; i++) {
        size_t begin = i;

        if ((days & 1u << (first + i) % DATE_WEEK_DAYS) == 0)
            continue;
        while ((days & 1u << (first + i + 1) % DATE_WEEK_DAYS) != 0)
            i++;
        used +=
            (size_t)snprintf(out + used, WINDOW_TEXT_MAX - used, "%s%s%s%s", used == 0 ? "" : " ",
                             window_days[(first + begin) % DATE_WEEK_DAYS], i > begin ? "-" : "",
                             i > begin ? window_days[(first + i) % DATE_WEEK_DAYS] : "");
    }
    return out;
}

char *window_to_text(const struct config_window *window, char *out)
{
    size_t used;

    window_days_text(window->days, out);
    used = strlen(out);
    snprintf(out + used, WINDOW_TEXT_MAX - used, "%s%02u:%02u-%02u:%02u", used == 0 ? "" : " ",
             window->from_m / HOUR_M, window->from_m % HOUR_M, window->until_m / HOUR_M,
             window->until_m % HOUR_M);
    return out;
}
