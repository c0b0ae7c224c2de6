/* fetch_reply.h - the header of an HTTP answer: what of it counts for a list, and whether a body is
 * wanted at all. */
#ifndef BLOCKLIST_FEED_FETCH_REPLY_H
#define BLOCKLIST_FEED_FETCH_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
    REPLY_HEADER_OCTETS_MAX = 64 << 10, /* of one answer */
    REPLY_RETRY_MAX_S = 86400,          /* a server may ask for a day of patience, not for ever */
};

struct fetch_reply {
    int status;
    bool header_ended;
    size_t header_octets;
    char etag[512], modified[64];      /* "" where there is none that can be used */
    char media_type[100], coding[100]; /* lower case, printable */
    char location[2048];
    int64_t length;                                /* Content-Length; -1: not told */
    bool ranged;                                   /* Content-Range told */
    uint64_t range_first, range_last, range_total; /* total 0: not known */
    int64_t retry_after_s;
    int64_t date_s; /* of the server; 0 none */
};

/* Makes REPLY one of which nothing has come. */
void fetch_reply_start(struct fetch_reply *reply);

/* Takes LINE[0..LENGTH), one line of a header as it came; after the header's end, trailers are
 * ignored. NOW_S is the time, for dates. Errors: -1 with ERR: more than REPLY_HEADER_OCTETS_MAX. */
int fetch_reply_line(struct fetch_reply *reply, const char *line, size_t length, int64_t now_s,
                     struct err *err);

/* Tells whether REPLY is a redirect that names a place (RFC 9110 §15.4). */
bool fetch_reply_redirects(const struct fetch_reply *reply);

/* Tells whether REPLY's body is a list or a part of one. */
bool fetch_reply_has_list(const struct fetch_reply *reply);

/* Judges a reply that is no redirect, no 304 and has no list: always -1, with ERR that names the
 * status and the cure. */
int fetch_reply_refuse(const struct fetch_reply *reply, struct err *err);

/* Judges type and coding of a reply that has a list. Errors: -1 with ERR: a picture is no list, and
 * a coding that nobody asked for cannot be read. PLAIN: no coding at all is taken. */
int fetch_reply_check_list(const struct fetch_reply *reply, bool plain, struct err *err);

/* Returns what can be sent as If-Range for REPLY (RFC 9110 §13.1.5): a strong validator, or NULL.
 */
const char *fetch_reply_strong(const struct fetch_reply *reply);

/* Tells whether entity tags A and B are the same, weak or not (RFC 9110 §8.8.3.2). */
bool fetch_etag_same(const char *a, const char *b);

#endif
