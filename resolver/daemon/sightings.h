/* sightings.h - what a worker tells the main thread of clients that nobody knows.
 *
 * One ring for each worker, which alone writes it; the main thread alone reads it, and nobody
 * waits: what finds no room is lost, since a client that stays comes again. */
#ifndef RESOLVER_DAEMON_SIGHTINGS_H
#define RESOLVER_DAEMON_SIGHTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ask.h"

struct err;
struct sightings;

enum { SIGHTINGS_ROOM = 256 };

struct sighting {
    struct addr client;
    uint32_t ifindex;       /* 0: not known */
    struct device_key told; /* length 0: nothing */
};

/* Makes an empty ring; frees one.
 * Errors: NULL with ERR. */
struct sightings *sightings_create(struct err *err);
void sightings_free(struct sightings *sightings);

/* Notes who asks in ASK, unless that was noted less than a second ago (as far as it is remembered)
 * or there is no room. Returns whether it was noted. Threads: the worker. */
bool sightings_note(struct sightings *sightings, const struct ask *ask);

/* Takes the oldest into SIGHTING; false where there is none. Threads: the main thread. */
bool sightings_take(struct sightings *sightings, struct sighting *sighting);

#endif
