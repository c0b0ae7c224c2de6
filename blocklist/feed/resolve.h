/* resolve.h - addresses of list servers, asked of the configured upstreams alone.
 *
 * Never through the server of this machine: a list must be fetched where there is no set yet, and
 * no list may block the fetching of another. So neither resolv.conf nor /etc/hosts is read. */
#ifndef BLOCKLIST_FEED_RESOLVE_H
#define BLOCKLIST_FEED_RESOLVE_H

#include <stddef.h>
#include <uv.h>

#include "config/base/addr.h"

struct config;
struct err;
struct resolver;
struct resolve_lookup;

enum { RESOLVE_ADDRS_MAX = 16 };

/* Hears what a name has: ADDRS[0..COUNT), or COUNT 0 and FAULT. */
typedef void resolve_done(void *context, const struct addr *addrs, size_t count,
                          const struct err *fault);

/* Makes a resolver on LOOP that asks CONFIG's usual upstreams. Errors: NULL with ERR. */
struct resolver *resolve_open(uv_loop_t *loop, const struct config *config, struct err *err);

/* Looks NAME up and calls DONE with CONTEXT, once, perhaps before this returns. Returns what
 * resolve_forget takes, or NULL where DONE has been called. */
struct resolve_lookup *resolve_start(struct resolver *resolver, const char *name,
                                     resolve_done *done, void *context);

/* Has nobody called for LOOKUP any more, whose DONE has not been called. NULL is fine. */
void resolve_forget(struct resolve_lookup *lookup);

#endif
