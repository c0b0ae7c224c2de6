/* hostname.h - from the text of a host name to wire format and hash in one go: the inner loop of
 * building a set. */
#ifndef BLOCKLIST_FORMAT_HOSTNAME_H
#define BLOCKLIST_FORMAT_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"
#include "config/base/siphash.h"

struct hostname {
    struct name_buf name; /* lower-cased */
    uint8_t labels;
    bool numeric; /* the last label is digits only, so that it is an address or nothing */
    uint8_t starts[NAME_LABELS_MAX];
};

/* Reads TEXT[0..LENGTH) by the rules of name_from_host into HOST; the root alone is NAME_EMPTY.
 * Cost: a step an octet. */
enum name_fault hostname_read(struct hostname *host, const char *text, size_t length);

/* Returns the hash of HOST under KEY, as siphash_suffixes gives it for the whole name. */
uint64_t hostname_hash(const struct hostname *host, const struct siphash_key *key);

/* Returns the hash of the name one label shorter than HOST, which has at least two. */
uint64_t hostname_hash_parent(const struct hostname *host, const struct siphash_key *key);

#endif
