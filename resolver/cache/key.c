#include "resolver/cache/key.h"

#include <string.h>

#include "config/base/bytes.h"
#include "config/base/siphash.h"
#include "resolver/query.h"
#include "resolver/wire/dns.h"

enum { SPOT_DNSSEC_OK = 1, SPOT_CHECKING_DISABLED = 2 };

struct cache_key cache_key_of(const struct query *query)
{
    const struct question *question = &query->question;

    return (struct cache_key){
        .name = query_lookup_name(query),
        .type = question->type,
        .class = question->class,
        .dnssec_ok = question->dnssec_ok,
        .checking_disabled = (question->flags & DNS_CD) != 0,
        .group = query->verdict.upstream_mark,
    };
}

bool cache_key_equal(const struct cache_key *a, const struct cache_key *b)
{
    return a->type == b->type && a->class == b->class && a->dnssec_ok == b->dnssec_ok &&
           a->checking_disabled == b->checking_disabled && a->group == b->group &&
           name_equal(&a->name, &b->name);
}

void cache_spot_fill(struct cache_spot *spot, const struct cache_key *key,
                     const struct siphash_key *sip)
{
    store_le16(spot->octets, key->type);
    store_le32(spot->octets + 2, key->group);
    spot->octets[6] = (uint8_t)((key->dnssec_ok ? SPOT_DNSSEC_OK : 0) |
                                (key->checking_disabled ? SPOT_CHECKING_DISABLED : 0));
    spot->octets[7] = 0;
    memcpy(spot->octets + CACHE_SPOT_FIXED, key->name.wire, key->name.length);
    spot->length = CACHE_SPOT_FIXED + key->name.length;
    spot->hash = siphash_whole(sip, spot->octets, spot->length);
}

void cache_spot_denial(struct cache_spot *denial, const struct cache_spot *spot, size_t skip,
                       const struct siphash_key *sip)
{
    memcpy(denial->octets, spot->octets, CACHE_SPOT_FIXED);
    store_le16(denial->octets, CACHE_TYPE_NONE);
    denial->length = spot->length - skip;
    memcpy(denial->octets + CACHE_SPOT_FIXED, spot->octets + CACHE_SPOT_FIXED + skip,
           denial->length - CACHE_SPOT_FIXED);
    denial->hash = siphash_whole(sip, denial->octets, denial->length);
}

struct cache_key cache_key_read(const uint8_t *octets, size_t length)
{
    return (struct cache_key){
        .name = {octets + CACHE_SPOT_FIXED, length - CACHE_SPOT_FIXED},
        .type = load_le16(octets),
        .class = DNS_IN,
        .dnssec_ok = (octets[6] & SPOT_DNSSEC_OK) != 0,
        .checking_disabled = (octets[6] & SPOT_CHECKING_DISABLED) != 0,
        .group = load_le32(octets + 2),
    };
}
