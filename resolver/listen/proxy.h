/* proxy.h - the header of version 2 that a load balancer puts before what it passes on, and in
 * which it says for whom (the PROXY protocol of HAProxy, §2.2). */
#ifndef RESOLVER_LISTEN_PROXY_H
#define RESOLVER_LISTEN_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"

enum {
    PROXY_FIXED_OCTETS = 16,
    PROXY_OCTETS_MAX = 2048, /* with its TLVs, of which we read none */
};

enum proxy_result {
    PROXY_OK,
    PROXY_MORE,   /* so far it may become one */
    PROXY_BROKEN, /* it is none, of another version, or too long */
};

struct proxy_header {
    size_t length;
    /* For whom; bits 0 where that is the proxy itself (LOCAL), or somebody without an IP address:
     * then it is who the socket says. */
    struct endpoint client;
};

/* Reads the header at the start of OCTETS[0..LENGTH) into HEADER, which is filled on PROXY_OK. */
enum proxy_result proxy_read(const uint8_t *octets, size_t length, struct proxy_header *header);

/* Tells whether OCTETS[0..LENGTH) start with the signature of a header; no DNS message does that is
 * worth an answer. */
bool proxy_is_signed(const uint8_t *octets, size_t length);

/* Writes the header with which a proxy asks for itself (LOCAL, §2.2) into OUT (PROXY_FIXED_OCTETS);
 * returns its length. */
size_t proxy_write_local(uint8_t *out);

#endif
