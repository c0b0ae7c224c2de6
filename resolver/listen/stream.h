/* stream.h - one client's connection, and the listener it belongs to: shared by tcp.c (accepting,
 * limits, life) and stream.c (octets in and out), nobody else. */
#ifndef RESOLVER_LISTEN_STREAM_H
#define RESOLVER_LISTEN_STREAM_H

#include "config/base/log.h"
#include "resolver/listen/buffer.h"
#include "resolver/listen/listen.h"
#include "resolver/wire/dns.h"

enum {
    STREAM_BATCH = 16,         /* queries of one connection handed to the core at once */
    STREAM_TURN = 1024,        /* queries of all connections in one turn of the loop */
    STREAM_READ_OCTETS = 4096, /* of one recv */
    STREAM_FRAME_MAX = 2 + DNS_MESSAGE_MAX,
    STREAM_QUEUE_PAUSE = 16 * 1024, /* unsent octets from which on nothing is read */
    /* A peer that takes nothing while so much waits is gone: more than one batch can make. */
    STREAM_QUEUE_MOST = STREAM_QUEUE_PAUSE + STREAM_BATCH * STREAM_FRAME_MAX,
};

/* What a connection has to begin with. */
enum stream_start {
    STREAM_STARTED,       /* queries come */
    STREAM_NO_HEADER_YET, /* nothing has come; a proxy's header may not */
    STREAM_WANTS_HEADER,  /* it is a proxy's: its header (proxy.h) */
};

enum stream_state { STREAM_FREE, STREAM_OPEN, STREAM_CLOSING };

struct stream {
    uv_poll_t poll;
    struct tcp_listener *listener;
    enum stream_state state;
    int fd;
    uint32_t index, generation; /* in the handle of each query */
    uint32_t ifindex;
    struct endpoint client, local;
    enum stream_start start;
    struct endpoint asking; /* the client, or whom a proxy speaks for */
    uint32_t in_flight;     /* queries taken by the core and not yet answered */
    bool ended;             /* nothing more is read: half-closed, garbage, or the listener stops */
    bool blocked;           /* the kernel takes no more for now */
    struct buffer stash;    /* read and not yet handed to the core */
    struct buffer queue;    /* answers not yet sent */
    uint64_t turn;          /* of the last use, a number that grows */
    uint64_t active_ms;     /* last whole query in, or octets out */
    struct stream *older, *newer; /* by active_ms */
    struct stream *same_bucket;   /* of the clients' table */
    struct stream *next_unsent, *next_ready;
    bool unsent, ready; /* in these lists */
};

struct tcp_listener {
    uv_poll_t accept;
    uv_timer_t idle_timer, accept_timer;
    uv_idle_t resume;
    unsigned handles; /* of the listener's own that libuv has not closed yet */
    int fd, family;
    bool stopped, destroyed, pktinfo;
    const struct network_table *proxies; /* NULL: none */
    struct endpoint local;
    struct listen_context context;
    struct tcp_limits limits;
    struct log_limit log_limit;

    struct stream *slots;
    uint32_t slot_count, open, closing;
    struct stream *free;
    struct stream **buckets;
    uint32_t bucket_mask;
    struct stream *oldest, *newest;
    uint64_t turn;
    struct stream *first_unsent;             /* flushed before the loop waits */
    struct stream *first_ready, *last_ready; /* paused ones that may go on, in the next turn */
    unsigned served;                         /* queries, since the last flush */
    struct buffer_pool *pool;

    struct core_datagram datagrams[STREAM_BATCH];
    uint8_t in[STREAM_FRAME_MAX + STREAM_READ_OCTETS];
    uint8_t out[STREAM_BATCH][STREAM_FRAME_MAX];
};

/* Closes STREAM at once; queries of it in flight will find its generation gone. (tcp.c) */
void stream_close(struct stream *stream);

/* Notes that STREAM has done something useful: it is the last to be closed for idleness. (tcp.c) */
void stream_touch(struct stream *stream);

/* Sends what waits, and closes STREAM where that was its last. */
void stream_flush(struct stream *stream);

/* Goes on with what was read before a pause. */
void stream_resume(struct stream *stream);

/* Puts the answer OCTETS[0..LENGTH) behind what waits already. */
void stream_answer(struct stream *stream, const uint8_t *octets, size_t length);

/* Reads no more; STREAM closes when what is in flight is answered. */
void stream_end_input(struct stream *stream);

/* Has libuv watch for what STREAM can use now. */
void stream_watch(struct stream *stream);

#endif
