/* signature.c - minisign and sha256sum, read strictly.
 *
 * The problem: a list by a mirror, or by http, is anybody's unless it is signed, and a signature is
 * text that a stranger wrote. The idea: four lines of known shape or nothing; the key's id is
 * compared first, so that a wrong key is told from a changed list; the trusted comment's own
 * signature is checked too, since only both together are what the tool calls good.
 *
 * Format (minisign's manual): comment, base64 of kind (2) id (8) signature (64), `trusted comment:
 * ` and text, base64 of a signature (64) over signature and comment. */
#include "blocklist/feed/signature.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/file.h"

enum { KEY_OCTETS = 42, SIGNED_OCTETS = 74, STEP = 64 << 10 };

static const char trusted[] = "trusted comment: ", untrusted[] = "untrusted comment:";

/* Takes the next line of *TEXT[0..*LENGTH) into LINE, without its end. Returns its length, or -1
 * where there is none. */
static ssize_t next_line(const char **text, size_t *length, const char **line)
{
    const char *end = memchr(*text, '\n', *length);
    size_t taken = end == NULL ? *length : (size_t)(end - *text);
    size_t whole = end == NULL ? taken : taken + 1;

    if (*length == 0)
        return -1;
    *line = *text;
    *text += whole;
    *length -= whole;
    if (taken > 0 && (*line)[taken - 1] == '\r')
        taken--;
    return (ssize_t)taken;
}

static int decode(uint8_t *out, size_t octets, const char *text, size_t length)
{
    size_t got;

    return sodium_base642bin(out, octets, text, length, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
                   got == octets
               ? 0
               : -1;
}

static int key_from_base64(struct signature_key *key, const char *text, size_t length)
{
    uint8_t octets[KEY_OCTETS];

    if (decode(octets, sizeof octets, text, length) != 0 || memcmp(octets, "Ed", 2) != 0)
        return -1;
    memcpy(key->id, octets + 2, sizeof key->id);
    memcpy(key->key, octets + 10, sizeof key->key);
    return 0;
}

/* The last line of a .pub file that is not blank; the comment before it may be missing. */
static int key_from_text(struct signature_key *key, const char *text, size_t length)
{
    const char *line;
    ssize_t taken;

    while ((taken = next_line(&text, &length, &line)) >= 0)
        if (taken > 0 && strncmp(line, untrusted, sizeof untrusted - 1) != 0)
            return key_from_base64(key, line, (size_t)taken);
    return -1;
}

int signature_key_read(struct signature_key *key, const char *text, struct err *err)
{
    size_t length;
    char *data;
    int result;

    if (text == NULL || text[0] == '\0')
        return err_set(err, ERR_CONFIG, "no public key to check the signature with");
    if (key_from_base64(key, text, strlen(text)) == 0)
        return 0;
    data = file_read(text, STEP, &length, err);
    if (data == NULL)
        return err_set(err, ERR_CONFIG,
                       "neither a public key of minisign nor a file with one: '%.80s'", text);
    result = key_from_text(key, data, length);
    free(data);
    return result == 0 ? 0
                       : err_set(err, ERR_CONFIG, "%.200s: holds no public key of minisign", text);
}

static int take_signed(struct signature *signature, const char *line, size_t length,
                       struct err *err)
{
    uint8_t octets[SIGNED_OCTETS];

    if (decode(octets, sizeof octets, line, length) != 0)
        return err_set(err, ERR_FORMAT, "the signature's second line is no signature of minisign");
    if (memcmp(octets, "Ed", 2) != 0 && memcmp(octets, "ED", 2) != 0)
        return err_set(err, ERR_FORMAT, "a signature of a kind that minisign does not make");
    signature->prehashed = octets[1] == 'D';
    memcpy(signature->id, octets + 2, sizeof signature->id);
    memcpy(signature->signature, octets + 10, sizeof signature->signature);
    return 0;
}

static int take_comment(struct signature *signature, const char *line, size_t length,
                        struct err *err)
{
    size_t prefix = sizeof trusted - 1;

    if (length < prefix || memcmp(line, trusted, prefix) != 0)
        return err_set(err, ERR_FORMAT, "the signature has no trusted comment");
    length -= prefix;
    if (length >= sizeof signature->comment || memchr(line + prefix, '\0', length) != NULL)
        return err_set(err, ERR_FORMAT, "the signature's trusted comment is too long or binary");
    memcpy(signature->comment, line + prefix, length);
    signature->comment[length] = '\0';
    return 0;
}

int signature_read(struct signature *signature, const char *text, size_t length, struct err *err)
{
    const char *line = text;
    ssize_t taken = next_line(&text, &length, &line);

    memset(signature, 0, sizeof *signature);
    if (taken < (ssize_t)sizeof untrusted - 1 || memcmp(line, untrusted, sizeof untrusted - 1) != 0)
        return err_set(err, ERR_FORMAT, "not a signature of minisign");
    taken = next_line(&text, &length, &line);
    if (take_signed(signature, line, taken < 0 ? 0 : (size_t)taken, err) != 0)
        return -1;
    taken = next_line(&text, &length, &line);
    if (take_comment(signature, line, taken < 0 ? 0 : (size_t)taken, err) != 0)
        return -1;
    taken = next_line(&text, &length, &line);
    if (taken < 0 || decode(signature->global, sizeof signature->global, line, (size_t)taken) != 0)
        return err_set(err, ERR_FORMAT, "the signature's last line is none");
    while ((taken = next_line(&text, &length, &line)) >= 0)
        if (taken > 0)
            return err_set(err, ERR_FORMAT, "there is something behind the signature");
    return 0;
}

/* Feeds the whole of FD to TAKE in steps. */
static int each_step(int fd, void (*take)(void *state, const uint8_t *data, size_t length),
                     void *state, struct err *err)
{
    uint8_t data[STEP];
    off_t at = 0;
    ssize_t got;

    for (;;) {
        got = pread(fd, data, sizeof data, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        take(state, data, (size_t)got);
        at += got;
    }
    return got == 0 ? 0 : err_system(err, "cannot read what was fetched");
}

static void take_blake2b(void *state, const uint8_t *data, size_t length)
{
    crypto_generichash_update(state, data, length);
}

static void take_sha256(void *state, const uint8_t *data, size_t length)
{
    crypto_hash_sha256_update(state, data, length);
}

static int fits_prehashed(const struct signature *signature, const struct signature_key *key,
                          int fd, struct err *err)
{
    crypto_generichash_state state;
    uint8_t digest[64];

    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    if (each_step(fd, take_blake2b, &state, err) != 0)
        return -1;
    crypto_generichash_final(&state, digest, sizeof digest);
    return crypto_sign_verify_detached(signature->signature, digest, sizeof digest, key->key) == 0;
}

/* Ed25519 reads its message twice, so that the whole must be there at once: mapped, not in memory.
 */
static int fits_legacy(const struct signature *signature, const struct signature_key *key, int fd,
                       struct err *err)
{
    struct stat status;
    size_t length;
    void *map;
    int fits;

    if (fstat(fd, &status) != 0)
        return err_system(err, "cannot look at what was fetched");
    length = (size_t)status.st_size;
    if (length == 0)
        return crypto_sign_verify_detached(signature->signature, NULL, 0, key->key) == 0;
    map = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_system(err, "cannot map what was fetched");
    fits = crypto_sign_verify_detached(signature->signature, map, length, key->key) == 0;
    munmap(map, length);
    return fits;
}

static bool comment_fits(const struct signature *signature, const struct signature_key *key)
{
    uint8_t message[sizeof signature->signature + sizeof signature->comment];
    size_t length = strlen(signature->comment);

    memcpy(message, signature->signature, sizeof signature->signature);
    memcpy(message + sizeof signature->signature, signature->comment, length);
    return crypto_sign_verify_detached(signature->global, message,
                                       sizeof signature->signature + length, key->key) == 0;
}

int signature_check(const struct signature *signature, const struct signature_key *key, int fd,
                    struct err *err)
{
    int fits;

    if (memcmp(signature->id, key->id, sizeof key->id) != 0)
        return err_set(err, ERR_DIGEST,
                       "signed with another key; ask the publisher whether it was changed");
    fits = signature->prehashed ? fits_prehashed(signature, key, fd, err)
                                : fits_legacy(signature, key, fd, err);
    if (fits < 0)
        return -1;
    if (!fits)
        return err_set(err, ERR_DIGEST, "the signature does not fit the list");
    if (!comment_fits(signature, key))
        return err_set(err, ERR_DIGEST, "the signature's trusted comment was changed");
    return 0;
}

static int digest_from_hex(uint8_t digest[32], const char *text, size_t length)
{
    size_t got;

    return length == 64 && sodium_hex2bin(digest, 32, text, length, NULL, &got, NULL) == 0 &&
                   got == 32
               ? 0
               : -1;
}

/* `HEX  NAME`, `HEX *NAME`; a path before NAME is left out. */
static bool line_names(const char *line, size_t length, const char *name)
{
    size_t own = strlen(name);
    const char *start = line + 64;
    const char *end = line + length;

    if (length < 66 + own || start[0] != ' ' || (start[1] != ' ' && start[1] != '*'))
        return false;
    start += 2;
    return memcmp(end - own, name, own) == 0 &&
           ((size_t)(end - start) == own || end[-(ptrdiff_t)own - 1] == '/');
}

int signature_sha256_read(uint8_t digest[32], const char *text, size_t length, const char *name,
                          struct err *err)
{
    const char *line;
    size_t lines = 0;
    ssize_t taken;
    bool bare = false;

    while ((taken = next_line(&text, &length, &line)) >= 0) {
        if (taken == 0)
            continue;
        lines++;
        if (line_names(line, (size_t)taken, name) && digest_from_hex(digest, line, 64) == 0)
            return 0;
        bare = digest_from_hex(digest, line, (size_t)taken) == 0;
    }
    if (lines == 1 && bare)
        return 0;
    return err_set(err, ERR_FORMAT, "no line of sha256sum for '%.80s'", name);
}

int signature_sha256_check(const uint8_t digest[32], int fd, struct err *err)
{
    crypto_hash_sha256_state state;
    uint8_t own[32];

    crypto_hash_sha256_init(&state);
    if (each_step(fd, take_sha256, &state, err) != 0)
        return -1;
    crypto_hash_sha256_final(&state, own);
    return memcmp(own, digest, sizeof own) == 0
               ? 0
               : err_set(err, ERR_DIGEST, "the sha256 digest does not fit the list");
}
