/* calendar_file.h - the whole days of an iCalendar file (RFC 5545), as ranges of dates. */
#ifndef TOOLS_STAIRGATE_CALENDAR_FILE_H
#define TOOLS_STAIRGATE_CALENDAR_FILE_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum { CALENDAR_SUMMARY_MAX = 64 };

struct calendar_range {
    int32_t first, last;                /* days since 1970-01-01 */
    char summary[CALENDAR_SUMMARY_MAX]; /* as the file has it, cut */
};

struct calendar_ranges {
    struct calendar_range *items; /* by first day, each once */
    size_t count;
    size_t passed; /* events that are not for whole days, which are left out */
};

/* Reads the file at PATH: what of its events lies within FROM and UNTIL (days, both included),
 * those that repeat too.
 * Owner:  the caller frees with calendar_ranges_free, also on failure.
 * Errors: -1 with ERR: no calendar, or an event that is broken, with its line. */
int calendar_file_read(const char *path, int32_t from, int32_t until,
                       struct calendar_ranges *ranges, struct err *err);

/* Frees what RANGES holds. */
void calendar_ranges_free(struct calendar_ranges *ranges);

#endif
