#include "blocklist/format/ruletext.h"

#include <stdint.h>

static uint64_t hash_of(const struct ruletext *ruletext, struct field first, struct field second)
{
    struct siphash hash;

    siphash_start(&hash, &ruletext->key);
    siphash_octets(&hash, (const uint8_t *)first.text, first.length);
    siphash_octets(&hash, (const uint8_t *)second.text, second.length);
    return siphash_finish(&hash);
}

int ruletext_add(struct ruletext *ruletext, struct field first, struct field second,
                 struct err *err)
{
    return hashes_push(&ruletext->hashes, hash_of(ruletext, first, second), err);
}

void ruletext_settle(struct ruletext *ruletext)
{
    if (!ruletext->sorted)
        hashes_sort_unique(&ruletext->hashes);
    ruletext->sorted = true;
}

bool ruletext_has(const struct ruletext *ruletext, struct field text)
{
    const uint64_t *items = ruletext->hashes.items;
    size_t low = 0, high = ruletext->hashes.count;
    uint64_t hash;

    if (high == 0)
        return false;
    hash = hash_of(ruletext, text, (struct field){"", 0});
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (items[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ruletext->hashes.count && items[low] == hash;
}

void ruletext_free(struct ruletext *ruletext)
{
    hashes_free(&ruletext->hashes);
}
