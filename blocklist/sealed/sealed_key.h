/* sealed_key.h - the deployment's secret, from which everything confidential is keyed.
 *
 * It stands outside of every set (a file of mode 0600 or stricter, or a credential of the service
 * manager), in memory in pages of its own that are locked, left out of dumps and wiped. Nothing
 * prints it, nothing derives a set's name from it. */
#ifndef BLOCKLIST_SEALED_SEALED_KEY_H
#define BLOCKLIST_SEALED_SEALED_KEY_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct sealed_key;

enum { SEALED_KEY_OCTETS = 32, SEALED_SALT_OCTETS = 16 };

/* What a key is derived for: each gets another one, so that none tells of another. */
enum sealed_purpose {
    SEALED_FOR_NAMES,  /* hashes of a set, by its salt */
    SEALED_FOR_FILE,   /* the code that proves a set file whole and ours */
    SEALED_FOR_LIFTS,  /* names of suspended entries, over all salts */
    SEALED_FOR_BODIES, /* digests of what publishers sent: plain ones of a short list could be tried
                          out */
    SEALED_FOR_ASKED,  /* names that people have asked about (asked.h) */
    SEALED_PURPOSES
};

/* Reads the key at PATH: 64 hexadecimal digits and a line's end; `credential:NAME` is the file NAME
 * in $CREDENTIALS_DIRECTORY (systemd.exec(5)).
 * Owner:  the caller ends it with sealed_key_free.
 * Errors: NULL with ERR: ERR_NOT_FOUND, ERR_REFUSED (others may read the file), ERR_FORMAT,
 *         ERR_SYSTEM (its page cannot be locked); none shows a digit of it. */
struct sealed_key *sealed_key_read(const char *path, struct err *err);

/* Makes one of random octets that nobody else has, for a set that no file stands behind. */
struct sealed_key *sealed_key_random(struct err *err);

/* Writes a new random key to PATH, mode 0600, durably. Errors: -1 with ERR: ERR_DUPLICATE (there is
 * one already; it is left alone). */
int sealed_key_make(const char *path, struct err *err);

/* Wipes and frees KEY; NULL is fine. */
void sealed_key_free(struct sealed_key *key);

/* Fills OUT[0..LENGTH), at most 64 octets, with what KEY comes to for PURPOSE and SALT (NULL:
 * none). The caller wipes it. */
void sealed_key_derive(const struct sealed_key *key, enum sealed_purpose purpose,
                       const uint8_t salt[SEALED_SALT_OCTETS], uint8_t *out, size_t length);

/* Fills DIGEST with the code of OCTETS[0..LENGTH) under KEY for PURPOSE. */
void sealed_key_digest(const struct sealed_key *key, enum sealed_purpose purpose,
                       const uint8_t *octets, size_t length, uint8_t digest[32]);

#endif
