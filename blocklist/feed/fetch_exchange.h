/* fetch_exchange.h - one list, or its signature, from an address through its redirects to a reply.
 *
 * Each redirect is judged as if it were the first address: its scheme, its name's addresses, and
 * what of ours its server may see. */
#ifndef BLOCKLIST_FEED_FETCH_EXCHANGE_H
#define BLOCKLIST_FEED_FETCH_EXCHANGE_H

#include "blocklist/feed/fetch_transfer.h"
#include "blocklist/feed/resolve.h"

enum { FETCH_REDIRECTS_MAX = 10 };

struct fetch_exchange {
    struct fetch_world *world;
    struct fetch_ask ask;
    struct fetch_url first;                        /* of the list: who sees its secrets */
    void (*done)(struct fetch_exchange *exchange); /* once, from the loop */
    void *context;

    /* From here on: what came of it. */
    struct fetch_reply reply;
    struct err fault; /* ERR_NONE: the reply is whole; its status may still refuse us */
    bool cut_short;
    uint64_t octets;
    struct fetch_url url; /* the last one */

    bool left; /* was sent away from the list's own server: never trusted again */
    unsigned redirects;
    struct addr addrs[RESOLVE_ADDRS_MAX];
    struct resolve_lookup *lookup;
    struct fetch_transfer transfer;
    uv_timer_t timer; /* so that `done` is never called from within fetch_exchange_start */
    bool timer_ready;
};

/* Starts EXCHANGE at ADDRESS; its first part is filled, its rest 0 or as the last one left it. */
void fetch_exchange_start(struct fetch_exchange *exchange, const char *address);

/* Ends EXCHANGE where it runs; `done` is not called. */
void fetch_exchange_stop(struct fetch_exchange *exchange);

#endif
