/* query.h - one query's life in one struct, and the stages it passes.
 *
 *   stage_read ─► stage_look ─► stage_budget ─► stage_chaos ─► stage_decide, stage_alias
 *                                                            ├─► stage_block, stage_local ─► send
 *                                                            └─► stage_any, stage_cache ─► send
 *                                                                     └─► stage_forward ─► wait
 *   upstream's reply ─► stage_reply ─► send (new rules, if any, decide first)
 *
 * Whether it is a hit or was waited for, what an upstream said is checked and written by one
 * function, stage_serve. Reading, looking up and finding a place in the cache run over a whole
 * receive batch, so that hashing and prefetching overlap.
 * A query that must wait for an upstream is copied into its worker's pool (pending.h); nothing
 * points into the batch afterwards. Every query ends in one of two ways, send or drop (silence is
 * one). */
#ifndef RESOLVER_QUERY_H
#define RESOLVER_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/ask.h"
#include "policy/verdict.h"
#include "resolver/wire/question.h"

struct cache;
struct cache_found;
struct cache_spot;
struct config;
struct core_counters;
struct core_hooks;
struct pending;
struct query_scratch;
struct snapshot;

enum { QUERY_HANDLE_MAX = 64 };

/* How a transport finds the client again; copied with the query, opaque to everybody else. */
struct query_handle {
    _Alignas(8) uint8_t octets[QUERY_HANDLE_MAX];
};

/* What comes after a stage. */
enum next {
    NEXT_STAGE,   /* go on */
    NEXT_SEND,    /* the answer stands in query.out */
    NEXT_DROP,    /* no answer */
    NEXT_SILENCE, /* no answer to this client for a while (budget.h) */
    NEXT_WAIT,    /* an upstream is asked; stage_reply sends */
};

/* Why a query moves no counter but a withheld one (core.h). */
enum query_withheld {
    WITHHELD_NOTHING, /* it moves them as all do */
    WITHHELD_BLOCK,   /* rule 2 blocks its name */
    WITHHELD_SILENCE, /* its client is out */
    WITHHELD_CANARY,  /* the node asks itself: not even that one */
};

struct query {
    /* from the transport (resolver/listen) */
    struct query_handle handle;
    struct endpoint client, local;
    uint32_t ifindex;
    enum transport transport;

    /* resolver/core.c: where the answer goes; in the pool only while a reply is written */
    uint8_t *out;
    size_t room, out_length;
    enum next next;
    enum query_withheld withheld; /* by stage_decide and stage_budget */

    /* resolver/stage_read.c by resolver/wire/question.c */
    struct question question;

    /* resolver/stage_read.c, resolver/stage_look.c (what the sets say), and policy_decide by
     * resolver/stage_decide.c */
    struct ask ask;
    struct verdict verdict;
    uint64_t rules;   /* snapshot_id of those that gave the verdict */
    uint64_t changes; /* overlay_version then */

    /* resolver/stage_alias.c: the name that is looked up in the place of the asked one, and that
     * the answer leads to by a CNAME; length 0: the asked one itself */
    struct name_buf target;

    /* resolver/query.c: its place in the cache; NULL in the pool */
    const struct cache_spot *spot;

    /* resolver/stage_cache.c and resolver/stage_forward.c */
    bool has_old;       /* the cache has an answer that is past its time */
    bool is_background; /* nobody waits: a renewal ahead of time */
    bool is_answered;   /* from the cache, by core_tick; the question is still in flight */
    uint64_t since_ms;  /* it waits */
};

/* The time, handed in with each batch. */
struct core_now {
    int64_t wall_s;
    uint64_t mono_ms;
};

/* What all queries of one batch share. */
struct query_context {
    const struct snapshot *snapshot;
    const struct config *config; /* the snapshot's */
    struct core_now now;
    const struct core_hooks *hooks;
    struct core_counters *counters;
    struct pending *pending;
    struct cache *cache;
    struct set_probe *probes; /* room of one batch */
    struct sealed_probe *sealed_probes;
    struct cache_spot *spots;      /* room of one batch */
    struct query_scratch *scratch; /* resolver/scratch.h: room of one query */
};

/* Takes QUERIES[0..COUNT), whose transport fields are filled and whose octets MESSAGES hold,
 * through the stages; each ends with `next` NEXT_SEND, NEXT_WAIT, NEXT_DROP or NEXT_SILENCE. */
struct query_message {
    const uint8_t *octets;
    size_t length;
};
void query_run(const struct query_context *context, struct query *queries,
               const struct query_message *messages, size_t count);

/* The stages, each in the file of its name. stage_look works on the whole batch, where `next` is
 * NEXT_STAGE; the others on one query. */
enum next stage_read(const struct query_context *context, struct query *query,
                     const struct query_message *message);
void stage_look(const struct query_context *context, struct query *queries, size_t count);
enum next stage_budget(const struct query_context *context, struct query *query);
enum next stage_chaos(const struct query_context *context, struct query *query);
enum next stage_decide(const struct query_context *context, struct query *query);
enum next stage_alias(const struct query_context *context, struct query *query);
enum next stage_block(const struct query_context *context, struct query *query);
enum next stage_local(const struct query_context *context, struct query *query);
enum next stage_any(const struct query_context *context, struct query *query);
enum next stage_cache(const struct query_context *context, struct query *query);
enum next stage_forward(const struct query_context *context, struct query *query);

/* Returns the name of QUERY that upstreams are asked for, lower-cased. */
static inline struct name query_lookup_name(const struct query *query)
{
    return name_of(query->target.length > 0 ? &query->target : &query->question.name);
}

/* stage_alias.c: returns the question of QUERY as upstreams are asked it; ROOM is for one that has
 * another name. */
const struct question *query_lookup(const struct query *query, struct question *room);

/* stage_budget.c: has QUERY, whose name, or what we lead it to, MET, is blocked by rule 2, cost its
 * client and move no counter; returns as stage_charge. */
enum next stage_hide(const struct query_context *context, struct query *query,
                     const struct name *met);

/* stage_budget.c: has the client of QUERY pay for a block of rule 2 on MET, a name or an address
 * that was asked for or led to; NEXT_SILENCE where his budget is used up. */
enum next stage_charge(const struct query_context *context, const struct query *query,
                       const struct name *met);

/* stage_block.c: counts a block by VERDICT. */
void stage_count_block(const struct query_context *context, const struct verdict *verdict);

/* stage_reply.c: serves QUERY, which has waited, with FOUND, or with what is old for NULL (then
 * NEXT_STAGE where there is nothing); rules that are new decide first. */
enum next stage_reply(const struct query_context *context, struct query *query,
                      struct cache_found *found);

/* stage_serve: checks FOUND, from the cache or just come from an upstream, for the client of QUERY
 * and writes it, or what the check has made of it. */
enum next stage_serve(const struct query_context *context, struct query *query,
                      struct cache_found *found);

/* Serves what the cache has for QUERY past its time, for want of better; NEXT_STAGE where it has
 * nothing. */
enum next stage_serve_old(const struct query_context *context, struct query *query);

/* stage_forward.c: has the question of QUERY, which was just answered, asked again, for nobody but
 * the cache. */
void stage_renew(const struct query_context *context, const struct query *query);

#endif
