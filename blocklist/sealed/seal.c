/* A set made. Entries are hashed as they come and kept in the same table as a server's, which makes
 * twice the same once; the file is that table's content in the order of the hashes, which tells
 * nothing, behind a head and before a code over all of it. The same entries under the same key,
 * salt, number and time are the same octets. */
#include "blocklist/sealed/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "blocklist/sealed/locked.h"
#include "blocklist/sealed/sealed_file.h"
#include "blocklist/sealed/sealed_find.h"
#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/siphash128.h"

struct seal {
    struct locked memory; /* this struct's own */
    uint8_t salt[SEALED_SALT_OCTETS];
    struct sealed_names names;
    struct sealed_table table;
};

struct seal *seal_start(const struct sealed_key *key, const uint8_t salt[SEALED_SALT_OCTETS],
                        struct err *err)
{
    struct locked memory;
    struct seal *seal;

    if (locked_open_surely(&memory, sizeof *seal, err) != 0)
        return NULL;
    seal = memory.at;
    seal->memory = memory;
    memcpy(seal->salt, salt, sizeof seal->salt);
    sealed_names_derive(&seal->names, key, salt);
    if (sealed_table_open(&seal->table, 0, err) == 0)
        return seal;
    locked_close(&seal->memory);
    return NULL;
}

void seal_end(struct seal *seal)
{
    if (seal == NULL)
        return;
    sealed_table_close(&seal->table);
    locked_close(&seal->memory);
}

static int add_name(struct seal *seal, const struct name *name, uint8_t kinds, struct err *err)
{
    struct sealed_entry entry = {.kinds = kinds};

    sealed_names_whole(&seal->names, name, entry.hash);
    return sealed_table_add(&seal->table, &entry, err);
}

int seal_name(struct seal *seal, const struct name *name, enum cover cover, struct err *err)
{
    return add_name(seal, name, sealed_names_kinds(cover), err);
}

int seal_divert(struct seal *seal, const struct name *name, struct err *err)
{
    return add_name(seal, name, SEALED_KIND_DIVERT, err);
}

int seal_canary(struct seal *seal, const struct name *name, struct err *err)
{
    return add_name(seal, name, SEALED_KIND_HERE | SEALED_KIND_BELOW | SEALED_KIND_CANARY, err);
}

int seal_prefix(struct seal *seal, const struct prefix *prefix, struct err *err)
{
    struct sealed_entry entry = {.kinds = prefix->addr.bits == 128 ? SEALED_KIND_RANGE6
                                                                   : SEALED_KIND_RANGE4,
                                 .length = prefix->length};

    sealed_names_prefix(&seal->names, prefix, entry.hash);
    return sealed_table_add(&seal->table, &entry, err);
}

int seal_covers(const struct seal *seal, const struct name *name)
{
    uint64_t hashes[NAME_LABELS_MAX][2];
    size_t labels = siphash128_suffixes(&seal->names.names, name, hashes);

    return sealed_find_kinds(&seal->table, hashes, labels) != 0;
}

static int add_entries(struct seal *seal, const struct sealed_file *file, struct err *err)
{
    if (memcmp(seal->salt, file->head.salt, sizeof seal->salt) != 0)
        return err_set(err, ERR_VERSION, "sealed under another salt");
    for (uint64_t i = 0; i < file->head.entries; i++) {
        struct sealed_entry entry;

        if (sealed_file_entry(file, i, &seal->names, &entry, err) != 0 ||
            sealed_table_add(&seal->table, &entry, err) != 0)
            return -1;
    }
    return 0;
}

int seal_add_file(struct seal *seal, const char *path, const struct sealed_key *key,
                  struct err *err)
{
    struct sealed_file file;
    int result;

    if (sealed_file_read(&file, path, key, err) != 0)
        return -1;
    result = add_entries(seal, &file, err);
    sealed_file_close(&file);
    return result == 0 ? 0 : err_before(err, path);
}

uint64_t seal_count(const struct seal *seal)
{
    return seal->table.entries;
}

static void put_head(const struct seal *seal, uint8_t *out, uint64_t number, int64_t made_s)
{
    memcpy(out, SEALED_FILE_MAGIC, strlen(SEALED_FILE_MAGIC));
    store_le32(out + SEALED_FILE_AT_VERSION, SEALED_FILE_VERSION);
    store_le32(out + SEALED_FILE_AT_ENTRY_OCTETS, SEALED_FILE_ENTRY_OCTETS);
    memcpy(out + SEALED_FILE_AT_SALT, seal->salt, sizeof seal->salt);
    store_le64(out + SEALED_FILE_AT_NUMBER, number);
    store_le64(out + SEALED_FILE_AT_MADE, (uint64_t)made_s);
    store_le64(out + SEALED_FILE_AT_ENTRIES, seal->table.entries);
}

static void put_entry(const struct seal *seal, const struct sealed_line *line, unsigned slot,
                      uint8_t *out)
{
    uint64_t plain = line->kinds[slot] | (uint64_t)line->lengths[slot] << 8;

    store_le64(out, line->hashes[slot][0]);
    store_le64(out + 8, line->hashes[slot][1]);
    store_le16(out + 16, (uint16_t)(plain ^ sealed_names_mask(&seal->names, line->hashes[slot])));
}

static int by_octets(const void *a, const void *b)
{
    return memcmp(a, b, SEALED_FILE_ENTRY_OCTETS);
}

static void put_entries(const struct seal *seal, uint8_t *out)
{
    uint8_t *at = out;

    for (uint64_t i = 0; i < seal->table.line_count; i++) {
        for (unsigned slot = 0; slot < SEALED_SLOTS; slot++) {
            if (seal->table.lines[i].kinds[slot] == 0)
                continue;
            put_entry(seal, &seal->table.lines[i], slot, at);
            at += SEALED_FILE_ENTRY_OCTETS;
        }
    }
    qsort(out, seal->table.entries, SEALED_FILE_ENTRY_OCTETS, by_octets);
}

static int put_file(const char *path, const struct locked *octets, struct err *err)
{
    struct file_new file;

    file_discard_stale(path);
    if (file_new_open(&file, path, S_IRUSR | S_IWUSR, err) != 0)
        return -1;
    /* Whatever the one before was: who may read it is not for its mode to say. */
    if (fchmod(file.fd, S_IRUSR | S_IWUSR) != 0)
        err_system(err, "%s: cannot set its mode", path);
    else if (file_write(file.fd, octets->at, octets->octets, path, err) == 0)
        return file_new_commit(&file, err);
    file_new_abandon(&file);
    return -1;
}

int seal_write(struct seal *seal, const struct sealed_key *key, const char *path, uint64_t number,
               int64_t made_s, struct err *err)
{
    const size_t covered =
        SEALED_FILE_HEADER_OCTETS + (size_t)seal->table.entries * SEALED_FILE_ENTRY_OCTETS;
    struct locked memory;
    uint8_t *octets;
    int result;

    if (locked_open(&memory, covered + SEALED_FILE_CODE_OCTETS, err) != 0)
        return -1;
    octets = memory.at;
    put_head(seal, octets, number, made_s);
    put_entries(seal, octets + SEALED_FILE_HEADER_OCTETS);
    sealed_key_digest(key, SEALED_FOR_FILE, octets, covered, octets + covered);
    result = put_file(path, &memory, err);
    locked_close(&memory);
    return result;
}

int seal_salt_of(const char *path, uint8_t salt[SEALED_SALT_OCTETS], struct err *err)
{
    struct sealed_file_head head;

    if (sealed_file_head(path, &head, err) == 0) {
        memcpy(salt, head.salt, sizeof head.salt);
        return 0;
    }
    if (err->code != ERR_NOT_FOUND)
        return -1;
    seal_salt_new(salt);
    return 0;
}

void seal_salt_new(uint8_t salt[SEALED_SALT_OCTETS])
{
    randombytes_buf(salt, SEALED_SALT_OCTETS);
}
