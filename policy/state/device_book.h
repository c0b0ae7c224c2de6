/* device_book.h - changes to devices: first durably in state.db, then in the overlay.
 *
 * A device has a name (or was only seen), a profile or a group or both, and keys that it is known
 * by. The server's main thread is the only one that changes any. */
#ifndef POLICY_STATE_DEVICE_BOOK_H
#define POLICY_STATE_DEVICE_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "policy/state/state_db.h"

struct err;
struct overlay;

enum {
    DEVICE_BOOK_UNNAMED = 1024, /* that were only seen; the oldest go */
    DEVICE_BOOK_ROWS = 1000,    /* of one import */
};

/* The database, and the overlay that it goes into (NULL: no server runs). */
struct device_book {
    struct state_db *db;
    struct overlay *overlay;
};

/* What is said of a device; NULL: nothing, "": that it has none. */
struct device_words {
    const char *name, *profile, *group;
};

/* Says that KEY is known as WORDS->name: that device gets KEY where there is one, else the device
 * of KEY gets the name, else a new one is made. DEVICE is filled. Errors: -1 with ERR: ERR_LIMIT,
 * ERR_SYSTEM... Nothing has changed then. */
int device_book_name(const struct device_book *book, const struct device_key *key,
                     const struct device_words *words, struct state_device *device,
                     struct err *err);

/* Gives DEVICE, which is there, what WORDS say. Errors: -1 with ERR, likewise. */
int device_book_change(const struct device_book *book, struct state_device *device,
                       const struct device_words *words, struct err *err);

/* Forgets the device ID, its keys and its grants. Errors: -1 with ERR. */
int device_book_forget(const struct device_book *book, uint32_t id, struct err *err);

struct device_row {
    struct device_key key;
    struct device_words words;
};

/* Does the same for ROW inside of a transaction of the caller's, in the database alone. */
int device_book_add(const struct device_book *book, const struct device_row *row, struct err *err);

/* Does device_book_name for all ROWS[0..COUNT), at most DEVICE_BOOK_ROWS, or for none of them; *BAD
 * is the one that went wrong then. Errors: -1 with ERR. */
int device_book_import(const struct device_book *book, const struct device_row *rows, size_t count,
                       size_t *bad, struct err *err);

/* Notes that who is known by KEYS[0..COUNT) was seen at WALL_S, to the day; who is new is kept as
 * one that was only seen. Errors: -1 with ERR. */
int device_book_see(const struct device_book *book, const struct device_key *keys, size_t count,
                    int64_t wall_s, struct err *err);

#endif
