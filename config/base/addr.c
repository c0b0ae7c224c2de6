/* addr.c - addresses and prefixes: what people write, and what the kernel gives.
 *
 * The problem: one IPv4 client has two spellings (192.0.2.1 and ::ffff:192.0.2.1), one link-local
 * address is another device on each link, and a rule must hold for all of them alike. The idea:
 * every way in ends in from_octets6 or in plain IPv4, so that only one form is ever compared; a
 * scope is kept as the interface's number.
 *
 * Dropped: getaddrinfo, which reads 10.1 as 10.0.0.1 and may ask a resolver. */
#include "config/base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void from_octets6(struct addr *addr, const uint8_t *octets, uint32_t scope)
{
    memset(addr, 0, sizeof *addr);
    if (memcmp(octets, mapped_prefix, sizeof mapped_prefix) == 0) {
        memcpy(addr->octets, octets + 12, 4);
        addr->bits = 32;
        return;
    }
    memcpy(addr->octets, octets, 16);
    addr->bits = 128;
    addr->scope = scope;
}

void addr_from_octets(struct addr *addr, const uint8_t *octets, unsigned bits)
{
    if (bits == 128) {
        from_octets6(addr, octets, 0);
        return;
    }
    *addr = (struct addr){.bits = 32};
    memcpy(addr->octets, octets, 4);
}

static int read_number(const char *text, unsigned long most, unsigned long *value)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return -1;
    *value = strtoul(text, &end, 10);
    return *end != '\0' || *value > most ? -1 : 0;
}

static int read_scope(const char *text, uint32_t *scope)
{
    unsigned long number;

    *scope = if_nametoindex(text);
    if (*scope != 0)
        return 0;
    if (read_number(text, UINT32_MAX, &number) != 0 || number == 0)
        return -1;
    *scope = (uint32_t)number;
    return 0;
}

int addr_from_text(struct addr *addr, const char *text)
{
    char copy[ADDR_TEXT_MAX];
    uint8_t octets[16];
    uint32_t scope = 0;
    char *percent;

    if (strlen(text) >= sizeof copy)
        return -1;
    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, text, addr->octets) == 1) {
        addr->bits = 32;
        return 0;
    }
    memcpy(copy, text, strlen(text) + 1);
    percent = strchr(copy, '%');
    if (percent != NULL) {
        *percent = '\0';
        if (read_scope(percent + 1, &scope) != 0)
            return -1;
    }
    if (inet_pton(AF_INET6, copy, octets) != 1)
        return -1;
    from_octets6(addr, octets, scope);
    return 0;
}

static void clear_host_bits(struct addr *addr, unsigned length)
{
    for (unsigned bit = length; bit < 128; bit++)
        addr->octets[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
}

/* Reads the bits behind the slash; TEXT is the whole prefix, ADDR what stands before it. */
static int read_length(const struct addr *addr, const char *text, const char *slash,
                       uint8_t *length)
{
    bool mapped = addr->bits == 32 && memchr(text, ':', (size_t)(slash - text)) != NULL;
    unsigned long least = mapped ? 96 : 0, bits;

    if (read_number(slash + 1, least + addr->bits, &bits) != 0 || bits < least)
        return -1;
    *length = (uint8_t)(bits - least);
    return 0;
}

static int read_prefix(struct prefix *prefix, const char *text)
{
    char copy[ADDR_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);

    if (length >= sizeof copy)
        return -1;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (addr_from_text(&prefix->addr, copy) != 0)
        return -1;
    prefix->length = prefix->addr.bits;
    return slash == NULL ? 0 : read_length(&prefix->addr, text, slash, &prefix->length);
}

int prefix_around(struct prefix *prefix, const char *text)
{
    if (read_prefix(prefix, text) != 0)
        return -1;
    clear_host_bits(&prefix->addr, prefix->length);
    return 0;
}

void prefix_of(struct prefix *prefix, const struct addr *addr, unsigned length)
{
    prefix->addr = *addr;
    prefix->length = (uint8_t)length;
    clear_host_bits(&prefix->addr, length);
}

int prefix_from_text(struct prefix *prefix, const char *text)
{
    struct addr whole;

    if (read_prefix(prefix, text) != 0)
        return -1;
    whole = prefix->addr;
    clear_host_bits(&prefix->addr, prefix->length);
    return memcmp(whole.octets, prefix->addr.octets, sizeof whole.octets) == 0 ? 0 : -1;
}

int endpoint_from_text(struct endpoint *endpoint, const char *text, uint16_t port_default)
{
    char copy[ADDR_TEXT_MAX];
    const char *at = strchr(text, '@');
    size_t length = at == NULL ? strlen(text) : (size_t)(at - text);
    unsigned long port = port_default;

    if (length >= sizeof copy)
        return -1;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (addr_from_text(&endpoint->addr, copy) != 0)
        return -1;
    if (at != NULL && (read_number(at + 1, UINT16_MAX, &port) != 0 || port == 0))
        return -1;
    endpoint->port = (uint16_t)port;
    return 0;
}

char *addr_to_text(const struct addr *addr, char *out)
{
    size_t used;

    out[0] = '\0';
    if (addr->bits == 0)
        return out;
    must(inet_ntop(addr->bits == 32 ? AF_INET : AF_INET6, addr->octets, out, ADDR_TEXT_MAX) !=
         NULL);
    used = strlen(out);
    if (addr->scope != 0) {
        char name[IF_NAMESIZE];

        if (if_indextoname(addr->scope, name) != NULL)
            snprintf(out + used, ADDR_TEXT_MAX - used, "%%%s", name);
        else
            snprintf(out + used, ADDR_TEXT_MAX - used, "%%%u", addr->scope);
    }
    return out;
}

char *prefix_to_text(const struct prefix *prefix, char *out)
{
    size_t used;

    addr_to_text(&prefix->addr, out);
    used = strlen(out);
    if (prefix->length < prefix->addr.bits)
        snprintf(out + used, ADDR_TEXT_MAX - used, "/%u", prefix->length);
    return out;
}

char *endpoint_to_text(const struct endpoint *endpoint, char *out)
{
    size_t used;

    addr_to_text(&endpoint->addr, out);
    used = strlen(out);
    snprintf(out + used, ADDR_TEXT_MAX - used, "@%u", endpoint->port);
    return out;
}

int endpoint_from_sockaddr(struct endpoint *endpoint, const struct sockaddr *sa)
{
    memset(endpoint, 0, sizeof *endpoint);
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;

        memcpy(endpoint->addr.octets, &in->sin_addr, 4);
        endpoint->addr.bits = 32;
        endpoint->port = ntohs(in->sin_port);
        return 0;
    }
    if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;

        from_octets6(&endpoint->addr, in6->sin6_addr.s6_addr, in6->sin6_scope_id);
        endpoint->port = ntohs(in6->sin6_port);
        return 0;
    }
    return -1;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *sa)
{
    memset(sa, 0, sizeof *sa);
    if (endpoint->addr.bits == 32) {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)sa;

        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, endpoint->addr.octets, 4);
        in->sin_port = htons(endpoint->port);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)sa;

    in6->sin6_family = AF_INET6;
    memcpy(&in6->sin6_addr, endpoint->addr.octets, 16);
    in6->sin6_port = htons(endpoint->port);
    in6->sin6_scope_id = endpoint->addr.scope;
    return sizeof *in6;
}

static bool scopes_fit(uint32_t a, uint32_t b)
{
    return a == 0 || b == 0 || a == b;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return a->bits == b->bits && memcmp(a->octets, b->octets, sizeof a->octets) == 0 &&
           scopes_fit(a->scope, b->scope);
}

bool prefix_holds(const struct prefix *prefix, const struct addr *addr)
{
    unsigned whole = prefix->length / 8, rest = prefix->length % 8;
    uint8_t mask = (uint8_t)(0xff00 >> rest);

    if (prefix->addr.bits != addr->bits ||
        (prefix->addr.scope != 0 && prefix->addr.scope != addr->scope))
        return false;
    if (memcmp(prefix->addr.octets, addr->octets, whole) != 0)
        return false;
    return rest == 0 || ((prefix->addr.octets[whole] ^ addr->octets[whole]) & mask) == 0;
}

bool addr_is_loopback(const struct addr *addr)
{
    static const uint8_t one[16] = {[15] = 1};

    return addr->bits == 32 ? addr->octets[0] == 127 : memcmp(addr->octets, one, 16) == 0;
}

bool addr_is_any(const struct addr *addr)
{
    static const uint8_t zero[16];

    return memcmp(addr->octets, zero, 16) == 0;
}
