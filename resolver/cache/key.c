#include "resolver/cache/key.h"

#include "config/base/bytes.h"
#include "config/base/siphash.h"
#include "resolver/query.h"
#include "resolver/wire/dns.h"

struct cache_key cache_key_of(const struct query *query)
{
    const struct question *question = &query->question;

    return (struct cache_key){
        .name = name_of(&question->name),
        .type = question->type,
        .class = question->class,
        .dnssec_ok = question->dnssec_ok,
        .checking_disabled = (question->flags & DNS_CD) != 0,
        .group = query->verdict.upstream_group,
    };
}

bool cache_key_equal(const struct cache_key *a, const struct cache_key *b)
{
    return a->type == b->type && a->class == b->class && a->dnssec_ok == b->dnssec_ok &&
           a->checking_disabled == b->checking_disabled && a->group == b->group &&
           name_equal(&a->name, &b->name);
}

uint64_t cache_key_hash(const struct cache_key *key, const struct siphash_key *sip)
{
    struct siphash state;
    uint8_t rest[9];

    store_le16(rest, key->type);
    store_le16(rest + 2, key->class);
    store_le32(rest + 4, key->group);
    rest[8] = (uint8_t)(key->dnssec_ok << 1 | key->checking_disabled);
    siphash_start(&state, sip);
    siphash_octets(&state, rest, sizeof rest);
    siphash_octets(&state, key->name.wire, key->name.length);
    return siphash_finish(&state);
}
