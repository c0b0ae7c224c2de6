/* observed.h - which names would be blocked, were they not observed: in memory, for a while, and
 * only when the operator asks.
 *
 * Names of public lists alone, with counts, and nothing of who asked. Fixed size: of more names the
 * most frequent stay. When the time is over they are wiped. */
#ifndef RESOLVER_OBSERVED_H
#define RESOLVER_OBSERVED_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct err;
struct observed;

enum { OBSERVED_NAMES_MOST = 512, OBSERVED_LONGEST_S = 3600 };

/* Makes an empty one, which gathers nothing. Owner: the caller frees. Errors: NULL with ERR. */
struct observed *observed_create(struct err *err);

/* Wipes and frees OBSERVED; NULL is fine. */
void observed_free(struct observed *observed);

/* Forgets what there is, and gathers until UNTIL_MS (monotonic; 0: not at all). Threads: any. */
void observed_start(struct observed *observed, uint64_t until_ms);

/* Forgets what there is, and goes on for as long as was said: the rules have changed, so that a
 * name may be one now that nobody is to see here. Threads: any. */
void observed_forget(struct observed *observed);

/* Wipes what there is once its time is over. Threads: any. */
void observed_tidy(struct observed *observed, uint64_t now_ms);

/* Returns the milliseconds that are left, 0 for none. Threads: any. Cost: one relaxed read. */
uint64_t observed_left_ms(const struct observed *observed, uint64_t now_ms);

/* Counts NAME, while there is time left. Threads: any. Cost: nobody waits: a name that comes while
 * another is written is not counted. */
void observed_note(struct observed *observed, const struct name *name, uint64_t now_ms);

/* Calls SEE with each name and its count, the most frequent first; returns how many. */
size_t observed_each(struct observed *observed, uint64_t now_ms,
                     void (*see)(void *context, const struct name *name, uint64_t count),
                     void *context);

#endif
