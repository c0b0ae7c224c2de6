/* stream.c - octets in, queries out; answers in, octets out, for one connection.
 *
 * RFC 7766: queries may be pipelined and are handed to the core as they come (§6.2.1.1); answers go
 * out as they are ready (§7). Three things pause reading: too many queries in flight, answers that
 * the peer does not take, and its end. What was read already and cannot be handed on waits in the
 * stash; it goes on in the loop's next turn, never from inside a call of the core. A turn serves so
 * many queries of all connections and no more: thousands that ask as fast as they can must not make
 * those wait who ask over UDP.
 *
 * What a connection begins with is looked at once: the header of a proxy that must speak one, and
 * nobody else's.
 *
 * A message of no octets, or one that is no query at all, ends the input of that connection only:
 * after it nobody knows where the next message would begin. */
#include "resolver/listen/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/listen/proxy.h"

enum { SPANS = 64, LOG_INTERVAL_S = 60 };

struct handle {
    struct tcp_listener *listener;
    uint32_t index, generation;
};
_Static_assert(sizeof(struct handle) <= QUERY_HANDLE_MAX, "the handle of a TCP query fits");

static bool is_paused(const struct stream *stream)
{
    return stream->in_flight >= stream->listener->limits.pipelined ||
           stream->queue.length >= STREAM_QUEUE_PAUSE || stream->blocked;
}

static void on_event(uv_poll_t *poll, int status, int events);

void stream_watch(struct stream *stream)
{
    int events = 0;

    if (stream->state != STREAM_OPEN)
        return;
    if (!stream->ended && !is_paused(stream) && !stream->ready)
        events |= UV_READABLE;
    if (stream->blocked)
        events |= UV_WRITABLE;
    if (events == 0)
        uv_poll_stop(&stream->poll);
    else
        uv_poll_start(&stream->poll, events, on_event);
}

/* --- out --- */

static void mark_unsent(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;

    if (stream->unsent)
        return;
    stream->unsent = true;
    stream->next_unsent = listener->first_unsent;
    listener->first_unsent = stream;
}

static bool is_spent(const struct tcp_listener *listener)
{
    return listener->served >= STREAM_TURN;
}

static void on_resume(uv_idle_t *idle)
{
    struct tcp_listener *listener = idle->data;

    /* Stops a turn late: what the core collected meanwhile must not wait for the next event. */
    if (listener->first_ready == NULL)
        uv_idle_stop(idle);
    while (listener->first_ready != NULL && !is_spent(listener)) {
        struct stream *stream = listener->first_ready;

        listener->first_ready = stream->next_ready;
        stream->ready = false;
        if (stream->state == STREAM_OPEN)
            stream_resume(stream);
    }
}

static void mark_ready(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;

    if (stream->ready)
        return;
    stream->ready = true;
    stream->next_ready = NULL;
    *(listener->first_ready != NULL ? &listener->last_ready->next_ready : &listener->first_ready) =
        stream;
    listener->last_ready = stream;
    uv_idle_start(&listener->resume, on_resume);
}

/* Sends until all is gone, the kernel is full, or the connection has failed. Returns 0, -1 then. */
static int send_queue(struct stream *stream)
{
    struct buffer_pool *pool = stream->listener->pool;

    stream->blocked = false;
    while (stream->queue.length > 0) {
        struct iovec spans[SPANS];
        struct msghdr header = {.msg_iov = spans};
        ssize_t sent;

        header.msg_iovlen = buffer_spans(pool, &stream->queue, spans, SPANS);
        sent = sendmsg(stream->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN) {
            stream->blocked = true;
            return 0;
        }
        if (sent < 0)
            return -1;
        buffer_take(pool, &stream->queue, (size_t)sent);
        stream_touch(stream);
    }
    return 0;
}

static bool is_over(const struct stream *stream)
{
    return stream->ended && stream->in_flight == 0 && stream->queue.length == 0 &&
           stream->stash.length == 0;
}

void stream_flush(struct stream *stream)
{
    if (send_queue(stream) != 0 || is_over(stream)) {
        stream_close(stream);
        return;
    }
    if (stream->stash.length > 0 && !is_paused(stream))
        mark_ready(stream);
    stream_watch(stream);
}

/* Closes the connection that has done nothing useful for longest, of those that hold blocks. */
static bool make_room(const struct stream *asking)
{
    struct stream *stream = asking->listener->oldest;

    for (; stream != NULL; stream = stream->newer) {
        if (stream != asking && stream->stash.length + stream->queue.length > 0) {
            stream_close(stream);
            return true;
        }
    }
    return false;
}

static int append(struct stream *stream, struct buffer *buffer, const uint8_t *octets,
                  size_t length)
{
    while (buffer_append(stream->listener->pool, buffer, octets, length) != 0) {
        if (!make_room(stream))
            return -1;
    }
    return 0;
}

void stream_answer(struct stream *stream, const uint8_t *octets, size_t length)
{
    uint8_t size[2];

    if (length > DNS_MESSAGE_MAX)
        return;
    store_be16(size, (uint16_t)length);
    if (stream->queue.length + length > STREAM_QUEUE_MOST ||
        append(stream, &stream->queue, size, sizeof size) != 0 ||
        append(stream, &stream->queue, octets, length) != 0) {
        stream_close(stream);
        return;
    }
    mark_unsent(stream);
}

/* --- in --- */

void stream_end_input(struct stream *stream)
{
    stream->ended = true;
    buffer_clear(stream->listener->pool, &stream->stash);
    mark_unsent(stream); /* closes it, where nothing is left to do */
}

static void fill_datagram(struct stream *stream, size_t at, const uint8_t *octets, size_t length)
{
    struct handle way = {stream->listener, stream->index, stream->generation};
    struct core_datagram *datagram = &stream->listener->datagrams[at];

    datagram->octets = octets;
    datagram->length = length;
    datagram->out = stream->listener->out[at];
    datagram->room = DNS_MESSAGE_MAX;
    datagram->client = stream->asking;
    datagram->local = stream->local;
    datagram->ifindex = stream->ifindex;
    datagram->transport = TRANSPORT_TCP;
    memcpy(datagram->handle.octets, &way, sizeof way);
}

static void wipe(const struct core_datagram *datagrams, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!datagrams[i].wipe)
            continue;
        explicit_bzero((void *)(uintptr_t)datagrams[i].octets, datagrams[i].length);
        if (datagrams[i].outcome == CORE_ANSWERED)
            explicit_bzero(datagrams[i].out, datagrams[i].out_length);
    }
}

/* Hands COUNT queries to the core. Returns false where one of them was no query. */
static bool run_batch(struct stream *stream, size_t count)
{
    struct tcp_listener *listener = stream->listener;
    bool good = true;

    if (count == 0)
        return true;
    stream_touch(stream);
    listener->served += (unsigned)count;
    listener->context.batch(listener->context.context, listener->datagrams, count);
    for (size_t i = 0; i < count && stream->state == STREAM_OPEN; i++) {
        const struct core_datagram *datagram = &listener->datagrams[i];

        if (datagram->outcome == CORE_ANSWERED)
            stream_answer(stream, datagram->out, datagram->out_length);
        else if (datagram->outcome == CORE_TAKEN)
            stream->in_flight++;
        else if (datagram->outcome == CORE_DROPPED)
            good = false;
    }
    wipe(listener->datagrams, count);
    return good;
}

static size_t batch_room(const struct stream *stream)
{
    uint32_t most = stream->listener->limits.pipelined;

    if (is_paused(stream))
        return 0;
    return most - stream->in_flight < STREAM_BATCH ? most - stream->in_flight : STREAM_BATCH;
}

/* Collects whole messages from OCTETS[0..LENGTH) into one batch; *TAKEN tells how far they reach.
 * Returns how many; *BROKEN is set at a message of no octets. */
static size_t collect(struct stream *stream, const uint8_t *octets, size_t length, size_t *taken,
                      bool *broken)
{
    size_t count = 0, at = 0, most = batch_room(stream);

    while (count < most && length - at >= 2) {
        size_t size = load_be16(octets + at);

        if (size == 0)
            *broken = true;
        if (size == 0 || length - at - 2 < size)
            break;
        fill_datagram(stream, count++, octets + at + 2, size);
        at += 2 + size;
    }
    *taken = at;
    return count;
}

/* Reads what a connection has to begin with from OCTETS[0..LENGTH); *TAKEN tells how far it
 * reaches. Returns PROXY_OK once queries may follow. */
static enum proxy_result begin(struct stream *stream, const uint8_t *octets, size_t length,
                               size_t *taken)
{
    struct proxy_header header = {.length = 0};
    enum proxy_result result = proxy_read(octets, length, &header);

    *taken = 0;
    if (stream->start == STREAM_NO_HEADER_YET) {
        if (proxy_is_signed(octets, length))
            return PROXY_BROKEN;
        if (result == PROXY_MORE)
            return PROXY_MORE; /* so few octets that it may become one, and no whole query */
        result = PROXY_OK;
    } else if (result == PROXY_OK) {
        *taken = header.length;
        if (header.client.addr.bits != 0) {
            stream->asking = header.client;
            stream->ifindex = 0; /* the proxy came in by it, not the client */
        }
    }
    if (result == PROXY_OK)
        stream->start = STREAM_STARTED;
    return result;
}

/* Serves the whole messages of OCTETS[0..LENGTH) as far as STREAM is not paused; keeps the rest. */
static void serve_queries(struct stream *stream, const uint8_t *octets, size_t length)
{
    bool broken = false;
    size_t taken, count;

    do {
        count = collect(stream, octets, length, &taken, &broken);
        if (!run_batch(stream, count))
            broken = true;
        octets += taken;
        length -= taken;
    } while (count > 0 && !broken && stream->state == STREAM_OPEN);
    if (stream->state != STREAM_OPEN)
        return;
    if (broken)
        stream_end_input(stream);
    else if (append(stream, &stream->stash, octets, length) != 0)
        stream_close(stream);
    else
        stream_watch(stream);
}

/* Closes a connection that has not begun as it must. */
static void refuse(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;
    char client[ADDR_TEXT_MAX];
    unsigned dropped;

    if (stream->start == STREAM_WANTS_HEADER &&
        log_allowed(&listener->log_limit, (int64_t)(uv_now(listener->accept.loop) / 1000),
                    LOG_INTERVAL_S, &dropped))
        log_event(listener->context.log, LOG_LEVEL_WARN, "proxy_without_header",
                  "transport=tcp proxy=%s more=%u", endpoint_to_text(&stream->client, client),
                  dropped);
    stream_close(stream);
}

/* Does the same for what was received, from where the connection stands. */
static void serve(struct stream *stream, const uint8_t *octets, size_t length)
{
    enum proxy_result result = PROXY_OK;
    size_t taken = 0;

    if (stream->start != STREAM_STARTED && length > 0)
        result = begin(stream, octets, length, &taken);
    if (result == PROXY_OK)
        serve_queries(stream, octets + taken, length - taken);
    else if (result == PROXY_BROKEN)
        refuse(stream);
    else if (append(stream, &stream->stash, octets, length) != 0)
        stream_close(stream);
    else
        stream_watch(stream);
}

static size_t take_stash(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;
    size_t length = buffer_copy(listener->pool, &stream->stash, listener->in);

    buffer_clear(listener->pool, &stream->stash);
    return length;
}

void stream_resume(struct stream *stream)
{
    size_t length = take_stash(stream);

    serve(stream, stream->listener->in, length);
}

static void receive(struct stream *stream)
{
    struct tcp_listener *listener = stream->listener;
    size_t before = stream->stash.length;
    /* The stash is at most one unfinished message here: the rest of it fits behind. */
    ssize_t received = recv(stream->fd, listener->in + before, STREAM_READ_OCTETS, MSG_DONTWAIT);

    if (received < 0) {
        if (errno != EAGAIN && errno != EINTR)
            stream_close(stream);
        return;
    }
    if (received == 0) {
        stream_end_input(stream);
        stream_watch(stream);
        return;
    }
    take_stash(stream);
    serve(stream, listener->in, before + (size_t)received);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct stream *stream = poll->data;

    if (status < 0) {
        stream_close(stream);
        return;
    }
    if (events & UV_WRITABLE)
        stream_flush(stream);
    if ((events & UV_READABLE) && stream->state == STREAM_OPEN && !stream->ended &&
        !is_paused(stream) && !stream->ready && !is_spent(stream->listener))
        receive(stream);
}

/* --- the forwarded answer's way back --- */

struct tcp_listener *tcp_listener_of(const struct query_handle *handle)
{
    struct handle way;

    memcpy(&way, handle->octets, sizeof way);
    return way.listener;
}

void tcp_listener_send(struct tcp_listener *listener, const struct query_handle *handle,
                       const uint8_t *octets, size_t length)
{
    struct stream *stream;
    struct handle way;

    memcpy(&way, handle->octets, sizeof way);
    if (way.index >= listener->slot_count)
        return;
    stream = &listener->slots[way.index];
    if (stream->state != STREAM_OPEN || stream->generation != way.generation)
        return; /* it has closed meanwhile */
    stream->in_flight--;
    if (length > 0)
        stream_answer(stream, octets, length);
    else
        mark_unsent(stream); /* closes it, where nothing is left to do, or reads on */
}
