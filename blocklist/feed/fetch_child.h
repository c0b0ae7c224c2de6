/* fetch_child.h - the fetcher's process from the inside, and what its files share. Nobody else
 * includes it. */
#ifndef BLOCKLIST_FEED_FETCH_CHILD_H
#define BLOCKLIST_FEED_FETCH_CHILD_H

#include <uv.h>

#include "blocklist/feed/fetcher.h"
#include "config/base/log.h"

struct fetch_multi;
struct fetch_outbox;
struct resolver;

/* What every part of the process needs. */
struct fetch_world {
    uv_loop_t loop;
    struct log log;
    const struct config *config;
    struct fetch_multi *multi;
    struct resolver *resolver;
    struct fetch_outbox *outbox;
};

/* Fetches REQUESTS[0..COUNT) and writes messages to the pipe FD, until all have a result. Returns
 * what the process is to exit with. */
int fetch_child_run(const struct config *config, const struct fetch_request *requests, size_t count,
                    int fd);

#endif
