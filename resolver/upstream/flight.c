/* Questions in flight: a pool, a timing wheel and a table of ids.
 *
 * Each question has one time at which something must be done about it (the end of its latest try,
 * or its deadline), so the wheel holds each question once and setting or clearing a time costs a
 * few stores. Ticks of 10 ms are fine enough for a network; a heap of timers was dropped because it
 * costs a logarithm for each answer, although nearly all times are cleared unused.
 *
 * Ids are looked up in one table over all channels: a table of 65 536 ids for each socket would be
 * 128 KiB, mostly empty, and a list for each socket would be walked for each answer. */
#include "resolver/upstream/flight.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

static uint32_t bucket_of(const struct flight *flight, uint32_t channel, uint16_t id)
{
    /* Ids are random, so nobody outside chooses where they fall; the product spreads channels. */
    return (id ^ channel * 0x9e3779b1u) & flight->bucket_mask;
}

int flight_open(struct flight *flight, uint32_t room, uint64_t now_ms, struct err *err)
{
    uint32_t buckets = 64;

    if (room == 0)
        room = 1;
    while (buckets < room && buckets < 1u << 20)
        buckets *= 2;
    memset(flight, 0, sizeof *flight);
    flight->room = room;
    flight->bucket_mask = flight->ticket_mask = buckets - 1;
    flight->tick = now_ms / TICK_MS;
    flight->asked = calloc(room, sizeof *flight->asked);
    flight->tries = calloc((size_t)room * TRIES_MAX, sizeof *flight->tries);
    flight->buckets = malloc(buckets * sizeof *flight->buckets);
    flight->tickets = malloc(buckets * sizeof *flight->tickets);
    if (flight->asked == NULL || flight->tries == NULL || flight->buckets == NULL ||
        flight->tickets == NULL) {
        flight_close(flight);
        return err_set(err, ERR_MEMORY, "no memory for %u questions in flight", room);
    }
    memset(flight->buckets, 0xff, buckets * sizeof *flight->buckets);
    memset(flight->tickets, 0xff, buckets * sizeof *flight->tickets);
    memset(flight->wheel, 0xff, sizeof flight->wheel);
    for (uint32_t i = 0; i < room; i++)
        flight->asked[i].after = i + 1 < room ? i + 1 : FLIGHT_NONE;
    return 0;
}

void flight_close(struct flight *flight)
{
    free(flight->tickets);
    free(flight->buckets);
    free(flight->tries);
    free(flight->asked);
    memset(flight, 0, sizeof *flight);
}

struct asked *flight_take(struct flight *flight)
{
    struct asked *asked;

    if (flight->free == FLIGHT_NONE)
        return NULL;
    asked = &flight->asked[flight->free];
    flight->free = asked->after;
    flight->used++;
    asked->name_length = 0;
    asked->tries = 0;
    asked->probe = asked->cut = asked->unreached = asked->lingers = asked->due = false;
    return asked;
}

static uint32_t *wheel_slot(struct flight *flight, const struct asked *asked)
{
    return &flight->wheel[asked->due_tick % WHEEL_SLOTS];
}

static void wheel_unlink(struct flight *flight, struct asked *asked)
{
    if (!asked->due)
        return;
    asked->due = false;
    if (asked->before != FLIGHT_NONE)
        flight->asked[asked->before].after = asked->after;
    else
        *wheel_slot(flight, asked) = asked->after;
    if (asked->after != FLIGHT_NONE)
        flight->asked[asked->after].before = asked->before;
}

void flight_note_ticket(struct flight *flight, const struct asked *asked)
{
    flight->tickets[asked->ticket & flight->ticket_mask] = (uint32_t)(asked - flight->asked);
}

struct asked *flight_by_ticket(const struct flight *flight, uint32_t ticket)
{
    uint32_t number = flight->tickets[ticket & flight->ticket_mask];

    if (number == FLIGHT_NONE || flight->asked[number].ticket != ticket)
        return NULL;
    return &flight->asked[number];
}

void flight_give(struct flight *flight, struct asked *asked)
{
    uint32_t *noted = &flight->tickets[asked->ticket & flight->ticket_mask];

    if (*noted == (uint32_t)(asked - flight->asked))
        *noted = FLIGHT_NONE;
    wheel_unlink(flight, asked);
    asked->after = flight->free;
    flight->free = (uint32_t)(asked - flight->asked);
    flight->used--;
}

void flight_due(struct flight *flight, struct asked *asked, uint64_t when_ms)
{
    uint32_t *slot, number = (uint32_t)(asked - flight->asked);

    wheel_unlink(flight, asked);
    asked->due_tick = (when_ms + TICK_MS - 1) / TICK_MS;
    if (asked->due_tick <= flight->tick)
        asked->due_tick = flight->tick + 1;
    if (asked->due_tick >= flight->tick + WHEEL_SLOTS)
        asked->due_tick = flight->tick + WHEEL_SLOTS - 1;
    slot = wheel_slot(flight, asked);
    asked->before = FLIGHT_NONE;
    asked->after = *slot;
    asked->due = true;
    if (*slot != FLIGHT_NONE)
        flight->asked[*slot].before = number;
    *slot = number;
}

/* Returns a question in the list from NUMBER that is due by TICK, or NULL. */
static struct asked *first_due(struct flight *flight, uint32_t number, uint64_t tick)
{
    /* Only after a standstill may some in a slot belong to the wheel's next turn. */
    while (number != FLIGHT_NONE && flight->asked[number].due_tick > tick)
        number = flight->asked[number].after;
    return number != FLIGHT_NONE ? &flight->asked[number] : NULL;
}

void flight_expire(struct flight *flight, uint64_t now_ms,
                   void (*expired)(void *context, struct asked *asked), void *context)
{
    uint64_t now = now_ms / TICK_MS, tick = flight->tick;
    struct asked *asked;

    if (now <= tick)
        return;
    if (flight->used == 0)
        tick = now;
    if (now - tick > WHEEL_SLOTS) /* the loop stood still: one round sees all slots */
        tick = now - WHEEL_SLOTS;
    flight->tick = now; /* what is set due meanwhile lies ahead of it */
    while (tick < now) {
        uint32_t *slot = &flight->wheel[++tick % WHEEL_SLOTS];

        while ((asked = first_due(flight, *slot, now)) != NULL) {
            wheel_unlink(flight, asked);
            expired(context, asked);
        }
    }
}

struct try *flight_try(const struct flight *flight, const struct asked *asked, size_t n)
{
    return &flight->tries[(size_t)(asked - flight->asked) * TRIES_MAX + n];
}

struct asked *flight_asked(const struct flight *flight, const struct try *try)
{
    return &flight->asked[(size_t)(try - flight->tries) / TRIES_MAX];
}

uint32_t flight_number(const struct flight *flight, const struct try *try)
{
    return (uint32_t)(try - flight->tries);
}

struct try *flight_at(const struct flight *flight, uint32_t number)
{
    return &flight->tries[number];
}

void flight_queue(struct flight *flight, struct try_queue *queue, struct try *try)
{
    uint32_t number = flight_number(flight, try);

    try->state = TRY_QUEUED;
    try->newer = FLIGHT_NONE;
    try->older = queue->newest;
    if (queue->newest != FLIGHT_NONE)
        flight->tries[queue->newest].newer = number;
    else
        queue->oldest = number;
    queue->newest = number;
}

void flight_unqueue(struct flight *flight, struct try_queue *queue, struct try *try)
{
    if (try->newer != FLIGHT_NONE)
        flight->tries[try->newer].older = try->older;
    else
        queue->newest = try->older;
    if (try->older != FLIGHT_NONE)
        flight->tries[try->older].newer = try->newer;
    else
        queue->oldest = try->newer;
}

void flight_bind(struct flight *flight, struct try *try, struct channel *channel, uint16_t id)
{
    uint32_t number = flight_number(flight, try);
    uint32_t *bucket = &flight->buckets[bucket_of(flight, channel->number, id)];

    try->channel = channel;
    try->id = id;
    try->state = TRY_OPEN;
    try->chain = *bucket;
    *bucket = number;
    try->newer = FLIGHT_NONE;
    try->older = channel->first;
    if (channel->first != FLIGHT_NONE)
        flight->tries[channel->first].newer = number;
    channel->first = number;
    channel->in_flight++;
}

void flight_unbind(struct flight *flight, struct try *try)
{
    struct channel *channel = try->channel;
    uint32_t number = flight_number(flight, try);
    uint32_t *link = &flight->buckets[bucket_of(flight, channel->number, try->id)];

    while (*link != number)
        link = &flight->tries[*link].chain;
    *link = try->chain;
    if (try->newer != FLIGHT_NONE)
        flight->tries[try->newer].older = try->older;
    else
        channel->first = try->older;
    if (try->older != FLIGHT_NONE)
        flight->tries[try->older].newer = try->newer;
    channel->in_flight--;
    try->channel = NULL;
}

struct try *flight_find(const struct flight *flight, const struct channel *channel, uint16_t id)
{
    uint32_t number = flight->buckets[bucket_of(flight, channel->number, id)];

    while (number != FLIGHT_NONE) {
        struct try *try = &flight->tries[number];

        if (try->id == id && try->channel == channel)
            return try;
        number = try->chain;
    }
    return NULL;
}

struct name flight_name(const struct asked *asked)
{
    return (struct name){asked->wire, asked->name_length};
}

uint64_t flight_seed(const struct flight *flight, const struct asked *asked, const struct try *try)
{
    return asked->seed + flight_number(flight, try) * 0xd1342543de82ef95u;
}
