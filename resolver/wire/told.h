/* told.h - what a resolver in front says of who asks, in the options of its OPT.
 *
 * Options without a standard, as dnsmasq and what speaks to Nominum's servers send them: 65001, the
 * MAC (--add-mac), 65073, a device (--add-mac=base64 and =text put the MAC here), 65074, a line
 * (--add-cpe-id); and the client subnet of RFC 7871, where it is one address. */
#ifndef RESOLVER_WIRE_TOLD_H
#define RESOLVER_WIRE_TOLD_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"
#include "policy/who/device_key.h"

struct told {
    struct device_key device, line; /* length 0: not said */
    struct addr client;             /* bits 0: not said */
};

/* Reads OPTIONS[0..LENGTH), the data of an OPT, into TOLD; of an option that stands there twice the
 * last counts, since who adds one adds it at the end. What holds nothing that can be read says
 * nothing. Returns 0; -1 for FORMERR: broken options, or a client subnet whose octets do not fit
 * its length.
 * RFC: 6891 §6.1.2, 7871 §6. */
int told_read(const uint8_t *options, size_t length, struct told *told);

#endif
