/* tcp.h - the TCP connections of one worker to one server.
 *
 * One connection carries many queries at a time, answered in any order (RFC 7766 §6.2.1.1): those
 * of one turn of the loop go out in one write, and all that one read brings is handed on. It is
 * opened at the first query, closed when idle, and left for a new one when it stops answering.
 * Where a server that is to be asked over TCP (`transport: tcp`) does not take connections, it is
 * `refused`: asked by UDP until a probe over TCP is answered. */
#ifndef RESOLVER_UPSTREAM_TCP_H
#define RESOLVER_UPSTREAM_TCP_H

#include <stdbool.h>
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
    uv_poll_t poll;
    int fd;
    uint8_t state; /* enum link_state */
    bool stalled;  /* takes no more queries */
    bool blocked;  /* the kernel takes no more octets: the rest waits for room */
    uint32_t answers;
    uint64_t opened_ms, used_ms, heard_us;
    struct link_buffers *buffers;
};

struct tcp {
    struct link links[TCP_LINKS_MAX];
    bool refused;
    unsigned broken;   /* connections in a row that ended too early, */
    unsigned silent;   /* and that brought no answer */
    uint64_t retry_ms; /* when the next probe is due while refused */
    uint32_t pause_ms; /* between probes, growing */
};

/* Puts the query of TRY on a connection to its server, opened if there is none; sent by tcp_send.
 * Errors: -1 when no connection has room, or none can be had. */
int tcp_ask(struct upstream *server, struct try *try);

/* Sends what waits for SERVER. */
void tcp_send(struct upstream *server);

/* Notes that a query on CHANNEL was not answered in time: if nothing else came since SENT_US the
 * connection takes no more queries. Returns whether that speaks against the server: not where
 * nobody has taken the connection, since UDP may still work. */
bool tcp_late(struct channel *channel, uint64_t sent_us);

/* Notes a right answer on CHANNEL. */
void tcp_answered(struct channel *channel);

/* Tells whether CHANNEL's connection has worked, so that a query which it did not answer before its
 * end is as good as not asked. */
bool tcp_has_answered(const struct channel *channel);

/* Closes idle connections and those that do not get anywhere; called each second. Returns whether
 * it is time for a probe over TCP. */
bool tcp_second(struct upstream *server, uint64_t now_ms);

/* Closes all. */
void tcp_close(struct upstream *server);

#endif
