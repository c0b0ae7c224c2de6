/* mask.h - 128 bits: categories in word 0 (bit numbers of config/data/taxonomy.tsv), tags for
 * services and lists in word 1. */
#ifndef CONFIG_BASE_MASK_H
#define CONFIG_BASE_MASK_H

#include <stdbool.h>
#include <stdint.h>

enum { MASK_WORDS = 2, MASK_BITS = 64 * MASK_WORDS };

struct mask {
    uint64_t words[MASK_WORDS];
};

static inline bool mask_any(struct mask m)
{
    return (m.words[0] | m.words[1]) != 0;
}

static inline struct mask mask_and(struct mask a, struct mask b)
{
    return (struct mask){
        {a.words[0] & b.words[0], a.words[1] & b.words[1]}
    };
}

static inline struct mask mask_or(struct mask a, struct mask b)
{
    return (struct mask){
        {a.words[0] | b.words[0], a.words[1] | b.words[1]}
    };
}

static inline struct mask mask_without(struct mask a, struct mask b)
{
    return (struct mask){
        {a.words[0] & ~b.words[0], a.words[1] & ~b.words[1]}
    };
}

static inline struct mask mask_bit(unsigned bit)
{
    struct mask m = {
        {0, 0}
    };

    m.words[bit / 64 % MASK_WORDS] = (uint64_t)1 << (bit % 64);
    return m;
}

static inline bool mask_has(struct mask m, unsigned bit)
{
    return (m.words[bit / 64 % MASK_WORDS] >> (bit % 64) & 1) != 0;
}

#endif
