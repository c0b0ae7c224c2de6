/* gate.h - whether a list's new result may take the place of the last good one.
 *
 * A failure (unreadable, a web page, nothing taken) never becomes a result. What is read but
 * suspicious is held: it waits beside the last good one until the operator accepts it, or the same
 * octets still come after config->feeds.hold_s. */
#ifndef BLOCKLIST_FEED_GATE_H
#define BLOCKLIST_FEED_GATE_H

#include "blocklist/feed/reader.h"
#include "blocklist/feed/store.h"

struct err;

/* Judges RESULT of LIST against BEFORE[0..COUNT), the segments in force (none: the first time).
 * Returns 0, or -1 with ERR_GATE: list, line, rule, cure. */
int gate_judge(const struct config_list *list, const struct reader_result *result,
               const struct name *protected_names, const struct store_segment *before, size_t count,
               struct err *err);

#endif
