/* The key: 32 random octets as one line of hexadecimal digits, from which each use derives its own
 * by keyed BLAKE2b (salt and purpose in its parameter block), so that what one of them gives away
 * does not help with another. A file that others may read is refused, not warned of: who has the
 * key can try out every name that he thinks of. */
#include "blocklist/sealed/sealed_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/sealed/locked.h"
#include "config/base/err.h"
#include "config/base/file.h"

enum { STACK_OCTETS = 4096 };

#define CREDENTIAL "credential:"

enum {
    DIGITS = 2 * SEALED_KEY_OCTETS,
    LINE_OCTETS = DIGITS + 2, /* and a line's end, "\n" or "\r\n" */
    DERIVED_OCTETS = 64,
    PATH_OCTETS_MAX = 4096,
};

struct sealed_key {
    struct locked memory;
    uint8_t octets[SEALED_KEY_OCTETS];
    char line[LINE_OCTETS + 1]; /* while it is read or made */
};

static const char purposes[SEALED_PURPOSES][crypto_generichash_blake2b_PERSONALBYTES] = {
    [SEALED_FOR_NAMES] = "stairgate names", [SEALED_FOR_FILE] = "stairgate file",
    [SEALED_FOR_LIFTS] = "stairgate lifts", [SEALED_FOR_BODIES] = "stairgate bodies",
    [SEALED_FOR_ASKED] = "stairgate asked",
};

static struct sealed_key *key_in(struct locked *memory)
{
    struct sealed_key *key = memory->at;

    key->memory = *memory;
    return key;
}

/* Finds where PATH leads, and which bits of a mode let somebody else read or change it. */
static int find(const char *path, char out[PATH_OCTETS_MAX], mode_t *others, struct err *err)
{
    const char *name = path + strlen(CREDENTIAL), *folder = getenv("CREDENTIALS_DIRECTORY");
    int length;

    *others = S_IRWXG | S_IRWXO;
    if (strncmp(path, CREDENTIAL, strlen(CREDENTIAL)) != 0) {
        length = snprintf(out, PATH_OCTETS_MAX, "%s", path);
    } else {
        if (folder == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
            return err_set(err, ERR_NOT_FOUND,
                           "%s: no such credential; LoadCredential= of the service brings one",
                           path);
        length = snprintf(out, PATH_OCTETS_MAX, "%s/%s", folder, name);
        /* The manager lets the service's user read it by an ACL, whose mask shows as the group's.
         */
        *others = S_IWGRP | S_IXGRP | S_IRWXO;
    }
    return length < PATH_OCTETS_MAX ? 0 : err_set(err, ERR_LIMIT, "a key's path is too long");
}

static int check_file(int fd, const char *path, mode_t others, struct err *err)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return err_system(err, "%s: cannot look at it", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_FORMAT, "%s: not a regular file", path);
    if ((status.st_mode & others) != 0)
        return err_set(err, ERR_REFUSED, "%s: others may read this key; chmod 600 it", path);
    return 0;
}

/* Takes the line that is in KEY apart. */
static int decode(struct sealed_key *key, size_t length, const char *path, struct err *err)
{
    size_t octets;

    length -= length > DIGITS && key->line[length - 1] == '\n';
    length -= length > DIGITS && key->line[length - 1] == '\r';
    if (length != DIGITS ||
        sodium_hex2bin(key->octets, sizeof key->octets, key->line, length, NULL, &octets, NULL) !=
            0 ||
        octets != sizeof key->octets)
        return err_set(err, ERR_FORMAT,
                       "%s: no key, which is %d hexadecimal digits; stairgate set key makes one",
                       path, DIGITS);
    return 0;
}

static int fill(struct sealed_key *key, int fd, const char *path, struct err *err)
{
    size_t length = 0;
    ssize_t got;

    while (length < sizeof key->line) {
        got = read(fd, key->line + length, sizeof key->line - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_system(err, "%s: cannot read", path);
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return decode(key, length, path, err);
}

static struct sealed_key *read_open(int fd, const char *path, struct err *err)
{
    struct locked memory;
    struct sealed_key *key;

    if (locked_open_surely(&memory, sizeof *key, err) != 0)
        return NULL;
    key = key_in(&memory);
    if (fill(key, fd, path, err) != 0) {
        sealed_key_free(key);
        return NULL;
    }
    sodium_memzero(key->line, sizeof key->line);
    return key;
}

struct sealed_key *sealed_key_read(const char *path, struct err *err)
{
    struct sealed_key *key = NULL;
    char found[PATH_OCTETS_MAX];
    mode_t others;
    int fd;

    if (find(path, found, &others, err) != 0)
        return NULL;
    fd = open(found, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        err_set(err, ERR_NOT_FOUND, "%s: no such key; stairgate set key makes one", path);
    else if (fd < 0 && errno == EACCES)
        err_set(err, ERR_SYSTEM,
                "%s: cannot open: permission denied; give it to the user that runs this, with mode "
                "0600 (chown), or let the service manager bring it as a credential",
                path);
    else if (fd < 0)
        err_system(err, "%s: cannot open", path);
    if (fd < 0)
        return NULL;
    if (check_file(fd, path, others, err) == 0)
        key = read_open(fd, path, err);
    close(fd);
    return key;
}

struct sealed_key *sealed_key_random(struct err *err)
{
    struct locked memory;
    struct sealed_key *key;

    /* Nothing stands behind it but what the configuration says too: it may do without the lock. */
    if (locked_open(&memory, sizeof *key, err) != 0)
        return NULL;
    key = key_in(&memory);
    randombytes_buf(key->octets, sizeof key->octets);
    return key;
}

/* Puts FILE, which holds the line of KEY, where nothing stands yet. */
static int put(struct file_new *file, struct sealed_key *key, struct err *err)
{
    sodium_bin2hex(key->line, DIGITS + 1, key->octets, sizeof key->octets);
    key->line[DIGITS] = '\n';
    if (fchmod(file->fd, S_IRUSR | S_IWUSR) != 0)
        return err_system(err, "%s: cannot set its mode", file->path);
    return file_write(file->fd, key->line, DIGITS + 1, file->path, err);
}

int sealed_key_make(const char *path, struct err *err)
{
    struct sealed_key *key;
    struct file_new file;
    struct stat status;
    int result = -1;

    if (lstat(path, &status) == 0)
        return err_set(err, ERR_DUPLICATE, "%s: is there already, and stays", path);
    key = sealed_key_random(err);
    if (key == NULL)
        return -1;
    if (file_new_open(&file, path, S_IRUSR | S_IWUSR, err) == 0) {
        result = put(&file, key, err);
        if (result == 0)
            result = file_new_commit(&file, err);
        else
            file_new_abandon(&file);
    }
    sealed_key_free(key);
    return result;
}

void sealed_key_free(struct sealed_key *key)
{
    if (key != NULL)
        locked_close(&key->memory);
}

void sealed_key_derive(const struct sealed_key *key, enum sealed_purpose purpose,
                       const uint8_t salt[SEALED_SALT_OCTETS], uint8_t *out, size_t length)
{
    static const uint8_t none[SEALED_SALT_OCTETS];
    uint8_t derived[DERIVED_OCTETS];

    must(length <= sizeof derived && purpose < SEALED_PURPOSES);
    crypto_generichash_blake2b_salt_personal(derived, sizeof derived, NULL, 0, key->octets,
                                             sizeof key->octets, salt == NULL ? none : salt,
                                             (const unsigned char *)purposes[purpose]);
    memcpy(out, derived, length);
    sodium_memzero(derived, sizeof derived);
    sodium_stackzero(STACK_OCTETS); /* where the key was while it was mixed */
}

void sealed_key_digest(const struct sealed_key *key, enum sealed_purpose purpose,
                       const uint8_t *octets, size_t length, uint8_t digest[32])
{
    uint8_t derived[SEALED_KEY_OCTETS];

    sealed_key_derive(key, purpose, NULL, derived, sizeof derived);
    crypto_generichash_blake2b(digest, 32, octets, length, derived, sizeof derived);
    sodium_memzero(derived, sizeof derived);
    sodium_stackzero(STACK_OCTETS); /* where the last blocks of OCTETS were while they were mixed */
}
