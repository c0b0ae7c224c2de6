/* minisign_sign.h - signing as minisign's tool does, with a secret key that has no password
 * (`minisign -G -W`), so that anybody checks it with `minisign -V`. */
#ifndef CONFIG_BASE_MINISIGN_SIGN_H
#define CONFIG_BASE_MINISIGN_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/minisign.h"

struct err;

enum {
    MINISIGN_TEXT_MAX = 1024, /* of a signature file that is written here */
    MINISIGN_SIGNED_COMMENT_MAX = 512,
};

struct minisign_secret {
    uint8_t id[8], key[64]; /* the second half is the public key */
};

/* Reads the secret key in the file at PATH into SECRET. The caller wipes it (minisign_secret_wipe).
 * Errors: -1 with ERR: ERR_NOT_FOUND, ERR_REFUSED (others may read the file; it has a password),
 * ERR_FORMAT, ERR_DIGEST (damaged); none shows an octet of it. */
int minisign_secret_read(struct minisign_secret *secret, const char *path, struct err *err);
void minisign_secret_wipe(struct minisign_secret *secret);

/* Writes a new pair: the secret key to PATH, mode 0600, the public one to PATH.pub. Errors: -1 with
 * ERR: ERR_DUPLICATE where either is there already, which is left alone. */
int minisign_pair_make(const char *path, struct err *err);

/* Returns the public key of SECRET. */
struct minisign_key minisign_public(const struct minisign_secret *secret);

/* Writes the text of a signature by SECRET of OCTETS[0..LENGTH), prehashed, with COMMENT (one line
 * of at most MINISIGN_SIGNED_COMMENT_MAX octets, signed too), into OUT (MINISIGN_TEXT_MAX). Returns
 * its length. */
size_t minisign_sign(const struct minisign_secret *secret, const uint8_t *octets, size_t length,
                     const char *comment, char *out);

#endif
