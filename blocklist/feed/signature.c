/* signature.c - whether a whole file is what was signed: minisign and sha256sum.
 *
 * The problem: a list by a mirror, or by http, is anybody's unless it is signed; it may be large,
 * and is in a file. The idea: minisign.h reads the text and checks the key, here is only how its
 * octets come from a file. */
#include "blocklist/feed/signature.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"

enum { STEP = 64 << 10 };

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

static int check_prehashed(const struct minisign *signature, const struct minisign_key *key, int fd,
                           struct err *err)
{
    crypto_generichash_state state;
    uint8_t digest[64];

    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    if (each_step(fd, take_blake2b, &state, err) != 0)
        return -1;
    crypto_generichash_final(&state, digest, sizeof digest);
    return minisign_check_signed(signature, key, digest, sizeof digest, "list", err);
}

/* Ed25519 reads its message twice, so that the whole must be there at once: mapped, not in memory.
 */
static int check_legacy(const struct minisign *signature, const struct minisign_key *key, int fd,
                        struct err *err)
{
    struct stat status;
    size_t length;
    void *map;
    int result;

    if (fstat(fd, &status) != 0)
        return err_system(err, "cannot look at what was fetched");
    length = (size_t)status.st_size;
    if (length == 0)
        return minisign_check_signed(signature, key, NULL, 0, "list", err);
    map = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_system(err, "cannot map what was fetched");
    result = minisign_check_signed(signature, key, map, length, "list", err);
    munmap(map, length);
    return result;
}

int signature_check(const struct minisign *signature, const struct minisign_key *key, int fd,
                    struct err *err)
{
    return signature->prehashed ? check_prehashed(signature, key, fd, err)
                                : check_legacy(signature, key, fd, err);
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

    while ((taken = minisign_line(&text, &length, &line)) >= 0) {
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
