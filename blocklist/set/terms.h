/* terms.h - what a listing says beyond "this name is listed": for which types, with which answer,
 * whether exceptions of its own list lift it. Nearly no listing says any of it, so that it costs
 * those that do, and nobody else. */
#ifndef BLOCKLIST_SET_TERMS_H
#define BLOCKLIST_SET_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a listed name is to be answered, where a profile blocks it. */
enum terms_action {
    TERMS_STYLE,    /* as the profile has it */
    TERMS_NXDOMAIN, /* the name does not exist */
    TERMS_NODATA,   /* no record of the type */
    TERMS_REFUSED,  /* REFUSED */
    TERMS_DROP,     /* no answer at all */
    TERMS_TCP,      /* over UDP: truncated, without a record; over TCP the name is clean */
    TERMS_REWRITE, /* the records of `records`; NODATA where they have none of the type asked for */
    TERMS_ACTIONS
};

enum { TERMS_TYPES_MAX = 8, TERMS_RECORDS_MAX = 4096 };

/* All zero: a plain listing. */
struct terms {
    uint8_t action; /* enum terms_action */
    bool important; /* exceptions of the same list do not lift it */
    bool scoped;    /* of an exception: it takes back what stands above it, and leaves what the same
                       list says at or below it */
    uint16_t scope; /* of a listing: not 0 where it has exceptions of its own (AdGuard's denyallow);
                       of a scoped exception: it takes back listings of this scope, 0 of any */
    bool all_but;   /* types are those that it does not hold for */
    uint8_t type_count; /* 0: it holds for every type */
    uint16_t types[TERMS_TYPES_MAX];
    /* Of TERMS_REWRITE: records one after the other, each u16 type, u16 length of the RDATA, RDATA
     * in wire format with names uncompressed and lower-cased; both numbers in network order. Owner:
     * the caller. */
    const uint8_t *records;
    size_t records_length;
};

#endif
