/* fetch_url.h - addresses of lists, taken apart and checked before anything is opened. */
#ifndef BLOCKLIST_FEED_FETCH_URL_H
#define BLOCKLIST_FEED_FETCH_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/base/addr.h"

struct err;

enum { FETCH_URL_MAX = 2048, FETCH_URL_SHOWN_MAX = 200 };

struct fetch_url {
    char text[FETCH_URL_MAX];                        /* normalised, no fragment */
    char scheme[16], host[256], path[FETCH_URL_MAX]; /* path: decoded, of file:// alone */
    uint16_t port;
    bool literal;     /* the host is an address: */
    struct addr addr; /* this one */
};

/* Takes TEXT apart into URL; relative to BASE, where it is not NULL. Errors: -1 with ERR: no URL, a
 * scheme other than https, http and file, user and password in it, a host beyond ASCII. */
int fetch_url_parse(struct fetch_url *url, const struct fetch_url *base, const char *text,
                    struct err *err);

/* Tells whether A and B are one origin (RFC 6454 §5): who may see what is secret. */
bool fetch_url_same_origin(const struct fetch_url *a, const struct fetch_url *b);

/* Writes URL into OUT[0..ROOM) as it may be shown, and returns OUT: without its query, which often
 * is a password, and cut. */
char *fetch_url_show(const struct fetch_url *url, char *out, size_t room);

/* Copies TEXT, which a stranger wrote, into OUT[0..ROOM): what is not plain ASCII becomes `?`. */
char *fetch_text_show(const char *text, char *out, size_t room);

#endif
