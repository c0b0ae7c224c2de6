/* records.h - records that a list brings as an answer, in the form of struct terms. */
#ifndef BLOCKLIST_FORMAT_RECORDS_H
#define BLOCKLIST_FORMAT_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/format/field.h"
#include "blocklist/set/terms.h"

struct records {
    size_t length;
    uint8_t octets[TERMS_RECORDS_MAX];
};

/* Add a record to RECORDS, which begins with length 0: one of TYPE with RDATA[0..LENGTH) in wire
 * format; and one of the type called WORD (A, AAAA, CNAME, PTR, MX, TXT; in any letter case) with
 * VALUE as zone files have it. Return false where there is no room, no such type, or where VALUE is
 * none of it. RFC: 1035 §3.3 */
bool records_add(struct records *records, uint16_t type, const void *rdata, size_t length);
bool records_add_text(struct records *records, struct field word, struct field value);

/* Reads VALUE as an address; true with the word of its type in *WORD where it is one. */
bool records_address_word(struct field value, struct field *word);

/* Points TERMS at RECORDS, with the action to give them. */
void records_to_terms(const struct records *records, struct terms *terms);

/* Reads WORD as the name of a record type, or TYPE65, in any letter case. Returns false where it is
 * none. RFC: 3597 §5 */
bool records_type(struct field word, uint16_t *type);

#endif
