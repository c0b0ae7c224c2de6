/* product.h - the product of two numbers of 64 bits, whole. */
#ifndef CONFIG_BASE_PRODUCT_H
#define CONFIG_BASE_PRODUCT_H

#include <stdint.h>

struct product {
    uint64_t high, low;
};

/* Multiplies A and B to 128 bits with 64-bit words alone. */
static inline struct product product_by_words(uint64_t a, uint64_t b)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32), carry = (uint32_t)cross + a0 * b1;

    return (struct product){a1 * b1 + (cross >> 32) + (carry >> 32), carry << 32 | (uint32_t)low};
}

#ifdef __SIZEOF_INT128__
/* Multiplies A and B to 128 bits. */
static inline struct product product_of(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (struct product){(uint64_t)(product >> 64), (uint64_t)product};
}
#else /* machines of 32 bits */
static inline struct product product_of(uint64_t a, uint64_t b)
{
    return product_by_words(a, b);
}
#endif

#endif
