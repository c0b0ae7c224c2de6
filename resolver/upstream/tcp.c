/* TCP connections of one worker to one server.
 *
 * Used where an answer does not fit in a datagram, and for all questions where the configuration
 * says so. Queries are written one after the other without waiting (RFC 7766 §6.2.1.1) and answers
 * matched by id and question, so that one connection serves all, for less than datagrams cost: one
 * write and one read for all queries of a turn. A server may close it at any time (§6.2.4): what
 * was in flight is asked again on a new one.
 *
 * A server that stops answering holds up all that is behind, so a connection on which a query came
 * to its end without any answer takes no new ones. One whose peer does not read fills its buffer,
 * and others are opened. A server that takes no connection, or ends each after a few answers, is
 * asked by UDP, and probed in growing intervals.
 *
 * Dropped: libuv's streams (a request, a callback and a copy for each write), and a queue before
 * the connection (a query is written where it will be sent from). */
#include "resolver/upstream/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/bytes.h"
#include "resolver/upstream/inside.h"
#include "resolver/upstream/plan.h"
#include "resolver/wire/dns.h"

enum {
    OUT_MAX = 65536,         /* the queries of one turn, and then some */
    ROUNDS_MAX = 4,          /* of reading before other handles have their turn */
    LINK_QUERIES_MAX = 1024, /* in flight on one connection */
    IDLE_MS = 10000,         /* RFC 7766 §6.2.3: some seconds, */
    IDLE_STREAM_MS = 30000,  /* more where all questions go this way */
    CONNECT_MS = 4000,       /* longer than the usual deadline of a question */
    STALLED_MS = 10000,      /* answers that are so late are to nobody's questions */
    ANSWERS_FEW = 64, /* a connection that ends in the middle of things after fewer is no good */
    BROKEN_MOST = 3,  /* of these, in a row */
    SILENT_MOST = 2,  /* connections in a row without any answer */
    PAUSE_LEAST_MS = 1000,
    PAUSE_MOST_MS = 64000,
};

struct link_buffers {
    size_t in_length;
    size_t out_length, out_sent;
    uint8_t in[2 + DNS_MESSAGE_MAX];
    uint8_t out[OUT_MAX];
};

static bool is_alive(const struct link *link)
{
    return link->state == LINK_CONNECTING || link->state == LINK_OPEN;
}

/* ---- the end of a connection ---- */

static void on_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;

    free(link->buffers);
    link->buffers = NULL;
    link->state = LINK_FREE;
    upstreams_handle_closed(link->channel.server);
}

static void close_link(struct link *link)
{
    link->state = LINK_CLOSING;
    uv_close((uv_handle_t *)&link->poll, on_closed);
    close(link->fd); /* uv_close has taken it out of the poll set */
}

static void refuse(struct upstream *server)
{
    struct tcp *tcp = &server->tcp;

    if (!server->stream)
        return;
    if (!tcp->refused)
        log_event(server->upstreams->log, LOG_LEVEL_WARN, "upstream_tcp_lost",
                  "upstream=%s transport=udp", server->text);
    tcp->refused = true;
    tcp->broken = tcp->silent = 0;
    tcp->pause_ms = tcp->pause_ms < PAUSE_LEAST_MS      ? PAUSE_LEAST_MS
                    : tcp->pause_ms < PAUSE_MOST_MS / 2 ? tcp->pause_ms * 2
                                                        : PAUSE_MOST_MS;
    tcp->retry_ms = uv_now(server->upstreams->loop) + tcp->pause_ms;
}

/* Ends LINK, which the server has closed, reset or never taken. */
static void fail_link(struct link *link)
{
    struct upstream *server = link->channel.server;
    bool established = link->state == LINK_OPEN;

    close_link(link);
    if (link->channel.in_flight == 0 && established)
        return;
    if (link->answers >= ANSWERS_FEW)
        server->tcp.broken = 0;
    else if (!link->stalled && (link->answers == 0 || ++server->tcp.broken == BROKEN_MOST))
        refuse(server);
    plan_channel_failed(&link->channel, UINT64_MAX, established || server->stream);
}

/* ---- writing ---- */

static void on_event(uv_poll_t *poll, int status, int events);

/* Sends what waits on LINK; what the kernel does not take waits until it has room again. */
static void send_link(struct link *link)
{
    struct link_buffers *buffers = link->buffers;

    while (link->state == LINK_OPEN && buffers->out_sent < buffers->out_length) {
        ssize_t sent = send(link->fd, buffers->out + buffers->out_sent,
                            buffers->out_length - buffers->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent > 0) {
            buffers->out_sent += (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            if (!link->blocked)
                uv_poll_start(&link->poll, UV_READABLE | UV_WRITABLE, on_event);
            link->blocked = true;
            return;
        } else if (sent == 0 || errno != EINTR) {
            fail_link(link);
            return;
        }
    }
    if (link->state != LINK_OPEN)
        return;
    buffers->out_sent = buffers->out_length = 0;
    if (link->blocked)
        uv_poll_start(&link->poll, UV_READABLE, on_event);
    link->blocked = false;
}

void tcp_send(struct upstream *server)
{
    for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
        struct link *link = &server->tcp.links[i];

        if (link->state == LINK_OPEN && !link->blocked)
            send_link(link);
    }
}

/* ---- reading ---- */

/* Hands on each whole message; keeps what has begun. */
static void take_messages(struct link *link)
{
    struct link_buffers *buffers = link->buffers;
    size_t at = 0;

    while (buffers->in_length - at >= 2) {
        size_t length = load_be16(buffers->in + at);

        if (buffers->in_length - at - 2 < length)
            break;
        plan_message(&link->channel, buffers->in + at + 2, length, true);
        if (link->state != LINK_OPEN)
            return;
        at += 2 + length;
    }
    memmove(buffers->in, buffers->in + at, buffers->in_length - at);
    buffers->in_length -= at;
}

static void receive(struct link *link)
{
    struct link_buffers *buffers = link->buffers;

    for (int round = 0; round < ROUNDS_MAX && link->state == LINK_OPEN; round++) {
        /* A whole message fits, and whole messages do not stay: there is always room. */
        size_t room = sizeof buffers->in - buffers->in_length;
        ssize_t count = recv(link->fd, buffers->in + buffers->in_length, room, MSG_DONTWAIT);

        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            fail_link(link);
            return;
        }
        buffers->in_length += (size_t)count;
        link->heard_us = uv_hrtime() / 1000;
        take_messages(link);
        if ((size_t)count < room)
            return;
    }
}

/* ---- connecting ---- */

static void finish_connecting(struct link *link)
{
    int error = 0, yes = 1;
    socklen_t length = sizeof error;

    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 || error != 0) {
        fail_link(link);
        return;
    }
    link->state = LINK_OPEN;
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    uv_poll_start(&link->poll, UV_READABLE, on_event);
    send_link(link);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct link *link = poll->data;

    if (!is_alive(link))
        return;
    if (link->state == LINK_CONNECTING) {
        finish_connecting(link);
        return;
    }
    if (status < 0 || (events & UV_READABLE) != 0)
        receive(link);
    if (link->state == LINK_OPEN && (events & UV_WRITABLE) != 0)
        send_link(link);
    /* libuv stops a handle whose descriptor reports an error; receive has ended what is over. */
    if (status < 0 && link->state == LINK_OPEN)
        fail_link(link);
}

/* Begins a connection to SERVER; returns its descriptor or -1. */
static int begin_connecting(const struct upstream *server)
{
    struct sockaddr_storage to;
    socklen_t length = endpoint_to_sockaddr(&server->endpoint, &to);
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, length) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Watches LINK's descriptor; -1 where that cannot be. */
static int watch(struct link *link)
{
    struct upstream *server = link->channel.server;

    link->buffers = malloc(sizeof *link->buffers);
    if (link->buffers == NULL || uv_poll_init(server->upstreams->loop, &link->poll, link->fd) < 0) {
        free(link->buffers);
        link->buffers = NULL;
        close(link->fd);
        return -1;
    }
    server->handles++;
    link->buffers->in_length = link->buffers->out_length = link->buffers->out_sent = 0;
    link->poll.data = link;
    link->state = LINK_CONNECTING;
    uv_poll_start(&link->poll, UV_WRITABLE, on_event);
    return 0;
}

static struct link *open_link(struct upstream *server)
{
    struct upstreams *upstreams = server->upstreams;
    struct link *link = NULL;

    for (size_t i = 0; i < TCP_LINKS_MAX && link == NULL; i++) {
        if (server->tcp.links[i].state == LINK_FREE)
            link = &server->tcp.links[i];
    }
    if (link == NULL)
        return NULL;
    link->channel = (struct channel){
        .server = server, .number = ++upstreams->channels, .first = FLIGHT_NONE, .stream = true};
    link->stalled = link->blocked = false;
    link->answers = 0;
    link->opened_ms = link->used_ms = uv_now(upstreams->loop);
    link->heard_us = 0;
    link->fd = begin_connecting(server);
    if (link->fd < 0 || watch(link) < 0) {
        refuse(server);
        return NULL;
    }
    return link;
}

/* ---- asking ---- */

/* Returns how much more fits behind what waits in BUFFERS already. */
static size_t make_room(struct link_buffers *buffers)
{
    if (buffers->out_sent > 0 && OUT_MAX - buffers->out_length < OUT_MAX / 2) {
        buffers->out_length -= buffers->out_sent;
        memmove(buffers->out, buffers->out + buffers->out_sent, buffers->out_length);
        buffers->out_sent = 0;
    }
    return OUT_MAX - buffers->out_length;
}

/* Writes the query of TRY behind what waits on LINK; returns false where it does not fit. */
static bool put(struct link *link, struct try *try)
{
    struct link_buffers *buffers = link->buffers;
    struct upstream *server = link->channel.server;
    struct upstreams *upstreams = server->upstreams;
    uint16_t id = plan_id(upstreams, &link->channel);
    size_t room = make_room(buffers), length = 0;
    uint8_t *out = buffers->out + buffers->out_length;

    if (room > 2)
        length = plan_write(server, try, id, out + 2, room - 2);
    if (length == 0)
        return false;
    store_be16(out, (uint16_t)length); /* RFC 1035 §4.2.2 */
    buffers->out_length += 2 + length;
    flight_bind(&upstreams->flight, try, &link->channel, id);
    return true;
}

static bool takes(const struct link *link)
{
    return is_alive(link) && !link->stalled && link->channel.in_flight < LINK_QUERIES_MAX;
}

int tcp_ask(struct upstream *server, struct try *try)
{
    struct link *link = NULL;
    bool done = false;

    for (size_t i = 0; i < TCP_LINKS_MAX && !done; i++) {
        link = &server->tcp.links[i];
        if (takes(link))
            done = put(link, try);
    }
    if (!done && (link = open_link(server)) != NULL)
        done = put(link, try);
    if (!done)
        return -1;
    upstreams_unsent(server);
    try->sent_us = uv_hrtime() / 1000;
    link->used_ms = uv_now(server->upstreams->loop);
    return 0;
}

bool tcp_late(struct channel *channel, uint64_t sent_us)
{
    struct link *link = (struct link *)channel;
    struct tcp *tcp = &channel->server->tcp;
    bool new = !link->stalled && link->heard_us < sent_us;

    link->stalled |= new;
    if (new && link->answers == 0 &&
        (link->state == LINK_CONNECTING || ++tcp->silent == SILENT_MOST))
        refuse(channel->server);
    return channel->server->stream && link->state == LINK_OPEN;
}

void tcp_answered(struct channel *channel)
{
    struct link *link = (struct link *)channel;
    struct tcp *tcp = &channel->server->tcp;

    tcp->silent = 0;
    if (++link->answers >= ANSWERS_FEW)
        tcp->pause_ms = 0;
    if (!tcp->refused)
        return;
    tcp->refused = false;
    log_event(channel->server->upstreams->log, LOG_LEVEL_INFO, "upstream_tcp_back", "upstream=%s",
              channel->server->text);
}

bool tcp_has_answered(const struct channel *channel)
{
    return ((const struct link *)channel)->answers > 0;
}

/* ---- each second ---- */

/* Tells whether LINK gets nowhere. */
static bool is_stuck(const struct link *link, uint64_t now_ms)
{
    return (link->state == LINK_CONNECTING && now_ms - link->opened_ms > CONNECT_MS) ||
           (link->stalled && now_ms - link->used_ms > STALLED_MS);
}

bool tcp_second(struct upstream *server, uint64_t now_ms)
{
    struct tcp *tcp = &server->tcp;
    uint64_t idle_ms = server->stream ? IDLE_STREAM_MS : IDLE_MS;

    for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
        struct link *link = &tcp->links[i];
        bool rests = link->channel.in_flight == 0;

        if (!is_alive(link))
            continue;
        if (rests && (link->stalled || server->retired || now_ms - link->used_ms > idle_ms))
            close_link(link);
        else if (is_stuck(link, now_ms))
            fail_link(link);
    }
    if (!tcp->refused || now_ms < tcp->retry_ms)
        return false;
    tcp->retry_ms = now_ms + tcp->pause_ms;
    return true;
}

void tcp_close(struct upstream *server)
{
    for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
        if (is_alive(&server->tcp.links[i]))
            close_link(&server->tcp.links[i]);
    }
}
