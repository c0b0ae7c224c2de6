/* leases.h - what DHCP servers know of devices: their MACs and the names they call themselves by.
 *
 * For `stairgate devices import`: the files of dnsmasq (dnsmasq.leases), Kea (the CSV of its
 * memfile backend) and ISC (dhcpd.leases). A device says its name itself, and says what it likes:
 * it is a hint for a person, never evidence. */
#ifndef TOOLS_STAIRGATE_LEASES_H
#define TOOLS_STAIRGATE_LEASES_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum { LEASE_NAME_MAX = 64, LEASES_OCTETS_MAX = 64 << 20 };

struct lease {
    uint8_t mac[6];
    char name[LEASE_NAME_MAX]; /* letters, digits, - and _; "" where there is none */
    size_t order;              /* of its place in the file */
};

/* One for each MAC, sorted by it; where a file speaks of one more than once, as Kea's and ISC's do,
 * which are written at their end, it is the last word, with the last name. */
struct leases {
    struct lease *items;
    size_t count, room;
    size_t skipped; /* lines or leases that hold no MAC that can be read */
};

/* Reads TEXT[0..LENGTH), whose kind shows in its first line, into LEASES; messages call it PATH.
 * Owner:  the caller frees LEASES with leases_free, also after an error.
 * Errors: -1 with ERR_FORMAT where it is of none of the three kinds, ERR_MEMORY. */
int leases_read(struct leases *leases, const char *path, const char *text, size_t length,
                struct err *err);

/* Frees what LEASES holds. */
void leases_free(struct leases *leases);

#endif
