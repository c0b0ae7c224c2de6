/* flight.h - the questions of one worker that wait for an upstream, and the queries sent for them.
 *
 * A question (`asked`) is put to servers in up to TRIES_MAX queries (`try`). Each query is bound to
 * a channel (a UDP socket or a TCP connection) under an id that no other query in flight on that
 * channel has, and stays bound until its question ends: a slow upstream's answer to the first query
 * is as good as one to the last. All memory is taken at the start. */
#ifndef RESOLVER_UPSTREAM_FLIGHT_H
#define RESOLVER_UPSTREAM_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct err;
struct upstream;

enum {
    TRIES_MAX = 6, /* upstream queries for one question, so that failure is not multiplied */
    TICK_MS = 10,
    WHEEL_SLOTS = 1024, /* longer than any deadline: DEADLINE_MAX_MS */
    DEADLINE_MAX_MS = 10000,
};

#define FLIGHT_NONE UINT32_MAX

/* Where a query travels: the first member of a UDP socket and of a TCP connection. */
struct channel {
    struct upstream *server;
    uint32_t number; /* no other channel with tries bound has it */
    uint32_t first;  /* of the tries bound to it, newest first; FLIGHT_NONE at first */
    uint32_t in_flight;
    uint16_t last_id; /* of a stream's queries, which are numbered in turn */
    bool stream;
};

enum try_state {
    TRY_QUEUED, /* waits for the next flush */
    TRY_OPEN,   /* bound: an answer may come */
    TRY_CUT,    /* answered with TC */
    TRY_NO_OPT, /* answered FORMERR or NOTIMP to our OPT */
    TRY_LAME,   /* answered with what is no use; that server is not asked again */
    TRY_FAILED, /* network error */
    TRY_VOID,   /* its connection, which had worked, ended first: it counts for nobody */
};

struct
try {
    struct upstream *server;
    struct channel *channel; /* while open */
    uint64_t sent_us;
    uint32_t chain;        /* next in its id bucket */
    uint32_t newer, older; /* on its channel, or in the queue */
    uint16_t id;
    uint8_t state; /* enum try_state */
    bool stream, edns;
    bool mixed;  /* its letters have the case of flight_seed */
    bool folded; /* a reply came that did not repeat that case */
    bool late;   /* its time is over; an answer is still welcome */
};

/* Tries that wait to be sent, oldest first out. */
struct try_queue {
    uint32_t newest, oldest; /* FLIGHT_NONE at first */
};

struct asked {
    uint8_t name_length;
    uint8_t tries; /* used */
    bool checking_disabled, dnssec_ok;
    bool probe;     /* of our own: nobody waits for it */
    bool cut;       /* some server has more than fits in a datagram */
    bool unreached; /* a try ended in a network error */
    bool lingers;   /* nobody else is left to ask: late answers are waited for */
    bool due;       /* linked in the wheel */
    uint16_t type;
    uint32_t group, ticket;
    uint64_t zone;          /* of the group, whose number a reload may give to another */
    uint64_t seed;          /* of the letter case of its queries */
    uint32_t before, after; /* in the wheel, or free list */
    uint64_t due_tick, deadline_ms;
    uint8_t wire[NAME_OCTETS_MAX]; /* last: of most names few octets are used */
};

struct flight {
    struct asked *asked;
    struct try *tries; /* TRIES_MAX for each asked */
    uint32_t *buckets; /* of tries by channel and id */
    uint32_t *tickets; /* questions by the low bits of their ticket */
    uint32_t room, used, free, bucket_mask, ticket_mask;
    uint64_t tick; /* the last one that flight_expire has seen */
    uint32_t wheel[WHEEL_SLOTS];
};

/* Makes room for ROOM questions. Errors: -1 with ERR. */
int flight_open(struct flight *flight, uint32_t room, uint64_t now_ms, struct err *err);
void flight_close(struct flight *flight);

/* Returns an empty question, NULL when the pool is full. */
struct asked *flight_take(struct flight *flight);

/* Gives ASKED back; its tries must not be open or queued. */
void flight_give(struct flight *flight, struct asked *asked);

/* Notes the ticket of ASKED, for flight_by_ticket, which returns NULL for one that it does not
 * know. Of two questions whose tickets end in the same bits only the later is found: those of the
 * core never do. */
void flight_note_ticket(struct flight *flight, const struct asked *asked);
struct asked *flight_by_ticket(const struct flight *flight, uint32_t ticket);

/* Has flight_expire report ASKED at WHEN_MS, in place of any earlier call. */
void flight_due(struct flight *flight, struct asked *asked, uint64_t when_ms);

/* Calls EXPIRED for each question that is due by NOW_MS. EXPIRED may take, give and set due. Call
 * it before the first question after a rest too: the wheel then turns to NOW_MS at once. */
void flight_expire(struct flight *flight, uint64_t now_ms,
                   void (*expired)(void *context, struct asked *asked), void *context);

/* Return the N-th try of ASKED, the question of TRY, and TRY's number and back. */
struct try *flight_try(const struct flight *flight, const struct asked *asked, size_t n);
struct asked *flight_asked(const struct flight *flight, const struct try *try);
uint32_t flight_number(const struct flight *flight, const struct try *try);
struct try *flight_at(const struct flight *flight, uint32_t number);

/* Add TRY to QUEUE, and take it out from anywhere in it. */
void flight_queue(struct flight *flight, struct try_queue *queue, struct try *try);
void flight_unqueue(struct flight *flight, struct try_queue *queue, struct try *try);

/* Binds TRY to CHANNEL under ID, which flight_find must not know. */
void flight_bind(struct flight *flight, struct try *try, struct channel *channel, uint16_t id);
void flight_unbind(struct flight *flight, struct try *try);

/* Returns the try that is bound to CHANNEL under ID, or NULL. */
struct try *flight_find(const struct flight *flight, const struct channel *channel, uint16_t id);

/* Returns the name of ASKED. */
struct name flight_name(const struct asked *asked);

/* Returns the seed of the letter case in TRY, of ASKED: no two queries of a question have one, so
 * that who has got one knows nothing of the others. */
uint64_t flight_seed(const struct flight *flight, const struct asked *asked, const struct try *try);

#endif
