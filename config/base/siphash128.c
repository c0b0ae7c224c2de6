#include "config/base/siphash128.h"

#include "config/base/name.h"
#include "config/base/siphash_round.h"

static inline void compress(struct siphash *s, uint64_t word)
{
    s->v3 ^= word;
    siphash_round(s);
    siphash_round(s);
    s->v0 ^= word;
}

static inline uint64_t squeeze(struct siphash *s)
{
    siphash_round(s);
    siphash_round(s);
    siphash_round(s);
    siphash_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static inline void start(struct siphash *s, const struct siphash_key *key)
{
    siphash_start(s, key);
    s->v1 ^= 0xee;
}

/* Adds COUNT (1 to 8) octets that stand in WORD, lowest first, zeros above. */
static inline void absorb(struct siphash *s, uint64_t word, size_t count)
{
    size_t held = s->length & 7;

    s->tail |= word << (8 * held);
    s->length += count;
    if (held + count >= 8) {
        compress(s, s->tail);
        /* A shift by 64 is undefined, so an aligned word leaves nothing by a case of its own. */
        s->tail = held == 0 ? 0 : word >> (8 * (8 - held));
    }
}

static inline void absorb_all(struct siphash *s, const uint8_t *octets, size_t length)
{
    for (; length >= 8; octets += 8, length -= 8)
        absorb(s, load_le64(octets), 8);
    if (length > 0)
        absorb(s, siphash_load_tail(octets, length), length);
}

static inline void finish(struct siphash s, uint64_t hash[2])
{
    compress(&s, s.tail | s.length << 56);
    s.v2 ^= 0xee;
    hash[0] = squeeze(&s);
    s.v1 ^= 0xdd;
    hash[1] = squeeze(&s);
}

void siphash128(const struct siphash_key *key, const uint8_t *octets, size_t length,
                uint64_t hash[2])
{
    struct siphash state;

    start(&state, key);
    absorb_all(&state, octets, length);
    finish(state, hash);
}

size_t siphash128_suffixes(const struct siphash_key *key, const struct name *name,
                           uint64_t (*hashes)[2])
{
    uint8_t starts[NAME_LABELS_MAX];
    size_t labels = name_label_starts(name, starts);
    struct siphash state;

    start(&state, key);
    for (size_t i = 0; i < labels; i++) {
        const uint8_t *label = name->wire + starts[labels - 1 - i];

        absorb_all(&state, label, (size_t)label[0] + 1);
        finish(state, hashes[i]);
    }
    return labels;
}
