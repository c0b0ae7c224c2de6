/* Any octets as a sealed set: refused, or opened, asked, and written again as the same octets.
 *
 * The code at its end would stop every mutation at the door, so it is made right first, for a key
 * that is always the same. The first octet of the input says what else is: that the head counts the
 * entries that there are, that they are in order, and that kinds and lengths stand as they are
 * under their mask. */
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/sealed/seal.h"
#include "blocklist/sealed/sealed.h"
#include "blocklist/sealed/sealed_file.h"
#include "blocklist/sealed/sealed_names.h"
#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/name.h"

enum {
    FIX_CODE = 1,
    FIX_COUNT = 2,
    FIX_ORDER = 4,
    FIX_MASKS = 8,
    WRITE = 16, /* slow: three times fsync */
    HEAD = SEALED_FILE_HEADER_OCTETS,
    ENTRY = SEALED_FILE_ENTRY_OCTETS,
    CODE = SEALED_FILE_CODE_OCTETS,
    PATH = 64,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Puts OCTETS into a file without a name and its path into PATH. */
static int place(const void *octets, size_t length, char path[PATH])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    must(fd >= 0 && fchmod(fd, 0600) == 0 && file_write(fd, octets, length, "memory", NULL) == 0);
    snprintf(path, PATH, "/proc/self/fd/%d", fd);
    return fd;
}

static const struct sealed_key *fixed_key(void)
{
    static const char line[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    static struct sealed_key *key;
    char path[PATH];
    struct err err;
    int fd;

    if (key != NULL)
        return key;
    fd = place(line, sizeof line - 1, path);
    key = sealed_key_read(path, &err);
    close(fd);
    must(key != NULL);
    return key;
}

static int by_octets(const void *a, const void *b)
{
    return memcmp(a, b, ENTRY);
}

static void mask_all(uint8_t *octets, size_t count)
{
    struct sealed_names names;

    sealed_names_derive(&names, fixed_key(), octets + SEALED_FILE_AT_SALT);
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = octets + HEAD + i * ENTRY;
        uint64_t hash[2] = {load_le64(at), load_le64(at + 8)};

        store_le16(at + 16, (uint16_t)(load_le16(at + 16) ^ sealed_names_mask(&names, hash)));
    }
}

static void fix(uint8_t *octets, size_t length, unsigned what)
{
    size_t count = (length - HEAD - CODE) / ENTRY;

    if ((what & FIX_COUNT) != 0)
        store_le64(octets + SEALED_FILE_AT_ENTRIES, count);
    if ((what & FIX_MASKS) != 0)
        mask_all(octets, count);
    if ((what & FIX_ORDER) != 0)
        qsort(octets + HEAD, count, ENTRY, by_octets);
    if ((what & FIX_CODE) != 0)
        sealed_key_digest(fixed_key(), SEALED_FOR_FILE, octets, length - CODE,
                          octets + length - CODE);
}

static void ask(const struct sealed *sealed)
{
    static const char *const names[] = {".", "example", "www.bad.example", "a.b.c.d.e.f.test"};
    static const char *const addrs[] = {"192.0.2.77", "2001:db8::1"};
    struct sealed_hit hit;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct name_buf buf;
        struct name name;

        must(name_from_text(&buf, names[i], strlen(names[i])) == NAME_OK);
        name = name_of(&buf);
        sealed_lookup(sealed, &name, &hit);
        must(hit.words <= (SEALED_BLOCK | SEALED_DIVERT | SEALED_CANARY));
    }
    for (size_t i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        struct addr addr;

        must(addr_from_text(&addr, addrs[i]) == 0);
        sealed_lookup_addr(sealed, &addr, &hit);
        must(hit.words == 0 || hit.words == SEALED_BLOCK);
    }
}

/* What opens is written anew as the octets that it was, and as many entries are counted. */
static void write_again(const char *path, const uint8_t *octets, size_t length, bool to_disk)
{
    const char *folder = getenv("TMPDIR");
    uint8_t salt[SEALED_SALT_OCTETS];
    struct seal *seal;
    char out[300], *again;
    size_t same;
    struct err err;

    must(seal_salt_of(path, salt, &err) == 0);
    seal = seal_start(fixed_key(), salt, &err);
    must(seal != NULL && seal_add_file(seal, path, fixed_key(), &err) == 0);
    must(seal_count(seal) == load_le64(octets + SEALED_FILE_AT_ENTRIES));
    if (to_disk) {
        snprintf(out, sizeof out, "%s/fuzz_sealed.%ld", folder == NULL ? "/tmp" : folder,
                 (long)getpid());
        must(seal_write(seal, fixed_key(), out, load_le64(octets + SEALED_FILE_AT_NUMBER),
                        (int64_t)load_le64(octets + SEALED_FILE_AT_MADE), &err) == 0);
        again = file_read(out, length + 1, &same, &err);
        must(again != NULL && same == length && memcmp(again, octets, length) == 0);
        free(again);
        unlink(out);
    }
    seal_end(seal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sealed *sealed;
    struct sealed_info info;
    char path[PATH];
    uint8_t *copy;
    int fd;

    if (size < 1 || sodium_init() < 0)
        return 0;
    copy = malloc(size);
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    if (size - 1 >= HEAD + CODE)
        fix(copy, size - 1, data[0]);
    fd = place(copy, size - 1, path);
    sealed = sealed_open(path, fixed_key(), NULL);
    if (sealed != NULL) {
        sealed_info(sealed, &info);
        must(sealed_file_info(path, &info, NULL) == 0 && info.octets == size - 1);
        ask(sealed);
        write_again(path, copy, size - 1, (data[0] & WRITE) != 0);
        sealed_close(sealed);
    }
    close(fd);
    free(copy);
    return 0;
}
