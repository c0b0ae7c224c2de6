/* addr.h - IP addresses, prefixes, and addresses with a port.
 *
 * An IPv4 address that arrives as ::ffff:a.b.c.d is that IPv4 address: rules for it hold on every
 * socket. A link-local IPv6 address keeps its scope (RFC 4007 §6); scope 0 in a rule fits every
 * link. */
#ifndef CONFIG_BASE_ADDR_H
#define CONFIG_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
    uint8_t octets[16]; /* 4 for IPv4, network order; the rest is 0 */
    uint8_t bits;       /* 32 (IPv4), 128 (IPv6), 0 (none) */
    uint32_t scope;     /* interface index of a link-local IPv6 address, else 0 */
};

struct prefix {
    struct addr addr; /* host bits are 0 */
    uint8_t length;
};

struct endpoint {
    struct addr addr;
    uint16_t port;
};

enum { ADDR_TEXT_MAX = 80 };

/* Reads TEXT, as `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0`, into ADDR. Returns 0, or -1 where it
 * is none. */
int addr_from_text(struct addr *addr, const char *text);

/* Makes ADDR the one that OCTETS are, 4 for BITS 32, 16 for 128; ::ffff:0:0/96 becomes IPv4. */
void addr_from_octets(struct addr *addr, const uint8_t *octets, unsigned bits);

/* Reads TEXT, as `192.0.2.0/24` or a single address, into PREFIX. ::ffff:192.0.2.0/120 is that IPv4
 * prefix too. Returns 0, or -1 where it is none or has host bits. */
int prefix_from_text(struct prefix *prefix, const char *text);

/* Like prefix_from_text, but clears host bits instead of refusing them: the prefix around an
 * address. */
int prefix_around(struct prefix *prefix, const char *text);

/* Makes PREFIX the range of LENGTH bits, at most ADDR's, around ADDR. */
void prefix_of(struct prefix *prefix, const struct addr *addr, unsigned length);

/* Reads TEXT, as `192.0.2.1@53` or an address alone (then PORT_DEFAULT), into ENDPOINT. Returns 0
 * or -1. */
int endpoint_from_text(struct endpoint *endpoint, const char *text, uint16_t port_default);

/* Write the text of each into OUT (ADDR_TEXT_MAX) and return OUT. An endpoint is written
 * `address@port`. */
char *addr_to_text(const struct addr *addr, char *out);
char *prefix_to_text(const struct prefix *prefix, char *out);
char *endpoint_to_text(const struct endpoint *endpoint, char *out);

/* Fills ENDPOINT from SA (AF_INET or AF_INET6), ::ffff:0:0/96 turned into IPv4. Returns 0, -1 for
 * other families. */
int endpoint_from_sockaddr(struct endpoint *endpoint, const struct sockaddr *sa);

/* Fills SA from ENDPOINT; returns its length. */
socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *sa);

/* Tells whether A and B are the same address; a scope of 0 fits every scope. */
bool addr_equal(const struct addr *a, const struct addr *b);

/* Tells whether ADDR lies in PREFIX; a scope of 0 in PREFIX fits every link. */
bool prefix_holds(const struct prefix *prefix, const struct addr *addr);

/* Tells whether ADDR is a loopback address (127.0.0.0/8, ::1), and whether it is the unspecified
 * address. */
bool addr_is_loopback(const struct addr *addr);
bool addr_is_any(const struct addr *addr);

#endif
