#include "policy/state/mark.h"

#include <string.h>

#include "config/base/siphash.h"

uint32_t mark_of(const char *word)
{
    struct siphash_key key = siphash_key_from_seed(0);
    uint64_t hash = siphash_whole(&key, (const uint8_t *)word, strlen(word));
    uint32_t mark = (uint32_t)(hash ^ hash >> 32);

    return mark == 0 ? 1 : mark;
}
