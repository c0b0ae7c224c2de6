/* stage_reply.h - an upstream's word to an answer for each client that waits for it. */
#ifndef RESOLVER_STAGE_REPLY_H
#define RESOLVER_STAGE_REPLY_H

#include "resolver/query.h"
#include "resolver/wire/reply.h"

/* What an upstream said on one question. */
struct stage_word {
    const struct reply *reply; /* NULL: there is none worth passing on, the answer is SERVFAIL */
    bool trusted;              /* its AD counts */
    const uint16_t *ede;       /* why there is none: the upstream's codes, or our own */
    uint8_t ede_count;
};

/* Writes WORD for QUERY to query->out, with the query's own TTL cap. */
enum next stage_reply(const struct query_context *context, struct query *query,
                      const struct stage_word *word);

#endif
