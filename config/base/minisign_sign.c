/* minisign_sign.c - minisign's secret keys and its signatures, written.
 *
 * Format (minisign's manual): a comment, then base64 of kind `Ed` (2), derivation (2, zero without
 * a password), checksum `B2` (2), salt (32), two limits (8 each), id (8), key (64) and a checksum
 * (32): BLAKE2b-256 of kind, id and key. Version 0.11 of the tool leaves that of a key without
 * password zero and does not look at it, so that zero is taken here too; a key whose second half
 * does not belong to its first is damaged all the same.
 *
 * Dropped: keys with a password. A report that a timer writes has nobody who could type one. */
#include "config/base/minisign_sign.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/file.h"

enum {
    FILE_MOST = 4096,
    KIND_AT = 0,
    DERIVED_AT = 2,
    CHECK_AT = 4,
    ID_AT = 54,
    KEY_AT = 62,
    SUM_AT = 126,
    SECRET_OCTETS = 158,
    PUBLIC_OCTETS = 42,
    SIGNED_OCTETS = 74,
    BASE64_MAX = 256,
    PATH_ROOM = 4096,
};

static const char untrusted[] = "untrusted comment: ";

void minisign_secret_wipe(struct minisign_secret *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

static char *encode(char out[BASE64_MAX], const uint8_t *octets, size_t length)
{
    return sodium_bin2base64(out, BASE64_MAX, octets, length, sodium_base64_VARIANT_ORIGINAL);
}

/* ---- read ---- */

static void sum_of(const uint8_t octets[SECRET_OCTETS], uint8_t sum[32])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, 32);
    crypto_generichash_update(&state, octets + KIND_AT, 2);
    crypto_generichash_update(&state, octets + ID_AT, SUM_AT - ID_AT);
    crypto_generichash_final(&state, sum, 32);
    sodium_memzero(&state, sizeof state);
}

static bool is_whole(const uint8_t octets[SECRET_OCTETS])
{
    uint8_t sum[32], public[32], secret[64];
    bool fits;

    sum_of(octets, sum);
    crypto_sign_seed_keypair(public, secret, octets + KEY_AT);
    fits = sodium_memcmp(secret, octets + KEY_AT, sizeof secret) == 0 &&
           (sodium_is_zero(octets + SUM_AT, 32) || sodium_memcmp(sum, octets + SUM_AT, 32) == 0);
    sodium_memzero(secret, sizeof secret);
    return fits;
}

static int take_octets(struct minisign_secret *secret, const uint8_t octets[SECRET_OCTETS],
                       const char *path, struct err *err)
{
    if (memcmp(octets + KIND_AT, "Ed", 2) != 0 || memcmp(octets + CHECK_AT, "B2", 2) != 0)
        return err_set(err, ERR_FORMAT, "%.300s: no secret key of minisign", path);
    if (octets[DERIVED_AT] != 0 || octets[DERIVED_AT + 1] != 0)
        return err_set(err, ERR_REFUSED,
                       "%.200s: has a password, which nobody could type here; make one without "
                       "(`stairgate evidence key FILE`, or `minisign -G -W`)",
                       path);
    if (!is_whole(octets))
        return err_set(err, ERR_DIGEST, "%.300s: damaged", path);
    memcpy(secret->id, octets + ID_AT, sizeof secret->id);
    memcpy(secret->key, octets + KEY_AT, sizeof secret->key);
    return 0;
}

static int take_text(struct minisign_secret *secret, const char *text, size_t length,
                     const char *path, struct err *err)
{
    uint8_t octets[SECRET_OCTETS];
    const char *line = text;
    ssize_t taken = minisign_line(&text, &length, &line);
    size_t got = 0;
    int result;

    if (taken >= 0 && strncmp(line, untrusted, sizeof untrusted - 2) == 0)
        taken = minisign_line(&text, &length, &line);
    if (taken < 0 ||
        sodium_base642bin(octets, sizeof octets, line, (size_t)taken, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != sizeof octets)
        result = err_set(err, ERR_FORMAT, "%.300s: no secret key of minisign", path);
    else
        result = take_octets(secret, octets, path, err);
    sodium_memzero(octets, sizeof octets);
    return result;
}

int minisign_secret_read(struct minisign_secret *secret, const char *path, struct err *err)
{
    struct stat info;
    size_t length;
    char *text;
    int result;

    if (stat(path, &info) == 0 && (info.st_mode & 077) != 0)
        return err_set(err, ERR_REFUSED,
                       "%.250s: others may read it; `chmod 600` it, and think of a new key", path);
    text = file_read(path, FILE_MOST, &length, err);
    if (text == NULL)
        return -1;
    result = take_text(secret, text, length, path, err);
    sodium_memzero(text, length);
    free(text);
    return result;
}

/* ---- make ---- */

/* Writes a file that is not there yet: COMMENT, and OCTETS as base64. */
static int write_key(const char *path, mode_t mode, const char *comment, const uint8_t *octets,
                     size_t length, struct err *err)
{
    char text[BASE64_MAX + 160], base64[BASE64_MAX];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), result;

    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_DUPLICATE, "%.300s: there is one already; it is left alone", path);
    if (fd < 0)
        return err_system(err, "%.300s: cannot make it", path);
    snprintf(text, sizeof text, "%s%s\n%s\n", untrusted, comment, encode(base64, octets, length));
    result = file_write(fd, text, strlen(text), path, err);
    if (result == 0 && (fsync(fd) != 0 || fchmod(fd, mode) != 0))
        result = err_system(err, "%.300s: cannot make it durable", path);
    close(fd);
    if (result != 0)
        unlink(path);
    sodium_memzero(text, sizeof text);
    sodium_memzero(base64, sizeof base64);
    return result;
}

static void lay_out(const struct minisign_secret *secret, uint8_t octets[SECRET_OCTETS])
{
    memset(octets, 0, SECRET_OCTETS);
    memcpy(octets + KIND_AT, "Ed", 2);
    memcpy(octets + CHECK_AT, "B2", 2);
    memcpy(octets + ID_AT, secret->id, sizeof secret->id);
    memcpy(octets + KEY_AT, secret->key, sizeof secret->key);
    sum_of(octets, octets + SUM_AT);
}

static void lay_out_public(const struct minisign_secret *secret, uint8_t octets[PUBLIC_OCTETS])
{
    const struct minisign_key key = minisign_public(secret);

    memcpy(octets, "Ed", 2);
    memcpy(octets + 2, key.id, sizeof key.id);
    memcpy(octets + 10, key.key, sizeof key.key);
}

int minisign_pair_make(const char *path, struct err *err)
{
    uint8_t octets[SECRET_OCTETS], public[PUBLIC_OCTETS], key[32];
    struct minisign_secret secret;
    char other[PATH_ROOM];
    int result;

    if (snprintf(other, sizeof other, "%s.pub", path) >= (int)sizeof other)
        return err_set(err, ERR_LIMIT, "the path is too long");
    if (access(other, F_OK) == 0)
        return err_set(err, ERR_DUPLICATE, "%.300s: there is one already; it is left alone", other);
    crypto_sign_keypair(key, secret.key);
    randombytes_buf(secret.id, sizeof secret.id);
    lay_out(&secret, octets);
    lay_out_public(&secret, public);
    result = write_key(path, 0600, "stairgate secret key of reports, without a password", octets,
                       sizeof octets, err);
    if (result == 0) {
        result =
            write_key(other, 0644, "stairgate public key of reports", public, sizeof public, err);
        if (result != 0)
            unlink(path);
    }
    minisign_secret_wipe(&secret);
    sodium_memzero(octets, sizeof octets);
    return result;
}

/* ---- sign ---- */

struct minisign_key minisign_public(const struct minisign_secret *secret)
{
    struct minisign_key key;

    memcpy(key.id, secret->id, sizeof key.id);
    memcpy(key.key, secret->key + 32, sizeof key.key);
    return key;
}

/* Signs SIGNATURE and COMMENT together: neither can be put beside another. */
static void sign_comment(const struct minisign_secret *secret, const uint8_t signature[64],
                         const char *comment, size_t length, uint8_t global[64])
{
    uint8_t message[64 + MINISIGN_SIGNED_COMMENT_MAX];

    memcpy(message, signature, 64);
    memcpy(message + 64, comment, length);
    crypto_sign_detached(global, NULL, message, 64 + length, secret->key);
}

size_t minisign_sign(const struct minisign_secret *secret, const uint8_t *octets, size_t length,
                     const char *comment, char *out)
{
    uint8_t digest[64], head[SIGNED_OCTETS], global[64];
    char first[BASE64_MAX], last[BASE64_MAX];
    size_t comment_length = strlen(comment);

    must(comment_length <= MINISIGN_SIGNED_COMMENT_MAX && strpbrk(comment, "\r\n") == NULL);
    crypto_generichash(digest, sizeof digest, octets, length, NULL, 0);
    memcpy(head, "ED", 2);
    memcpy(head + 2, secret->id, sizeof secret->id);
    crypto_sign_detached(head + 10, NULL, digest, sizeof digest, secret->key);
    sign_comment(secret, head + 10, comment, comment_length, global);
    return (size_t)snprintf(out, MINISIGN_TEXT_MAX, "%s%s\n%s\ntrusted comment: %s\n%s\n",
                            untrusted, "signature of a stairgate report",
                            encode(first, head, sizeof head), comment,
                            encode(last, global, sizeof global));
}
