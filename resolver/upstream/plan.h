/* plan.h - what is done for one question: which server is asked next, with which words, and when
 * to give up. The sockets report here. */
#ifndef RESOLVER_UPSTREAM_PLAN_H
#define RESOLVER_UPSTREAM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/upstream/flight.h"

struct upstream;
struct upstreams;

/* Asks the first server for ASKED. Returns -1 when there is none; never calls `done`. */
int plan_start(struct upstreams *upstreams, struct asked *asked);

/* Asks SERVER for the NS of the root, over TCP where STREAM, to see whether it answers again. */
void plan_probe(struct upstream *server, bool stream);

/* Takes what came on CHANNEL; WHOLE is false where the datagram was larger than our buffer. The
 * name in OCTETS is put in lower case. */
void plan_message(struct channel *channel, uint8_t *octets, size_t length, bool whole);

/* Ends the tries on CHANNEL that were sent before BEFORE_US: a network error. AGAIN tells
 * that the same server is worth another query at once: the connection had worked, or there is UDP.
 */
void plan_channel_failed(struct channel *channel, uint64_t before_us, bool again);

/* Ends TRY, which is queued and could not be sent. */
void plan_unsent(struct upstream *server, struct try *try);

/* Does what is due for ASKED; for flight_expire. */
void plan_due(void *upstreams, struct asked *asked);

/* Writes the query of TRY into OUT[0..ROOM); returns its length, 0 where it does not fit. */
size_t plan_write(const struct upstream *server, const struct try *try, uint16_t id, uint8_t *out,
                  size_t room);

/* Returns an id that no query in flight on CHANNEL has: unpredictable for datagrams, the next
 * number for a stream, which cannot be forged from elsewhere. */
uint16_t plan_id(struct upstreams *upstreams, struct channel *channel);

#endif
