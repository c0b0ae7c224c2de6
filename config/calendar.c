/* The readers and showers of calendars: days of the week, dates, and which calendar is meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/zone_file.h"
#include "config/country.h"
#include "config/options_schedule.h"
#include "config/schedule.h"
#include "config/shower.h"
#include "config/walk.h"
#include "config/window.h"

enum { KNOWN_MAX = 64 };

void read_days(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    uint8_t days = 0, some;
    char fault[WINDOW_FAULT_MAX];

    FOR_TEXTS(item)
    {
        if (window_read_days(item->text, strlen(item->text), WINDOW_WEEKEND, &some, fault) != 0)
            problem_add(walk->problems, item->place, "%s", fault);
        else
            days |= some;
    }
    if (days == WINDOW_DAYS_ALL)
        problem_add(walk->problems, node->place, "a week needs a day of work or school");
    memcpy(option_field(option, base), &days, sizeof days);
}

/* Says what is wrong with the date that begins TEXT. */
static void report_date(struct walk *walk, const struct node *item)
{
    const char *text = item->text;
    char quote[PROBLEM_QUOTE_MAX];
    bool form = strlen(text) >= 10 && text[4] == '-' && text[7] == '-';

    problem_quote(text, quote);
    problem_add(walk->problems, item->place,
                form ? "a date that does not exist, or not a date: %s; write 2026-12-25, or "
                       "2026-12-21..2027-01-06"
                     : "not a date: %s; write 2026-12-25, or 2026-12-21..2027-01-06",
                quote);
}

static void read_range(struct walk *walk, const struct node *item, struct config_holiday *range)
{
    const char *at = item->text;
    char quote[PROBLEM_QUOTE_MAX];
    int fault = date_read(&at, &range->first);

    range->last = range->first;
    if (fault == 0 && strncmp(at, "..", 2) == 0) {
        at += 2;
        fault = date_read(&at, &range->last);
    }
    if (fault != 0 || *at != '\0')
        report_date(walk, item);
    else if (range->last < range->first)
        problem_add(walk->problems, item->place, "a range that ends before it begins: %s",
                    problem_quote(item->text, quote));
}

void read_dates(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    FOR_TEXTS(item)
    {
        struct config_holiday *range = walk_append(walk, option_field(option, base),
                                                   option_count(option, base), sizeof *range);

        if (range == NULL)
            return;
        read_range(walk, item, range);
    }
}

uint8_t calendar_weekend(const struct config *config, long calendar)
{
    if (calendar >= 0)
        return config->calendars[calendar].weekend;
    return config->country != NULL && config->country->weekend != 0 ? config->country->weekend
                                                                    : WINDOW_WEEKEND;
}

void read_calendars(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    struct config *config = walk->config;

    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct config_calendar *calendar =
            walk_append(walk, &config->calendars, &config->calendar_count, sizeof *calendar);

        if (calendar == NULL)
            return;
        walk_title(walk, "calendar", item);
        snprintf(calendar->name, sizeof calendar->name, "%.63s", item->key->text);
        calendar->place = item->key->place;
        walk_item(walk, option, item, calendar);
        if (node_member(item, "weekend") == NULL)
            calendar->weekend = calendar_weekend(config, -1);
    }
}

void read_calendar(struct walk *walk, const struct option *option, const struct node *node,
                   void *base)
{
    const struct config *config = walk->config;
    const char *known[KNOWN_MAX];
    size_t count = 0;

    for (size_t i = 0; i < config->calendar_count; i++) {
        long index = (long)i;

        if (strcmp(config->calendars[i].name, node->text) == 0) {
            memcpy(option_field(option, base), &index, sizeof index);
            return;
        }
        if (count < KNOWN_MAX)
            known[count++] = config->calendars[i].name;
    }
    problem_unknown(walk->problems, node->place, "unknown calendar", node->text, known, count);
}

/* Which zones there are only the machine knows. */
void read_time_zone(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    char quote[PROBLEM_QUOTE_MAX], *copy, *before;
    uint8_t *octets = NULL;
    struct err err = {.code = ERR_NONE};
    size_t length;

    if (!zone_name_is_good(node->text)) {
        problem_add(walk->problems, node->place,
                    "not the name of a time zone: %s; write one such as Europe/Berlin",
                    problem_quote(node->text, quote));
        return;
    }
    if (walk->system && !zone_name_is_utc(node->text)) {
        octets = zone_file_read(node->text, &length, &err);
        free(octets);
    }
    copy = err.code == ERR_NONE ? walk_copy(walk, node->text) : NULL;
    if (err.code != ERR_NONE)
        problem_add(walk->problems, node->place, "%s", err.text);
    if (copy == NULL)
        return;
    memcpy(&before, option_field(option, base), sizeof before); /* of the profile it extends */
    free(before);
    memcpy(option_field(option, base), &copy, sizeof copy);
}

void calendars_free(struct config *config)
{
    for (size_t i = 0; i < config->calendar_count; i++) {
        free(config->calendars[i].holidays);
        free(config->calendars[i].terms);
    }
    free(config->calendars);
}

/* A profile that names none has the config's. */
void show_time_zone(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const char *text;

    (void)node;
    memcpy(&text, show_field(option, base), sizeof text);
    if (text == NULL && option->from != NULL)
        text = show_config(show)->zone;
    if (text != NULL)
        show_add(show, text);
}

void show_days(struct show *show, const struct option *option, const struct node *node,
               const void *base)
{
    uint8_t days;

    (void)node;
    memcpy(&days, show_field(option, base), sizeof days);
    for (size_t day = 0; window_days[day] != NULL; day++) {
        if ((days & 1u << day) != 0)
            show_add(show, window_days[day]);
    }
}

void show_dates(struct show *show, const struct option *option, const struct node *node,
                const void *base)
{
    const struct config_holiday *ranges;
    char text[2 * DATE_TEXT_MAX + 2], begin[DATE_TEXT_MAX], end[DATE_TEXT_MAX];

    (void)node;
    memcpy(&ranges, show_field(option, base), sizeof ranges);
    for (size_t i = 0; i < show_length(option, base); i++) {
        if (ranges[i].last == ranges[i].first)
            date_to_text(ranges[i].first, text);
        else
            snprintf(text, sizeof text, "%s..%s", date_to_text(ranges[i].first, begin),
                     date_to_text(ranges[i].last, end));
        show_add(show, text);
    }
}

void show_calendar(struct show *show, const struct option *option, const struct node *node,
                   const void *base)
{
    long index;

    (void)node;
    memcpy(&index, show_field(option, base), sizeof index);
    if (index >= 0)
        show_add(show, show_config(show)->calendars[index].name);
}

void show_calendars(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const struct config *config = show_config(show);

    (void)base;
    for (size_t i = 0; i < config->calendar_count; i++)
        show_item(show, option, config->calendars[i].name,
                  node_member(node, config->calendars[i].name), &config->calendars[i]);
    if (config->calendar_count == 0)
        show_emit(show, option, node);
}
