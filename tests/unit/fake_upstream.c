#include "tests/unit/fake_upstream.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"

enum { LISTEN_TRIES = 250, LISTEN_PAUSE_MS = 20 };

struct fake_connection {
    uv_tcp_t tcp;
    uv_timer_t timer;
    struct fake *fake;
    struct fake_connection *next;
    uint8_t in[65536 * 2];
    size_t in_length;
    uint8_t kept[3][600]; /* framed */
    size_t kept_length[3];
    unsigned kept_count;
    uint8_t slow[600];
    size_t slow_length, slow_sent;
    unsigned handles, order; /* the first is 1 */
    unsigned answered;
};

struct sending {
    uv_write_t write;
    uint8_t octets[];
};

static size_t question_end(const uint8_t *query)
{
    size_t at = 12;

    while (query[at] != 0)
        at += 1u + query[at];
    return at + 5;
}

/* The answer to QUERY: header, question, and one address where RCODE is 0 and FLAGS hold no TC. */
static size_t answer(const struct fake *fake, const uint8_t *query, unsigned flags, uint8_t *out)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 192, 0, 2, 0};
    size_t length = question_end(query);

    memcpy(out, query, length);
    store_be16(out + 2, (uint16_t)(0x8180 | flags));
    memset(out + 6, 0, 6);
    if (flags == 0) {
        out[7] = 1;
        memcpy(out + length, record, sizeof record);
        length += sizeof record;
        out[length - 1] = fake->number;
    }
    return length;
}

static void reply(uv_udp_t *udp, const uint8_t *octets, size_t length, const struct sockaddr *to)
{
    uv_buf_t part = uv_buf_init((char *)octets, (unsigned)length);

    must(uv_udp_try_send(udp, &part, 1, to) == (int)length);
}

static void lie(struct fake *fake, uint8_t *message, size_t length, const struct sockaddr *to)
{
    uv_udp_t *from = &fake->udp;

    message[length - 1] = 66;
    switch (fake->way) {
    case FAKE_WRONG_ID:
        message[1] ^= 1;
        break;
    case FAKE_WRONG_NAME:
    case FAKE_LIE:
        message[13] ^= 1;
        break;
    case FAKE_WRONG_CASE:
        message[13] ^= 0x20;
        break;
    case FAKE_WRONG_TYPE:
        message[question_end(message) - 3] = 28;
        break;
    case FAKE_WRONG_PORT:
        from = &fake->other;
        break;
    case FAKE_QUERY_BACK:
        message[2] &= 0x7f;
        break;
    default:
        length = 7;
    }
    reply(from, message, length, to);
}

static void fold(uint8_t *message)
{
    for (size_t at = 12; message[at] != 0; at++) {
        if (message[at] >= 'A' && message[at] <= 'Z')
            message[at] |= 0x20;
    }
}

static void behave(struct fake *fake, const uint8_t *query, size_t length,
                   const struct sockaddr *from)
{
    uint8_t message[8192] = {0};
    bool opt = length > question_end(query);
    size_t good = answer(fake, query, 0, message);

    switch (fake->way) {
    case FAKE_SILENT:
        return;
    case FAKE_SERVFAIL:
        good = answer(fake, query, 2, message);
        break;
    case FAKE_REFUSED:
        good = answer(fake, query, 5, message);
        break;
    case FAKE_CUT:
        good = answer(fake, query, 0x200, message);
        break;
    case FAKE_LONG:
        good = 5000;
        break;
    case FAKE_NO_EDNS:
    case FAKE_BARE_NO_EDNS:
        if (opt)
            good = answer(fake, query, 1, message);
        if (opt && fake->way == FAKE_BARE_NO_EDNS) {
            message[5] = 0;
            good = 12;
        }
        break;
    case FAKE_DROPS_EDNS:
        if (opt)
            return;
        break;
    case FAKE_FOLDS:
        fold(message);
        break;
    case FAKE_HELD:
        must(length <= 512);
        if (fake->held_count == 64)
            return;
        memcpy(fake->held[fake->held_count], query, length);
        fake->held_length[fake->held_count] = length;
        memcpy(&fake->held_from[fake->held_count++], from, sizeof(struct sockaddr_in));
        return;
    case FAKE_GOOD:
        break;
    default:
        lie(fake, message, good, from);
        if (fake->way == FAKE_LIE)
            return;
        good = answer(fake, query, 0, message);
    }
    reply(&fake->udp, message, good, from);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
    static char octets[65536];

    (void)handle;
    (void)wanted;
    *room = uv_buf_init(octets, sizeof octets);
}

static void on_datagram(uv_udp_t *udp, ssize_t count, const uv_buf_t *room,
                        const struct sockaddr *from, unsigned flags)
{
    struct fake *fake = udp->data;
    uint8_t query[512];

    (void)flags;
    if (count <= 0 || from == NULL || (size_t)count > sizeof query)
        return;
    memcpy(query, room->base, (size_t)count);
    if (fake->datagrams < FAKE_LOG_MAX) {
        fake->log[fake->datagrams].id = load_be16(query);
        fake->log[fake->datagrams].port =
            ntohs(((const struct sockaddr_in *)(const void *)from)->sin_port);
    }
    fake->datagrams++;
    fake->without_opt += query[11] == 0;
    memcpy(fake->last, query, (size_t)count);
    fake->last_length = (size_t)count;
    behave(fake, query, (size_t)count, from);
}

void fake_release(struct fake *fake)
{
    unsigned count = fake->held_count;

    fake->held_count = 0;
    fake->way = FAKE_GOOD;
    for (unsigned i = 0; i < count; i++)
        behave(fake, fake->held[i], fake->held_length[i], (struct sockaddr *)&fake->held_from[i]);
}

static void on_connection_closed(uv_handle_t *handle)
{
    struct fake_connection *connection = handle->data;

    if (--connection->handles == 0)
        free(connection);
}

static void close_connection(struct fake_connection *connection)
{
    struct fake_connection **link = &connection->fake->open;

    while (*link != connection)
        link = &(*link)->next;
    *link = connection->next;
    uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
    uv_close((uv_handle_t *)&connection->timer, on_connection_closed);
}

static void on_sent(uv_write_t *write, int status)
{
    (void)status;
    free(write);
}

static void send_octets(struct fake_connection *connection, const uint8_t *octets, size_t length)
{
    struct sending *sending = malloc(sizeof *sending + length);
    uv_buf_t part;

    must(sending != NULL);
    memcpy(sending->octets, octets, length);
    part = uv_buf_init((char *)sending->octets, (unsigned)length);
    if (uv_write(&sending->write, (uv_stream_t *)&connection->tcp, &part, 1, on_sent) < 0)
        free(sending);
}

static void on_dribble(uv_timer_t *timer)
{
    struct fake_connection *connection = timer->data;

    send_octets(connection, connection->slow + connection->slow_sent, 1);
    if (++connection->slow_sent == connection->slow_length)
        uv_timer_stop(timer);
}

static void on_limit(uv_timer_t *timer)
{
    close_connection(timer->data);
}

static void send_large(struct fake_connection *connection, const uint8_t *message, size_t length)
{
    uint8_t *large = calloc(1, 2 + 65535);

    must(large != NULL);
    store_be16(large, 65535);
    memcpy(large + 2, message, length);
    send_octets(connection, large, 2 + 65535);
    free(large);
}

/* Answers one query; returns false when the connection is closed. */
static bool behave_stream(struct fake_connection *connection, const uint8_t *query)
{
    struct fake *fake = connection->fake;
    uint8_t framed[600];
    size_t length = answer(fake, query, fake->stream == STREAM_CUT ? 0x200 : 0, framed + 2);

    store_be16(framed, (uint16_t)length);
    switch (fake->stream) {
    case STREAM_HANGS:
        return true;
    case STREAM_HALF:
        send_octets(connection, framed, length / 2);
        close_connection(connection);
        return false;
    case STREAM_CLOSES:
        close_connection(connection);
        return false;
    case STREAM_HANGS_FIRST:
        if (connection->order == 1)
            return true;
        break;
    case STREAM_CLOSES_FIRST:
        if (connection->order == 1) {
            close_connection(connection);
            return false;
        }
        break;
    case STREAM_REVERSED:
        memcpy(connection->kept[connection->kept_count], framed, 2 + length);
        connection->kept_length[connection->kept_count++] = 2 + length;
        if (connection->kept_count == 3) {
            while (connection->kept_count-- > 0)
                send_octets(connection, connection->kept[connection->kept_count],
                            connection->kept_length[connection->kept_count]);
            connection->kept_count = 0;
        }
        return true;
    case STREAM_DRIBBLES:
        memcpy(connection->slow, framed, 2 + length);
        connection->slow_length = 2 + length;
        connection->slow_sent = 0;
        uv_timer_start(&connection->timer, on_dribble, 1, 1);
        return true;
    case STREAM_FOLDS:
        fold(framed + 2);
        break;
    case STREAM_LARGE:
        send_large(connection, framed + 2, length);
        return true;
    case STREAM_WRONG_ID:
        framed[3] ^= 1;
        framed[1 + length] = 66;
        send_octets(connection, framed, 2 + length);
        framed[3] ^= 1;
        framed[1 + length] = fake->number;
        break;
    default:
        break;
    }
    send_octets(connection, framed, 2 + length);
    if (fake->stream == STREAM_LIMITED && ++connection->answered == fake->limit) {
        uv_timer_start(&connection->timer, on_limit, 0, 0); /* the write is on its way by then */
        return false;
    }
    return true;
}

static void on_stream(uv_stream_t *stream, ssize_t count, const uv_buf_t *room)
{
    struct fake_connection *connection = stream->data;
    uint8_t query[512];

    if (count == 0)
        return;
    if (count < 0 || connection->in_length + (size_t)count > sizeof connection->in) {
        close_connection(connection);
        return;
    }
    connection->fake->reads++;
    memcpy(connection->in + connection->in_length, room->base, (size_t)count);
    connection->in_length += (size_t)count;
    while (connection->in_length >= 2) {
        size_t length = load_be16(connection->in);

        if (connection->in_length < 2 + length)
            return;
        must(length <= sizeof query);
        memcpy(query, connection->in + 2, length);
        connection->in_length -= 2 + length;
        memmove(connection->in, connection->in + 2 + length, connection->in_length);
        connection->fake->streamed++;
        if (!behave_stream(connection, query))
            return;
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct fake *fake = listener->data;
    struct fake_connection *connection = calloc(1, sizeof *connection);

    must(status == 0 && connection != NULL);
    uv_tcp_init(fake->loop, &connection->tcp);
    uv_timer_init(fake->loop, &connection->timer);
    connection->handles = 2;
    connection->tcp.data = connection->timer.data = connection;
    connection->fake = fake;
    connection->next = fake->open;
    fake->open = connection;
    connection->order = ++fake->connections;
    must(uv_accept(listener, (uv_stream_t *)&connection->tcp) == 0);
    if (fake->stream != STREAM_DEAF)
        uv_read_start((uv_stream_t *)&connection->tcp, on_room, on_stream);
}

void fake_hear(struct fake *fake)
{
    fake->stream = STREAM_GOOD;
    for (struct fake_connection *open = fake->open; open != NULL; open = open->next)
        uv_read_start((uv_stream_t *)&open->tcp, on_room, on_stream);
}

static int try_listen(struct fake *fake)
{
    struct sockaddr_in at;

    uv_ip4_addr("127.0.0.1", fake->port, &at);
    must(uv_tcp_init(fake->loop, &fake->listener) == 0);
    fake->listener.data = fake;
    if (uv_tcp_bind(&fake->listener, (struct sockaddr *)&at, 0) < 0 ||
        uv_listen((uv_stream_t *)&fake->listener, 16, on_connection) < 0) {
        uv_close((uv_handle_t *)&fake->listener, NULL);
        uv_run(fake->loop, UV_RUN_NOWAIT);
        return -1;
    }
    fake->listening = true;
    return 0;
}

void fake_listen(struct fake *fake)
{
    /* The port may be another program's for a moment: its end of a connection. */
    for (unsigned tries = 0; try_listen(fake) != 0; tries++) {
        must(tries < LISTEN_TRIES);
        uv_sleep(LISTEN_PAUSE_MS);
    }
}

void fake_unlisten(struct fake *fake)
{
    while (fake->open != NULL)
        close_connection(fake->open);
    uv_close((uv_handle_t *)&fake->listener, NULL);
    fake->listening = false;
    uv_run(fake->loop, UV_RUN_NOWAIT);
}

static bool try_open(struct fake *fake, uint16_t port, bool streams)
{
    struct sockaddr_in at;
    int length = sizeof at;

    uv_ip4_addr("127.0.0.1", port, &at);
    must(uv_udp_init(fake->loop, &fake->udp) == 0);
    if (uv_udp_bind(&fake->udp, (struct sockaddr *)&at, 0) < 0) {
        uv_close((uv_handle_t *)&fake->udp, NULL);
        uv_run(fake->loop, UV_RUN_NOWAIT);
        return false;
    }
    uv_udp_getsockname(&fake->udp, (struct sockaddr *)&at, &length);
    fake->port = ntohs(at.sin_port);
    if (!streams || try_listen(fake) == 0)
        return true;
    uv_close((uv_handle_t *)&fake->udp, NULL);
    uv_run(fake->loop, UV_RUN_NOWAIT);
    return false;
}

void fake_open(struct fake *fake, uv_loop_t *loop, uint8_t number, uint16_t port, bool streams)
{
    struct sockaddr_in any;
    int left = 50;

    memset(fake, 0, sizeof *fake);
    fake->loop = loop;
    fake->number = number;
    while (!try_open(fake, port, streams))
        must(--left > 0);
    uv_ip4_addr("127.0.0.1", 0, &any);
    must(uv_udp_init(loop, &fake->other) == 0);
    must(uv_udp_bind(&fake->other, (struct sockaddr *)&any, 0) == 0);
    fake->udp.data = fake;
    uv_udp_recv_start(&fake->udp, on_room, on_datagram);
}

void fake_close(struct fake *fake)
{
    while (fake->open != NULL)
        close_connection(fake->open);
    uv_close((uv_handle_t *)&fake->udp, NULL);
    uv_close((uv_handle_t *)&fake->other, NULL);
    if (fake->listening)
        uv_close((uv_handle_t *)&fake->listener, NULL);
}
