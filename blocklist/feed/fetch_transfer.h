/* fetch_transfer.h - one request and its answer, by curl, with every bound of ours on it. Redirects
 * are not followed here: each is a new transfer (fetch_exchange.h). */
#ifndef BLOCKLIST_FEED_FETCH_TRANSFER_H
#define BLOCKLIST_FEED_FETCH_TRANSFER_H

#include <curl/curl.h>

#include "blocklist/feed/fetch_child.h"
#include "blocklist/feed/fetch_reply.h"
#include "blocklist/feed/fetch_sink.h"
#include "blocklist/feed/fetch_url.h"
#include "config/base/addr.h"

/* What to ask, and where the answer goes. Conditions are NULL where there are none. */
struct fetch_ask {
    const struct config_list *list;
    struct fetch_sink *sink; /* cut to FROM by whoever asks; cut to 0 here where the server does not
                                go on from there */
    const char *etag, *modified; /* RFC 9110 §13.1 */
    const char *if_range;        /* with FROM */
    uint64_t from;               /* octets that are there already; 0: the whole is wanted */
    bool plain;                  /* no content coding: it is signed, or packed anyway */
    void (*progress)(void *context, uint64_t got, uint64_t of);
    void *context;
};

struct fetch_transfer {
    struct fetch_world *world;
    const struct fetch_ask *ask;
    struct fetch_url url;
    bool own;                 /* the list's own server: it may see what is secret */
    bool http;                /* the plain scheme may be used */
    const struct addr *addrs; /* of the host; not used where it is an address */
    size_t addr_count;
    void (*done)(struct fetch_transfer *transfer); /* once, unless it is stopped before */
    void *context;

    /* From here on: what came of it. */
    struct fetch_reply reply;
    struct err fault; /* ERR_NONE: the reply is whole */
    bool enough;      /* the header says all that there is to know */
    bool cut_short;   /* octets that came are good, more would have been wanted */
    uint64_t octets;

    CURL *easy;
    struct curl_slist *headers, *resolve;
    char curl_text[CURL_ERROR_SIZE];
};

/* Starts TRANSFER, whose first part is filled and whose rest is 0. Errors: -1 with its fault. */
int fetch_transfer_start(struct fetch_transfer *transfer);

/* Called by the multi when curl is done with TRANSFER. */
void fetch_transfer_ended(struct fetch_transfer *transfer, CURLcode code);

/* Ends TRANSFER where it runs, and frees what it holds. */
void fetch_transfer_stop(struct fetch_transfer *transfer);

#endif
