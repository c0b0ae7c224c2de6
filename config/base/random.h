/* random.h - unpredictable numbers for query ids, source ports and hash keys: the kernel's CSPRNG
 * through libsodium, a buffer at a time. */
#ifndef CONFIG_BASE_RANDOM_H
#define CONFIG_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint8_t pool[4096];
    size_t left; /* octets of pool not yet given out */
};

/* Returns 16, 32 or 64 unpredictable bits from RANDOM (zero-initialised at first). Threads: one a
 * struct. */
uint16_t random_u16(struct random *random);
uint32_t random_u32(struct random *random);
uint64_t random_u64(struct random *random);

/* Returns a number from 0 to BOUND - 1, each as likely; BOUND is at least 1. */
uint32_t random_below(struct random *random, uint32_t bound);

#endif
