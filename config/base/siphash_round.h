/* siphash_round.h - what all members of the SipHash family share: the round, and how the last
 * octets of a message are read. For siphash.c and siphash128.c alone. */
#ifndef CONFIG_BASE_SIPHASH_ROUND_H
#define CONFIG_BASE_SIPHASH_ROUND_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/bytes.h"
#include "config/base/siphash.h"

static inline uint64_t siphash_rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void siphash_round(struct siphash *s)
{
    s->v0 += s->v1;
    s->v1 = siphash_rotate(s->v1, 13) ^ s->v0;
    s->v0 = siphash_rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = siphash_rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = siphash_rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = siphash_rotate(s->v1, 17) ^ s->v2;
    s->v2 = siphash_rotate(s->v2, 32);
}

/* Reads LENGTH (0 to 8) octets, lowest first, without touching what lies behind them: two loads
 * that overlap, where their common octets are the same in both. */
static inline uint64_t siphash_load_tail(const uint8_t *p, size_t length)
{
    if (length >= 8)
        return load_le64(p);
    if (length >= 4)
        return load_le32(p) | (uint64_t)load_le32(p + length - 4) << (8 * (length - 4));
    if (length >= 2)
        return load_le16(p) | (uint64_t)load_le16(p + length - 2) << (8 * (length - 2));
    return length == 1 ? p[0] : 0;
}

#endif
