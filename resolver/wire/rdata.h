/* rdata.h - where names stand in the data of a record, type by type.
 *
 * A message cannot be rebuilt, nor compared, without that: names in the data may be compressed
 * against octets that the new message will not have. Only types that RFC 3597 §4 lists may be
 * compressed at all; the data of an unknown type is plain octets. */
#ifndef RESOLVER_WIRE_RDATA_H
#define RESOLVER_WIRE_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

enum {
    RDATA_EXPANDED_MAX = 2048 /* of a type whose names may be compressed: NAPTR and PX need most */
};

enum rdata_kind {
    RDATA_END,
    RDATA_OCTETS,     /* as they stand */
    RDATA_NAME,       /* may come compressed, may be sent compressed: RFC 1035's own types */
    RDATA_OTHER_NAME, /* may come compressed, is sent uncompressed */
    RDATA_BROKEN,     /* the data does not have the form of its type */
};

/* The data of one record, read part by part. */
struct rdata {
    const uint8_t *octets;
    size_t at, end;       /* what is left of the data */
    const char *layout;   /* what must come, see rdata.c */
    size_t start, length; /* the part read last, where it is RDATA_OCTETS */
    struct name_buf name; /* the part read last, where it is a name */
};

/* Starts reading OCTETS[AT..AT+LENGTH), the data of a record of TYPE and class IN; what stands
 * before AT may be pointed to. */
void rdata_start(struct rdata *rdata, const uint8_t *octets, size_t at, size_t length,
                 uint16_t type);

/* Reads the next part. */
enum rdata_kind rdata_next(struct rdata *rdata);

/* Tells whether OCTETS[AT..AT+LENGTH) has the form of TYPE, to its last octet. */
bool rdata_is_sound(const uint8_t *octets, size_t at, size_t length, uint16_t type);

/* Tells whether names in the data of TYPE may be compressed, so that it has to be expanded. */
bool rdata_may_be_compressed(uint16_t type);

/* Writes what is left of RDATA, names uncompressed, into OUT[0..ROOM); returns the length, -1 where
 * the data is broken or does not fit. */
long rdata_expand(struct rdata *rdata, uint8_t *out, size_t room);

#endif
