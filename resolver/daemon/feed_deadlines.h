/* feed_deadlines.h - by when legal and hotline lists are to be checked again, as the last `lists
 * sync` left it (blocklist/sealed/deadlines.h), for status, warnings and the canary. */
#ifndef RESOLVER_DAEMON_FEED_DEADLINES_H
#define RESOLVER_DAEMON_FEED_DEADLINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct config;

/* Tells whether a class that CONFIG has lists of is past its deadline at NOW_S, or has one and was
 * never fetched. */
bool feed_deadlines_past(const struct config *config, int64_t now_s);

/* Returns what `status` shows: an object of each class, with whether CONFIG has lists of it. */
json_t *feed_deadlines_json(const struct config *config, int64_t now_s);

/* Adds a warning to WARNINGS for each class that is past its deadline or was never fetched, and
 * where the file cannot be read. */
void feed_deadlines_warn(const struct config *config, int64_t now_s, json_t *warnings);

#endif
