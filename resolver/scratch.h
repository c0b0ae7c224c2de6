/* scratch.h - one worker's room for the query it is working on, allocated once. */
#ifndef RESOLVER_SCRATCH_H
#define RESOLVER_SCRATCH_H

#include "resolver/cache/cache.h"
#include "resolver/cache/entry.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"

struct query_scratch {
    struct cache_room room;                 /* what comes from the cache */
    _Alignas(8) uint8_t made[ENTRY_MAX];    /* an entry made from a reply */
    _Alignas(8) uint8_t aliased[ENTRY_MAX]; /* that of another name, behind a CNAME to it */
    struct question question;               /* as upstreams are asked it */
    struct reply reply;
    uint8_t message[DNS_MESSAGE_MAX]; /* while an entry is made */
    uint8_t out[DNS_MESSAGE_MAX];     /* of an answer that was waited for */
};

#endif
