/* udp.h - the UDP sockets of one worker to one server.
 *
 * Connected, so that the kernel drops what comes from any other address or port (RFC 5452 §9.1),
 * each on a port of the kernel's random choice. A batch goes out through one of them picked at
 * random. A socket is replaced after so many queries or so much time, and, while few queries are
 * sent, after each batch; it stays open until its queries have ended. */
#ifndef RESOLVER_UPSTREAM_UDP_H
#define RESOLVER_UPSTREAM_UDP_H

#include <stdint.h>
#include <uv.h>

#include "resolver/upstream/flight.h"

struct upstream;
struct upstreams;

enum { UDP_SOCKETS_MAX = 64, UDP_DRAINING_MAX = 64 };

struct udp_limits {
    uint32_t sockets; /* in use at a time, at most UDP_SOCKETS_MAX */
    uint32_t queries; /* through one socket */
    uint32_t age_ms;
    uint32_t early; /* replacements a second before that, so that few queries share a port */
};

enum socket_state { SOCKET_FREE, SOCKET_USED, SOCKET_DRAINING, SOCKET_CLOSING };

struct udp_socket {
    struct channel channel; /* first: a channel that is no stream is one of these */
    uv_poll_t poll;
    int fd;
    uint8_t state; /* enum socket_state */
    uint32_t queries;
    uint32_t queries_then; /* a second ago */
    uint64_t opened_ms;
};

struct udp {
    struct udp_socket sockets[UDP_SOCKETS_MAX + UDP_DRAINING_MAX];
    struct udp_socket *used[UDP_SOCKETS_MAX];
    uint32_t draining;
};

/* Room to send and receive a batch; one for all servers. */
struct udp_batch *udp_batch_create(void);
void udp_batch_destroy(struct udp_batch *batch);

/* Sends all that is queued for SERVER. Network errors go to plan_channel_failed, queries that
 * find no socket to plan_unsent. */
void udp_send(struct upstream *server);

/* Closes sockets that nothing waits for and that are past their age or have not sent since the last
 * call; called each second. */
void udp_second(struct upstream *server, uint64_t now_ms);

/* Has every socket replaced before its next query: our own address may have changed. */
void udp_renew(struct upstream *server);

/* Closes CHANNEL's socket if it is to be replaced and nothing waits for it any more. */
void udp_rest(struct channel *channel);

/* Closes all. */
void udp_close(struct upstream *server);

#endif
