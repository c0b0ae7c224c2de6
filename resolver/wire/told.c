/* told.c - MACs, lines and addresses out of EDNS options.
 *
 * The problem: there is no standard for saying which device asks, and one resolver, dnsmasq, says
 * it in three ways: the six octets in option 65001, or in option 65073 as base64 (eight characters)
 * or as text with colons. The idea: both options are taken in both kinds of text; what is in 65073
 * and is neither is a name that the network gave the device, and 65074 holds one of the line.
 *
 * A name of eight characters in 65073 that could be base64 is read as a MAC: a name of another
 * length, or one in 65074, is safe.
 *
 * Dropped: the client subnet of a whole network (RFC 7871's first use): it tells where somebody is
 * and not who he is. */
#include "resolver/wire/told.h"

#include <stdbool.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/text.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/options.h"

enum { MAC_OCTETS = 6, MAC_BASE64 = 8, MAC_TEXT = 17, SUBNET_FIXED_OCTETS = 4 };

enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 }; /* RFC 7871 §6, IANA address family numbers */

/* All zeros is nobody's, and the lowest bit of the first octet is a group's (IEEE 802). */
static bool give_mac(struct device_key *key, const uint8_t *mac)
{
    static const uint8_t none[MAC_OCTETS];

    if ((mac[0] & 1) != 0 || memcmp(mac, none, MAC_OCTETS) == 0)
        return false;
    device_key_of_mac(mac, key);
    return true;
}

static int base64_digit(uint8_t c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* RFC 4648 §4; six octets need no padding. */
static bool read_base64(const uint8_t *text, uint8_t *mac)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < MAC_BASE64; i++) {
        int digit = base64_digit(text[i]);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint64_t)digit;
    }
    for (size_t i = 0; i < MAC_OCTETS; i++)
        mac[i] = (uint8_t)(bits >> 8 * (MAC_OCTETS - 1 - i));
    return true;
}

static bool read_text(const uint8_t *text, uint8_t *mac)
{
    for (size_t i = 0; i < MAC_OCTETS; i++) {
        int high = text_hex_digit((char)text[3 * i]);
        int low = text_hex_digit((char)text[3 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        if (i + 1 < MAC_OCTETS && text[3 * i + 2] != ':' && text[3 * i + 2] != '-')
            return false;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_mac_text(const struct option *option, struct device_key *key)
{
    uint8_t mac[MAC_OCTETS];

    if (option->length == MAC_BASE64 && read_base64(option->data, mac))
        return give_mac(key, mac);
    if (option->length == MAC_TEXT && read_text(option->data, mac))
        return give_mac(key, mac);
    return false;
}

static void read_name(const struct option *option, struct device_key *key)
{
    if (option->length == 0 || option->length > DEVICE_CPE_MAX)
        return;
    *key = (struct device_key){.kind = DEVICE_CPE, .length = (uint8_t)option->length};
    memcpy(key->octets, option->data, option->length);
}

/* RFC 7871 §6: "too few or too many ADDRESS octets, or ... non-zero ADDRESS bits set beyond SOURCE
 * PREFIX-LENGTH" are format errors. A family that we do not know says nothing. */
static int read_subnet(const struct option *option, struct addr *client)
{
    const uint8_t *p = option->data;
    size_t octets, bits;
    unsigned family;

    if (option->length < SUBNET_FIXED_OCTETS)
        return -1;
    family = load_be16(p);
    bits = family == FAMILY_IPV4 ? 32 : 128;
    octets = (size_t)(p[2] + 7) / 8;
    if (family != FAMILY_IPV4 && family != FAMILY_IPV6)
        return 0;
    if (p[2] > bits || p[3] != 0 || option->length != SUBNET_FIXED_OCTETS + octets)
        return -1;
    if (p[2] % 8 != 0 && (p[SUBNET_FIXED_OCTETS + octets - 1] & (0xff >> p[2] % 8)) != 0)
        return -1;
    if (p[2] != bits)
        return 0;
    addr_from_octets(client, p + SUBNET_FIXED_OCTETS, (unsigned)bits);
    return 0;
}

static int read_option(const struct option *option, struct told *told)
{
    switch (option->code) {
    case DNS_OPTION_SUBNET:
        return read_subnet(option, &told->client);
    case DNS_OPTION_MAC:
        if (option->length == MAC_OCTETS)
            give_mac(&told->device, option->data);
        else
            read_mac_text(option, &told->device);
        return 0;
    case DNS_OPTION_DEVICE:
        if (!read_mac_text(option, &told->device))
            read_name(option, &told->device);
        return 0;
    case DNS_OPTION_LINE:
        read_name(option, &told->line);
        return 0;
    default:
        return 0;
    }
}

int told_read(const uint8_t *octets, size_t length, struct told *told)
{
    struct options options = {octets, length};
    enum options_step step;
    struct option option;

    told->device.length = told->line.length = 0;
    told->client.bits = 0;
    while ((step = options_next(&options, &option)) == OPTIONS_NEXT) {
        if (read_option(&option, told) < 0)
            return -1;
    }
    return step == OPTIONS_END ? 0 : -1;
}
