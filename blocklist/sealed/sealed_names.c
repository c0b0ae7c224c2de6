#include "blocklist/sealed/sealed_names.h"

#include <sodium.h>
#include <string.h>

#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/name.h"
#include "config/base/siphash128.h"

void sealed_names_derive(struct sealed_names *names, const struct sealed_key *key,
                         const uint8_t salt[SEALED_SALT_OCTETS])
{
    uint8_t derived[32];

    sealed_key_derive(key, SEALED_FOR_NAMES, salt, derived, sizeof derived);
    names->names = (struct siphash_key){load_le64(derived), load_le64(derived + 8)};
    names->kinds = (struct siphash_key){load_le64(derived + 16), load_le64(derived + 24)};
    sodium_memzero(derived, sizeof derived);
}

uint8_t sealed_names_kinds(enum cover cover)
{
    static const uint8_t kinds[] = {
        [COVER_EXACT] = SEALED_KIND_HERE,
        [COVER_BELOW] = SEALED_KIND_BELOW,
        [COVER_SUBTREE] = SEALED_KIND_HERE | SEALED_KIND_BELOW,
    };

    return kinds[cover];
}

void sealed_names_whole(const struct sealed_names *names, const struct name *name, uint64_t hash[2])
{
    uint64_t hashes[NAME_LABELS_MAX][2];
    size_t labels = siphash128_suffixes(&names->names, name, hashes);

    if (labels == 0)
        siphash128(&names->names, NULL, 0, hash);
    else
        memcpy(hash, hashes[labels - 1], sizeof hashes[0]);
}

void sealed_names_prefix(const struct sealed_names *names, const struct prefix *prefix,
                         uint64_t hash[2])
{
    uint8_t octets[3 + sizeof prefix->addr.octets] = {0, prefix->addr.bits, prefix->length};

    memcpy(octets + 3, prefix->addr.octets, prefix->addr.bits / 8);
    siphash128(&names->names, octets, 3 + prefix->addr.bits / 8, hash);
}

uint64_t sealed_names_mask(const struct sealed_names *names, const uint64_t hash[2])
{
    uint8_t octets[16];
    uint64_t mask[2];

    store_le64(octets, hash[0]);
    store_le64(octets + 8, hash[1]);
    siphash128(&names->kinds, octets, sizeof octets, mask);
    return mask[0] & 0xffff;
}
