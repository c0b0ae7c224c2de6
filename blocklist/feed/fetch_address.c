#include "blocklist/feed/fetch_address.h"

#include <string.h>

struct range {
    const char *prefix, *kind;
};

/* Wider than policy's rebinding guard, which must let answers of the operator's own names pass:
 * here nothing is lost, since `allow_private` is a word for each list. */
static const struct range ranges[] = {
    {"0.0.0.0/8",      "unspecified"             },
    {"10.0.0.0/8",     "private (RFC 1918)"      },
    {"100.64.0.0/10",  "carrier-grade NAT"       }, /* RFC 6598 */
    {"127.0.0.0/8",    "loopback"                },
    {"169.254.0.0/16", "link-local"              },
    {"172.16.0.0/12",  "private (RFC 1918)"      },
    {"192.0.0.0/24",   "reserved for protocols"  }, /* RFC 6890 */
    {"192.168.0.0/16", "private (RFC 1918)"      },
    {"198.18.0.0/15",  "reserved for benchmarks" }, /* RFC 2544 */
    {"224.0.0.0/4",    "multicast"               },
    {"240.0.0.0/4",    "reserved"                },
    {"::/128",         "unspecified"             },
    {"::1/128",        "loopback"                },
    {"64:ff9b:1::/48", "NAT64 of a local network"}, /* RFC 8215 */
    {"100::/64",       "discarded"               }, /* RFC 6666 */
    {"2001::/32",      "of a tunnel (Teredo)"    },
    {"fc00::/7",       "unique local (RFC 4193)" },
    {"fe80::/10",      "link-local"              },
    {"fec0::/10",      "site-local"              },
    {"ff00::/8",       "multicast"               },
};

/* Where the IPv4 address stands in the IPv6 addresses of a prefix. */
static const struct {
    const char *prefix;
    size_t at;
} embedded[] = {
    {"64:ff9b::/96", 12}, /* RFC 6052 §2.1 */
    {"2002::/16",    2 }, /* RFC 3056 §2 */
    {"::/96",        12}, /* IPv4-compatible, RFC 4291 §2.5.5.1 */
};

static const char *kind_of(const struct addr *addr)
{
    struct prefix prefix;

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (prefix_from_text(&prefix, ranges[i].prefix) == 0 && prefix_holds(&prefix, addr))
            return ranges[i].kind;
    return NULL;
}

const char *fetch_address_inside(const struct addr *addr)
{
    const char *kind = kind_of(addr);
    struct addr inner = {.bits = 32};
    struct prefix prefix;

    for (size_t i = 0; kind == NULL && i < sizeof embedded / sizeof *embedded; i++) {
        if (prefix_from_text(&prefix, embedded[i].prefix) != 0 || !prefix_holds(&prefix, addr))
            continue;
        memcpy(inner.octets, addr->octets + embedded[i].at, 4);
        kind = kind_of(&inner);
    }
    return kind;
}
