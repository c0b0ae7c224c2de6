/* timetable.c - windows on the clock of a wall, as instants.
 *
 * Problem: "school nights from 20:00 to 6:30" must hold by the clock on the wall, on nights of 23
 * and of 25 hours, over midnight into a day of another kind, on holidays that count as Sundays; and
 * a query must learn it, and for how long it holds, at the cost of one search. Idea: whether a
 * window holds at an instant is a plain function of what the clock shows then (`on_spot`); it can
 * only change at the few minutes of a day at which some window begins or ends, and where the zone's
 * clocks are changed. Walking from one such instant to the next gives the edges of a span ahead;
 * what is asked outside of the span walks the same way, so both say the same.
 *
 * Dropped: adding hours to a midnight, which is an hour wrong on two days a year; and translating
 * each window into instants, which needs cases for gaps and overlaps that a reading of the clock
 * does not. */
#include "policy/when/timetable.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "policy/when/zone.h"

enum {
    MINUTE_S = 60,
    STEPS_ON_SPOT = 8, /* outside of the span: edges looked at for one that changes something */
    EDGES_FIRST = 64,
};

/* Of what is asked; 20,000 years to both sides. */
#define WALL_MOST ((int64_t)20000 * 366 * DATE_DAY_S)

struct edge {
    int64_t at;
    uint64_t holds; /* from then on */
};

struct timetable {
    const struct zone *zone;
    const struct config_calendar *calendar;
    struct timetable_period periods[TIMETABLE_PERIODS_MAX];
    size_t period_count;
    uint16_t minutes[DATE_DAY_M]; /* of a day, at which a window begins or ends; ascending */
    size_t minute_count;
    struct edge *edges; /* the first stands at from_s */
    size_t edge_count, edge_room;
    int64_t from_s, until_s;
};

/* A day as windows see it. */
struct day {
    uint8_t bit; /* of config_window.days */
    bool school; /* in a term, and no holiday */
};

static bool is_among(const struct config_holiday *ranges, size_t count, int32_t day)
{
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].first <= day && day <= ranges[i].last)
            return true;
    }
    return false;
}

static struct day look_up(const struct config_calendar *calendar, int32_t day)
{
    bool holiday, term;

    if (calendar == NULL)
        return (struct day){(uint8_t)(1u << date_weekday(day)), true};
    holiday = is_among(calendar->holidays, calendar->holiday_count, day);
    term = calendar->term_count == 0 || is_among(calendar->terms, calendar->term_count, day);
    return (struct day){(uint8_t)(1u << (holiday ? calendar->holiday_as : date_weekday(day))),
                        term && !holiday};
}

/* Tells whether PERIOD has a window that begins on DAY and holds MINUTE minutes after its midnight.
 */
static bool holds_from(const struct timetable_period *period, struct day day, unsigned minute)
{
    if ((period->in_terms && !day.school) || (period->in_holidays && day.school))
        return false;
    for (size_t i = 0; i < period->window_count; i++) {
        const struct config_window *window = &period->windows[i];
        unsigned until = window->until_m + (window->until_m <= window->from_m ? DATE_DAY_M : 0u);

        if ((window->days & day.bit) != 0 && window->from_m <= minute && minute < until)
            return true;
    }
    return false;
}

/* Returns the periods that hold at WALL_S. */
static uint64_t on_spot(const struct timetable *t, int64_t wall_s)
{
    int64_t local = wall_s + zone_offset(t->zone, wall_s);
    int32_t date = date_day_of(local);
    unsigned minute = (unsigned)((local - (int64_t)date * DATE_DAY_S) / MINUTE_S);
    struct day today = look_up(t->calendar, date), before = look_up(t->calendar, date - 1);
    uint64_t holds = 0;

    for (size_t i = 0; i < t->period_count; i++) {
        if (holds_from(&t->periods[i], today, minute) ||
            holds_from(&t->periods[i], before, minute + DATE_DAY_M))
            holds |= UINT64_C(1) << i;
    }
    return holds;
}

/* Returns the first instant after WALL_S at which a window may begin or end. */
static int64_t next_step(const struct timetable *t, int64_t wall_s)
{
    int32_t offset = zone_offset(t->zone, wall_s);
    int64_t change = zone_next_change(t->zone, wall_s), local = wall_s + offset, step;
    int64_t midnight = (int64_t)date_day_of(local) * DATE_DAY_S;
    size_t i = 0;

    if (t->minute_count == 0)
        return INT64_MAX;
    while (i < t->minute_count && midnight + t->minutes[i] * MINUTE_S <= local)
        i++;
    step = i < t->minute_count ? midnight + t->minutes[i] * MINUTE_S
                               : midnight + DATE_DAY_S + t->minutes[0] * MINUTE_S;
    step -= offset;
    return step < change ? step : change;
}

static void collect_minutes(struct timetable *t)
{
    bool marked[DATE_DAY_M] = {false};

    for (size_t i = 0; i < t->period_count; i++) {
        for (size_t k = 0; k < t->periods[i].window_count; k++) {
            marked[t->periods[i].windows[k].from_m % DATE_DAY_M] = true;
            marked[t->periods[i].windows[k].until_m % DATE_DAY_M] = true;
        }
    }
    for (unsigned minute = 0; minute < DATE_DAY_M; minute++) {
        if (marked[minute])
            t->minutes[t->minute_count++] = (uint16_t)minute;
    }
}

static int add_edge(struct timetable *t, int64_t at, uint64_t holds, struct err *err)
{
    if (t->edge_count > 0 && t->edges[t->edge_count - 1].holds == holds)
        return 0;
    if (t->edge_count == t->edge_room) {
        size_t room = t->edge_room == 0 ? EDGES_FIRST : 2 * t->edge_room;
        struct edge *grown = realloc(t->edges, room * sizeof *grown);

        if (grown == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for a timetable");
        t->edges = grown;
        t->edge_room = room;
    }
    t->edges[t->edge_count++] = (struct edge){at, holds};
    return 0;
}

static int compile(struct timetable *t, struct err *err)
{
    for (int64_t at = t->from_s; at < t->until_s; at = next_step(t, at)) {
        if (add_edge(t, at, on_spot(t, at), err) != 0)
            return -1;
    }
    return 0;
}

static int64_t clamp(int64_t wall_s)
{
    return wall_s > WALL_MOST ? WALL_MOST : wall_s < -WALL_MOST ? -WALL_MOST : wall_s;
}

struct timetable *timetable_create(const struct timetable_options *options, struct err *err)
{
    struct timetable *t = calloc(1, sizeof *t);

    must(options->period_count <= TIMETABLE_PERIODS_MAX);
    if (t == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for a timetable");
        return NULL;
    }
    t->zone = options->zone;
    t->calendar = options->calendar;
    if (options->period_count > 0)
        memcpy(t->periods, options->periods, options->period_count * sizeof *t->periods);
    t->period_count = options->period_count;
    collect_minutes(t);
    t->from_s = clamp(options->from_s);
    t->until_s = clamp(options->until_s);
    if (t->until_s > t->from_s + TIMETABLE_SPAN_S)
        t->until_s = t->from_s + TIMETABLE_SPAN_S;
    if (compile(t, err) == 0)
        return t;
    timetable_free(t);
    return NULL;
}

void timetable_free(struct timetable *timetable)
{
    if (timetable == NULL)
        return;
    free(timetable->edges);
    free(timetable);
}

/* Returns the index of the edge in force at WALL_S, which is in the span. */
static size_t find_edge(const struct timetable *t, int64_t wall_s)
{
    size_t low = 0, high = t->edge_count; /* edges[low] is at or before WALL_S, edges[high] after */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (t->edges[middle].at <= wall_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint64_t walk(const struct timetable *t, int64_t wall_s, int64_t *until_s)
{
    uint64_t holds = on_spot(t, wall_s);

    *until_s = next_step(t, wall_s);
    for (int i = 1; i < STEPS_ON_SPOT && *until_s < WALL_MOST && on_spot(t, *until_s) == holds; i++)
        *until_s = next_step(t, *until_s);
    return holds;
}

uint64_t timetable_at(const struct timetable *t, int64_t wall_s, int64_t *until_s)
{
    int64_t unread;
    size_t edge;

    if (until_s == NULL)
        until_s = &unread;
    *until_s = INT64_MAX;
    if (t->minute_count == 0)
        return 0;
    if (wall_s < t->from_s || wall_s >= t->until_s)
        return walk(t, clamp(wall_s), until_s);
    edge = find_edge(t, wall_s);
    *until_s = edge + 1 < t->edge_count ? t->edges[edge + 1].at : t->until_s;
    return t->edges[edge].holds;
}

size_t timetable_schedules(const struct config_profile *profile,
                           struct timetable_period periods[TIMETABLE_PERIODS_MAX])
{
    size_t count = 0;

    for (; count < profile->schedule_count && count < TIMETABLE_PERIODS_MAX; count++) {
        const struct config_schedule *schedule = &profile->schedules[count];

        periods[count] = (struct timetable_period){schedule->windows, schedule->window_count,
                                                   schedule->in_terms, schedule->in_holidays};
    }
    return count;
}
