/* tcp.c - accepting connections, and which of them may stay.
 *
 * All memory is laid out at start: a slot for each connection, blocks for what waits (buffer.h). At
 * a limit it is not the newcomer that is turned away but the connection that has done nothing
 * useful for longest (RFC 7766 §6.2.3 lets a server close idle ones at any time): whoever holds
 * connections open to starve others only closes their own. "Useful" is a whole query in or octets
 * out, so a peer that drips octets or reads nothing grows old like a silent one. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/base/err.h"
#include "policy/who/network.h"
#include "resolver/listen/stream.h"

enum {
    ACCEPTS_A_TURN = 64,
    ACCEPT_PAUSE_MS = 100,        /* where the process is out of descriptors */
    SPARE_SLOTS = ACCEPTS_A_TURN, /* for connections that libuv has not closed yet */
    EXTRA_BLOCKS = 8192,
    LOG_INTERVAL_S = 60,
    PKTOPTIONS_V6 = 6, /* IPV6_2292PKTOPTIONS of <linux/in6.h>, which clashes with <netinet/in.h> */
};

/* --- order by activity --- */

static void order_unlink(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;

    *(stream->older != NULL ? &stream->older->newer : &listener->oldest) = stream->newer;
    *(stream->newer != NULL ? &stream->newer->older : &listener->newest) = stream->older;
}

static void order_append(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;

    stream->active_ms = uv_now(listener->accept.loop);
    stream->turn = ++listener->turn;
    stream->newer = NULL;
    stream->older = listener->newest;
    *(listener->newest != NULL ? &listener->newest->newer : &listener->oldest) = stream;
    listener->newest = stream;
}

void stream_touch(struct stream *stream)
{
    order_unlink(stream);
    order_append(stream);
}

static void on_idle(uv_timer_t *timer);

static void arm_idle(struct tcp_listener *listener)
{
    uint64_t now = uv_now(listener->accept.loop), due;

    if (listener->oldest == NULL) {
        uv_timer_stop(&listener->idle_timer);
        return;
    }
    due = listener->oldest->active_ms + listener->limits.idle_ms;
    uv_timer_start(&listener->idle_timer, on_idle, due > now ? due - now : 0, 0);
}

static void on_idle(uv_timer_t *timer)
{
    struct tcp_listener *listener = timer->data;
    uint64_t now = uv_now(timer->loop);

    while (listener->oldest != NULL &&
           now - listener->oldest->active_ms >= listener->limits.idle_ms) {
        struct stream *stream = listener->oldest;

        /* Who waits for us is not idle; who leaves our answers lying is. */
        if (stream->in_flight > 0 && stream->queue.length == 0)
            stream_touch(stream);
        else
            stream_close(stream);
    }
    arm_idle(listener);
}

/* --- clients --- */

static struct stream **bucket_of(struct tcp_listener *listener, const struct addr *addr)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < sizeof addr->octets; i++)
        hash = (hash ^ addr->octets[i]) * 16777619U;
    return &listener->buckets[(hash ^ hash >> 15) & listener->bucket_mask];
}

static void bucket_remove(struct stream *stream)
{
    struct stream **link = bucket_of(stream->listener, &stream->client.addr);

    while (*link != stream)
        link = &(*link)->same_bucket;
    *link = stream->same_bucket;
}

/* Returns how many connections ADDR has, and in *OLDEST the one that was useful longest ago. */
static uint32_t count_client(struct tcp_listener *listener, const struct addr *addr,
                             struct stream **oldest)
{
    struct stream *stream = *bucket_of(listener, addr);
    uint32_t count = 0;

    *oldest = NULL;
    for (; stream != NULL; stream = stream->same_bucket) {
        if (!addr_equal(&stream->client.addr, addr))
            continue;
        count++;
        if (*oldest == NULL || stream->turn < (*oldest)->turn)
            *oldest = stream;
    }
    return count;
}

/* --- life of a connection --- */

static void finish_destroy(struct tcp_listener *listener)
{
    if (!listener->destroyed || listener->handles > 0 || listener->open + listener->closing > 0)
        return;
    close(listener->fd);
    buffer_pool_destroy(listener->pool);
    free(listener->slots);
    free(listener->buckets);
    free(listener);
}

static void on_stream_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    struct tcp_listener *listener = stream->listener;

    stream->state = STREAM_FREE;
    stream->newer = listener->free;
    listener->free = stream;
    listener->closing--;
    finish_destroy(listener);
}

void stream_close(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;

    if (stream->state != STREAM_OPEN)
        return;
    stream->state = STREAM_CLOSING;
    stream->generation++;
    buffer_clear(listener->pool, &stream->stash);
    buffer_clear(listener->pool, &stream->queue);
    order_unlink(stream);
    bucket_remove(stream);
    listener->open--;
    listener->closing++;
    uv_close((uv_handle_t *)&stream->poll, on_stream_closed);
    close(stream->fd);
}

static uint32_t arrival_interface(const struct tcp_listener *listener, int fd,
                                  const struct endpoint *client)
{
    _Alignas(struct cmsghdr) uint8_t octets[256];
    socklen_t length = sizeof octets;
    struct msghdr header = {.msg_control = octets};
    bool v4 = listener->family == AF_INET;

    if (client->addr.scope != 0 || !listener->pktinfo)
        return client->addr.scope;
    if (getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTOPTIONS : PKTOPTIONS_V6, octets,
                   &length) != 0)
        return 0;
    header.msg_controllen = length;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL; c = CMSG_NXTHDR(&header, c)) {
        struct in_pktinfo info4;
        struct in6_pktinfo info6;

        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&info4, CMSG_DATA(c), sizeof info4);
            return (uint32_t)info4.ipi_ifindex;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            memcpy(&info6, CMSG_DATA(c), sizeof info6);
            return info6.ipi6_ifindex;
        }
    }
    return 0;
}

static bool is_proxy(const struct tcp_listener *listener, const struct addr *client)
{
    return listener->proxies != NULL && network_find(listener->proxies, client) != NULL;
}

static struct stream *slot_take(struct tcp_listener *listener)
{
    struct stream *stream = listener->free;

    if (stream != NULL)
        listener->free = stream->newer;
    return stream;
}

static void stream_open(struct tcp_listener *listener, struct stream *stream, int fd,
                        const struct endpoint *client)
{
    struct sockaddr_storage sa;
    socklen_t length = sizeof sa;
    struct stream **bucket = bucket_of(listener, &client->addr);
    int one = 1;

    /* each answer goes when it is ready: Nagle would make it wait for the last one's ACK */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    stream->fd = fd;
    stream->client = stream->asking = *client;
    stream->start = is_proxy(listener, &client->addr) ? STREAM_WANTS_HEADER : STREAM_NO_HEADER_YET;
    stream->local = listener->local;
    if (getsockname(fd, (struct sockaddr *)&sa, &length) == 0)
        endpoint_from_sockaddr(&stream->local, (struct sockaddr *)&sa);
    stream->ifindex = arrival_interface(listener, fd, client);
    stream->in_flight = 0;
    stream->ended = stream->blocked = false;
    stream->state = STREAM_OPEN;
    stream->poll.data = stream;
    stream->same_bucket = *bucket;
    *bucket = stream;
    listener->open++;
    order_append(stream);
    if (listener->open == 1)
        arm_idle(listener);
    stream_watch(stream);
}

/* --- accepting --- */

static void make_room_for(struct tcp_listener *listener, const struct addr *client)
{
    struct stream *oldest;

    /* All who are behind a proxy have its address. */
    if (!is_proxy(listener, client) &&
        count_client(listener, client, &oldest) >= listener->limits.connections_per_client &&
        oldest != NULL)
        stream_close(oldest);
    if (listener->open >= listener->limits.connections && listener->oldest != NULL)
        stream_close(listener->oldest);
}

static void take(struct tcp_listener *listener, int fd, const struct sockaddr *sa)
{
    struct endpoint client;
    struct stream *stream;

    if (endpoint_from_sockaddr(&client, sa) != 0) {
        close(fd);
        return;
    }
    make_room_for(listener, &client.addr);
    stream = slot_take(listener);
    if (stream == NULL || uv_poll_init(listener->accept.loop, &stream->poll, fd) != 0) {
        if (stream != NULL) {
            stream->newer = listener->free;
            listener->free = stream;
        }
        close(fd);
        return;
    }
    stream_open(listener, stream, fd, &client);
}

static void on_accept(uv_poll_t *poll, int status, int events);

static void on_accept_again(uv_timer_t *timer)
{
    struct tcp_listener *listener = timer->data;

    if (!listener->stopped)
        uv_poll_start(&listener->accept, UV_READABLE, on_accept);
}

/* Out of descriptors or memory: accepting again at once would only spin. */
static void pause_accepting(struct tcp_listener *listener, int error)
{
    unsigned dropped;

    if (log_allowed(&listener->log_limit, (int64_t)(uv_now(listener->accept.loop) / 1000),
                    LOG_INTERVAL_S, &dropped))
        log_event(listener->context.log, LOG_LEVEL_WARN, "tcp_accept_failed",
                  "connections=%u reason=\"%s\"", listener->open, strerror(error));
    if (listener->oldest != NULL)
        stream_close(listener->oldest);
    uv_poll_stop(&listener->accept);
    uv_timer_start(&listener->accept_timer, on_accept_again, ACCEPT_PAUSE_MS, 0);
}

static void on_accept(uv_poll_t *poll, int status, int events)
{
    struct tcp_listener *listener = poll->data;

    (void)events;
    if (status < 0) {
        pause_accepting(listener, EBADF);
        return;
    }
    for (int i = 0; i < ACCEPTS_A_TURN && listener->free != NULL; i++) {
        struct sockaddr_storage sa;
        socklen_t length = sizeof sa;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&sa, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take(listener, fd, (struct sockaddr *)&sa);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(listener, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* others are of that one connection: accept(2), "Error handling" */
    }
}

void tcp_listener_flush(struct tcp_listener *listener)
{
    listener->served = 0;
    while (listener->first_unsent != NULL) {
        struct stream *stream = listener->first_unsent;

        listener->first_unsent = stream->next_unsent;
        stream->unsent = false;
        if (stream->state == STREAM_OPEN)
            stream_flush(stream);
    }
}

/* --- life of a listener --- */

int tcp_listener_pktinfo(struct tcp_listener *listener, bool wanted, struct err *err)
{
    int value = wanted;
    int failed =
        listener->family == AF_INET
            ? setsockopt(listener->fd, IPPROTO_IP, IP_PKTINFO, &value, sizeof value)
            : setsockopt(listener->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &value, sizeof value);

    if (failed)
        return err_system(err, "cannot learn the interface of connections");
    listener->pktinfo = wanted;
    return 0;
}

void tcp_listener_proxies(struct tcp_listener *listener, const struct network_table *proxies)
{
    listener->proxies = proxies;
}

/* Takes LIMITS, none of which may be 0, with at most MOST connections: slots are laid out at start.
 */
static void set_limits(struct tcp_listener *listener, const struct tcp_limits *limits,
                       uint32_t most)
{
    struct tcp_limits *own = &listener->limits;

    *own = *limits;
    if (own->connections > most)
        own->connections = most;
    own->connections += own->connections == 0;
    own->connections_per_client += own->connections_per_client == 0;
    own->idle_ms += own->idle_ms == 0;
    own->pipelined += own->pipelined == 0;
}

static int lay_out(struct tcp_listener *listener, const struct tcp_limits *limits, struct err *err)
{
    uint32_t buckets = 1;

    listener->slot_count = limits->connections + SPARE_SLOTS;
    while (buckets < listener->slot_count)
        buckets *= 2;
    listener->bucket_mask = buckets - 1;
    listener->slots = calloc(listener->slot_count, sizeof *listener->slots);
    listener->buckets = calloc(buckets, sizeof *listener->buckets);
    listener->pool = buffer_pool_create(2 * limits->connections + EXTRA_BLOCKS, err);
    if (listener->pool == NULL)
        return -1;
    if (listener->slots == NULL || listener->buckets == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %u connections", limits->connections);
    for (uint32_t i = listener->slot_count; i-- > 0;) {
        struct stream *stream = &listener->slots[i];

        stream->listener = listener;
        stream->index = i;
        stream->newer = listener->free;
        listener->free = stream;
    }
    return 0;
}

static int start(struct tcp_listener *listener, uv_loop_t *loop, struct err *err)
{
    int code = uv_poll_init(loop, &listener->accept, listener->fd);

    if (code != 0)
        return err_set(err, ERR_SYSTEM, "cannot watch a TCP socket: %s", uv_strerror(code));
    uv_timer_init(loop, &listener->idle_timer);
    uv_timer_init(loop, &listener->accept_timer);
    uv_idle_init(loop, &listener->resume);
    listener->handles = 4;
    listener->accept.data = listener->idle_timer.data = listener->accept_timer.data = listener;
    listener->resume.data = listener;
    /* only the sockets keep the loop alive */
    uv_unref((uv_handle_t *)&listener->idle_timer);
    uv_poll_start(&listener->accept, UV_READABLE, on_accept);
    return 0;
}

struct tcp_listener *tcp_listener_create(uv_loop_t *loop, const struct listen_socket *socket,
                                         const struct listen_context *context,
                                         const struct tcp_limits *limits, struct err *err)
{
    struct tcp_listener *listener = calloc(1, sizeof *listener);

    if (listener == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a TCP listener");
        return NULL;
    }
    listener->fd = socket->fd;
    listener->local = socket->local;
    listener->family = socket->local.addr.bits == 32 ? AF_INET : AF_INET6;
    listener->context = *context;
    set_limits(listener, limits, limits->connections);
    if (lay_out(listener, limits, err) != 0 || start(listener, loop, err) != 0) {
        buffer_pool_destroy(listener->pool);
        free(listener->slots);
        free(listener->buckets);
        free(listener);
        return NULL;
    }
    return listener;
}

void tcp_listener_limits(struct tcp_listener *listener, const struct tcp_limits *limits)
{
    set_limits(listener, limits, listener->slot_count - SPARE_SLOTS);
    arm_idle(listener);
}

void tcp_listener_stop(struct tcp_listener *listener)
{
    struct stream *next;

    listener->stopped = true;
    uv_poll_stop(&listener->accept);
    uv_timer_stop(&listener->accept_timer);
    for (struct stream *stream = listener->oldest; stream != NULL; stream = next) {
        next = stream->newer;
        stream_end_input(stream);
        stream_flush(stream);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct tcp_listener *listener = handle->data;

    listener->handles--;
    finish_destroy(listener);
}

void tcp_listener_destroy(struct tcp_listener *listener)
{
    if (listener == NULL)
        return;
    listener->destroyed = listener->stopped = true;
    tcp_listener_flush(listener);
    while (listener->oldest != NULL)
        stream_close(listener->oldest);
    uv_close((uv_handle_t *)&listener->accept, on_handle_closed);
    uv_close((uv_handle_t *)&listener->idle_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->accept_timer, on_handle_closed);
    uv_close((uv_handle_t *)&listener->resume, on_handle_closed);
}

uint32_t tcp_listener_connections(const struct tcp_listener *listener)
{
    return listener->open;
}
