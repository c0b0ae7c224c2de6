/* pending.h - the queries of one worker that wait for an upstream: a pool of fixed size, and which
 * question each of them waits for.
 *
 * Queries with equal keys share one upstream question: the first opens it and its ticket names it,
 * later ones join. That keeps a crowd of clients from asking the upstream the same thing, and never
 * has two equal questions in flight, which would help a forger (RFC 5452 §5). A ticket is a slot's
 * number and its generation, so that a late word on a finished question finds nothing. No client
 * gets more than three quarters of the pool. */
#ifndef RESOLVER_PENDING_H
#define RESOLVER_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/cache/key.h"
#include "resolver/query.h"

struct err;
struct pending;

enum { PENDING_MOST = 1 << 20 };

/* Makes a pool for COUNT queries (1 to PENDING_MOST), with SEED for its table of clients. Errors:
 * NULL with ERR. Cost: memory is touched as slots are first used. */
struct pending *pending_create(uint32_t count, uint64_t seed, struct err *err);
void pending_destroy(struct pending *pending);

/* Tells whether the question of KEY, whose hash is HASH (key.h), is in flight, and as which TICKET.
 */
bool pending_asked(const struct pending *pending, const struct cache_key *key, uint64_t hash,
                   uint32_t *ticket);

/* Copies QUERY in as the first that waits for its question, which is not in flight; its key's hash
 * is HASH, *TICKET names it from now on. Returns the copy, NULL where the pool is full, or this
 * client's part of it. */
struct query *pending_open(struct pending *pending, const struct query *query, uint64_t hash,
                           uint32_t *ticket);

/* Copies QUERY in as one more that waits for TICKET. Returns as pending_open. */
struct query *pending_join(struct pending *pending, const struct query *query, uint32_t ticket);

/* Returns the query that has waited longest of those with `has_old` set, where that was since
 * BEFORE_MS or earlier, and NULL where there is none; each is returned once. */
struct query *pending_overdue(struct pending *pending, uint64_t before_ms);

/* Returns the query that opened TICKET, NULL for a ticket that is over. */
struct query *pending_find(struct pending *pending, uint32_t ticket);

/* Returns the query that waits for the same question after QUERY, NULL after the last. */
struct query *pending_next(struct pending *pending, const struct query *query);

/* Ends TICKET: the slots of all who waited are free again. */
void pending_end(struct pending *pending, uint32_t ticket);

/* Return how many queries wait, and how many could. */
uint32_t pending_count(const struct pending *pending);
uint32_t pending_room(const struct pending *pending);

/* Returns how many wait for the group of upstreams that VERDICT names. */
uint32_t pending_held(const struct pending *pending, const struct verdict *verdict);

#endif
