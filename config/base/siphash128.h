/* siphash128.h - keyed 128-bit hashes of names and their suffixes, which nobody finds without the
 * key: SipHash-2-4 with 128 bits, as its authors' reference code and libsodium's siphashx24 have
 * it.
 *
 * A name is hashed from the top-level label leftwards, as siphash.h does. */
#ifndef CONFIG_BASE_SIPHASH128_H
#define CONFIG_BASE_SIPHASH128_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/siphash.h"

struct name;

/* Fills HASH with that of OCTETS[0..LENGTH) under KEY: the first eight octets, lowest first, then
 * the others. */
void siphash128(const struct siphash_key *key, const uint8_t *octets, size_t length,
                uint64_t hash[2]);

/* Fills HASHES[i] with the hash of the suffix of NAME that has i + 1 labels; returns how many.
 * NAME is lower-cased wire format. HASHES has room for NAME_LABELS_MAX. */
size_t siphash128_suffixes(const struct siphash_key *key, const struct name *name,
                           uint64_t (*hashes)[2]);

#endif
