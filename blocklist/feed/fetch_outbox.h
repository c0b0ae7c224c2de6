/* fetch_outbox.h - messages of the fetcher on their way to the parent, which may be busy reading a
 * list for minutes: results wait for it, progress does not. */
#ifndef BLOCKLIST_FEED_FETCH_OUTBOX_H
#define BLOCKLIST_FEED_FETCH_OUTBOX_H

#include <uv.h>

#include "blocklist/feed/fetch_message.h"

struct fetch_outbox;

/* Makes an outbox on LOOP for the pipe FD. Errors: NULL, out of memory. */
struct fetch_outbox *fetch_outbox_open(uv_loop_t *loop, int fd);

/* Sends MESSAGE as soon as it can; progress is dropped where something waits already. */
void fetch_outbox_put(struct fetch_outbox *outbox, const struct fetch_message *message);

/* Tells whether all is sent. */
bool fetch_outbox_empty(const struct fetch_outbox *outbox);

#endif
