/* sealed_file.h - the octets of a set file and of a part (docs/sealed-set.md), read and proved. */
#ifndef BLOCKLIST_SEALED_SEALED_FILE_H
#define BLOCKLIST_SEALED_SEALED_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "blocklist/sealed/locked.h"
#include "blocklist/sealed/sealed_key.h"

struct err;
struct sealed_entry;
struct sealed_names;

#define SEALED_FILE_MAGIC "SGSEALED"

enum {
    SEALED_FILE_VERSION = 1,
    SEALED_FILE_AT_VERSION = 8,
    SEALED_FILE_AT_ENTRY_OCTETS = 12,
    SEALED_FILE_AT_SALT = 16,
    SEALED_FILE_AT_NUMBER = 32,
    SEALED_FILE_AT_MADE = 40,
    SEALED_FILE_AT_ENTRIES = 48,
    SEALED_FILE_AT_ZERO = 56,
    SEALED_FILE_HEADER_OCTETS = 64,
    SEALED_FILE_ENTRY_OCTETS = 18, /* hash, kinds, length */
    SEALED_FILE_CODE_OCTETS = 32,
};

/* What the header says, which needs no key. */
struct sealed_file_head {
    uint8_t salt[SEALED_SALT_OCTETS];
    uint64_t number, entries, octets;
    int64_t made_s;
};

struct sealed_file {
    struct locked memory; /* the whole file; empty where only the header was read */
    struct sealed_file_head head;
};

/* Reads the header of the file at PATH and checks that its size is right. Errors: -1 with ERR:
 * those of sealed_open but for ERR_DIGEST. */
int sealed_file_head(const char *path, struct sealed_file_head *head, struct err *err);

/* Reads the file at PATH whole into FILE and proves by KEY that each octet is as it was written.
 * Owner: the caller ends it with sealed_file_close. Errors: -1 with ERR: those of sealed_open. */
int sealed_file_read(struct sealed_file *file, const char *path, const struct sealed_key *key,
                     struct err *err);
void sealed_file_close(struct sealed_file *file);

/* Takes entry INDEX of FILE apart with NAMES, derived for its salt. Errors: -1 with ERR_FORMAT: not
 * in order, or of no kind. */
int sealed_file_entry(const struct sealed_file *file, uint64_t index,
                      const struct sealed_names *names, struct sealed_entry *entry,
                      struct err *err);

#endif
