/* due.h - when a list is to be fetched: by its schedule, after growing pauses where it failed, at
 * once where the operator changed what it is. */
#ifndef BLOCKLIST_FEED_DUE_H
#define BLOCKLIST_FEED_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "blocklist/feed/store.h"
#include "config/base/random.h"
#include "config/config.h"

enum {
    DUE_PAUSE_LEAST_S = 300,            /* after the first failure */
    DUE_PAUSE_MOST_S = 6 * 3600,        /* or the list's `every`, if that is less */
    DUE_DROP_FAILURES = 3,              /* in a row, before on_stale: drop takes a list out */
    DUE_RETRY_AFTER_MOST_S = 7 * 86400, /* a server may not keep a list away for longer */
};

/* Fills DIGEST with what the segments of LIST depend on besides its octets (store_list.recipe). */
void due_recipe(const struct config_list *list, uint8_t digest[32]);

/* Tells whether the list of which KNOWN is known is to be fetched at NOW_S, its recipe now being
 * RECIPE. */
bool due_now(const struct store_list *known, const uint8_t recipe[32], int64_t now_s);

/* Tells whether LIST is of a class whose entries are kept sealed. */
bool due_sealed(const struct config_list *list);

/* Return the time before which LIST is not fetched again: after a success; after FAILURES (at least
 * 1) in a row, the server asking for RETRY_AFTER_S (0: nothing; RFC 9110 §10.2.3). Of a list with a
 * deadline both are early enough for it. */
int64_t due_after_success(const struct config_list *list, int64_t now_s, struct random *random);
int64_t due_after_failure(const struct config_list *list, unsigned failures, int64_t retry_after_s,
                          int64_t now_s, struct random *random);

/* Tells whether the list of which KNOWN is known is older than LIST allows. */
bool due_stale(const struct config_list *list, const struct store_list *known, int64_t now_s);

#endif
