/* device_key.h - what a device, a line or a subscriber is known by. */
#ifndef CONFIG_BASE_DEVICE_KEY_H
#define CONFIG_BASE_DEVICE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/base/addr.h"

enum device_key_kind {
    DEVICE_MAC,    /* 6 octets (EUI-48) */
    DEVICE_CPE,    /* what a forwarder in front calls a line or a device: 1 to 32 octets */
    DEVICE_PREFIX, /* an address or a range: 4 or 16 octets, the host part 0, and its length */
    DEVICE_KEY_KINDS
};

enum { DEVICE_CPE_MAX = 32, DEVICE_KEY_TEXT_MAX = 80 };

struct device_key {
    uint8_t kind, length; /* of octets */
    uint8_t prefix;       /* bits, of DEVICE_PREFIX */
    uint8_t octets[DEVICE_CPE_MAX];
};

/* Reads TEXT into KEY: `00:00:5e:00:53:0a` in any usual spelling (- : . or none), `192.0.2.7`,
 * `2001:db8:1::/56`, `cpe:TEXT` or `cpe:0xHEX`. Returns 0, -1 where it is none; the MAC of a group
 * is none. */
int device_key_parse(const char *text, struct device_key *key);

/* Make KEY that of PREFIX, and of MAC. */
void device_key_of_prefix(const struct prefix *prefix, struct device_key *key);
void device_key_of_mac(const uint8_t mac[6], struct device_key *key);

/* Tells whether A and B are one key. */
bool device_key_equal(const struct device_key *a, const struct device_key *b);

/* Writes KEY as text, which device_key_parse reads, to OUT (DEVICE_KEY_TEXT_MAX); returns OUT. */
char *device_key_text(const struct device_key *key, char *out);

#endif
