#include "policy/group.h"

#include "config/base/siphash.h"

uint32_t group_mark(const struct name *zone, const struct config_upstream *servers, size_t count)
{
    const struct siphash_key key = siphash_key_from_seed(0);
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        const struct endpoint *at = &servers[i].endpoint;
        const uint32_t words[] = {at->addr.bits, at->addr.scope, at->port, servers[i].trusted};
        struct siphash state;

        siphash_start(&state, &key);
        siphash_octets(&state, zone->wire, zone->length);
        siphash_octets(&state, at->addr.octets, sizeof at->addr.octets);
        siphash_octets(&state, (const uint8_t *)words, sizeof words);
        sum += siphash_finish(&state);
    }
    return (uint32_t)(sum >> 32 ^ sum);
}
