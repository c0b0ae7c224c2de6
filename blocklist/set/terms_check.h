/* terms_check.h - terms as they stand in files: whether they are sound, and for which types they
 * hold. For what writes them and for what reads them. */
#ifndef BLOCKLIST_SET_TERMS_CHECK_H
#define BLOCKLIST_SET_TERMS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/terms.h"
#include "config/base/bytes.h"

/* Tells whether RECORDS[0..LENGTH) are whole records, as struct terms has them. */
static inline bool terms_records_good(const uint8_t *records, size_t length)
{
    size_t at = 0;

    while (length - at >= 4) {
        size_t rdata = (size_t)records[at + 2] << 8 | records[at + 3];

        if (rdata > length - at - 4)
            return false;
        at += 4 + rdata;
    }
    return at == length;
}

/* Tells whether the terms at AT are sound; RECORDS are theirs, as many octets as they say. */
static inline bool terms_good(const uint8_t *at, const uint8_t *records)
{
    size_t length = load_le16(at + TERMS_AT_LENGTH);

    return at[0] < TERMS_ACTIONS && at[TERMS_AT_COUNT] <= TERMS_TYPES_MAX &&
           length <= TERMS_RECORDS_MAX && (at[0] == TERMS_REWRITE || length == 0) &&
           terms_records_good(records, length);
}

/* Tells whether the terms at AT hold for TYPE. */
static inline bool terms_hold(const uint8_t *at, uint16_t type)
{
    bool among = false;

    for (size_t i = 0; i < at[TERMS_AT_COUNT]; i++)
        among |= load_le16(at + TERMS_AT_TYPES + 2 * i) == type;
    return at[TERMS_AT_COUNT] == 0 || among != ((at[TERMS_AT_FLAGS] & TERMS_ALL_BUT) != 0);
}

/* Tells whether an exception with the terms at AT takes back only what stands above it. */
static inline bool terms_scoped(const uint8_t *at)
{
    return at != NULL && (at[TERMS_AT_FLAGS] & TERMS_SCOPED) != 0;
}

/* Tells whether a listing with the terms at AT (NULL for none) is not lifted by exceptions. */
static inline bool terms_important(const uint8_t *at)
{
    return at != NULL && (at[TERMS_AT_FLAGS] & TERMS_IMPORTANT) != 0;
}

/* Returns the scope in the terms at AT, 0 where there are none (NULL). */
static inline unsigned terms_scope(const uint8_t *at)
{
    return at == NULL ? 0 : load_le16(at + TERMS_AT_SCOPE);
}

static inline bool terms_limited(const uint8_t *at)
{
    return at[TERMS_AT_COUNT] != 0;
}

/* Tells whether an exception with the terms at AT (NULL for none) drops what its list says at and
 * below its name: one that holds for all types and has no scope. */
static inline bool terms_drop(const uint8_t *at)
{
    return at == NULL || (!terms_limited(at) && !terms_scoped(at));
}

#endif
