/* store_recovery.h - a new feeds.db, filled with what segments and sets say themselves. Nothing
 * outside store*.c includes this. */
#ifndef BLOCKLIST_FEED_STORE_RECOVERY_H
#define BLOCKLIST_FEED_STORE_RECOVERY_H

#include <stdint.h>

struct err;
struct store;

/* Fills STORE, whose tables are empty, from the files in its directory, inside the caller's
 * transaction; REASON ("": none was there) goes into the record where anything was found or lost.
 * Errors: -1 with ERR. */
int store_recovery_run(struct store *store, const char *reason, int64_t now_s, struct err *err);

#endif
