/* sealed_names.h - from names and ranges to the hashes under which a set knows them. */
#ifndef BLOCKLIST_SEALED_SEALED_NAMES_H
#define BLOCKLIST_SEALED_SEALED_NAMES_H

#include <stdint.h>

#include "blocklist/sealed/sealed_key.h"
#include "config/base/siphash.h"
#include "config/config.h"

struct name;
struct prefix;

/* What a hash stands for; several at once where several lists name the same. */
enum sealed_kind {
    SEALED_KIND_HERE = 1 << 0,   /* the name itself is blocked */
    SEALED_KIND_BELOW = 1 << 1,  /* what lies below it */
    SEALED_KIND_DIVERT = 1 << 2, /* pages of the name itself */
    SEALED_KIND_CANARY = 1 << 3, /* the operator's own: the name and what lies below it */
    SEALED_KIND_RANGE4 = 1 << 4, /* addresses; `length` says how wide */
    SEALED_KIND_RANGE6 = 1 << 5,
    SEALED_KINDS = (1 << 6) - 1,
};

struct sealed_names {
    struct siphash_key names;
    struct siphash_key kinds; /* hides in a file what kind an entry is */
};

/* Derives what the set with SALT is hashed under from KEY. */
void sealed_names_derive(struct sealed_names *names, const struct sealed_key *key,
                         const uint8_t salt[SEALED_SALT_OCTETS]);

/* Returns the kinds of a name that COVER says how far it reaches. */
uint8_t sealed_names_kinds(enum cover cover);

/* Fills HASH with that of NAME, lower-cased; the root's is that of a name that nobody can ask. */
void sealed_names_whole(const struct sealed_names *names, const struct name *name,
                        uint64_t hash[2]);

/* Fills HASH with that of PREFIX: no name has it, as no label is empty. */
void sealed_names_prefix(const struct sealed_names *names, const struct prefix *prefix,
                         uint64_t hash[2]);

/* Returns two octets, the low ones, that a file has XORed to the kind and length of HASH. */
uint64_t sealed_names_mask(const struct sealed_names *names, const uint64_t hash[2]);

#endif
