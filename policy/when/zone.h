/* zone.h - a time zone from the system's TZif files (RFC 9636), and what its clocks show.
 *
 * Never libc's TZ: that is one for the process, and changing it is not safe beside threads. */
#ifndef POLICY_WHEN_ZONE_H
#define POLICY_WHEN_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct zone;

/* Reads the zone NAME (`Europe/Berlin`, `UTC`) from the system's zoneinfo; UTC needs no file.
 * Owner:  the caller frees with zone_free.
 * Errors: NULL with ERR: ERR_NOT_FOUND (with the name that is likely meant), ERR_FORMAT. */
struct zone *zone_load(const char *name, struct err *err);

/* Reads OCTETS[0..LENGTH), a TZif file of whatever origin. Errors: NULL with ERR_FORMAT. */
struct zone *zone_parse(const uint8_t *octets, size_t length, struct err *err);

/* Frees ZONE; NULL is fine. */
void zone_free(struct zone *zone);

/* Returns how many seconds ZONE's clocks are ahead of UTC at WALL_S (Unix time), beyond the last
 * transition by the footer's rule (RFC 9636 §3.3.1). NULL is UTC. Threads: any number. */
int32_t zone_offset(const struct zone *zone, int64_t wall_s);

/* Returns the first instant after WALL_S at which ZONE's offset changes; INT64_MAX for never. */
int64_t zone_next_change(const struct zone *zone, int64_t wall_s);

/* Returns the first instant at which ZONE's clocks show LOCAL_S (seconds since 1970-01-01 00:00 by
 * these clocks) or, where they jump over it, more: the instant of the jump. */
int64_t zone_instant(const struct zone *zone, int64_t local_s);

#endif
