/* udp.c - datagrams of clients in batches of 64.
 *
 * The socket is ours, under uv_poll, with recvmmsg and sendmmsg: uv_udp sends each answer by
 * itself, which costs a fifth more, and cannot tell the local address. Answers
 * are written straight into the outbox and leave in one call; forwarded ones are collected there
 * and leave before the loop waits again. While the kernel takes no more, nothing is read: clients
 * ask again, and a queue of ours would only make old answers later.
 *
 * IP_PKTINFO is asked for where it is needed: on wildcard sockets, so that an answer leaves from
 * the address that was asked, and where the interface of a query matters. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "policy/who/network.h"
#include "resolver/listen/listen.h"
#include "resolver/listen/proxy.h"

enum {
    BATCH = CORE_BATCH_MAX,
    IN_OCTETS = 4096, /* of one query; what is longer is cut, and judged as it is */
    OUT_OCTETS = 4096,
    BATCHES_A_TURN = 4, /* then the loop's other sockets have their turn */
    LOG_INTERVAL_S = 60,
    CONTROL_OCTETS = 64,
};

union peer {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The way back to a client. */
struct route {
    union peer peer;
    uint8_t local[16]; /* of wildcard sockets: the address that was asked */
    uint32_t ifindex;
};

struct handle {
    struct udp_listener *listener;
    struct route route;
};
_Static_assert(sizeof(struct handle) <= QUERY_HANDLE_MAX, "the handle of a UDP query fits");

struct control {
    _Alignas(struct cmsghdr) uint8_t octets[CONTROL_OCTETS];
};
_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= CONTROL_OCTETS, "pktinfo fits");

/* One message of a batch, as the system calls want it. */
struct side {
    struct mmsghdr messages[BATCH];
    struct iovec spans[BATCH];
    union peer peers[BATCH];
    struct control controls[BATCH];
};

struct udp_listener {
    uv_poll_t poll;
    int fd;
    int family;
    bool wildcard, pktinfo, blocked, stopped;
    const struct network_table *proxies; /* NULL: none */
    struct endpoint local;
    struct listen_context context;
    struct log_limit limit;
    struct side in, out;
    size_t slots, queued, sent; /* outbox: buffers used, messages in it, those gone */
    bool wipes[BATCH];          /* buffers that are overwritten when they are gone */
    struct core_datagram datagrams[BATCH];
    uint8_t in_octets[BATCH][IN_OCTETS], out_octets[BATCH][OUT_OCTETS];
};

static void on_event(uv_poll_t *poll, int status, int events);

static void listen_for(struct udp_listener *listener)
{
    int events = listener->blocked ? UV_WRITABLE : listener->stopped ? 0 : UV_READABLE;

    if (events == 0)
        uv_poll_stop(&listener->poll);
    else
        uv_poll_start(&listener->poll, events, on_event);
}

/* --- out --- */

static void log_unsent(struct udp_listener *listener, int error)
{
    unsigned dropped;
    char local[ADDR_TEXT_MAX];

    if (log_allowed(&listener->limit, (int64_t)(uv_now(listener->poll.loop) / 1000), LOG_INTERVAL_S,
                    &dropped))
        log_event(listener->context.log, LOG_LEVEL_WARN, "udp_send_failed",
                  "listener=%s more=%u reason=\"%s\"", endpoint_to_text(&listener->local, local),
                  dropped, strerror(error));
}

static void wipe_sent(struct udp_listener *listener)
{
    for (size_t i = 0; i < listener->slots; i++) {
        if (listener->wipes[i])
            explicit_bzero(listener->out_octets[i], OUT_OCTETS);
        listener->wipes[i] = false;
    }
}

static void push(struct udp_listener *listener)
{
    bool was_blocked = listener->blocked;

    listener->blocked = false;
    while (listener->sent < listener->queued) {
        int sent = sendmmsg(listener->fd, &listener->out.messages[listener->sent],
                            (unsigned)(listener->queued - listener->sent), MSG_DONTWAIT);

        if (sent > 0) {
            listener->sent += (size_t)sent;
        } else if (errno == EAGAIN) {
            listener->blocked = true;
            break;
        } else if (errno != EINTR) {
            log_unsent(listener, errno); /* this one cannot be sent; the others can */
            listener->sent++;
        }
    }
    if (!listener->blocked) {
        wipe_sent(listener);
        listener->slots = listener->queued = listener->sent = 0;
    }
    if (listener->blocked != was_blocked)
        listen_for(listener);
}

void udp_listener_flush(struct udp_listener *listener)
{
    if (!listener->blocked && listener->slots > 0)
        push(listener);
}

static void *put_control(struct msghdr *header, int level, int type, size_t length)
{
    struct cmsghdr *control;

    header->msg_controllen = CMSG_SPACE(length);
    memset(header->msg_control, 0, header->msg_controllen);
    control = CMSG_FIRSTHDR(header);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(length);
    return CMSG_DATA(control);
}

/* Makes an answer leave from the address that was asked. The interface is left to routing, except
 * where an address means nothing without it. */
static void put_source(const struct route *route, struct msghdr *header)
{
    if (route->peer.any.sa_family == AF_INET) {
        struct in_pktinfo info = {0};

        memcpy(&info.ipi_spec_dst, route->local, sizeof info.ipi_spec_dst);
        memcpy(put_control(header, IPPROTO_IP, IP_PKTINFO, sizeof info), &info, sizeof info);
    } else {
        struct in6_pktinfo info = {0};

        memcpy(&info.ipi6_addr, route->local, sizeof info.ipi6_addr);
        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            info.ipi6_ifindex = route->ifindex;
        memcpy(put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, sizeof info), &info, sizeof info);
    }
}

/* Puts the LENGTH octets that stand in buffer SLOT on their way along ROUTE. */
static void enqueue(struct udp_listener *listener, size_t slot, const struct route *route,
                    size_t length)
{
    size_t at = listener->queued++;
    struct msghdr *header = &listener->out.messages[at].msg_hdr;

    listener->out.spans[at] = (struct iovec){listener->out_octets[slot], length};
    listener->out.peers[at] = route->peer;
    *header = (struct msghdr){
        .msg_name = &listener->out.peers[at],
        .msg_namelen =
            route->peer.any.sa_family == AF_INET ? sizeof route->peer.v4 : sizeof route->peer.v6,
        .msg_iov = &listener->out.spans[at],
        .msg_iovlen = 1,
    };
    if (listener->wildcard) {
        header->msg_control = listener->out.controls[at].octets;
        put_source(route, header);
    }
}

void udp_listener_send(struct udp_listener *listener, const struct query_handle *handle,
                       const uint8_t *octets, size_t length)
{
    struct handle way;

    if (listener->slots == BATCH)
        udp_listener_flush(listener);
    if (listener->slots == BATCH || length > OUT_OCTETS)
        return; /* the kernel takes nothing: the client asks again */
    memcpy(&way, handle->octets, sizeof way);
    memcpy(listener->out_octets[listener->slots], octets, length);
    enqueue(listener, listener->slots++, &way.route, length);
}

/* --- in --- */

static void read_control(struct msghdr *header, struct route *route)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(header);

    for (; control != NULL; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(control), sizeof info);
            memcpy(route->local, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
            route->ifindex = (uint32_t)info.ipi_ifindex;
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;

            memcpy(&info, CMSG_DATA(control), sizeof info);
            memcpy(route->local, &info.ipi6_addr, sizeof info.ipi6_addr);
            route->ifindex = info.ipi6_ifindex;
        }
    }
}

static struct endpoint asked_address(const struct udp_listener *listener, const struct route *route)
{
    struct endpoint local = listener->local;

    if (listener->wildcard)
        memcpy(local.addr.octets, route->local, local.addr.bits / 8);
    return local;
}

static void log_unproxied(struct udp_listener *listener, const struct endpoint *proxy)
{
    unsigned dropped;
    char text[ADDR_TEXT_MAX];

    if (log_allowed(&listener->limit, (int64_t)(uv_now(listener->poll.loop) / 1000), LOG_INTERVAL_S,
                    &dropped))
        log_event(listener->context.log, LOG_LEVEL_WARN, "proxy_without_header",
                  "transport=udp proxy=%s more=%u", endpoint_to_text(proxy, text), dropped);
}

/* Takes the header off a proxy's DATAGRAM, and its word on the client. Returns false for what is to
 * be dropped: a proxy's without a header, and another's with one. */
static bool take_header(struct udp_listener *listener, struct core_datagram *datagram)
{
    struct proxy_header header;

    if (listener->proxies == NULL ||
        network_find(listener->proxies, &datagram->client.addr) == NULL)
        return !proxy_is_signed(datagram->octets, datagram->length);
    if (proxy_read(datagram->octets, datagram->length, &header) != PROXY_OK) {
        log_unproxied(listener, &datagram->client);
        return false;
    }
    datagram->octets += header.length;
    datagram->length -= header.length;
    if (header.client.addr.bits != 0) {
        datagram->client = header.client;
        datagram->ifindex = 0; /* the proxy came in by it, not the client */
    }
    return true;
}

/* Fills DATAGRAM from message AT; returns false for one that nobody can be answered on. */
static bool take_in(struct udp_listener *listener, size_t at, struct core_datagram *datagram)
{
    struct mmsghdr *message = &listener->in.messages[at];
    struct handle way = {.listener = listener, .route = {.peer = listener->in.peers[at]}};

    if (endpoint_from_sockaddr(&datagram->client, &way.route.peer.any) != 0 ||
        datagram->client.port == 0)
        return false;
    read_control(&message->msg_hdr, &way.route);
    if (way.route.ifindex == 0)
        way.route.ifindex = datagram->client.addr.scope;
    datagram->octets = listener->in_octets[at];
    datagram->length = message->msg_len;
    datagram->local = asked_address(listener, &way.route);
    datagram->ifindex = way.route.ifindex;
    datagram->transport = TRANSPORT_UDP;
    memcpy(datagram->handle.octets, &way, sizeof way);
    return take_header(listener, datagram);
}

static void run_batch(struct udp_listener *listener, size_t received)
{
    size_t count = 0;

    for (size_t i = 0; i < received; i++) {
        struct core_datagram *datagram = &listener->datagrams[count];

        if (!take_in(listener, i, datagram))
            continue;
        datagram->out = listener->out_octets[count++];
        datagram->room = OUT_OCTETS;
    }
    if (count == 0)
        return;
    listener->context.batch(listener->context.context, listener->datagrams, count);
    listener->slots = count;
    for (size_t i = 0; i < count; i++) {
        struct handle way;

        listener->wipes[i] = listener->datagrams[i].wipe;
        if (listener->datagrams[i].wipe)
            explicit_bzero((void *)(uintptr_t)listener->datagrams[i].octets,
                           listener->datagrams[i].length);
        if (listener->datagrams[i].outcome != CORE_ANSWERED)
            continue;
        memcpy(&way, listener->datagrams[i].handle.octets, sizeof way);
        enqueue(listener, i, &way.route, listener->datagrams[i].out_length);
    }
}

static int receive(struct udp_listener *listener)
{
    for (size_t i = 0; i < BATCH; i++) {
        listener->in.spans[i] = (struct iovec){listener->in_octets[i], IN_OCTETS};
        listener->in.messages[i].msg_hdr = (struct msghdr){
            .msg_name = &listener->in.peers[i],
            .msg_namelen = sizeof listener->in.peers[i],
            .msg_iov = &listener->in.spans[i],
            .msg_iovlen = 1,
            .msg_control = listener->pktinfo ? listener->in.controls[i].octets : NULL,
            .msg_controllen = listener->pktinfo ? CONTROL_OCTETS : 0,
        };
    }
    return recvmmsg(listener->fd, listener->in.messages, BATCH, MSG_DONTWAIT, NULL);
}

static void drain(struct udp_listener *listener)
{
    for (int turn = 0; turn < BATCHES_A_TURN; turn++) {
        int received;

        udp_listener_flush(listener); /* a batch needs the outbox for itself */
        if (listener->blocked || listener->stopped)
            return;
        received = receive(listener);
        if (received <= 0)
            return;
        run_batch(listener, (size_t)received);
        if (received < BATCH)
            break;
    }
    udp_listener_flush(listener);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct udp_listener *listener = poll->data;

    if (status < 0) {
        /* libuv stops a handle whose socket has an error pending; reading the error clears it */
        int error = 0;
        socklen_t length = sizeof error;

        if (getsockopt(listener->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0)
            listen_for(listener);
        return;
    }
    if (events & UV_WRITABLE)
        push(listener);
    if (!listener->blocked)
        drain(listener);
}

/* --- life --- */

int udp_listener_pktinfo(struct udp_listener *listener, bool wanted, struct err *err)
{
    int value = wanted || listener->wildcard;
    int failed =
        listener->family == AF_INET
            ? setsockopt(listener->fd, IPPROTO_IP, IP_PKTINFO, &value, sizeof value)
            : setsockopt(listener->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &value, sizeof value);

    if (failed)
        return err_system(err, "cannot learn the interface of queries");
    listener->pktinfo = value;
    return 0;
}

static int start(struct udp_listener *listener, uv_loop_t *loop, struct err *err)
{
    int code = uv_poll_init(loop, &listener->poll, listener->fd);

    if (code != 0)
        return err_set(err, ERR_SYSTEM, "cannot watch a UDP socket: %s", uv_strerror(code));
    listener->poll.data = listener;
    listen_for(listener);
    return 0;
}

struct udp_listener *udp_listener_create(uv_loop_t *loop, const struct listen_socket *socket,
                                         const struct listen_context *context, struct err *err)
{
    struct udp_listener *listener = calloc(1, sizeof *listener);

    if (listener == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a UDP listener");
        return NULL;
    }
    listener->fd = socket->fd;
    listener->local = socket->local;
    listener->family = socket->local.addr.bits == 32 ? AF_INET : AF_INET6;
    listener->wildcard = addr_is_any(&socket->local.addr);
    listener->context = *context;
    if (udp_listener_pktinfo(listener, false, err) != 0 || start(listener, loop, err) != 0) {
        free(listener);
        return NULL;
    }
    return listener;
}

struct udp_listener *udp_listener_of(const struct query_handle *handle)
{
    struct handle way;

    memcpy(&way, handle->octets, sizeof way);
    return way.listener;
}

void udp_listener_proxies(struct udp_listener *listener, const struct network_table *proxies)
{
    listener->proxies = proxies;
}

void udp_listener_stop(struct udp_listener *listener)
{
    listener->stopped = true;
    listen_for(listener);
}

static void on_closed(uv_handle_t *handle)
{
    struct udp_listener *listener = handle->data;

    close(listener->fd);
    free(listener);
}

void udp_listener_destroy(struct udp_listener *listener)
{
    if (listener == NULL)
        return;
    listener->stopped = true;
    push(listener);
    uv_close((uv_handle_t *)&listener->poll, on_closed);
}
