#include "resolver/listen/proxy.h"

#include <string.h>

#include "config/base/bytes.h"

enum { SIGNATURE_OCTETS = 12, VERSION = 2, COMMAND_LOCAL = 0, COMMAND_PROXY = 1 };

static const uint8_t signature[SIGNATURE_OCTETS] = "\r\n\r\n\0\r\nQUIT\n";

/* The combinations of family and transport that a receiver must know (§2.2); others are to be
 * refused. Of `local` ones the addresses say nothing to us. */
static const struct {
    uint8_t code, bits;
    uint8_t octets; /* of both addresses with their ports */
} families[] = {
    {0x00, 0,   0 }, /* unspecified */
    {0x11, 32,  12},
    {0x12, 32,  12}, /* IPv4, stream and datagram */
    {0x21, 128, 36},
    {0x22, 128, 36},
    {0x31, 0,   0 },
    {0x32, 0,   0 }, /* a path of this machine */
};

bool proxy_is_signed(const uint8_t *octets, size_t length)
{
    return length >= SIGNATURE_OCTETS && memcmp(octets, signature, SIGNATURE_OCTETS) == 0;
}

/* Reads the addresses P[0..SIZE) of FAMILY: first all of the source, then the destination, then the
 * ports. */
static enum proxy_result read_addresses(uint8_t family, const uint8_t *p, size_t size,
                                        struct proxy_header *header)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t width = families[i].bits / 8;

        if (families[i].code != family)
            continue;
        if (size < families[i].octets)
            return PROXY_BROKEN;
        if (width == 0)
            return PROXY_OK;
        addr_from_octets(&header->client.addr, p, families[i].bits);
        header->client.port = load_be16(p + 2 * width);
        return PROXY_OK;
    }
    return PROXY_BROKEN;
}

enum proxy_result proxy_read(const uint8_t *octets, size_t length, struct proxy_header *header)
{
    size_t known = length < SIGNATURE_OCTETS ? length : SIGNATURE_OCTETS, size;

    if (memcmp(octets, signature, known) != 0)
        return PROXY_BROKEN;
    if (length < PROXY_FIXED_OCTETS)
        return PROXY_MORE;
    size = load_be16(octets + 14);
    if (octets[12] >> 4 != VERSION || size > PROXY_OCTETS_MAX - PROXY_FIXED_OCTETS)
        return PROXY_BROKEN;
    if (length - PROXY_FIXED_OCTETS < size)
        return PROXY_MORE;
    *header = (struct proxy_header){.length = PROXY_FIXED_OCTETS + size};
    switch (octets[12] & 0xf) {
    case COMMAND_LOCAL:
        return PROXY_OK;
    case COMMAND_PROXY:
        return read_addresses(octets[13], octets + PROXY_FIXED_OCTETS, size, header);
    default:
        return PROXY_BROKEN;
    }
}

size_t proxy_write_local(uint8_t *out)
{
    memcpy(out, signature, SIGNATURE_OCTETS);
    out[SIGNATURE_OCTETS] = VERSION << 4 | COMMAND_LOCAL;
    memset(out + SIGNATURE_OCTETS + 1, 0, PROXY_FIXED_OCTETS - SIGNATURE_OCTETS - 1);
    return PROXY_FIXED_OCTETS;
}
