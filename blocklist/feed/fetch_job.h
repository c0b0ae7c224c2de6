/* fetch_job.h - one list from its request to its result: conditions, resuming, its signature.
 *
 * A job is a slot that is used for one request after another. */
#ifndef BLOCKLIST_FEED_FETCH_JOB_H
#define BLOCKLIST_FEED_FETCH_JOB_H

#include "blocklist/feed/fetch_copy.h"
#include "blocklist/feed/fetch_exchange.h"
#include "blocklist/feed/fetch_part.h"

struct fetch_job {
    struct fetch_world *world;
    void (*ended)(struct fetch_job *job); /* its result is sent; it may be started anew */
    void *context;

    /* The rest is of the request in work. */
    bool busy;
    const struct fetch_request *request;
    struct fetch_result result;
    char host[256];                      /* of the list's address; "" of a file */
    struct fetch_sink body, signature;   /* what is fetched: INTO.part, and memory */
    char validator[FETCH_VALIDATOR_MAX]; /* of the part that is there */
    uint64_t from;                       /* its octets; 0: none */
    bool conditional;                    /* asked with the last good one's validators */
    bool kept;                           /* the part stays for the next run */
    bool anew;                           /* the part did not fit: fetched from the start */
    bool signature_again;                /* both were fetched twice already */
    uint64_t told_ms;                    /* when progress was told last */
    struct fetch_exchange exchange;
    struct fetch_copy copy;
    uv_timer_t timer; /* `time_most` */
    bool timer_ready;
};

/* Starts JOB, whose first part is filled, on REQUEST, the one with this INDEX. */
void fetch_job_start(struct fetch_job *job, const struct fetch_request *request, size_t index);

#endif
