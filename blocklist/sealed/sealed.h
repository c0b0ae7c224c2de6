/* sealed.h - what the operator, the law and hotlines block: one table for the three.
 *
 * Each entry is a keyed 128-bit hash (SipHash-2-4 with 128 bits, docs/sealed-set.md) of a name's
 * suffix or of an address range. A file is read whole into memory that is locked and left out of
 * dumps; the operator's own names are put beside its entries under the same key, so that no look-up
 * tells in its result, its way or its time which of the three it was. There is no function that
 * lists, counts by prefix, compares or searches entries, and none is to be added. */
#ifndef BLOCKLIST_SEALED_SEALED_H
#define BLOCKLIST_SEALED_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"
#include "config/config.h"

struct addr;
struct err;
struct sealed;
struct sealed_key;

/* What a look-up says; 0: nothing. */
enum sealed_word {
    SEALED_BLOCK = 1 << 0,
    SEALED_DIVERT =
        1 << 1, /* pages below the name are listed, and the operator has them sent to his proxy */
    SEALED_CANARY =
        1 << 2, /* with SEALED_BLOCK: the operator's own name in it, asked by the node itself */
};

struct sealed_hit {
    uint8_t words; /* enum sealed_word */
};

/* The hashes of one name, between sealed_hash and sealed_find. */
struct sealed_probe {
    uint64_t hashes[NAME_LABELS_MAX][2];
    uint8_t labels;
};

/* Reads the file at PATH under KEY into memory and checks every octet of it.
 * Owner:  the caller closes with sealed_close; KEY is not kept.
 * Errors: NULL with ERR: ERR_NOT_FOUND, ERR_REFUSED (others may read the file), ERR_FORMAT,
 *         ERR_VERSION, ERR_DIGEST (damaged, or sealed under another key), ERR_MEMORY, ERR_SYSTEM.
 */
struct sealed *sealed_open(const char *path, const struct sealed_key *key, struct err *err);

/* Makes a set without entries, under a random key. Errors: NULL with ERR. */
struct sealed *sealed_open_empty(struct err *err);

/* Closes SEALED and wipes its memory; NULL is fine. */
void sealed_close(struct sealed *sealed);

/* Puts NAME of the operator's own rules, covering COVER, beside the entries of SEALED. Before it is
 * shared. Errors: -1 with ERR_MEMORY. */
int sealed_add(struct sealed *sealed, const struct name *name, enum cover cover, struct err *err);

/* Tells whether nothing is in SEALED, so that a look-up may be left out for every name alike. */
bool sealed_is_empty(const struct sealed *sealed);

/* Finds what SEALED says of NAME (lower-cased). Threads: any number. Cost: one cache line a label,
 * the same ones whatever is found; no branch on what was found; no allocation. */
void sealed_lookup(const struct sealed *sealed, const struct name *name, struct sealed_hit *hit);

/* The three steps of it, for a batch: hash all, prefetch all, then find all. */
void sealed_hash(const struct sealed *sealed, const struct name *name, struct sealed_probe *probe);
void sealed_prefetch(const struct sealed *sealed, const struct sealed_probe *probe);
void sealed_find(const struct sealed *sealed, const struct sealed_probe *probe,
                 struct sealed_hit *hit);

/* The same for ADDR and the ranges around it. */
void sealed_lookup_addr(const struct sealed *sealed, const struct addr *addr,
                        struct sealed_hit *hit);

/* All that is ever told of a set. */
struct sealed_info {
    uint64_t number;  /* of the generation; 0: of none */
    uint64_t entries; /* of the file, without the operator's own */
    uint64_t octets;  /* of the file */
    int64_t made_s;   /* Unix time; 0: of no file */
    bool locked;      /* its memory cannot be swapped */
};

/* Fills INFO with what may be told of SEALED. */
void sealed_info(const struct sealed *sealed, struct sealed_info *info);

/* Reads as much of the file at PATH as needs no key: INFO but for `locked`. Errors: -1 with ERR. */
int sealed_file_info(const char *path, struct sealed_info *info, struct err *err);

/* Tells whether the file at PATH says that it is a sealed set, of whatever version. */
bool sealed_file_is(const char *path);

#endif
