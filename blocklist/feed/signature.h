/* signature.h - whether a file is what its publisher signed: minisign's signatures (both kinds that
 * its tool makes), and sha256sum's lines. */
#ifndef BLOCKLIST_FEED_SIGNATURE_H
#define BLOCKLIST_FEED_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum { SIGNATURE_OCTETS_MAX = 64 << 10, SIGNATURE_COMMENT_MAX = 8192 };

/* A key of minisign. */
struct signature_key {
    uint8_t id[8], key[32];
};

/* A signature of minisign, taken apart. */
struct signature {
    int prehashed; /* `ED`: of the file's BLAKE2b-512; `Ed`: of the file itself */
    uint8_t id[8], signature[64], global[64];
    char comment[SIGNATURE_COMMENT_MAX]; /* the trusted one */
};

/* Reads TEXT, base64 of a public key or the path of a file of minisign with one, into KEY. Errors:
 * -1 with ERR. */
int signature_key_read(struct signature_key *key, const char *text, struct err *err);

/* Reads TEXT[0..LENGTH), a .minisig, into SIGNATURE. Errors: -1 with ERR. */
int signature_read(struct signature *signature, const char *text, size_t length, struct err *err);

/* Checks SIGNATURE, its key and its trusted comment, against the whole file FD. Errors: -1 with
 * ERR: ERR_DIGEST where it does not fit. */
int signature_check(const struct signature *signature, const struct signature_key *key, int fd,
                    struct err *err);

/* Finds the digest of the file NAME in TEXT[0..LENGTH), lines `HEX  NAME` or HEX alone. Errors: -1
 * with ERR. */
int signature_sha256_read(uint8_t digest[32], const char *text, size_t length, const char *name,
                          struct err *err);

/* Checks that the whole file FD has DIGEST. Errors: -1 with ERR: ERR_DIGEST where it has not. */
int signature_sha256_check(const uint8_t digest[32], int fd, struct err *err);

#endif
