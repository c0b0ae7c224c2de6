/* TCP connections of one worker to one server.
 *
 * Used where an answer does not fit in a datagram. Queries are written one after the other without
 * waiting (RFC 7766 §6.2.1.1) and answers matched by id and question, so that one connection serves
 * all. A server may close it at any time (§6.2.4): what was in flight is asked again on a new one.
 * A server that stops answering holds up all that is behind, so a connection on which a query came
 * to its end without any answer takes no new ones. */
#include "resolver/upstream/tcp.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "resolver/upstream/inside.h"
#include "resolver/upstream/plan.h"
#include "resolver/wire/dns.h"

enum {
    OUT_MAX = 16384,
    IDLE_MS = 10000, /* RFC 7766 §6.2.3: some seconds */
    CONNECT_MS = 4000,
    STALLED_MS = 10000,
};

struct link_buffers {
    size_t in_length, out_length;
    uint8_t in[2 + DNS_MESSAGE_MAX];
    uint8_t out[OUT_MAX];     /* collects while `writing` is on its way */
    uint8_t writing[OUT_MAX]; /* owned by libuv until on_written */
};

static struct upstreams *upstreams_of(const struct link *link)
{
    return link->channel.server->upstreams;
}

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
    uv_close((uv_handle_t *)&link->tcp, on_closed);
}

static void fail_link(struct link *link)
{
    bool established = link->state == LINK_OPEN;

    close_link(link);
    plan_channel_failed(&link->channel, UINT64_MAX, established);
}

static void on_written(uv_write_t *write, int status)
{
    struct link *link = write->data;

    link->writing = false;
    if (link->state != LINK_OPEN)
        return;
    if (status < 0)
        fail_link(link);
    upstreams_flush(upstreams_of(link));
}

static void send_link(struct link *link)
{
    struct link_buffers *buffers = link->buffers;
    uv_buf_t part;

    if (link->state != LINK_OPEN || link->writing || buffers->out_length == 0)
        return;
    memcpy(buffers->writing, buffers->out, buffers->out_length);
    part = uv_buf_init((char *)buffers->writing, (unsigned)buffers->out_length);
    buffers->out_length = 0;
    link->write.data = link;
    link->writing = true;
    if (uv_write(&link->write, (uv_stream_t *)&link->tcp, &part, 1, on_written) < 0) {
        link->writing = false;
        fail_link(link);
    }
}

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

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
    struct link *link = handle->data;
    struct link_buffers *buffers = link->buffers;

    (void)wanted; /* a whole message fits, and whole messages do not stay: there is always room */
    *room = uv_buf_init((char *)buffers->in + buffers->in_length,
                        (unsigned)(sizeof buffers->in - buffers->in_length));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room)
{
    struct link *link = stream->data;

    (void)room;
    if (count == 0 || link->state != LINK_OPEN)
        return;
    if (count < 0) {
        fail_link(link);
    } else {
        link->buffers->in_length += (size_t)count;
        link->heard_us = uv_hrtime() / 1000;
        take_messages(link);
    }
    upstreams_flush(upstreams_of(link));
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct link *link = connect->data;

    if (link->state != LINK_CONNECTING)
        return;
    if (status < 0) {
        fail_link(link);
    } else {
        link->state = LINK_OPEN;
        uv_tcp_nodelay(&link->tcp, 1);
        if (uv_read_start((uv_stream_t *)&link->tcp, on_room, on_read) < 0)
            fail_link(link);
        else
            send_link(link);
    }
    upstreams_flush(upstreams_of(link));
}

static struct link *open_link(struct upstream *server)
{
    struct upstreams *upstreams = server->upstreams;
    struct sockaddr_storage to;
    struct link *link = NULL;

    for (size_t i = 0; i < TCP_LINKS_MAX && link == NULL; i++) {
        if (server->tcp.links[i].state == LINK_FREE)
            link = &server->tcp.links[i];
    }
    if (link == NULL || (link->buffers = malloc(sizeof *link->buffers)) == NULL)
        return NULL;
    link->buffers->in_length = link->buffers->out_length = 0;
    link->channel = (struct channel){
        .server = server, .number = ++upstreams->channels, .first = FLIGHT_NONE, .stream = true};
    link->stalled = link->writing = false;
    link->opened_ms = link->used_ms = uv_now(upstreams->loop);
    link->heard_us = 0;
    uv_tcp_init(upstreams->loop, &link->tcp);
    server->handles++;
    link->tcp.data = link->connect.data = link;
    link->state = LINK_CONNECTING;
    endpoint_to_sockaddr(&server->endpoint, &to);
    if (uv_tcp_connect(&link->connect, &link->tcp, (struct sockaddr *)&to, on_connected) < 0) {
        close_link(link);
        return NULL;
    }
    return link;
}

static struct link *usable_link(struct upstream *server)
{
    for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
        struct link *link = &server->tcp.links[i];

        if ((link->state == LINK_CONNECTING || link->state == LINK_OPEN) && !link->stalled)
            return link;
    }
    return open_link(server);
}

int tcp_ask(struct upstream *server, struct try *try)
{
    struct upstreams *upstreams = server->upstreams;
    struct link *link = usable_link(server);
    struct link_buffers *buffers;
    uint16_t id;
    size_t length, room;

    if (link == NULL)
        return -1;
    buffers = link->buffers;
    room = OUT_MAX - buffers->out_length;
    if (room <= 2)
        return -1;
    id = plan_id(upstreams, &link->channel);
    length = plan_write(server, try, id, buffers->out + buffers->out_length + 2, room - 2);
    if (length == 0)
        return -1;
    store_be16(buffers->out + buffers->out_length, (uint16_t)length); /* RFC 1035 §4.2.2 */
    buffers->out_length += 2 + length;
    flight_bind(&upstreams->flight, try, &link->channel, id);
    try->sent_us = uv_hrtime() / 1000;
    link->used_ms = uv_now(upstreams->loop);
    return 0;
}

void tcp_send(struct upstream *server)
{
    for (size_t i = 0; i < TCP_LINKS_MAX; i++)
        send_link(&server->tcp.links[i]);
}

void tcp_late(struct channel *channel, uint64_t sent_us)
{
    struct link *link = (struct link *)channel;

    if (link->heard_us < sent_us)
        link->stalled = true;
}

/* Tells whether LINK gets nowhere. */
static bool is_stuck(const struct link *link, uint64_t now_ms)
{
    return (link->state == LINK_CONNECTING && now_ms - link->opened_ms > CONNECT_MS) ||
           (link->stalled && now_ms - link->used_ms > STALLED_MS);
}

void tcp_second(struct upstream *server, uint64_t now_ms)
{
    for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
        struct link *link = &server->tcp.links[i];
        bool rests = link->channel.in_flight == 0;

        if (link->state != LINK_CONNECTING && link->state != LINK_OPEN)
            continue;
        if (rests && (link->stalled || server->retired || now_ms - link->used_ms > IDLE_MS))
            close_link(link);
        else if (is_stuck(link, now_ms))
            fail_link(link);
    }
}

void tcp_close(struct upstream *server)
{
    for (size_t i = 0; i < TCP_LINKS_MAX; i++) {
        struct link *link = &server->tcp.links[i];

        if (link->state == LINK_CONNECTING || link->state == LINK_OPEN)
            close_link(link);
    }
}
