/* sealed_place.h - where what is made of legal and hotline lists stands: DIR/sealed/, mode 0700.
 *
 * ID.SALT.part: the entries of list ID, as hashes under the salt whose first 8 octets are SALT
 * N.set: set N; current.set, current.set.previous: links to the one in force and the one before
 * deadlines: what the server tells of the classes (sealed_deadlines.h)
 */
#ifndef BLOCKLIST_FEED_SEALED_PLACE_H
#define BLOCKLIST_FEED_SEALED_PLACE_H

#include <stdint.h>

#include "blocklist/feed/place.h"
#include "blocklist/sealed/sealed_key.h"

#define SEALED_PLACE "sealed"
#define SEALED_PLACE_PART ".part"

enum { SEALED_PLACE_SALT = 16 /* hexadecimal digits of a part's name */ };

/* Makes the folder in DIR where it is missing. Errors: -1 with ERR, also where others may read it.
 */
int sealed_place_make(const char *dir, struct err *err);

/* Write the path of a file in DIR/sealed into PATH, and return it. */
char *sealed_place_folder(const char *dir, char path[PLACE_PATH_MAX]);
char *sealed_place_file(const char *dir, const char *name, char path[PLACE_PATH_MAX]);
char *sealed_place_part(const char *dir, const char *id, const uint8_t salt[SEALED_SALT_OCTETS],
                        char path[PLACE_PATH_MAX]);
char *sealed_place_set(const char *dir, uint64_t number, char path[PLACE_PATH_MAX]);
char *sealed_place_current(const char *dir, char path[PLACE_PATH_MAX]);
char *sealed_place_previous(const char *dir, char path[PLACE_PATH_MAX]);

/* Returns the number of the set that LINK leads to, 0 where it is missing or leads elsewhere. */
uint64_t sealed_place_link(const char *link);

#endif
