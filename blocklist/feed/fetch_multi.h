/* fetch_multi.h - curl's multi interface on a libuv loop, by its sockets and its timer. */
#ifndef BLOCKLIST_FEED_FETCH_MULTI_H
#define BLOCKLIST_FEED_FETCH_MULTI_H

#include <curl/curl.h>
#include <uv.h>

struct fetch_multi;

/* Hears that EASY, whose CURLOPT_PRIVATE is CONTEXT, is over with CODE. EASY is no longer in the
 * multi and belongs to who hears it. */
typedef void fetch_multi_done(void *context, CURL *easy, CURLcode code);

/* Makes a multi on LOOP that keeps at most PER_HOST connections to one host. Errors: NULL. */
struct fetch_multi *fetch_multi_open(uv_loop_t *loop, long per_host, fetch_multi_done *done);

/* Starts EASY. Returns 0, or -1. */
int fetch_multi_add(struct fetch_multi *multi, CURL *easy);

/* Takes EASY out before it is over. */
void fetch_multi_remove(struct fetch_multi *multi, CURL *easy);

#endif
