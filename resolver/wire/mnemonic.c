#include "resolver/wire/mnemonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolver/wire/dns.h"

/* Types that clients ask for in a house or a school; the others have their numbers. */
static const struct {
    const char *word;
    uint16_t type;
} types[] = {
    {"A",      DNS_A     },
    {"NS",     DNS_NS    },
    {"CNAME",  DNS_CNAME },
    {"SOA",    DNS_SOA   },
    {"PTR",    DNS_PTR   },
    {"HINFO",  DNS_HINFO },
    {"MX",     DNS_MX    },
    {"TXT",    DNS_TXT   },
    {"AAAA",   DNS_AAAA  },
    {"SRV",    DNS_SRV   },
    {"DNAME",  DNS_DNAME },
    {"DS",     DNS_DS    },
    {"DNSKEY", DNS_DNSKEY},
    {"SVCB",   DNS_SVCB  },
    {"HTTPS",  DNS_HTTPS },
    {"ANY",    DNS_ANY   },
};
enum { TYPE_COUNT = sizeof types / sizeof *types };

static const char *const rcodes[] = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
};

int mnemonic_read_type(const char *text, uint16_t *type)
{
    char *end;
    unsigned long number;

    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcasecmp(text, types[i].word) == 0) {
            *type = types[i].type;
            return 0;
        }
    }
    if (strncasecmp(text, "TYPE", 4) != 0 || text[4] < '0' || text[4] > '9')
        return -1;
    number = strtoul(text + 4, &end, 10);
    *type = (uint16_t)number;
    return *end != '\0' || number > UINT16_MAX ? -1 : 0;
}

char *mnemonic_type(uint16_t type, char *out)
{
    snprintf(out, MNEMONIC_MAX, "TYPE%u", type);
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types[i].type == type)
            snprintf(out, MNEMONIC_MAX, "%s", types[i].word);
    }
    return out;
}

char *mnemonic_rcode(uint16_t rcode, char *out)
{
    if (rcode < sizeof rcodes / sizeof *rcodes)
        snprintf(out, MNEMONIC_MAX, "%s", rcodes[rcode]);
    else
        snprintf(out, MNEMONIC_MAX, "RCODE%u", rcode);
    return out;
}
