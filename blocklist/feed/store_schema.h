/* store_schema.h - the tables of feeds.db, and whether a file is one. Nothing outside store*.c
 * includes this. */
#ifndef BLOCKLIST_FEED_STORE_SCHEMA_H
#define BLOCKLIST_FEED_STORE_SCHEMA_H

struct err;
struct store;

/* user_version; another one for every change of a table. 2: what is told of sealed lists and sets
 */
enum { STORE_SCHEMA = 2 };

/* Makes the tables in STORE, inside the caller's transaction. Errors: -1 with ERR. */
int store_schema_make(struct store *store, struct err *err);

/* Checks that STORE is a feeds.db of this version, and makes one of an older version that is opened
 * for writing into one; one that is only read has for itself what it lacks. Errors: -1 with ERR:
 * ERR_VERSION (a newer one's), ERR_FORMAT (damaged, or no feeds.db at all), others where it cannot
 * be read now. */
int store_schema_check(struct store *store, struct err *err);

/* Judges what went wrong while STORE, whose file is PATH, was opened and checked: what sqlite does
 * not understand, or takes for another version's, is damage. Fills ERR anew then. */
void store_schema_judge(struct store *store, const char *path, struct err *err);

/* Checks every page, index and bound of STORE. Errors: as above. Cost: reads it whole. */
int store_schema_check_whole(struct store *store, struct err *err);

#endif
