/* inside.h - what the files of this folder share: an upstream, and the whole of one worker's
 * upstreams. Nobody else includes it but tests. */
#ifndef RESOLVER_UPSTREAM_INSIDE_H
#define RESOLVER_UPSTREAM_INSIDE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "config/base/addr.h"
#include "config/base/log.h"
#include "config/base/random.h"
#include "config/config.h"
#include "resolver/upstream/flight.h"
#include "resolver/upstream/health.h"
#include "resolver/upstream/loop.h"
#include "resolver/upstream/tcp.h"
#include "resolver/upstream/udp.h"
#include "resolver/upstream/upstream.h"

enum {
    SERVERS_MAX = CONFIG_UPSTREAMS_MOST,
    GROUPS_MAX = SERVERS_MAX + 1, /* the usual one may have no server, each zone has one */
    UPSTREAM_PAYLOAD = 1232,      /* RFC 9715 §3: fits every path without fragments */
};

struct upstream {
    struct upstreams *upstreams;
    struct endpoint endpoint;
    char text[ADDR_TEXT_MAX];
    bool trusted;
    bool stream;  /* asked over TCP */
    bool retired; /* a reload took it out: closed when nothing waits, freed when nothing names it */
    uint32_t group;
    struct health health;
    uint32_t plain;          /* questions in a row that were answered only without OPT */
    uint64_t plain_until_ms; /* asked without OPT until then */
    struct try_queue queue;  /* to be sent as datagrams at the next flush */
    uint32_t waiting;        /* tries queued or open, */
    uint32_t late;           /* and of these, those whose time is over */
    uint32_t named;          /* tries of questions in flight, ended ones among them */
    uint32_t handles;        /* of libuv, not yet closed */
    struct udp udp;
    struct tcp tcp;
    uint64_t fold_until_ms; /* asked in lower case until then */
    struct loop_watch loop;
    uint64_t asked, answered, timeouts, mismatched, folded;
    struct upstream *next; /* retired */
    struct upstream *next_unsent;
    bool unsent; /* linked in upstreams->unsent */
};

struct upstreams {
    uv_loop_t *loop;
    upstream_done *done;
    void *context;
    const struct log *log;
    uint32_t timeout_ms, deadline_ms;
    uint32_t in_flight; /* with one server, at most */
    bool random_case;
    struct udp_limits limits;
    struct random random;
    struct flight flight;
    struct upstream *servers[SERVERS_MAX]; /* in the order of their groups */
    uint8_t group_ends[GROUPS_MAX];        /* where in SERVERS each group ends */
    uint64_t group_zones[GROUPS_MAX];      /* what each is there for: hash of the zone's name */
    size_t server_count;
    struct upstream *retired, *unsent;
    uint32_t channels;   /* numbers given out */
    uint32_t asked;      /* questions in this second */
    uint32_t early_left; /* sockets that may be replaced early in this second */
    uv_timer_t tick;     /* while questions are in flight, */
    uint64_t ticked_ms;  /* and when it last came */
    uv_timer_t second;   /* housekeeping */
    uv_prepare_t turn;   /* once a turn of the loop, what has been collected is sent */
    uint32_t handles;    /* of these three, not yet closed */
    bool ticking, closing;
    void (*closed)(void *context);
    void *closed_context;
    struct udp_batch *batch;
};

/* Has the next flush send what waits for SERVER. */
void upstreams_unsent(struct upstream *server);

/* Called by handles of SERVER when closed; frees what waits for that. */
void upstreams_handle_closed(struct upstream *server);

#endif
