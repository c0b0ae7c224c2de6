/* options.h - the options in an OPT record's data (RFC 6891 §6.1.2), one after the other.
 *
 * Clients' and upstreams' options are walked by the same piece, so that their bounds are checked in
 * one place. */
#ifndef RESOLVER_WIRE_OPTIONS_H
#define RESOLVER_WIRE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

struct option {
    uint16_t code;
    const uint8_t *data;
    size_t length;
};

struct options {
    const uint8_t *at; /* of the next one */
    size_t left;       /* octets of data from there on */
};

enum options_step { OPTIONS_END, OPTIONS_NEXT, OPTIONS_BROKEN };

/* Reads the next of OPTIONS into OPTION and moves behind it: OPTIONS_NEXT; OPTIONS_END after the
 * last one, OPTIONS_BROKEN where it reaches beyond the data. */
enum options_step options_next(struct options *options, struct option *option);

#endif
