/* targets.h - the names and addresses that a record leads its reader to.
 *
 * What a block list may know of an answer: addresses (A, AAAA, the hints of SVCB and HTTPS, RFC
 * 9460 §7.3) and names (CNAME, the target of SVCB and HTTPS, MX, SRV). Owners are not shown: each
 * is the question or the CNAME before it, and the CNAME that comes with a DNAME tells where that
 * leads. */
#ifndef RESOLVER_WIRE_TARGETS_H
#define RESOLVER_WIRE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum target_kind { TARGET_NAME, TARGET_IPV4, TARGET_IPV6 };

/* One of them, where it stands in the message; a name may be compressed (names_read reads it). */
struct target {
    enum target_kind kind;
    uint16_t at;
};

/* The targets of one record that are still to come. */
struct targets {
    const uint8_t *octets;
    size_t at, end;
    uint16_t type;
    bool begun; /* the target that every record of the type has was taken */
    enum target_kind hint;
    size_t hints_end; /* of the SVCB parameter being read */
};

/* Starts on the record of TYPE, class IN, whose data is OCTETS[AT..AT+LENGTH) and sound
 * (rdata_is_sound). */
void targets_start(struct targets *targets, const uint8_t *octets, size_t at, size_t length,
                   uint16_t type);

/* Fills TARGET with the next one; returns false after the last. */
bool targets_next(struct targets *targets, struct target *target);

#endif
