/* listen.h - client sockets of one worker: UDP in batches, TCP streams.
 *
 * The worker gives each a context of callbacks; both are producers for core_batch and know nothing
 * of policy. */
#ifndef RESOLVER_LISTEN_LISTEN_H
#define RESOLVER_LISTEN_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "resolver/core.h"

struct err;
struct log;
struct network_table;

/* What a listener does with a batch: calls core_batch with the worker's snapshot and time. */
struct listen_context {
    void *context;
    void (*batch)(void *context, struct core_datagram *datagrams, size_t count);
    const struct log *log;
};

/* A bound socket that the keeper opened (or systemd), as the server inherits it. */
struct listen_socket {
    int fd;
    bool stream;
    struct endpoint local;
};

/* UDP: recvmmsg and sendmmsg in batches of 64 on uv_poll, buffers of our own.
 * Owner: a listener, UDP or TCP, closes the descriptor of its SOCKET in destroy. */
struct udp_listener;
struct udp_listener *udp_listener_create(uv_loop_t *loop, const struct listen_socket *socket,
                                         const struct listen_context *context, struct err *err);
/* Has the interface of each query told to the core where WANTED (a network rule names one);
 * wildcard sockets always do. May be called at any time. Errors: -1 with ERR. */
int udp_listener_pktinfo(struct udp_listener *listener, bool wanted, struct err *err);
/* Has those in PROXIES (NULL: nobody) put a header before each query (proxy.h): what comes from
 * them without one is dropped, as is one with a header from anybody else. Answers go to the proxy.
 * Owner: PROXIES outlives the listener, or the next call. */
void udp_listener_proxies(struct udp_listener *listener, const struct network_table *proxies);
/* Collects LENGTH OCTETS for the client in HANDLE, which udp_listener_flush sends. HANDLE is good
 * as long as its listener lives: end the queries in flight first. */
void udp_listener_send(struct udp_listener *listener, const struct query_handle *handle,
                       const uint8_t *octets, size_t length);
/* Sends what was collected; to be called before the loop waits again, in every turn. While the
 * kernel takes no more it does nothing. */
void udp_listener_flush(struct udp_listener *listener);
/* Returns the listener that a UDP query's HANDLE came from. */
struct udp_listener *udp_listener_of(const struct query_handle *handle);
/* Stops reading; what is to be sent is sent. Destroy frees when libuv has closed it. */
void udp_listener_stop(struct udp_listener *listener);
void udp_listener_destroy(struct udp_listener *listener);

struct tcp_limits {
    uint32_t connections, connections_per_client; /* of this worker */
    uint32_t idle_ms;                             /* RFC 7766 §6.2.3 */
    uint32_t pipelined; /* queries of one connection in flight before reading pauses */
};

/* TCP: RFC 7766 pipelining, answers out of order. */
struct tcp_listener;
struct tcp_listener *tcp_listener_create(uv_loop_t *loop, const struct listen_socket *socket,
                                         const struct listen_context *context,
                                         const struct tcp_limits *limits, struct err *err);
/* As udp_listener_pktinfo, for connections accepted from now on. */
int tcp_listener_pktinfo(struct tcp_listener *listener, bool wanted, struct err *err);
/* As udp_listener_proxies, one header a connection, for connections accepted from now on; one that
 * breaks the rule is closed, and one that sends no whole header ends as an idle one does. A proxy
 * may have any number of connections. */
void tcp_listener_proxies(struct tcp_listener *listener, const struct network_table *proxies);
/* Collects a forwarded answer, which tcp_listener_flush sends; a connection that is gone meanwhile
 * is recognised by HANDLE and the answer dropped. LENGTH 0: there will be none. */
void tcp_listener_send(struct tcp_listener *listener, const struct query_handle *handle,
                       const uint8_t *octets, size_t length);
/* Writes what has been collected for the connections of LISTENER; to be called before the loop
 * waits again, in every turn. */
void tcp_listener_flush(struct tcp_listener *listener);
struct tcp_listener *tcp_listener_of(const struct query_handle *handle);
/* Takes LIMITS from now on; more connections than at create need a restart. At a limit the
 * connection that has been useful longest ago is closed for the new one. */
void tcp_listener_limits(struct tcp_listener *listener, const struct tcp_limits *limits);
/* Stops accepting; connections end when their queries in flight are answered. */
void tcp_listener_stop(struct tcp_listener *listener);
void tcp_listener_destroy(struct tcp_listener *listener);
uint32_t tcp_listener_connections(const struct tcp_listener *listener);

#endif
