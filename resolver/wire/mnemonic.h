/* mnemonic.h - words for the numbers of DNS, as people type and read them. */
#ifndef RESOLVER_WIRE_MNEMONIC_H
#define RESOLVER_WIRE_MNEMONIC_H

#include <stdint.h>

enum { MNEMONIC_MAX = 16 };

/* Reads TEXT, in any letter case, as a record type: its word, or TYPE65. Returns 0 or -1.
 * RFC: 3597 §5. */
int mnemonic_read_type(const char *text, uint16_t *type);

/* Writes the word for TYPE, TYPE followed by its number where there is none, into OUT
 * (MNEMONIC_MAX); returns OUT. */
char *mnemonic_type(uint16_t type, char *out);

/* Writes the word for RCODE, RCODE followed by its number where there is none, into OUT
 * (MNEMONIC_MAX); returns OUT. */
char *mnemonic_rcode(uint16_t rcode, char *out);

#endif
