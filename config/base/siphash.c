#include "config/base/siphash.h"

#include "config/base/bytes.h"
#include "config/base/name.h"
#include "config/base/siphash_round.h"

static inline void compress(struct siphash *s, uint64_t word)
{
    s->v3 ^= word;
    siphash_round(s);
    s->v0 ^= word;
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

void siphash_start(struct siphash *state, const struct siphash_key *key)
{
    state->v0 = key->k0 ^ 0x736f6d6570736575ULL;
    state->v1 = key->k1 ^ 0x646f72616e646f6dULL;
    state->v2 = key->k0 ^ 0x6c7967656e657261ULL;
    state->v3 = key->k1 ^ 0x7465646279746573ULL;
    state->tail = 0;
    state->length = 0;
}

void siphash_octets(struct siphash *state, const uint8_t *octets, size_t length)
{
    for (; length >= 8; octets += 8, length -= 8)
        absorb(state, siphash_load_tail(octets, 8), 8);
    if (length > 0)
        absorb(state, siphash_load_tail(octets, length), length);
}

uint64_t siphash_finish(const struct siphash *state)
{
    struct siphash s = *state;

    compress(&s, s.tail | s.length << 56);
    s.v2 ^= 0xff;
    siphash_round(&s);
    siphash_round(&s);
    siphash_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash_whole(const struct siphash_key *key, const uint8_t *octets, size_t length)
{
    struct siphash state;

    siphash_start(&state, key);
    state.length = length;
    for (; length >= 8; octets += 8, length -= 8)
        compress(&state, load_le64(octets));
    state.tail = siphash_load_tail(octets, length);
    return siphash_finish(&state);
}

struct siphash_key siphash_key_from_seed(uint64_t seed)
{
    /* Two different halves from one seed: SipHash of the seed under fixed keys. */
    const struct siphash_key fixed[2] = {
        {0x7374616972676174ULL, 0x65207365742d6b30ULL},
        {0x7374616972676174ULL, 0x65207365742d6b31ULL}
    };
    struct siphash_key key;
    struct siphash state;

    siphash_start(&state, &fixed[0]);
    absorb(&state, seed, 8);
    key.k0 = siphash_finish(&state);
    siphash_start(&state, &fixed[1]);
    absorb(&state, seed, 8);
    key.k1 = siphash_finish(&state);
    return key;
}

size_t siphash_suffixes(const struct siphash_key *key, const struct name *name, uint64_t *hashes,
                        size_t most)
{
    uint8_t starts[NAME_LABELS_MAX];
    size_t labels = name_label_starts(name, starts), count = labels < most ? labels : most;
    struct siphash state;

    siphash_start(&state, key);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *label = name->wire + starts[labels - 1 - i];

        siphash_octets(&state, label, (size_t)label[0] + 1);
        hashes[i] = siphash_finish(&state);
    }
    return count;
}
