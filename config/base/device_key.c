#include "config/base/device_key.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/text.h"

enum { MAC_OCTETS = 6, MAC_DIGITS = 2 * MAC_OCTETS };

#define CPE_WORD "cpe:"
#define HEX_WORD "0x"

/* How a MAC is cut into groups; in those of one octet the first digit may be left out, as some
 * systems print it. */
static const struct {
    char between; /* '\0': nothing */
    uint8_t digits;
    bool short_too;
} spellings[] = {
    {':',  2,  true },
    {'-',  2,  true },
    {'.',  4,  false},
    {'-',  6,  false},
    {'\0', 12, false},
};

/* Reads the hexadecimal digits at the start of TEXT, at most MOST; returns how many. */
static size_t read_digits(const char *text, size_t most, uint64_t *value)
{
    size_t count = 0;

    for (*value = 0; count < most && text_hex_digit(text[count]) >= 0; count++)
        *value = *value << 4 | (uint64_t)text_hex_digit(text[count]);
    return count;
}

static bool read_mac_as(const char *text, size_t spelling, uint64_t *mac)
{
    const uint8_t width = spellings[spelling].digits;
    uint64_t group;

    *mac = 0;
    for (unsigned done = 0; done < MAC_DIGITS; done += width) {
        size_t digits;

        if (done > 0 && spellings[spelling].between != '\0' &&
            *text++ != spellings[spelling].between)
            return false;
        digits = read_digits(text, width, &group);
        if (digits == 0 || (digits < width && !spellings[spelling].short_too))
            return false;
        *mac = *mac << 4 * width | group;
        text += digits;
    }
    return *text == '\0';
}

/* An address of a group names no device, and neither does the one of 0. */
static int set_mac(struct device_key *key, uint64_t mac)
{
    key->kind = DEVICE_MAC;
    key->length = MAC_OCTETS;
    for (unsigned i = 0; i < MAC_OCTETS; i++)
        key->octets[i] = (uint8_t)(mac >> 8 * (MAC_OCTETS - 1 - i));
    return (key->octets[0] & 1) != 0 || mac == 0 ? -1 : 0;
}

static int read_hex(const char *text, struct device_key *key)
{
    size_t length = strlen(text);
    uint64_t octet;

    if (length == 0 || length % 2 != 0 || length > 2 * DEVICE_CPE_MAX)
        return -1;
    for (; *text != '\0'; text += 2) {
        if (read_digits(text, 2, &octet) != 2)
            return -1;
        key->octets[key->length++] = (uint8_t)octet;
    }
    return 0;
}

static int read_cpe(const char *text, struct device_key *key)
{
    size_t length = strlen(text);

    key->kind = DEVICE_CPE;
    if (strncmp(text, HEX_WORD, strlen(HEX_WORD)) == 0)
        return read_hex(text + strlen(HEX_WORD), key);
    if (length == 0 || length > DEVICE_CPE_MAX)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (!isprint((unsigned char)text[i]) || text[i] == ' ')
            return -1;
    }
    key->length = (uint8_t)length;
    memcpy(key->octets, text, length);
    return 0;
}

void device_key_of_prefix(const struct prefix *prefix, struct device_key *key)
{
    memset(key, 0, sizeof *key);
    key->kind = DEVICE_PREFIX;
    key->length = prefix->addr.bits / 8;
    key->prefix = prefix->length;
    memcpy(key->octets, prefix->addr.octets, key->length);
}

void device_key_of_mac(const uint8_t mac[6], struct device_key *key)
{
    memset(key, 0, sizeof *key);
    key->kind = DEVICE_MAC;
    key->length = MAC_OCTETS;
    memcpy(key->octets, mac, MAC_OCTETS);
}

bool device_key_equal(const struct device_key *a, const struct device_key *b)
{
    return a->kind == b->kind && a->length == b->length && a->prefix == b->prefix &&
           memcmp(a->octets, b->octets, a->length) == 0;
}

int device_key_parse(const char *text, struct device_key *key)
{
    struct prefix prefix;
    uint64_t mac;

    memset(key, 0, sizeof *key);
    if (strncmp(text, CPE_WORD, strlen(CPE_WORD)) == 0)
        return read_cpe(text + strlen(CPE_WORD), key);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (read_mac_as(text, i, &mac))
            return set_mac(key, mac);
    }
    /* Which link an address is on is not part of what a device is called. */
    if (prefix_from_text(&prefix, text) != 0 || prefix.addr.scope != 0)
        return -1;
    device_key_of_prefix(&prefix, key);
    return 0;
}

static void write_mac(const struct device_key *key, char *out)
{
    const uint8_t *o = key->octets;

    snprintf(out, DEVICE_KEY_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3],
             o[4], o[5]);
}

/* What a forwarder sends are any octets: those that no terminal and no file takes for others stand
 * as they are. */
static bool is_plain(const struct device_key *key)
{
    if (key->length >= 2 && memcmp(key->octets, HEX_WORD, 2) == 0)
        return false;
    for (size_t i = 0; i < key->length; i++) {
        if (key->octets[i] <= ' ' || key->octets[i] >= 0x7f)
            return false;
    }
    return true;
}

static void write_cpe(const struct device_key *key, char *out)
{
    size_t used = strlen(CPE_WORD HEX_WORD);

    if (is_plain(key)) {
        snprintf(out, DEVICE_KEY_TEXT_MAX, CPE_WORD "%.*s", key->length, (const char *)key->octets);
        return;
    }
    memcpy(out, CPE_WORD HEX_WORD, used + 1);
    for (size_t i = 0; i < key->length; i++, used += 2)
        snprintf(out + used, DEVICE_KEY_TEXT_MAX - used, "%02x", key->octets[i]);
}

static void write_prefix(const struct device_key *key, char *out)
{
    struct prefix prefix = {.length = key->prefix};

    prefix.addr.bits = (uint8_t)(key->length * 8);
    memcpy(prefix.addr.octets, key->octets,
           key->length > sizeof prefix.addr.octets ? sizeof prefix.addr.octets : key->length);
    if (prefix.length == prefix.addr.bits)
        addr_to_text(&prefix.addr, out);
    else
        prefix_to_text(&prefix, out);
}

char *device_key_text(const struct device_key *key, char *out)
{
    static void (*const writers[DEVICE_KEY_KINDS])(const struct device_key *, char *) = {
        [DEVICE_MAC] = write_mac, [DEVICE_CPE] = write_cpe, [DEVICE_PREFIX] = write_prefix};

    out[0] = '\0';
    if (key->kind < DEVICE_KEY_KINDS && key->length > 0)
        writers[key->kind](key, out);
    return out;
}
