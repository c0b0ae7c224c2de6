/* pending.c - the pool of waiting queries, and the table of questions in flight.
 *
 * The problem: a query waits for seconds while its batch and its snapshot go; many wait for the
 * same question; an upstream's word may come when all is over. The idea: queries are copied into
 * slots that are there from the start, without a pointer to anything that may go; the opener of a
 * question stands in a hash table by its key, the others hang on it in a chain; a ticket holds the
 * generation of its slot, which changes when the question ends. */
#include "resolver/pending.h"

#include <stdlib.h>

#include "config/base/err.h"
#include "config/base/siphash.h"
#include "resolver/wire/dns.h"

enum { NONE = UINT32_MAX, SHARES = 1024, NETWORK_OCTETS = 8, GROUPS = 64 };

struct slot {
    struct query query;
    uint32_t generation; /* odd while in use as an opener, so that no ticket of before fits */
    uint32_t next;       /* free: the next free one; waiting: the next that waits for the same */
    uint32_t last;       /* opener: the last that waits */
    uint32_t chain;      /* opener: the next opener in its bucket */
    uint64_t hash;       /* opener: of its key */
    uint32_t group;      /* where it is counted in held_of, */
    uint32_t share;      /* and in held: hashed once */
    bool listed;         /* among those that have something old to fall back on */
    uint32_t earlier, later; /* of these */
};

struct pending {
    struct slot *slots;
    uint32_t *buckets;
    uint32_t most, mask; /* slots; buckets - 1 */
    uint32_t bits;       /* of a ticket that are the slot's number */
    uint32_t fresh;      /* slots from here on were never used: their memory is not touched yet */
    uint32_t free, used;
    struct siphash_key sip;
    uint32_t oldest, newest;  /* of those with something old, in the order in which they came */
    uint32_t held[SHARES];    /* slots in use, by hash of the client's network, */
    uint32_t held_of[GROUPS]; /* and by group of upstreams: 0 the usual ones */
};

struct pending *pending_create(uint32_t count, uint64_t seed, struct err *err)
{
    struct pending *pending = calloc(1, sizeof *pending);

    if (count == 0 || count > PENDING_MOST) {
        err_set(err, ERR_LIMIT, "queries in flight must be 1 to %d: '%u'", PENDING_MOST, count);
        goto out;
    }
    if (pending == NULL)
        goto memory;
    while ((1U << pending->bits) < count)
        pending->bits++;
    pending->most = count;
    pending->mask = (1U << pending->bits) - 1;
    pending->free = pending->oldest = pending->newest = NONE;
    pending->sip = siphash_key_from_seed(seed);
    pending->slots = calloc(count, sizeof *pending->slots);
    pending->buckets = calloc((size_t)pending->mask + 1, sizeof *pending->buckets);
    if (pending->slots == NULL || pending->buckets == NULL)
        goto memory;
    for (uint32_t i = 0; i <= pending->mask; i++)
        pending->buckets[i] = NONE;
    return pending;
memory:
    err_set(err, ERR_MEMORY, "no memory for %u queries in flight", count);
out:
    pending_destroy(pending);
    return NULL;
}

void pending_destroy(struct pending *pending)
{
    if (pending == NULL)
        return;
    free(pending->slots);
    free(pending->buckets);
    free(pending);
}

/* Returns where the slots of CLIENT are counted: those of an IPv4 address, or of an IPv6 network of
 * 64 bits, whose addresses are all at one client's hand. Two that share a place share their part.
 */
static uint32_t share_of(const struct pending *pending, const struct addr *client)
{
    return (uint32_t)siphash_whole(&pending->sip, client->octets, NETWORK_OCTETS) % SHARES;
}

/* Tells whether a client of SHARE holds so much that the rest is for others: questions that no
 * upstream answers stay for seconds, and a few hundred a second would leave nobody a slot. */
static bool is_greedy(const struct pending *pending, uint32_t share)
{
    return pending->held[share] >= pending->most - pending->most / 4;
}

/* Returns where those who wait for the group of VERDICT are counted. Zones that share a place share
 * their part. */
static uint32_t group_of(const struct verdict *verdict)
{
    return verdict->upstream_group == 0 ? 0 : 1 + verdict->upstream_mark % (GROUPS - 1);
}

uint32_t pending_held(const struct pending *pending, const struct verdict *verdict)
{
    return pending->held_of[group_of(verdict)];
}

static uint32_t slot_take(struct pending *pending)
{
    uint32_t at = pending->free;

    if (at != NONE)
        pending->free = pending->slots[at].next;
    else if (pending->fresh < pending->most)
        at = pending->fresh++;
    if (at != NONE)
        pending->used++;
    return at;
}

/* --- those that could be given something old --- */

static void list_add(struct pending *pending, uint32_t at)
{
    struct slot *slot = &pending->slots[at];

    slot->listed = true;
    slot->later = NONE;
    slot->earlier = pending->newest;
    if (pending->newest != NONE)
        pending->slots[pending->newest].later = at;
    else
        pending->oldest = at;
    pending->newest = at;
}

static void list_remove(struct pending *pending, uint32_t at)
{
    struct slot *slot = &pending->slots[at];

    if (!slot->listed)
        return;
    slot->listed = false;
    if (slot->earlier != NONE)
        pending->slots[slot->earlier].later = slot->later;
    else
        pending->oldest = slot->later;
    if (slot->later != NONE)
        pending->slots[slot->later].earlier = slot->earlier;
    else
        pending->newest = slot->earlier;
}

struct query *pending_overdue(struct pending *pending, uint64_t before_ms)
{
    uint32_t at = pending->oldest;

    if (at == NONE || pending->slots[at].query.since_ms > before_ms)
        return NULL;
    list_remove(pending, at);
    return &pending->slots[at].query;
}

/* --- */

static void slot_give(struct pending *pending, uint32_t at)
{
    list_remove(pending, at);
    pending->held[pending->slots[at].share]--;
    pending->held_of[pending->slots[at].group]--;
    pending->slots[at].next = pending->free;
    pending->free = at;
    pending->used--;
}

static uint32_t find_opener(const struct pending *pending, const struct cache_key *key,
                            uint64_t hash)
{
    uint32_t at = pending->buckets[hash & pending->mask];

    for (; at != NONE; at = pending->slots[at].chain) {
        struct cache_key other;

        if (pending->slots[at].hash != hash)
            continue;
        other = cache_key_of(&pending->slots[at].query);
        if (cache_key_equal(key, &other))
            break;
    }
    return at;
}

static uint32_t ticket_of(const struct pending *pending, uint32_t at)
{
    return pending->slots[at].generation << pending->bits | at;
}

static void copy_query(struct slot *slot, const struct query *query)
{
    struct query *copy = &slot->query;

    *copy = *query;
    /* Nothing of the batch or of the snapshot may be pointed at while the query waits. */
    copy->out = NULL;
    copy->room = 0;
    copy->spot = NULL;
    copy->ask.name = name_of(&copy->question.name);
    copy->verdict.records = (struct verdict_records){0};
    copy->verdict.reason = copy->verdict.feed = NULL;
    copy->verdict.rewrite = NULL;
    copy->verdict.alias = (struct name){0};
}

static void open_question(struct pending *pending, uint32_t at, uint64_t hash)
{
    struct slot *slot = &pending->slots[at];
    uint32_t *bucket = &pending->buckets[hash & pending->mask];

    slot->generation |= 1;
    slot->last = at;
    slot->hash = hash;
    slot->chain = *bucket;
    *bucket = at;
}

bool pending_asked(const struct pending *pending, const struct cache_key *key, uint64_t hash,
                   uint32_t *ticket)
{
    uint32_t opener = find_opener(pending, key, hash);

    if (opener == NONE)
        return false;
    *ticket = ticket_of(pending, opener);
    return true;
}

/* Copies QUERY into a slot; returns its number, or NONE. */
static uint32_t add(struct pending *pending, const struct query *query)
{
    uint32_t share = share_of(pending, &query->client.addr);
    uint32_t at = is_greedy(pending, share) ? NONE : slot_take(pending);

    if (at == NONE)
        return NONE;
    copy_query(&pending->slots[at], query);
    pending->slots[at].share = share;
    pending->held[share]++;
    pending->slots[at].group = group_of(&query->verdict);
    pending->held_of[pending->slots[at].group]++;
    pending->slots[at].next = NONE;
    pending->slots[at].listed = false;
    if (query->has_old)
        list_add(pending, at);
    return at;
}

struct query *pending_open(struct pending *pending, const struct query *query, uint64_t hash,
                           uint32_t *ticket)
{
    uint32_t at = add(pending, query);

    if (at == NONE)
        return NULL;
    open_question(pending, at, hash);
    *ticket = ticket_of(pending, at);
    return &pending->slots[at].query;
}

struct query *pending_join(struct pending *pending, const struct query *query, uint32_t ticket)
{
    uint32_t at = add(pending, query), opener = ticket & pending->mask;

    if (at == NONE)
        return NULL;
    pending->slots[pending->slots[opener].last].next = at;
    pending->slots[opener].last = at;
    return &pending->slots[at].query;
}

struct query *pending_find(struct pending *pending, uint32_t ticket)
{
    uint32_t at = ticket & pending->mask;

    if (at >= pending->fresh || (pending->slots[at].generation & 1) == 0 ||
        ticket_of(pending, at) != ticket)
        return NULL;
    return &pending->slots[at].query;
}

struct query *pending_next(struct pending *pending, const struct query *query)
{
    const struct slot *slot = (const struct slot *)(const void *)query; /* its first member */

    return slot->next == NONE ? NULL : &pending->slots[slot->next].query;
}

static void unlink_opener(struct pending *pending, uint32_t at)
{
    uint32_t *link = &pending->buckets[pending->slots[at].hash & pending->mask];

    while (*link != at)
        link = &pending->slots[*link].chain;
    *link = pending->slots[at].chain;
}

void pending_end(struct pending *pending, uint32_t ticket)
{
    uint32_t at = ticket & pending->mask, next;

    if (pending_find(pending, ticket) == NULL)
        return;
    unlink_opener(pending, at);
    pending->slots[at].generation++;
    for (; at != NONE; at = next) {
        next = pending->slots[at].next;
        slot_give(pending, at);
    }
}

uint32_t pending_count(const struct pending *pending)
{
    return pending->used;
}

uint32_t pending_room(const struct pending *pending)
{
    return pending->most;
}
