/* signature.h - whether a file is what its publisher signed: minisign's signatures (both kinds that
 * its tool makes), and sha256sum's lines. */
#ifndef BLOCKLIST_FEED_SIGNATURE_H
#define BLOCKLIST_FEED_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/minisign.h"

struct err;

enum { SIGNATURE_OCTETS_MAX = MINISIGN_OCTETS_MAX };

/* Checks SIGNATURE, its key and its trusted comment, against the whole file FD. Errors: -1 with
 * ERR: ERR_DIGEST where it does not fit. */
int signature_check(const struct minisign *signature, const struct minisign_key *key, int fd,
                    struct err *err);

/* Finds the digest of the file NAME in TEXT[0..LENGTH), lines `HEX  NAME` or HEX alone. Errors: -1
 * with ERR. */
int signature_sha256_read(uint8_t digest[32], const char *text, size_t length, const char *name,
                          struct err *err);

/* Checks that the whole file FD has DIGEST. Errors: -1 with ERR: ERR_DIGEST where it has not. */
int signature_sha256_check(const uint8_t digest[32], int fd, struct err *err);

#endif
