/* sealed_set.h - from the parts of legal and hotline lists to the sealed set in force.
 *
 * Sets are numbered files, links say which one is in force; one rename changes that. All parts of a
 * set are hashed under one salt. A part of another salt, or under another key, cannot go into it:
 * while a list has nothing else, the set in force stays. */
#ifndef BLOCKLIST_FEED_SEALED_SET_H
#define BLOCKLIST_FEED_SEALED_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "blocklist/sealed/sealed_key.h"

struct config;
struct config_list;
struct err;
struct sealed_key;
struct store;

enum { SEALED_SET_KEEP = 5 };

/* What a set is made of and for. */
struct sealed_set {
    const struct config *config;
    struct store *store;
    const struct sealed_key *key;
    uint8_t salt[SEALED_SALT_OCTETS]; /* of the parts in force */
    int64_t now_s;
    uint64_t number, entries; /* filled: of the set that was published */
};

/* Tells whether LIST's entries belong into the sealed set. */
bool sealed_set_has(const struct config_list *list);

/* Fills SET's salt with that of the set in force, else of some part, so far as one is under SET's
 * key; returns false where there is none, and the salt is new. */
bool sealed_set_salt(struct sealed_set *set);

/* Tells whether list ID has a part that is whole and under key and salt of SET; *ENTRIES (may be
 * NULL) and *VERSION_S become what it says. */
bool sealed_set_part(const struct sealed_set *set, const char *id, uint64_t *entries,
                     int64_t *version_s);

/* Tells whether a set under SALT could be made: each list that has some part, or had one, has one
 * of it; if not, *ID becomes a list that lacks it. */
bool sealed_set_complete(const struct sealed_set *set, const uint8_t salt[SEALED_SALT_OCTETS],
                         const char **id);

/* Makes a set of the parts and the operator's canary, checks it and puts it in force, where it is
 * another than the one in force. Returns 1, 0 where there was nothing to do, or -1 with ERR; the
 * one in force stays then. */
int sealed_set_publish(struct sealed_set *set, struct err *err);

/* Removes parts that no list of the config has, or of other salts than SET's; sets but the newest
 * few; what was never finished. */
void sealed_set_tidy(const struct sealed_set *set);

/* Removes all that was made of such lists in DIR, since the config has none any more. Returns
 * whether there was anything. */
bool sealed_set_clear(const char *dir);

#endif
