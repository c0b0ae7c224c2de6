/* core.h - the spine: batches of datagrams in, answers or queries to forward out.
 *
 * A transport is a producer of batches; nothing above resolver/listen knows a socket. One core
 * belongs to one worker. There is no clock, no socket and no random source in it: `now` and the
 * snapshot are handed in with each batch, so that the daemon, tests, scenarios, fuzzers and
 * benchmarks run the same code. */
#ifndef RESOLVER_CORE_H
#define RESOLVER_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "resolver/query.h"

struct budget;
struct cache;
struct core;
struct err;
struct observed;
struct overlay;
struct snapshot;

enum {
    CORE_BATCH_MAX = 64,
    CORE_PATIENCE_MS = 1800, /* RFC 8767 §5: then a client gets what is old */
    CORE_TICK_MS = 100,      /* how often core_tick is to be called while queries wait */
};

enum core_outcome {
    CORE_ANSWERED, /* the answer stands in `out`, `out_length` octets */
    CORE_TAKEN,    /* being forwarded: the transport's core_send gets the answer later */
    CORE_DROPPED,  /* no answer; a stream that sends such has said enough */
    CORE_SILENT,   /* no answer to this client for a while; others may share his stream */
};

struct core_datagram {
    const uint8_t *octets;
    size_t length;
    uint8_t *out; /* may not overlap octets */
    size_t room;  /* of out: at least 512; 65535 for streams */
    struct endpoint client, local;
    uint32_t ifindex;
    enum transport transport;
    struct query_handle handle;
    /* filled by core_batch */
    enum core_outcome outcome;
    size_t out_length;
    /* A name that rule 2 blocks stands in octets and out: they are overwritten by the transport,
     * once the answer is gone, so that the server's memory does not gather such names. */
    bool wipe;
};

/* What the core needs from its surroundings; every function runs in the worker's thread. */
struct core_hooks {
    void *context;
    struct observed *observed; /* where names are gathered (observed.h); NULL: nowhere */
    struct budget *budget;     /* of all workers (budget.h); NULL: nobody is ever out */
    /* Key of the table of questions in flight, so that clients cannot aim at one of its chains; 0
     * in tests. */
    uint64_t seed;
    /* What changes beside the snapshot (policy/state/overlay.h), for every decision; it outlives
     * the core. NULL: nothing does. */
    const struct overlay *overlay;
    /* Sends OCTETS[0..LENGTH) to the client of QUERY (forwarded ones only); the transport is
     * QUERY->transport. LENGTH 0, which only streams are told: there will be no answer. */
    void (*send)(void *context, const struct query *query, const uint8_t *octets, size_t length);
    /* Hands QUERY to the upstreams under TICKET; returns 0, -1 when none can take it (then core
     * answers SERVFAIL). What is to be asked is in query->question (name, type, CD in flags,
     * dnssec_ok) and query->verdict.upstream_group. Later queries with the same question join this
     * ticket, so one call may be worth many answers. */
    int (*forward)(void *context, const struct query *query, uint32_t ticket);
    /* Hears of a client whose device nobody knows where its network has a word for such; NULL:
     * nobody wants to hear. Called for each of its queries. */
    void (*sight)(void *context, const struct ask *ask);
    /* Tells whether every upstream of GROUP is down now, so that an old answer is better than
     * waiting; NULL: never. */
    bool (*is_down)(void *context, uint32_t group);
    /* Tells whether QUERY, which asks what is in flight under TICKET already, is that very question
     * come back from the upstream it was sent to; NULL: never. */
    bool (*is_loop)(void *context, const struct query *query, uint32_t ticket);
};

/* What rule 2 has done. None of it moves any other counter, and it leaves the process only as
 * daemon/withheld.h lets it: else whoever reads the counters before and after a query learns what
 * became of it. */
struct core_withheld {
    uint64_t blocks[TRANSPORTS];   /* queries whose name it blocks */
    uint64_t chains;               /* those whose answer it blocks; they count as answered */
    uint64_t silenced[TRANSPORTS]; /* queries of clients that are out (budget.h) */
};

/* Counters of one worker; main sums them with relaxed reads. */
struct core_counters {
    uint64_t queries[TRANSPORTS];
    uint64_t blocked, local, forwarded, refused, dropped, malformed, failed;
    uint64_t joined;    /* beside the forwarded: waited for a question already in flight */
    uint64_t pool_full; /* of the failed: no room for another query in flight */
    uint64_t loops;     /* of the failed: our own question came back to us */
    uint64_t cache_hits, cache_misses;
    uint64_t cache_stale;   /* answered with what was past its time */
    uint64_t cache_denials; /* of the hits: a name above does not exist */
    uint64_t prefetched;    /* renewed ahead of their end */
    uint64_t rechecked;     /* kept answers that met the lists anew, after these had changed */
    uint64_t chain_blocked; /* of the blocked: not the asked name was, but where it led to */
    uint64_t rewritten;     /* led to the safe side of a search engine or video site */
    uint64_t rcodes[16];
    uint64_t category_blocks[64];
    struct core_withheld withheld;
    uint64_t
        protected_blocks; /* operator, legal and hotline lists as one, and clients kept silent: */
    uint64_t silenced;    /* 0 in a worker, filled in from what is withheld */
    uint64_t warned;      /* of the blocked: the device's user may release the name */
    uint64_t released;    /* passed, since that has been done */
    uint64_t observed; /* would be blocked, were a list, a category or the profile not observed */
    uint64_t category_observed[64];
    uint64_t bypass_signs; /* somebody looked for a way around the filter */
};

/* Makes a core with room for IN_FLIGHT forwarded queries, which keeps what upstreams say in CACHE.
 * Owner:  CACHE may be others' too and outlives the core.
 * Errors: NULL with ERR. */
struct core *core_create(uint32_t in_flight, struct cache *cache, const struct core_hooks *hooks,
                         struct err *err);
void core_destroy(struct core *core);

/* Runs DATAGRAMS[0..COUNT), at most CORE_BATCH_MAX, against SNAPSHOT at NOW. No pointer is kept. */
void core_batch(struct core *core, const struct snapshot *snapshot, const struct core_now *now,
                struct core_datagram *datagrams, size_t count);

/* An upstream's word on a question. */
struct core_word {
    uint32_t ticket;
    const uint8_t
        *reply; /* a message that matches, checked and reduced here; NULL: there is none */
    size_t length;
    bool trusted; /* its AD counts */
    bool last;    /* no other upstream is left to ask */
    uint16_t ede; /* why there is none */
};

/* Gives WORD to all who wait for it. Every ticket ends with exactly one call that returns 0; -1
 * says that the reply was broken or lame and another upstream should be asked (the ticket stays
 * open), never where WORD is the last one. */
int core_reply(struct core *core, const struct snapshot *snapshot, const struct core_now *now,
               const struct core_word *word);

/* Gives those who have waited CORE_PATIENCE_MS what the cache has past its time, if it has. Their
 * questions stay in flight. */
void core_tick(struct core *core, const struct snapshot *snapshot, const struct core_now *now);

/* Returns what CORE has counted since its start; main reads it relaxed while the worker writes. */
const struct core_counters *core_counters(const struct core *core);

/* Queries in flight now. */
uint32_t core_pending(const struct core *core);

/* Adds one to a counter that another thread may be reading. */
static inline void core_count(uint64_t *counter)
{
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

#endif
