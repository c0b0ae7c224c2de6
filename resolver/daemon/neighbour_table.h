/* neighbour_table.h - the kernel's table of neighbours, followed by the server's main thread.
 *
 * What the kernel says (rtnetlink(7): all of it at the start and after an overrun, then each
 * change) is written to the overlay, where workers read it. It takes no capability. A client behind
 * a router has no entry: its router's MAC is never taken for its own. */
#ifndef RESOLVER_DAEMON_NEIGHBOUR_TABLE_H
#define RESOLVER_DAEMON_NEIGHBOUR_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct addr;
struct config;
struct log;
struct neighbour_table;
struct overlay;

/* Tells whether CONFIG has a use for MACs: devices, or a word for those that nobody knows. */
bool neighbour_table_wanted(const struct config *config);

/* Makes a table on LOOP that writes to OVERLAY and follows nothing yet; NULL without memory. */
struct neighbour_table *neighbour_table_create(uv_loop_t *loop, struct overlay *overlay,
                                               const struct log *log);

/* Begins to follow the kernel's table; where it does already, or the kernel will not, it does
 * nothing, but says so in the log. */
void neighbour_table_follow(struct neighbour_table *table);

/* Asks the kernel once for ADDR on the link IFINDEX (0: not known), of which a worker had to say
 * that it knows nobody there. Cost: one system call; 64 a second at most, one a second for each
 * address. */
void neighbour_table_ask(struct neighbour_table *table, const struct addr *addr, uint32_t ifindex);

/* Frees TABLE once its loop has closed what it holds. */
void neighbour_table_destroy(struct neighbour_table *table);

#endif
