#include "resolver/upstream/letters.h"

#include <string.h>

#define EACH(octet) (0x0101010101010101u * (octet))

/* Returns the random octets of word N (splitmix64's finish: every bit of SEED reaches all). */
static uint64_t word_of(uint64_t seed, size_t n)
{
    uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Returns the bits by which the eight octets of WORD change. Lengths of labels are below 'a'. */
static uint64_t change(uint64_t word, uint64_t seed, size_t n)
{
    uint64_t low = word & EACH(0x7f);
    uint64_t from_a = low + EACH(0x80 - 'a'), beyond_z = low + EACH(0x80 - 'z' - 1);
    uint64_t letters = from_a & ~beyond_z & ~word & EACH(0x80);

    return letters >> 2 & word_of(seed, n);
}

static uint64_t load(const uint8_t *at, size_t left)
{
    uint64_t word = 0;

    if (left >= sizeof word)
        memcpy(&word, at, sizeof word);
    else
        memcpy(&word, at, left);
    return word;
}

void letters_mix(uint8_t *name, size_t length, uint64_t seed)
{
    for (size_t at = 0; at < length; at += 8) {
        size_t left = length - at;
        uint64_t word = load(name + at, left);

        word ^= change(word, seed, at);
        memcpy(name + at, &word, left < 8 ? left : 8);
    }
}

bool letters_match(const uint8_t *other, const uint8_t *name, size_t length, uint64_t seed)
{
    uint64_t different = 0;

    for (size_t at = 0; at < length; at += 8) {
        uint64_t word = load(name + at, length - at);

        different |= word ^ change(word, seed, at) ^ load(other + at, length - at);
    }
    return different == 0;
}

bool letters_any(const uint8_t *name, size_t length, uint64_t seed)
{
    uint64_t changed = 0;

    for (size_t at = 0; at < length; at += 8)
        changed |= change(load(name + at, length - at), seed, at);
    return changed != 0;
}
