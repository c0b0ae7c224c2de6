/* fake_upstream.h - upstreams that do as told, in the loop of the test itself, on ports of the
 * kernel's choice. */
#ifndef TESTS_UNIT_FAKE_UPSTREAM_H
#define TESTS_UNIT_FAKE_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum fake_way {
    FAKE_GOOD, /* one address, 192.0.2.N */
    FAKE_SILENT,
    FAKE_SERVFAIL,
    FAKE_REFUSED,
    FAKE_WRONG_ID, /* this and the six below: a lie first, then the right answer */
    FAKE_WRONG_NAME,
    FAKE_WRONG_TYPE,
    FAKE_WRONG_PORT,
    FAKE_QUERY_BACK,
    FAKE_GARBAGE,
    FAKE_WRONG_CASE,   /* the letter case of one letter */
    FAKE_LIE,          /* wrong name only */
    FAKE_FOLDS,        /* answers in lower case */
    FAKE_NO_EDNS,      /* FORMERR to OPT */
    FAKE_BARE_NO_EDNS, /* FORMERR to OPT, header only */
    FAKE_DROPS_EDNS,   /* silent to OPT */
    FAKE_CUT,          /* TC */
    FAKE_LONG,         /* larger than our receive buffer */
    FAKE_HELD,         /* answers when fake_release is called */
};

enum fake_stream {
    STREAM_GOOD,
    STREAM_CLOSES, /* at the first query */
    STREAM_HANGS,
    STREAM_HALF,         /* half a message, then closes */
    STREAM_REVERSED,     /* collects three queries, answers the last first */
    STREAM_DRIBBLES,     /* an octet a turn of the loop */
    STREAM_LARGE,        /* 64 KiB */
    STREAM_WRONG_ID,     /* a lie first */
    STREAM_CUT,          /* TC over TCP */
    STREAM_FOLDS,        /* answers in lower case */
    STREAM_HANGS_FIRST,  /* the first connection; later ones are good */
    STREAM_CLOSES_FIRST, /* the first connection at its first query; later ones are good */
    STREAM_LIMITED,      /* each connection closes after `limit` answers */
    STREAM_DEAF,         /* connections are taken but not read, until fake_hear */
};

enum { FAKE_LOG_MAX = 4096 };

struct fake {
    uv_loop_t *loop;
    uv_udp_t udp, other;
    uv_tcp_t listener;
    uint16_t port;
    uint8_t number; /* in its answers */
    enum fake_way way;
    enum fake_stream stream;
    bool listening;
    unsigned limit;
    unsigned datagrams, streamed, connections, without_opt;
    unsigned reads; /* of all connections */
    struct {
        uint16_t id, port;
    } log[FAKE_LOG_MAX]; /* of datagrams */
    uint8_t last[512];   /* the last query */
    size_t last_length;
    uint8_t held[64][512];
    size_t held_length[64];
    struct sockaddr_storage held_from[64];
    unsigned held_count;
    struct fake_connection *open;
};

/* Opens FAKE on LOOP, 127.0.0.1, at a free port (PORT 0) or PORT; with TCP where STREAMS. */
void fake_open(struct fake *fake, uv_loop_t *loop, uint8_t number, uint16_t port, bool streams);
void fake_close(struct fake *fake);

/* Begins to take TCP connections, and ends that. */
void fake_listen(struct fake *fake);
void fake_unlisten(struct fake *fake);

/* Reads from now on what STREAM_DEAF did not. */
void fake_hear(struct fake *fake);

/* Answers what has been held. */
void fake_release(struct fake *fake);

#endif
