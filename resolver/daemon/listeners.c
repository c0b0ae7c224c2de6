/* The problem: a worker has many sockets of two kinds, and each of its steps concerns all of them.
 * The idea: two arrays behind one name. Of the server's sockets a worker takes every WORKERS-th of
 * those with one address and kind, so that the kernel spreads clients (SO_REUSEPORT) evenly.
 *
 * Dropped: one type of listener for both kinds; streams are told limits and counted, datagrams
 * are not. */
#include "resolver/daemon/listeners.h"

#include <stdlib.h>

#include "config/base/err.h"
#include "config/config.h"
#include "policy/who/network.h"
#include "resolver/daemon/neighbour_table.h"

enum { PIPELINED_MOST = 64 };

struct listeners {
    struct listeners_share share;
    struct udp_listener **udp;
    struct tcp_listener **tcp;
    size_t udp_count, tcp_count;
    struct network_table *proxies; /* that the listeners know; NULL: none */
};

struct listeners *listeners_create(const struct listeners_share *share, struct err *err)
{
    struct listeners *listeners = calloc(1, sizeof *listeners);

    if (listeners == NULL)
        goto out;
    listeners->share = *share;
    listeners->udp = calloc(share->count, sizeof(struct udp_listener *));
    listeners->tcp = calloc(share->count, sizeof(struct tcp_listener *));
    if (listeners->udp != NULL && listeners->tcp != NULL)
        return listeners;
out:
    err_set(err, ERR_MEMORY, "no memory for %zu listeners", share->count);
    listeners_free(listeners);
    return NULL;
}

/* ---- what a config says ---- */

static struct tcp_limits limits_of(const struct config *config)
{
    return (struct tcp_limits){
        .connections = config->tcp_connections,
        .connections_per_client = config->tcp_connections_per_client,
        .idle_ms = config->tcp_idle_ms,
        .pipelined = PIPELINED_MOST,
    };
}

/* Tells whether CONFIG asks where a query came in: for a network rule, or since an address is a
 * neighbour's on one link only. */
static bool wants_interfaces(const struct config *config)
{
    if (neighbour_table_wanted(config))
        return true;
    for (size_t i = 0; i < config->network_count; i++) {
        if (config->networks[i].interface[0] != '\0')
            return true;
    }
    return false;
}

/* Tells the listeners who must speak for others, and forgets who had to before. */
static int tell_proxies(struct listeners *listeners, const struct config *config, struct err *err)
{
    struct network_table *proxies = NULL;

    if (config->proxy_count > 0) {
        proxies = network_create_of(config->proxies, config->proxy_count, err);
        if (proxies == NULL)
            return -1;
    }
    for (size_t i = 0; i < listeners->udp_count; i++)
        udp_listener_proxies(listeners->udp[i], proxies);
    for (size_t i = 0; i < listeners->tcp_count; i++)
        tcp_listener_proxies(listeners->tcp[i], proxies);
    network_free(listeners->proxies);
    listeners->proxies = proxies;
    return 0;
}

static int tell_interfaces(struct listeners *listeners, const struct config *config,
                           struct err *err)
{
    bool wanted = wants_interfaces(config);

    for (size_t i = 0; i < listeners->udp_count; i++) {
        if (udp_listener_pktinfo(listeners->udp[i], wanted, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < listeners->tcp_count; i++) {
        if (tcp_listener_pktinfo(listeners->tcp[i], wanted, err) < 0)
            return -1;
    }
    return 0;
}

int listeners_configure(struct listeners *listeners, const struct config *config, struct err *err)
{
    const struct tcp_limits limits = limits_of(config);

    for (size_t i = 0; i < listeners->tcp_count; i++)
        tcp_listener_limits(listeners->tcp[i], &limits);
    if (tell_interfaces(listeners, config, err) < 0)
        return -1;
    return tell_proxies(listeners, config, err);
}

/* ---- the start ---- */

/* Tells whether the socket at AT is this worker's: of those with one address and kind, each worker
 * takes every WORKERS-th. A parent that hands over fewer leaves some workers without. */
static bool is_mine(const struct listeners_share *share, size_t at)
{
    const struct listen_socket *socket = &share->sockets[at];
    unsigned same = 0;

    for (size_t i = 0; i < at; i++) {
        const struct listen_socket *other = &share->sockets[i];

        if (other->stream == socket->stream && other->local.port == socket->local.port &&
            addr_equal(&other->local.addr, &socket->local.addr))
            same++;
    }
    return same % share->workers == share->index;
}

static int open_udp(struct listeners *listeners, uv_loop_t *loop,
                    const struct listen_socket *socket, const struct listen_context *context,
                    struct err *err)
{
    struct udp_listener *udp = udp_listener_create(loop, socket, context, err);

    if (udp == NULL)
        return -1;
    listeners->udp[listeners->udp_count++] = udp;
    return 0;
}

static int open_tcp(struct listeners *listeners, uv_loop_t *loop,
                    const struct listen_socket *socket, const struct listen_context *context,
                    const struct tcp_limits *limits, struct err *err)
{
    struct tcp_listener *tcp = tcp_listener_create(loop, socket, context, limits, err);

    if (tcp == NULL)
        return -1;
    listeners->tcp[listeners->tcp_count++] = tcp;
    return 0;
}

int listeners_open(struct listeners *listeners, uv_loop_t *loop,
                   const struct listen_context *context, const struct config *config,
                   struct err *err)
{
    const struct tcp_limits limits = limits_of(config);

    for (size_t i = 0; i < listeners->share.count; i++) {
        const struct listen_socket *socket = &listeners->share.sockets[i];

        if (!is_mine(&listeners->share, i))
            continue;
        if ((socket->stream ? open_tcp(listeners, loop, socket, context, &limits, err)
                            : open_udp(listeners, loop, socket, context, err)) < 0)
            return -1;
    }
    if (tell_interfaces(listeners, config, err) < 0)
        return -1;
    return tell_proxies(listeners, config, err);
}

/* ---- every turn, and the end ---- */

void listeners_flush(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->udp_count; i++)
        udp_listener_flush(listeners->udp[i]);
    for (size_t i = 0; i < listeners->tcp_count; i++)
        tcp_listener_flush(listeners->tcp[i]);
}

void listeners_stop(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->udp_count; i++)
        udp_listener_stop(listeners->udp[i]);
    for (size_t i = 0; i < listeners->tcp_count; i++)
        tcp_listener_stop(listeners->tcp[i]);
}

uint32_t listeners_connections(const struct listeners *listeners)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < listeners->tcp_count; i++)
        sum += tcp_listener_connections(listeners->tcp[i]);
    return sum;
}

void listeners_close(struct listeners *listeners)
{
    if (listeners == NULL)
        return;
    for (size_t i = 0; i < listeners->udp_count; i++)
        udp_listener_destroy(listeners->udp[i]);
    for (size_t i = 0; i < listeners->tcp_count; i++)
        tcp_listener_destroy(listeners->tcp[i]);
    listeners->udp_count = listeners->tcp_count = 0;
}

void listeners_free(struct listeners *listeners)
{
    if (listeners == NULL)
        return;
    network_free(listeners->proxies);
    free(listeners->udp);
    free(listeners->tcp);
    free(listeners);
}
