#include "blocklist/format/boilerplate.h"

#include <string.h>

#include "blocklist/format/hostname.h"

/* Wire format, as literals: a length octet before each label. */
#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text)                                                                         \
    }

static const struct {
    const char *wire;
    size_t length; /* the final 0 included */
} names[] = {
    NAME("\011localhost"),
    NAME("\011localhost\013localdomain"),
    NAME("\011localhost\005local"),
    NAME("\012localhost4"),
    NAME("\012localhost4\014localdomain4"),
    NAME("\012localhost6"),
    NAME("\012localhost6\014localdomain6"),
    NAME("\013localdomain"),
    NAME("\005local"),
    NAME("\015broadcasthost"),
};

enum { LABELS_MAX = 2 };

bool boilerplate_name(const struct hostname *host)
{
    const uint8_t *wire = host->name.wire;

    if (host->labels > LABELS_MAX)
        return false;
    /* ip6-localhost, ip6-loopback, ip6-allnodes and what systems add to them */
    if (host->labels == 1 && wire[0] >= 4 && memcmp(wire + 1, "ip6-", 4) == 0)
        return true;
    if (wire[1] != 'l' && wire[1] != 'b')
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].length == host->name.length &&
            memcmp(names[i].wire, wire, host->name.length) == 0)
            return true;
    }
    return false;
}
