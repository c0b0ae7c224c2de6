/* UDP sockets of one worker to one server.
 *
 * A fresh socket for each query, on a fresh port, is the safest and costs five times as much as one
 * that is kept; one socket for all lets an attacker who knows its port guess 16 bits. Here a batch
 * goes through one of many, and each is thrown away in time. At low rates, where the cost does not
 * count, that is after its first batch.
 *
 * The kernel chooses the ports: unpredictable, from ip_local_port_range without the ports that the
 * administrator has reserved. Choosing them here from 1024 up would add one bit and could take the
 * port of a service that is about to start.
 *
 * A `draining` socket has been replaced and waits for its last answers. When too many drain,
 * because an upstream is silent, sockets are used for longer instead: descriptors are bounded. */
#include "resolver/upstream/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/upstream/inside.h"
#include "resolver/upstream/plan.h"

enum {
    SEND_MAX = 64,
    RECEIVE_MAX = 64,
    ROUNDS_MAX = 4, /* of receiving before other handles have their turn */
    QUERY_MAX = 320,
    WORN_OUT = INT32_MAX, /* beyond any limit of queries, and not near where they wrap */
    /* What is longer is fetched over TCP. No power of two: short datagrams would all lie in the
     * same sets of the processor's cache. */
    DATAGRAM_MAX = 4096 + 192,
};

struct udp_batch {
    struct mmsghdr out[SEND_MAX], in[RECEIVE_MAX];
    struct iovec out_parts[SEND_MAX], in_parts[RECEIVE_MAX];
    uint8_t queries[SEND_MAX][QUERY_MAX];
    uint8_t datagrams[RECEIVE_MAX][DATAGRAM_MAX];
};

struct udp_batch *udp_batch_create(void)
{
    struct udp_batch *batch = calloc(1, sizeof *batch);

    if (batch == NULL)
        return NULL;
    for (size_t i = 0; i < SEND_MAX; i++) {
        batch->out_parts[i].iov_base = batch->queries[i];
        batch->out[i].msg_hdr.msg_iov = &batch->out_parts[i];
        batch->out[i].msg_hdr.msg_iovlen = 1;
    }
    for (size_t i = 0; i < RECEIVE_MAX; i++) {
        batch->in_parts[i] = (struct iovec){batch->datagrams[i], DATAGRAM_MAX};
        batch->in[i].msg_hdr.msg_iov = &batch->in_parts[i];
        batch->in[i].msg_hdr.msg_iovlen = 1;
    }
    return batch;
}

void udp_batch_destroy(struct udp_batch *batch)
{
    free(batch);
}

static void on_closed(uv_handle_t *handle)
{
    struct udp_socket *socket = handle->data;
    struct upstream *server = socket->channel.server;

    socket->state = SOCKET_FREE;
    server->udp.draining--;
    upstreams_handle_closed(server);
}

static void close_socket(struct udp_socket *socket)
{
    if (socket->state == SOCKET_USED)
        socket->channel.server->udp.draining++;
    socket->state = SOCKET_CLOSING;
    uv_close((uv_handle_t *)&socket->poll, on_closed);
    close(socket->fd); /* uv_close has taken it out of the poll set */
}

static void drain(struct upstream *server, size_t slot)
{
    struct udp_socket *socket = server->udp.used[slot];

    server->udp.used[slot] = NULL;
    socket->state = SOCKET_DRAINING;
    server->udp.draining++;
    udp_rest(&socket->channel);
}

void udp_rest(struct channel *channel)
{
    struct udp_socket *socket = (struct udp_socket *)channel;

    if (socket->state == SOCKET_DRAINING && channel->in_flight == 0)
        close_socket(socket);
}

/* Reads what is there; errors that the kernel reports (ICMP) end the queries on this socket. */
static void receive(struct udp_socket *socket)
{
    struct udp_batch *batch = socket->channel.server->upstreams->batch;

    for (int round = 0; round < ROUNDS_MAX; round++) {
        int count = recvmmsg(socket->fd, batch->in, RECEIVE_MAX, MSG_DONTWAIT, NULL);

        if (count < 0) {
            if (errno == EAGAIN)
                return;
            if (errno != EINTR)
                plan_channel_failed(&socket->channel, UINT64_MAX, false);
        }
        for (int i = 0; i < count && socket->state != SOCKET_CLOSING; i++)
            plan_message(&socket->channel, batch->datagrams[i], batch->in[i].msg_len,
                         !(batch->in[i].msg_hdr.msg_flags & MSG_TRUNC));
        if (socket->state == SOCKET_CLOSING || (count >= 0 && count < RECEIVE_MAX))
            return;
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct udp_socket *socket = poll->data;

    (void)events;
    receive(socket);
    /* libuv stops a handle whose descriptor reports an error, here an ICMP message. */
    if (status < 0 && socket->state != SOCKET_CLOSING)
        uv_poll_start(poll, UV_READABLE, on_readable);
}

static int connected(const struct endpoint *endpoint)
{
    struct sockaddr_storage to;
    socklen_t length = endpoint_to_sockaddr(endpoint, &to);
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, length) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct udp_socket *free_socket(struct udp *udp)
{
    for (size_t i = 0; i < UDP_SOCKETS_MAX + UDP_DRAINING_MAX; i++) {
        if (udp->sockets[i].state == SOCKET_FREE)
            return &udp->sockets[i];
    }
    return NULL;
}

static struct udp_socket *open_socket(struct upstream *server)
{
    struct upstreams *upstreams = server->upstreams;
    struct udp_socket *socket = free_socket(&server->udp);

    if (socket == NULL)
        return NULL;
    socket->fd = connected(&server->endpoint);
    if (socket->fd < 0)
        return NULL;
    if (uv_poll_init(upstreams->loop, &socket->poll, socket->fd) < 0) {
        close(socket->fd);
        return NULL;
    }
    server->handles++;
    socket->poll.data = socket;
    socket->channel =
        (struct channel){.server = server, .number = ++upstreams->channels, .first = FLIGHT_NONE};
    socket->queries = socket->queries_then = 0;
    socket->opened_ms = uv_now(upstreams->loop);
    socket->state = SOCKET_USED;
    uv_poll_start(&socket->poll, UV_READABLE, on_readable);
    return socket;
}

/* Tells whether SOCKET should be replaced before it sends again. */
static bool is_worn(struct upstreams *upstreams, const struct udp_socket *socket)
{
    if (socket->queries >= upstreams->limits.queries ||
        uv_now(upstreams->loop) - socket->opened_ms >= upstreams->limits.age_ms)
        return true;
    if (socket->queries == 0 || upstreams->early_left == 0)
        return false;
    upstreams->early_left--;
    return true;
}

/* Returns the socket for the next batch; NULL with errno when there is none at all. */
static struct udp_socket *pick(struct upstream *server)
{
    struct upstreams *upstreams = server->upstreams;
    struct udp *udp = &server->udp;
    size_t slot = random_below(&upstreams->random, upstreams->limits.sockets);
    struct udp_socket *fresh;

    if (udp->used[slot] != NULL &&
        (udp->draining >= UDP_DRAINING_MAX || !is_worn(upstreams, udp->used[slot])))
        return udp->used[slot];
    fresh = open_socket(server);
    if (fresh != NULL) {
        if (udp->used[slot] != NULL)
            drain(server, slot);
        udp->used[slot] = fresh;
    }
    /* Without descriptors any socket is better than none. */
    for (size_t i = 0; udp->used[slot] == NULL && i < UDP_SOCKETS_MAX; i++)
        slot = udp->used[i] != NULL ? i : slot;
    return udp->used[slot];
}

/* Moves queries from the queue into the batch, bound to SOCKET; returns how many. */
static unsigned fill(struct upstream *server, struct udp_socket *socket, uint64_t now_us)
{
    struct upstreams *upstreams = server->upstreams;
    struct udp_batch *batch = upstreams->batch;
    unsigned count = 0;

    while (count < SEND_MAX && server->queue.oldest != FLIGHT_NONE) {
        struct try *try = flight_at(&upstreams->flight, server->queue.oldest);
        uint16_t id = plan_id(upstreams, &socket->channel);

        batch->out_parts[count].iov_len =
            plan_write(server, try, id, batch->queries[count], QUERY_MAX);
        flight_unqueue(&upstreams->flight, &server->queue, try);
        flight_bind(&upstreams->flight, try, &socket->channel, id);
        try->sent_us = now_us;
        count++;
    }
    socket->queries += count;
    return count;
}

static void send_batch(struct upstream *server, struct udp_socket *socket)
{
    uint64_t now_us = uv_hrtime() / 1000;
    unsigned count = fill(server, socket, now_us), sent = 0;
    struct mmsghdr *out = server->upstreams->batch->out;
    bool earlier_failed = false;

    while (sent < count) {
        int n = sendmmsg(socket->fd, out + sent, count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            sent += (unsigned)n;
        } else if (errno != EINTR && !earlier_failed) {
            if (errno == EAGAIN || errno == ENOBUFS)
                break;             /* lost, like any datagram: the next try is another chance */
            earlier_failed = true; /* it may belong to a query sent before, and is told once */
        } else if (errno != EINTR) {
            plan_channel_failed(&socket->channel, UINT64_MAX, false);
            return;
        }
    }
    if (earlier_failed)
        plan_channel_failed(&socket->channel, now_us, false);
}

void udp_send(struct upstream *server)
{
    struct flight *flight = &server->upstreams->flight;

    while (server->queue.oldest != FLIGHT_NONE) {
        struct udp_socket *socket = pick(server);

        if (socket != NULL)
            send_batch(server, socket);
        else
            plan_unsent(server, flight_at(flight, server->queue.oldest));
    }
}

/* Tells whether SOCKET is of no more use; asked once a second. A busy server's sockets all send in
 * each second; a quiet one's would be replaced before their next batch anyhow (`early`), so that to
 * keep them costs descriptors and leaves ports open to guesses, for nothing. */
static bool is_idle(struct udp_socket *socket, uint64_t now_ms)
{
    const struct upstream *server = socket->channel.server;
    bool rests = socket->queries == socket->queries_then;

    socket->queries_then = socket->queries;
    if (socket->channel.in_flight > 0)
        return false;
    return rests || server->retired ||
           now_ms - socket->opened_ms >= server->upstreams->limits.age_ms;
}

void udp_second(struct upstream *server, uint64_t now_ms)
{
    struct udp *udp = &server->udp;

    for (size_t i = 0; i < UDP_SOCKETS_MAX; i++) {
        if (udp->used[i] != NULL && is_idle(udp->used[i], now_ms))
            drain(server, i);
    }
}

void udp_renew(struct upstream *server)
{
    for (size_t i = 0; i < UDP_SOCKETS_MAX; i++) {
        if (server->udp.used[i] != NULL)
            server->udp.used[i]->queries = WORN_OUT;
    }
}

void udp_close(struct upstream *server)
{
    for (size_t i = 0; i < UDP_SOCKETS_MAX + UDP_DRAINING_MAX; i++) {
        struct udp_socket *socket = &server->udp.sockets[i];

        if (socket->state == SOCKET_USED || socket->state == SOCKET_DRAINING)
            close_socket(socket);
    }
    memset(server->udp.used, 0, sizeof server->udp.used);
}
