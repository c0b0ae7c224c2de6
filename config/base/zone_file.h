/* zone_file.h - the file of a time zone among those of the system (zoneinfo).
 *
 * Here only names and files: what is in them is read by policy/when/zone.h. */
#ifndef CONFIG_BASE_ZONE_FILE_H
#define CONFIG_BASE_ZONE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum { ZONE_NAME_MAX = 64, ZONE_FILE_MAX = 1 << 20 };

/* Tells whether NAME has the form of a zone's, such as America/Argentina/Ushuaia: parts of letters,
 * digits, `_`, `+`, `-`, so that none leads out of the folder of zones. */
bool zone_name_is_good(const char *name);

/* Tells whether NAME is the one zone that needs no file. */
bool zone_name_is_utc(const char *name);

/* Reads the file of the zone NAME.
 * Owner:  the caller frees the result.
 * Errors: NULL with ERR: ERR_NOT_FOUND with the name that is likely meant, ERR_FORMAT for a file
 *         that is no zone's, ERR_LIMIT, ERR_SYSTEM. */
uint8_t *zone_file_read(const char *name, size_t *length, struct err *err);

#endif
