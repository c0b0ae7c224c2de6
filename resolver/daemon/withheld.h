/* withheld.h - what the counters tell of blocks by the operator, the law and hotlines: one number,
 * hourly, in tens.
 *
 * Who can read the counters before and after a query would learn what became of it, his own or
 * another's. So such queries move no counter (core.h), and what they come to is let out together:
 * at least an hour after the last time, each number rounded down to WITHHELD_STEP, the rest carried
 * over. The hour is that of a clock that nobody sets, begins at random and is lengthened at random:
 * with the wall clock's, or any other that can be foretold, a reader could ask just before and read
 * just after, and have an hour that holds nothing but what he asked. */
#ifndef RESOLVER_DAEMON_WITHHELD_H
#define RESOLVER_DAEMON_WITHHELD_H

#include <stdint.h>

#include "resolver/core.h"

enum { WITHHELD_STEP = 10, WITHHELD_HOUR_MS = 3600000, WITHHELD_SPREAD_MS = 600000 };

/* What has been let out, since the start. */
struct withheld {
    uint64_t due_ms;
    uint64_t queries[TRANSPORTS]; /* blocked or silenced */
    uint64_t blocks, silenced;
};

/* Starts WITHHELD at MONO_MS, with nothing let out. Threads: one, here and below. */
void withheld_start(struct withheld *withheld, uint64_t mono_ms);

/* Lets out what TOTAL, of all workers since the start, comes to, where it is time. */
void withheld_tick(struct withheld *withheld, const struct core_withheld *total, uint64_t mono_ms);

/* Fills in SUM, of all workers, with what was let out, and clears what was not. */
void withheld_show(const struct withheld *withheld, struct core_counters *sum);

#endif
