/* query.h - one query's life in one struct, and the stages it passes.
 *
 *   read ─► who ─► look up ─► decide ─┬─► block or local ─► write ─► send
 *                                     └─► cache ─► upstream ... reply ─► write ─► send
 *
 * The stages up to the set lookup run over a whole receive batch, so that hashing and prefetching
 * overlap. A query that must wait for an upstream is copied into its worker's pool; nothing points
 * into the batch afterwards. */
#ifndef RESOLVER_QUERY_H
#define RESOLVER_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/ask.h"
#include "policy/verdict.h"
#include "resolver/wire/question.h"

struct snapshot;

enum { QUERY_HANDLE_MAX = 64 };

/* How a transport finds the client again; copied with the query, opaque to everybody else. */
struct query_handle {
    _Alignas(8) uint8_t octets[QUERY_HANDLE_MAX];
};

struct query {
    /* from the transport (resolver/listen) */
    struct query_handle handle;
    struct endpoint client, local;
    uint32_t ifindex;
    enum transport transport;

    /* resolver/wire/question.c */
    struct question question;
    enum question_result result;

    /* resolver/stage_look.c, policy */
    struct ask ask;
    struct set_probe probes[2]; /* listed, hotline */
    struct verdict verdict;
};

#endif
