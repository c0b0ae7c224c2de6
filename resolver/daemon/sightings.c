#include "resolver/daemon/sightings.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

enum { RECENT = 256, AGAIN_MS = 1000 };

/* Who was noted lately, in a place of his hash: a crowd of clients may push one out, and then the
 * main thread hears of him twice. */
struct recent {
    struct sighting who;
    uint64_t noted_ms; /* 0: nobody */
};

struct sightings {
    _Alignas(64) atomic_uint head; /* of the next to be written; the worker's */
    struct recent recent[RECENT];
    _Alignas(64) atomic_uint tail; /* of the next to be read; the main thread's */
    struct sighting ring[SIGHTINGS_ROOM];
};
_Static_assert((SIGHTINGS_ROOM & (SIGHTINGS_ROOM - 1)) == 0, "places are masked");

struct sightings *sightings_create(struct err *err)
{
    struct sightings *sightings = aligned_alloc(64, (sizeof *sightings + 63) / 64 * 64);

    if (sightings == NULL) {
        err_set(err, ERR_MEMORY, "no memory for what a worker tells of clients");
        return NULL;
    }
    memset(sightings, 0, sizeof *sightings);
    return sightings;
}

void sightings_free(struct sightings *sightings)
{
    free(sightings);
}

static uint32_t hash_octets(uint32_t hash, const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ octets[i]) * 16777619U;
    return hash;
}

static struct recent *recent_of(struct sightings *sightings, const struct sighting *who)
{
    uint32_t hash = hash_octets(2166136261U, who->client.octets, sizeof who->client.octets);

    hash = hash_octets(hash, who->told.octets, who->told.length);
    return &sightings->recent[(hash ^ hash >> 16) % RECENT];
}

static bool is_same(const struct sighting *a, const struct sighting *b)
{
    return a->ifindex == b->ifindex && a->client.bits == b->client.bits &&
           memcmp(a->client.octets, b->client.octets, sizeof a->client.octets) == 0 &&
           device_key_equal(&a->told, &b->told);
}

bool sightings_note(struct sightings *sightings, const struct ask *ask)
{
    struct sighting who = {ask->client, ask->ifindex, {.length = 0}};
    struct recent *recent;
    unsigned head = atomic_load_explicit(&sightings->head, memory_order_relaxed);

    if (ask->told.length > 0)
        who.told = ask->told;
    recent = recent_of(sightings, &who);
    if (recent->noted_ms != 0 && ask->mono_ms - recent->noted_ms < AGAIN_MS &&
        is_same(&recent->who, &who))
        return false;
    if (head - atomic_load_explicit(&sightings->tail, memory_order_acquire) == SIGHTINGS_ROOM)
        return false;
    *recent = (struct recent){who, ask->mono_ms == 0 ? 1 : ask->mono_ms};
    sightings->ring[head % SIGHTINGS_ROOM] = who;
    atomic_store_explicit(&sightings->head, head + 1, memory_order_release);
    return true;
}

bool sightings_take(struct sightings *sightings, struct sighting *sighting)
{
    unsigned tail = atomic_load_explicit(&sightings->tail, memory_order_relaxed);

    if (tail == atomic_load_explicit(&sightings->head, memory_order_acquire))
        return false;
    *sighting = sightings->ring[tail % SIGHTINGS_ROOM];
    atomic_store_explicit(&sightings->tail, tail + 1, memory_order_release);
    return true;
}
