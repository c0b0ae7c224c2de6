/* grant_time.h - until when something is granted, in the words of people: `30m`, `ever`, `07:00`,
 * `2026-12-01T07:00`, on the clocks of a zone. */
#ifndef RESOLVER_DAEMON_GRANT_TIME_H
#define RESOLVER_DAEMON_GRANT_TIME_H

#include <stdint.h>

struct err;
struct zone;

enum { GRANT_TIME_TEXT_MAX = 96 };

/* Returns the zone called NAME (NULL: none is configured); NULL, which stands for UTC, where there
 * is none. Owner: the caller frees with grant_time_free. */
struct zone *grant_time_zone(const char *name);
void grant_time_free(struct zone *zone);

/* Reads FOR_TEXT (a duration or `ever`) or UNTIL_TEXT (a time of the day: the next one; a date, or
 * a date and a time; with Z behind it: UTC), of which at most one is not NULL, from NOW_S on in
 * ZONE (NULL: UTC), to *UNTIL_S; GRANT_FOREVER for `ever`, NOW_S + DEFAULT_S where neither is said
 * (GRANT_FOREVER where DEFAULT_S is that). Errors: -1 with ERR_USAGE. */
int grant_time_read(const char *for_text, const char *until_text, int64_t default_s, int64_t now_s,
                    const struct zone *zone, int64_t *until_s, struct err *err);

/* Writes when UNTIL_S is in ZONE, called ZONE_NAME, to OUT (GRANT_TIME_TEXT_MAX); returns OUT. */
char *grant_time_text(int64_t until_s, const struct zone *zone, const char *zone_name, char *out);

#endif
