/* minisign.h - minisign's public keys and signatures, read strictly, and whether one fits octets in
 * memory. For whole files: blocklist/feed/signature.h. */
#ifndef CONFIG_BASE_MINISIGN_H
#define CONFIG_BASE_MINISIGN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

enum { MINISIGN_OCTETS_MAX = 64 << 10, MINISIGN_COMMENT_MAX = 8192 };

struct minisign_key {
    uint8_t id[8], key[32];
};

/* A signature, taken apart. */
struct minisign {
    int prehashed; /* `ED`: of the octets' BLAKE2b-512; `Ed`: of the octets themselves */
    uint8_t id[8], signature[64], global[64];
    char comment[MINISIGN_COMMENT_MAX]; /* the trusted one */
};

/* Reads TEXT, base64 of a public key or the path of a file of minisign with one, into KEY. Errors:
 * -1 with ERR. */
int minisign_key_read(struct minisign_key *key, const char *text, struct err *err);

/* Reads TEXT[0..LENGTH), a .minisig, into SIGNATURE. Errors: -1 with ERR. */
int minisign_read(struct minisign *signature, const char *text, size_t length, struct err *err);

/* Checks that SIGNATURE is by KEY: of OCTETS[0..LENGTH), which is what it signs (of a prehashed one
 * their digest, 64 octets), and of its trusted comment. WHAT is the word for it in messages.
 * Errors: -1 with ERR_DIGEST. */
int minisign_check_signed(const struct minisign *signature, const struct minisign_key *key,
                          const uint8_t *octets, size_t length, const char *what, struct err *err);

/* Checks SIGNATURE by KEY against the whole of OCTETS[0..LENGTH). Errors: likewise. */
int minisign_check(const struct minisign *signature, const struct minisign_key *key,
                   const uint8_t *octets, size_t length, const char *what, struct err *err);

/* Returns the time that SIGNATURE's trusted comment states (`timestamp:N`, as the tool writes it),
 * in Unix seconds; 0 where it states none, or several. Signed as the octets are: of use once
 * minisign_check has said yes. */
int64_t minisign_time(const struct minisign *signature);

/* Takes the next line of *TEXT[0..*LENGTH) into LINE, without its end (LF or CR LF). Returns its
 * length, or -1 where there is none. */
ssize_t minisign_line(const char **text, size_t *length, const char **line);

#endif
