/* seal.h - a sealed set made: entries in, file out. Linked into `stairgate` alone.
 *
 * Each list leaves a *part*: its entries as hashes under the set's salt, with what may be told of
 * it. A set is made of the parts of all lists, so that one that did not change need not be fetched.
 * Parts and sets are written with mode 0600, durably, in one step (temporary name, fsync, rename).
 */
#ifndef BLOCKLIST_SEALED_SEAL_H
#define BLOCKLIST_SEALED_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "blocklist/sealed/sealed_key.h"
#include "config/base/name.h"
#include "config/config.h"

struct err;
struct prefix;
struct seal;

/* Starts a set or a part in memory (locked, not dumped), hashed under KEY and SALT.
 * Owner:  the caller ends it with seal_end. Errors: NULL with ERR. */
struct seal *seal_start(const struct sealed_key *key, const uint8_t salt[SEALED_SALT_OCTETS],
                        struct err *err);

/* Wipes and frees SEAL; NULL is fine. */
void seal_end(struct seal *seal);

/* Add NAME (lower-cased) with COVER; NAME as one whose pages are listed (never widened: that name
 * alone); the operator's canary; an address range. Twice the same is once. Errors: -1 with
 * ERR_MEMORY. */
int seal_name(struct seal *seal, const struct name *name, enum cover cover, struct err *err);
int seal_divert(struct seal *seal, const struct name *name, struct err *err);
int seal_canary(struct seal *seal, const struct name *name, struct err *err);
int seal_prefix(struct seal *seal, const struct prefix *prefix, struct err *err);

/* Tells whether an entry covers NAME, or diverts it: for pins and canaries before anything goes
 * live. */
int seal_covers(const struct seal *seal, const struct name *name);

/* Adds all entries of the file at PATH, a part or set under the same KEY and salt.
 * Errors: -1 with ERR: as sealed_open, ERR_VERSION where its salt is another.
 * SEAL is good for nothing then. */
int seal_add_file(struct seal *seal, const char *path, const struct sealed_key *key,
                  struct err *err);

/* Returns how many entries there are. */
uint64_t seal_count(const struct seal *seal);

/* Writes the file at PATH as generation NUMBER made at MADE_S. Errors: -1 with ERR; what stood
 * there stays. */
int seal_write(struct seal *seal, const struct sealed_key *key, const char *path, uint64_t number,
               int64_t made_s, struct err *err);

/* Fills SALT with that of the file at PATH, with new random octets where there is none; the other
 * with new ones anyway. Errors: -1 with ERR: as sealed_file_info, but for ERR_NOT_FOUND. */
int seal_salt_of(const char *path, uint8_t salt[SEALED_SALT_OCTETS], struct err *err);
void seal_salt_new(uint8_t salt[SEALED_SALT_OCTETS]);

#endif
