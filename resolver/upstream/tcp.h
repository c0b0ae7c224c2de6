/* tcp.h - the TCP connections of one worker to one server.
 *
 * One connection carries many queries at a time, answered in any order (RFC 7766 §6.2.1.1). It is
 * opened at the first query, closed when idle, and left for a new one when it stops answering. */
#ifndef RESOLVER_UPSTREAM_TCP_H
#define RESOLVER_UPSTREAM_TCP_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "resolver/upstream/flight.h"

struct upstream;

enum { TCP_LINKS_MAX = 4 };

enum link_state { LINK_FREE, LINK_CONNECTING, LINK_OPEN, LINK_CLOSING };

struct link_buffers;

struct link {
    struct channel channel; /* first: a channel that is a stream is one of these */
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    uint8_t state; /* enum link_state */
    bool stalled;  /* takes no more queries */
    bool writing;
    uint64_t opened_ms, used_ms, heard_us;
    struct link_buffers *buffers;
};

struct tcp {
    struct link links[TCP_LINKS_MAX];
};

/* Queues TRY on a connection to its server, opened if there is none; sent by tcp_send. Errors: -1
 * when no connection can be had. */
int tcp_ask(struct upstream *server, struct try *try);

/* Sends what is queued for SERVER. */
void tcp_send(struct upstream *server);

/* Notes that a query on CHANNEL was not answered in time: if nothing else came since SENT_US the
 * connection takes no more queries. */
void tcp_late(struct channel *channel, uint64_t sent_us);

/* Closes idle connections and those that do not get anywhere; called each second. */
void tcp_second(struct upstream *server, uint64_t now_ms);

/* Closes all. */
void tcp_close(struct upstream *server);

#endif
