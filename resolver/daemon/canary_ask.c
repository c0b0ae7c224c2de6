/* The problem: the main thread, which answers no queries, has to be a client of the workers without
 * ever waiting for them. The idea: a socket of its own for each question, connected, so that nobody
 * else is heard on it; a few tries within a few seconds; all of it gone afterwards.
 *
 * Dropped: the upstreams' code (resolver/upstream), which belongs to a worker and knows health,
 * letters and retries that a question to oneself does not need. */
#include "resolver/daemon/canary_ask.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "resolver/listen/proxy.h"
#include "resolver/wire/dns.h"

enum { PREFIX_OCTETS = 2, QUERY_MAX = 512, DATAGRAM_MAX = 4096 };

struct canary_ask {
    canary_ask_done *done;
    void *context;
    uv_loop_t *loop;
    struct endpoint to;
    struct canary_question question;
    uv_udp_t udp;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    unsigned open; /* handles not yet closed */
    unsigned tries;
    bool streaming, ended;
    size_t proxy_length, query_length;
    uint8_t query[PROXY_FIXED_OCTETS + PREFIX_OCTETS + QUERY_MAX]; /* header, length, message */
    size_t got;
    uint8_t reply[PREFIX_OCTETS + DNS_MESSAGE_MAX];
};

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct canary_ask *ask = handle->data;

    if (--ask->open == 0)
        free(ask);
}

static void end(struct canary_ask *ask)
{
    if (ask->ended)
        return;
    ask->ended = true;
    uv_close((uv_handle_t *)&ask->timer, on_closed);
    uv_close((uv_handle_t *)&ask->udp, on_closed);
    if (ask->streaming)
        uv_close((uv_handle_t *)&ask->tcp, on_closed);
}

void canary_ask_cancel(struct canary_ask *ask)
{
    if (ask != NULL)
        end(ask);
}

const struct canary_question *canary_ask_question(const struct canary_ask *ask)
{
    return &ask->question;
}

static void tell(struct canary_ask *ask, const uint8_t *octets, size_t length)
{
    if (ask->ended)
        return;
    ask->done(ask->context, octets, length);
    end(ask);
}

/* ---- over TCP ---- */

static void on_stream_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
    struct canary_ask *ask = handle->data;

    (void)wanted;
    *room = uv_buf_init((char *)ask->reply + ask->got, (unsigned)(sizeof ask->reply - ask->got));
}

static void on_stream_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
    struct canary_ask *ask = stream->data;
    size_t length;
    bool truncated;

    (void)room;
    if (got < 0) {
        tell(ask, NULL, 0);
        return;
    }
    ask->got += (size_t)got;
    if (ask->got < PREFIX_OCTETS)
        return;
    length = load_be16(ask->reply);
    if (ask->got < PREFIX_OCTETS + length)
        return;
    if (canary_matches(&ask->question, ask->reply + PREFIX_OCTETS, length, &truncated))
        tell(ask, ask->reply + PREFIX_OCTETS, length);
    else
        tell(ask, NULL, 0);
}

static void on_written(uv_write_t *request, int status)
{
    if (status < 0 && status != UV_ECANCELED)
        tell(request->data, NULL, 0);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct canary_ask *ask = request->data;
    uv_buf_t octets;

    if (ask->ended)
        return;
    octets = uv_buf_init((char *)ask->query,
                         (unsigned)(ask->proxy_length + PREFIX_OCTETS + ask->query_length));
    if (status < 0 || uv_write(&ask->write, (uv_stream_t *)&ask->tcp, &octets, 1, on_written) < 0 ||
        uv_read_start((uv_stream_t *)&ask->tcp, on_stream_room, on_stream_read) < 0)
        tell(ask, NULL, 0);
}

static void bind_to(struct canary_ask *ask, struct sockaddr_storage *from,
                    struct sockaddr_storage *to)
{
    const struct endpoint own = {.addr = ask->to.addr};

    endpoint_to_sockaddr(&own, from);
    endpoint_to_sockaddr(&ask->to, to);
}

static void on_patience(uv_timer_t *timer)
{
    tell(timer->data, NULL, 0);
}

static void start_stream(struct canary_ask *ask)
{
    struct sockaddr_storage from, to;

    bind_to(ask, &from, &to);
    uv_udp_recv_stop(&ask->udp);
    uv_tcp_init(ask->loop, &ask->tcp);
    ask->tcp.data = ask->connect.data = ask->write.data = ask;
    ask->open++;
    ask->streaming = true;
    uv_timer_start(&ask->timer, on_patience, (uint64_t)CANARY_ASK_TRIES * CANARY_ASK_TRY_MS, 0);
    if (uv_tcp_bind(&ask->tcp, (const struct sockaddr *)&from, 0) < 0 ||
        uv_tcp_connect(&ask->connect, &ask->tcp, (const struct sockaddr *)&to, on_connected) < 0)
        tell(ask, NULL, 0);
}

/* ---- over UDP ---- */

/* The header of a proxy goes before the message, the length of a stream is left out. */
static void send_datagram(struct canary_ask *ask)
{
    uv_buf_t parts[] = {
        uv_buf_init((char *)ask->query, (unsigned)ask->proxy_length),
        uv_buf_init((char *)ask->query + ask->proxy_length + PREFIX_OCTETS,
                    (unsigned)ask->query_length),
    };

    uv_udp_try_send(&ask->udp, parts, 2, NULL); /* what fails is asked again */
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
    struct canary_ask *ask = handle->data;

    (void)wanted;
    *room = uv_buf_init((char *)ask->reply, DATAGRAM_MAX);
}

static void on_datagram(uv_udp_t *udp, ssize_t got, const uv_buf_t *room,
                        const struct sockaddr *from, unsigned flags)
{
    struct canary_ask *ask = udp->data;
    bool truncated;

    (void)room;
    (void)from;
    (void)flags;
    if (got <= 0 || ask->ended ||
        !canary_matches(&ask->question, ask->reply, (size_t)got, &truncated))
        return;
    if (truncated)
        start_stream(ask);
    else
        tell(ask, ask->reply, (size_t)got);
}

static void on_try(uv_timer_t *timer)
{
    struct canary_ask *ask = timer->data;

    if (ask->tries++ == CANARY_ASK_TRIES)
        tell(ask, NULL, 0);
    else
        send_datagram(ask);
}

static int open_socket(struct canary_ask *ask)
{
    struct sockaddr_storage from, to;

    bind_to(ask, &from, &to);
    return uv_udp_bind(&ask->udp, (const struct sockaddr *)&from, 0) == 0 &&
                   uv_udp_connect(&ask->udp, (const struct sockaddr *)&to) == 0 &&
                   uv_udp_recv_start(&ask->udp, on_room, on_datagram) == 0
               ? 0
               : -1;
}

struct canary_ask *canary_ask_start(uv_loop_t *loop, const struct endpoint *to, bool proxied,
                                    const struct canary_question *question, canary_ask_done *done,
                                    void *context)
{
    struct canary_ask *ask = calloc(1, sizeof *ask);
    uint8_t *at;

    if (ask == NULL)
        return NULL;
    ask->done = done;
    ask->context = context;
    ask->loop = loop;
    ask->to = *to;
    ask->question = *question;
    ask->proxy_length = proxied ? proxy_write_local(ask->query) : 0;
    at = ask->query + ask->proxy_length;
    ask->query_length = canary_write(question, at + PREFIX_OCTETS, QUERY_MAX);
    store_be16(at, (uint16_t)ask->query_length);
    uv_udp_init(loop, &ask->udp);
    uv_timer_init(loop, &ask->timer);
    ask->udp.data = ask->timer.data = ask;
    ask->open = 2;
    if (open_socket(ask) != 0)
        ask->tries = CANARY_ASK_TRIES; /* no socket: told at once, by the timer */
    uv_timer_start(&ask->timer, on_try, 0, CANARY_ASK_TRY_MS);
    return ask;
}
