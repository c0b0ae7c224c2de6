#include "config/base/random.h"

#include <sodium.h>
#include <string.h>

#include "config/base/bytes.h"

static const uint8_t *take(struct random *random, size_t count)
{
    uint8_t *at;

    if (random->left < count) {
        randombytes_buf(random->pool, sizeof random->pool);
        random->left = sizeof random->pool;
    }
    random->left -= count;
    at = random->pool + random->left;
    return at;
}

uint16_t random_u16(struct random *random)
{
    return load_le16(take(random, 2));
}

uint32_t random_u32(struct random *random)
{
    return load_le32(take(random, 4));
}

uint64_t random_u64(struct random *random)
{
    return load_le64(take(random, 8));
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    /* Values below 2^32 mod bound would make the small results likelier, so they are drawn again.
     */
    uint32_t unfair = -bound % bound, value;

    do
        value = random_u32(random);
    while (value < unfair);
    return value % bound;
}
