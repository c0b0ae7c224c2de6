/* notify.h - tells somebody: a program of the operator's, or an address that takes JSON. What goes
 * wrong with it is reported and changes nothing. */
#ifndef BLOCKLIST_FEED_NOTIFY_H
#define BLOCKLIST_FEED_NOTIFY_H

#include <stdbool.h>

#include "blocklist/feed/store.h"
#include "config/config.h"

struct err;

enum { NOTIFY_SECONDS_MAX = 15, NOTIFY_JSON_MAX = 4096 };

/* Tells EVENT as FEEDS has it: the program, with STAIRGATE_EVENT, STAIRGATE_LIST,
 * STAIRGATE_TEXT and STAIRGATE_TIME in its environment and the JSON object on standard input; the
 * address by POST of that object. Both at once, each in a process of its own that is killed after
 * NOTIFY_SECONDS_MAX. Blocks. Errors: -1 with ERR where one of them failed. */
int notify_send(const struct config_feeds *feeds, const struct store_event *event, struct err *err);

/* Writes EVENT as one JSON object with a newline behind it into OUT (NOTIFY_JSON_MAX); returns its
 * length. */
size_t notify_json(const struct store_event *event, char *out);

#endif
