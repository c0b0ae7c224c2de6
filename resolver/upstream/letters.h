/* letters.h - the letter case of a name as sent: upper or lower at random for each letter, so that
 * a forger has one more bit to guess for each (draft-vixie-dnsext-dns0x20).
 *
 * The case follows from a SEED of 64 unpredictable bits; nothing else is kept. NAME is in wire
 * format and lower case; LENGTH octets count. */
#ifndef RESOLVER_UPSTREAM_LETTERS_H
#define RESOLVER_UPSTREAM_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gives the letters of NAME[0..LENGTH) their case by SEED. */
void letters_mix(uint8_t *name, size_t length, uint64_t seed);

/* Tells whether OTHER, of the same length, is what letters_mix makes of NAME by SEED. */
bool letters_match(const uint8_t *other, const uint8_t *name, size_t length, uint64_t seed);

/* Tells whether letters_mix changes NAME at all by SEED. */
bool letters_any(const uint8_t *name, size_t length, uint64_t seed);

#endif
