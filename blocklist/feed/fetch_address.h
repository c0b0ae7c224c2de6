/* fetch_address.h - which addresses no list from outside may be fetched from. */
#ifndef BLOCKLIST_FEED_FETCH_ADDRESS_H
#define BLOCKLIST_FEED_FETCH_ADDRESS_H

#include "config/base/addr.h"

/* Returns what kind of address of this machine, this network or no host at all ADDR is, such as
 * `loopback`; NULL for one that is reached through the internet. An IPv4 address within an IPv6
 * form (6to4, NAT64) counts as that one. */
const char *fetch_address_inside(const struct addr *addr);

#endif
