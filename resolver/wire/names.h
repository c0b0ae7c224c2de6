/* names.h - names inside messages: labels, and pointers to labels before them (RFC 1035 §4.1.4).
 *
 * A pointer must lead to a place after the header and before the name it stands in, each further
 * one before the last: so no name can loop, and none can reach what was not yet checked. */
#ifndef RESOLVER_WIRE_NAMES_H
#define RESOLVER_WIRE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

/* Reads the name at *AT of OCTETS[0..LENGTH) into NAME, its letter case kept, and moves *AT behind
 * it; returns false where it is malformed. */
bool names_read(const uint8_t *octets, size_t length, size_t *at, struct name_buf *name);

/* Tells whether the name at AT of OCTETS[0..LENGTH) is NAME (lower-cased) whatever its letter case.
 */
bool names_equal(const uint8_t *octets, size_t length, size_t at, const struct name *name);

/* Returns a hash of NAME whatever its letter case. It has no key: who meets strangers' names must
 * bound how often unequal names may have the same one. */
uint32_t names_hash(const struct name *name);

#endif
