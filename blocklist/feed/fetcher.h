/* fetcher.h - downloads lists, in a process of its own.
 *
 * That process (fork of this one) has one uv loop, on which curl's multi interface, the name
 * lookups and the limits run; it writes what it gets, packed as it came, into incoming/, checks
 * signatures, and tells this one by a pipe. It ends with the last list, and takes curl's memory
 * with it. It never reads a list.
 *
 * A hostile server must not be able to do more than fail its own list: octets, time, speed,
 * redirects and addresses are bounded and checked in there, at the moment a connection is opened,
 * for each redirect anew. */
#ifndef BLOCKLIST_FEED_FETCHER_H
#define BLOCKLIST_FEED_FETCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/base/err.h"
#include "config/config.h"

struct fetcher;
struct sealed_memory;

struct fetch_request {
    const struct config_list *list;
    const struct sealed_memory *memory; /* a list that is no file: INTO is NULL, nothing is resumed,
                                           the file behind it gets the list's length, BODY is left
                                           0; the process is locked and not dumpable. Else NULL */
    const char *into;            /* the file to write; what is already there as INTO.part is resumed
                                    (RFC 9110 §14.2, with If-Range) */
    const char *etag, *modified; /* validators; "" for none: fetched without conditions */
};

enum fetch_outcome { FETCH_NEW, FETCH_UNCHANGED, FETCH_FAILED };

struct fetch_result {
    size_t request; /* index */
    enum fetch_outcome outcome;
    char etag[512], modified[64], media_type[100], final_url[512];
    int status;            /* of HTTP; 0 none */
    uint64_t octets;       /* fetched now */
    uint8_t body[32];      /* BLAKE2b-256 of the file at INTO, of FETCH_NEW; 0 with `memory` */
    int64_t signed_s;      /* the time that the publisher signed; 0 where none is */
    int64_t retry_after_s; /* the server's word, from now; 0 none */
    bool stale_validator;  /* a 304 contradicted itself, so that it was fetched again without
                              conditions */
    struct err fault;      /* of FETCH_FAILED: one line that names what and the cure */
};

struct fetch_hooks {
    void (*progress)(void *context, size_t request, uint64_t got,
                     uint64_t of);                                    /* of 0: not known */
    void (*result)(void *context, const struct fetch_result *result); /* once for each request */
    void (*done)(void *context); /* after the last; a fetcher that died has failed what was open */
    void *context;
};

/* Starts fetching REQUESTS[0..COUNT), which must live until `done`, as CONFIG's feeds and upstreams
 * have it. CALLS come on LOOP. Owner: the caller ends it with fetcher_end, from `done` or to stop
 * it early. Errors: NULL with ERR. */
struct fetcher *fetcher_start(uv_loop_t *loop, const struct config *config,
                              const struct fetch_request *requests, size_t count,
                              const struct fetch_hooks *hooks, struct err *err);

/* Ends FETCHER, and its process where it still runs; NULL is fine. Its handles are closed by the
 * loop's next turn. */
void fetcher_end(struct fetcher *fetcher);

#endif
