/* place.h - where everything stands in the lists' directory.
 *
 * feeds.db: what is known (store.h); feeds.db.damaged: the last one that was set aside
 * lock: held by whoever writes, with its process id in it
 * settled: left by a run that ended well (settled.h)
 * incoming/ID[.part[.tag]]: octets as fetched, packed as they came, gone once read; what was cut
 * off, and how it is gone on with (fetch_part.h)
 * segments/ID[.PART].DIGEST: what a list was compiled to; DIGEST is 16 hex digits of the file's
 * sets/N.set: generation N
 * current.set: symbolic link to the one in force, which the server maps
 * current.set.previous: the one before, which the server takes where the first is damaged
 *
 * Whoever replaces a link makes another beside it and renames, so that at every instant the old or
 * the new one is there. */
#ifndef BLOCKLIST_FEED_PLACE_H
#define BLOCKLIST_FEED_PLACE_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum { PLACE_PATH_MAX = 4096 };

/* Makes DIR and the folders in it where they are missing. Errors: -1 with ERR that names the
 * folder. */
int place_make(const char *dir, struct err *err);

/* Write the path of a file in DIR into PATH, and return it. */
char *place_store(const char *dir, char path[PLACE_PATH_MAX]);
char *place_lock(const char *dir, char path[PLACE_PATH_MAX]);
char *place_incoming(const char *dir, const char *id, char path[PLACE_PATH_MAX]);
char *place_segment(const char *dir, const char *file, char path[PLACE_PATH_MAX]);
char *place_set(const char *dir, uint64_t generation, char path[PLACE_PATH_MAX]);
char *place_current(const char *dir, char path[PLACE_PATH_MAX]);
char *place_previous(const char *dir, char path[PLACE_PATH_MAX]);

/* Writes ID[.PART].DIGEST, as a segment of list ID with this digest is called in segments/, into
 * FILE of ROOM octets. PART may be any text, as a list's own column says it: whatever is no letter,
 * figure, `-` or `_` becomes `_`, and the digest keeps such names apart. */
void place_segment_name(const char *id, const char *part, const uint8_t digest[32], char *file,
                        size_t room);

/* Returns the number of the generation whose file is called NAME, `12.set`; 0 for any other name.
 */
uint64_t place_set_number(const char *name);

/* Returns the generation that LINK leads to, 0 where it is missing or leads elsewhere. */
uint64_t place_link_generation(const char *link);

/* Checks that the file system of FOLDER has room for NEED octets and one more file. What is written
 * there afterwards may meet a full disk all the same. Errors: -1 with ERR that names FOLDER, NEED
 * and what there is. */
int place_room(const char *folder, uint64_t need, struct err *err);

/* Renames FROM to TO, durably. Errors: -1 with ERR. */
int place_rename(const char *from, const char *to, struct err *err);

/* Makes LINK a symbolic link to TARGET in one step, durably. Errors: -1 with ERR; what stood at
 * LINK stays. */
int place_link(const char *link, const char *target, struct err *err);

#endif
