/* siphash.h - keyed 64-bit hashes of names and their suffixes.
 *
 * SipHash-1-3 (Aumasson, Bernstein 2012; one compression and three finalization rounds): a client
 * that picks names cannot aim at one bucket without the key. A name is hashed from the top-level
 * label leftwards, each label as its length octet and its octets, so that one pass finishes a copy
 * of the state at each label and yields the hashes of all suffixes. The hash of a suffix equals
 * SipHash-1-3 of those octets in one piece (docs/set-file.md). */
#ifndef CONFIG_BASE_SIPHASH_H
#define CONFIG_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct name;

struct siphash_key {
    uint64_t k0, k1;
};

struct siphash {
    uint64_t v0, v1, v2, v3;
    uint64_t tail;   /* octets not yet absorbed, lowest first */
    uint64_t length; /* octets given so far */
};

/* Starts STATE with KEY. */
void siphash_start(struct siphash *state, const struct siphash_key *key);

/* Absorbs LENGTH OCTETS as they are. */
void siphash_octets(struct siphash *state, const uint8_t *octets, size_t length);

/* Returns the hash of what STATE has absorbed; STATE is unchanged and can absorb more. */
uint64_t siphash_finish(const struct siphash *state);

/* Returns the hash of OCTETS[0..LENGTH) in one piece: faster than by steps. */
uint64_t siphash_whole(const struct siphash_key *key, const uint8_t *octets, size_t length);

/* Derives a key from a 64-bit SEED (as a set file's header keeps it). */
struct siphash_key siphash_key_from_seed(uint64_t seed);

/* Fills HASHES[i] with the hash of the suffix of NAME that has i + 1 labels, up to MOST labels;
 * returns how many. NAME is lower-cased wire format. HASHES has room for NAME_LABELS_MAX. */
size_t siphash_suffixes(const struct siphash_key *key, const struct name *name, uint64_t *hashes,
                        size_t most);

#endif
