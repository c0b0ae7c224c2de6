/* clock.h - the time that the server goes by: the system's, or for tests what a file says.
 *
 * Rules change with the time of day, so that a test needs hours to pass at once: `--clock FILE` has
 * Unix time come from FILE, 8 octets, least first, read anew for each batch of queries. Write them
 * in one go. Times to wait (TTLs in the cache, time limits) stay the system's, as they do when
 * somebody sets the clock; but 8 more octets are milliseconds by which they are ahead of it. */
#ifndef RESOLVER_DAEMON_CLOCK_H
#define RESOLVER_DAEMON_CLOCK_H

#include "resolver/core.h"

struct err;
struct wall_clock;

/* Opens the file at PATH. Owner: the caller closes it. Errors: NULL with ERR. */
struct wall_clock *clock_open(const char *path, struct err *err);
void clock_close(struct wall_clock *clock);

/* Reads both clocks; CLOCK NULL: the system's. Threads: any. */
struct core_now clock_now(const struct wall_clock *clock);

#endif
