/* calendar_file.c - reads an iCalendar file with libical.
 *
 * Problem: authorities publish holidays and terms as iCalendar files, and a calendar with half of
 * them is worse than none: nobody looks at it again. Idea: libical reads and repeats events; what
 * it passes over in silence is found here. Each event's first line is counted beforehand, so that
 * what is wrong with one can be told with its place, and a file that is cut off is seen.
 *
 * Dropped: events with hours, which are no holidays; they are counted and left out. Rules that
 * repeat within a day are refused: they could be repeated millions of times. */
#include "tools/stairgate/calendar_file.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/file.h"

enum { FILE_MAX = 4 << 20, RANGES_MAX = 4096, EVENTS_MAX = 20000 };

struct reading {
    const char *path;
    unsigned *lines; /* of each event's first line */
    size_t event_count, next;
    int32_t from, until;
    struct calendar_ranges *ranges;
    icalcomponent *event;
    unsigned line; /* of event */
    bool failed;
    struct err *err;
};

static void fail(struct reading *reading, const char *why)
{
    if (!reading->failed)
        err_set(reading->err, ERR_FORMAT, "%s:%u: an event %s; mend or remove it", reading->path,
                reading->line, why);
    reading->failed = true;
}

/* Fills in the lines of all events; one that another follows, or nothing, before its end is cut. */
static int count_events(struct reading *reading, const char *text)
{
    unsigned line = 1, open = 0;

    reading->lines = calloc(EVENTS_MAX, sizeof *reading->lines);
    if (reading->lines == NULL)
        return err_set(reading->err, ERR_MEMORY, "%s: out of memory", reading->path);
    for (; text != NULL; line++) {
        if (strncasecmp(text, "BEGIN:VEVENT", 12) == 0) {
            if (reading->event_count == EVENTS_MAX)
                return err_set(reading->err, ERR_LIMIT, "%s:%u: more than %d events", reading->path,
                               line, EVENTS_MAX);
            reading->lines[reading->event_count++] = line;
            if (open != 0)
                break;
            open = line;
        } else if (strncasecmp(text, "END:VEVENT", 10) == 0) {
            open = 0;
        }
        text = strchr(text, '\n');
        text = text == NULL ? NULL : text + 1;
    }
    if (open != 0)
        return err_set(reading->err, ERR_FORMAT, "%s:%u: an event without an end; the file is cut",
                       reading->path, open);
    return 0;
}

static const char *summary_of(icalcomponent *event)
{
    const char *summary = icalcomponent_get_summary(event);

    return summary == NULL ? "" : summary;
}

static void add_range(struct reading *reading, int32_t first, int32_t last)
{
    struct calendar_ranges *ranges = reading->ranges;
    struct calendar_range *grown;

    if (reading->failed || last < reading->from || first > reading->until)
        return;
    if (ranges->count == RANGES_MAX) {
        fail(reading, "is one too many");
        return;
    }
    grown = realloc(ranges->items, (ranges->count + 1) * sizeof *grown);
    if (grown == NULL) {
        fail(reading, "has no room in memory");
        return;
    }
    ranges->items = grown;
    grown[ranges->count] = (struct calendar_range){.first = first, .last = last};
    snprintf(grown[ranges->count++].summary, CALENDAR_SUMMARY_MAX, "%s",
             summary_of(reading->event));
}

/* libical gives each time that an event takes place as seconds; its end is the first day after. */
static void take_span(icalcomponent *event, struct icaltime_span *span, void *user)
{
    struct reading *reading = user;
    int32_t first = date_day_of((int64_t)span->start), end = date_day_of((int64_t)span->end);

    (void)event;
    add_range(reading, first, end > first ? end - 1 : first);
}

static bool repeats_by_days(icalcomponent *event)
{
    icalproperty *rule = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);

    for (; rule != NULL; rule = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY)) {
        icalrecurrencetype_frequency how = icalproperty_get_rrule(rule).freq;

        if (how != ICAL_YEARLY_RECURRENCE && how != ICAL_MONTHLY_RECURRENCE &&
            how != ICAL_WEEKLY_RECURRENCE && how != ICAL_DAILY_RECURRENCE)
            return false;
    }
    return true;
}

static struct icaltimetype time_of_day(int32_t day)
{
    struct date date = date_of_days(day);
    struct icaltimetype time = icaltime_null_date();

    time.year = date.year;
    time.month = date.month;
    time.day = date.day;
    return time;
}

/* libical makes 21 January of a month 13. */
static bool exists(struct icaltimetype time)
{
    return !icaltime_is_null_time(time) && time.year >= 1 && time.month >= 1 && time.month <= 12 &&
           time.day >= 1 && time.day <= (int)date_month_days(time.year, (unsigned)time.month);
}

static void read_event(struct reading *reading)
{
    icalcomponent *event = reading->event;
    struct icaltimetype start = icalcomponent_get_dtstart(event), end;

    if (icalcomponent_count_errors(event) > 0) {
        fail(reading, "with a line that cannot be read");
    } else if (!exists(start)) {
        fail(reading, "without a beginning (DTSTART) that is a date");
    } else if (!icaltime_is_date(start)) {
        reading->ranges->passed++;
    } else if (!repeats_by_days(event)) {
        fail(reading, "that repeats within a day, or by a rule that cannot be read");
    } else {
        end = icalcomponent_get_dtend(event);
        if (!icaltime_is_null_time(end) && !exists(end))
            fail(reading, "with an end (DTEND) that is no date");
        else if (!icaltime_is_null_time(end) && icaltime_compare_date_only(end, start) < 0)
            fail(reading, "that ends before it begins");
        else
            icalcomponent_foreach_recurrence(event, time_of_day(reading->from - 366),
                                             time_of_day(reading->until + 1), take_span, reading);
    }
}

/* Reads the events in COMPONENT, which may be several calendars. */
static void read_events(struct reading *reading, icalcomponent *component)
{
    icalcompiter at = icalcomponent_begin_component(component, ICAL_ANY_COMPONENT);

    for (; icalcompiter_deref(&at) != NULL && !reading->failed; icalcompiter_next(&at)) {
        icalcomponent *inner = icalcompiter_deref(&at);

        if (icalcomponent_isa(inner) == ICAL_VCALENDAR_COMPONENT) {
            read_events(reading, inner);
        } else if (icalcomponent_isa(inner) == ICAL_VEVENT_COMPONENT) {
            reading->event = inner;
            reading->line =
                reading->next < reading->event_count ? reading->lines[reading->next] : 0;
            reading->next++;
            read_event(reading);
        }
    }
}

static int compare(const void *x, const void *y)
{
    const struct calendar_range *a = x, *b = y;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->last != b->last)
        return a->last < b->last ? -1 : 1;
    return strcmp(a->summary, b->summary);
}

static void sort_ranges(struct calendar_ranges *ranges)
{
    size_t kept = 0;

    if (ranges->count == 0)
        return;
    qsort(ranges->items, ranges->count, sizeof *ranges->items, compare);
    for (size_t i = 1; i < ranges->count; i++) {
        if (ranges->items[i].first != ranges->items[kept].first ||
            ranges->items[i].last != ranges->items[kept].last)
            ranges->items[++kept] = ranges->items[i];
    }
    ranges->count = kept + 1;
}

static int read_text(struct reading *reading, const char *text)
{
    icalcomponent *root;

    if (count_events(reading, text) != 0)
        return -1;
    icalerror_set_errors_are_fatal(false);
    root = icalparser_parse_string(text);
    if (root == NULL)
        return err_set(reading->err, ERR_FORMAT,
                       "%s: not a calendar; it must begin with BEGIN:VCALENDAR and be whole",
                       reading->path);
    read_events(reading, root);
    if (icalcomponent_isa(root) == ICAL_VEVENT_COMPONENT) {
        reading->event = root;
        reading->line = reading->event_count > 0 ? reading->lines[0] : 0;
        reading->next++;
        read_event(reading);
    }
    icalcomponent_free(root);
    if (reading->failed)
        return -1;
    if (reading->next != reading->event_count)
        return err_set(reading->err, ERR_FORMAT, "%s:%u: an event without an end; the file is cut",
                       reading->path, reading->lines[reading->next % EVENTS_MAX]);
    if (reading->event_count == 0)
        return err_set(reading->err, ERR_FORMAT, "%s: a calendar without events", reading->path);
    sort_ranges(reading->ranges);
    return 0;
}

int calendar_file_read(const char *path, int32_t from, int32_t until,
                       struct calendar_ranges *ranges, struct err *err)
{
    struct reading reading = {
        .path = path, .from = from, .until = until, .ranges = ranges, .err = err};
    size_t length;
    char *text = file_read(path, FILE_MAX, &length, err);
    int result = -1;

    memset(ranges, 0, sizeof *ranges);
    if (text == NULL)
        return -1;
    if (strlen(text) != length)
        err_set(err, ERR_FORMAT, "%s: not a text", path);
    else
        result = read_text(&reading, text);
    free(reading.lines);
    free(text);
    return result;
}

void calendar_ranges_free(struct calendar_ranges *ranges)
{
    free(ranges->items);
    memset(ranges, 0, sizeof *ranges);
}
