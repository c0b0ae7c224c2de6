/* timetable.h - which periods hold at an instant, and until when: compiled, then only read.
 *
 * A period is what a schedule of the config comes to: windows on the clock of a wall, in a zone, by
 * a calendar. Edges are worked out for a span of time; what is asked outside of it is worked out on
 * the spot, with the same result.
 *
 * What a clock on the wall shows decides, not how much time has gone by: where clocks go forward
 * the hour left out is in no window, where they go back the doubled hour is in its window twice. */
#ifndef POLICY_WHEN_TIMETABLE_H
#define POLICY_WHEN_TIMETABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct err;
struct timetable;
struct zone;

enum { TIMETABLE_PERIODS_MAX = 64 };

struct timetable_period {
    const struct config_window *windows;
    size_t window_count;
    bool in_terms, in_holidays; /* as in config_schedule, by the day that a window starts on */
};

struct timetable_options {
    const struct zone *zone;                /* NULL: UTC */
    const struct config_calendar *calendar; /* NULL: no holidays, always term */
    const struct timetable_period *periods;
    size_t period_count;     /* at most TIMETABLE_PERIODS_MAX */
    int64_t from_s, until_s; /* of the edges worked out ahead; at most TIMETABLE_SPAN_S is */
};

#define TIMETABLE_SPAN_S ((int64_t)3 * 366 * 86400)

/* Makes a timetable. ZONE, CALENDAR and the windows outlive it; the array of periods is copied.
 * Owner:  the caller frees.
 * Errors: NULL with ERR. */
struct timetable *timetable_create(const struct timetable_options *options, struct err *err);

/* Frees TIMETABLE; NULL is fine. */
void timetable_free(struct timetable *timetable);

/* Returns the periods that hold at WALL_S, bit i for period i; *UNTIL_S (may be NULL) is the first
 * instant after it at which that may change, INT64_MAX for never.
 * Threads: any number.
 * Cost:    one binary search inside the span; no allocation. */
uint64_t timetable_at(const struct timetable *timetable, int64_t wall_s, int64_t *until_s);

/* Fills PERIODS with PROFILE's schedules, period i with schedule i; returns how many. */
size_t timetable_schedules(const struct config_profile *profile,
                           struct timetable_period periods[TIMETABLE_PERIODS_MAX]);

#endif
