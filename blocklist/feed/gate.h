/* gate.h - whether a list's new result may take the place of the last good one.
 *
 * A failure (unreadable, a web page, nothing taken) never becomes a result. What is read but
 * suspicious is held: it waits beside the last good one until the operator accepts it, or the same
 * octets still come after config->feeds.hold_s. */
#ifndef BLOCKLIST_FEED_GATE_H
#define BLOCKLIST_FEED_GATE_H

#include <stddef.h>

#include "blocklist/feed/reader.h"
#include "blocklist/feed/store.h"

struct err;

/* Growth by so few entries is nobody's accident, however short the list was. */
enum { GATE_SLACK = 50 };

struct gate_case {
    const struct config_list *list;
    const struct reader_result *result;
    const struct name *protected_names; /* that the result's findings count in */
    size_t pin_count;                   /* the first so many of them are pins */
    const char *dir;                    /* the lists' directory */
    const struct store_segment *before; /* in force */
    size_t before_count;                /* 0: the first time */
};

/* Judges what GATE holds. Returns 0, or -1 with ERR_GATE: list, line, rule, cure in one line.
 * Cost: a protected name that was found is looked up in the segments in force; else nothing. */
int gate_judge(const struct gate_case *gate, struct err *err);

#endif
