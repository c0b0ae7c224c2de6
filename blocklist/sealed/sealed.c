/* The set in memory: a table of hashes, the key that they are under, and which lengths of ranges
 * there are. What of this is secret lies in locked pages: the struct itself in one, the table in
 * others. Where the system's limit does not let the table be locked the set still works, and
 * sealed_info says so; without a page for the key it does not.
 *
 * A look-up goes through all suffixes of the name, from the top-level label on. What a suffix's
 * entry is asked for (`below`, or for the last one `here`) is chosen by arithmetic, and the answers
 * are put together by OR: there is no branch on what was found, only on how many labels the name
 * has. */
#include "blocklist/sealed/sealed.h"

#include <sodium.h>
#include <string.h>

#include "blocklist/sealed/locked.h"
#include "blocklist/sealed/sealed_file.h"
#include "blocklist/sealed/sealed_find.h"
#include "blocklist/sealed/sealed_key.h"
#include "blocklist/sealed/sealed_names.h"
#include "blocklist/sealed/sealed_table.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/siphash128.h"

enum { LENGTHS_WORDS = 3 }; /* bits for the lengths 0 to 128 */

struct sealed {
    struct locked memory; /* this struct's own */
    struct sealed_names names;
    struct sealed_table table;
    uint64_t lengths[2][LENGTHS_WORDS]; /* of ranges: IPv4, IPv6 */
    uint8_t root;                       /* kinds of the root, which has no hash */
    struct sealed_info info;
};

static struct sealed *sealed_in(struct locked *memory, uint64_t expected, struct err *err)
{
    struct sealed *sealed = memory->at;

    sealed->memory = *memory;
    if (sealed_table_open(&sealed->table, expected, err) == 0)
        return sealed;
    locked_close(&sealed->memory);
    return NULL;
}

static int add(struct sealed *sealed, const struct sealed_entry *entry, struct err *err)
{
    unsigned family = (entry->kinds & SEALED_KIND_RANGE6) != 0;

    if ((entry->kinds & (SEALED_KIND_RANGE4 | SEALED_KIND_RANGE6)) != 0)
        sealed->lengths[family][entry->length / 64] |= UINT64_C(1) << (entry->length % 64);
    return sealed_table_add(&sealed->table, entry, err);
}

static int fill(struct sealed *sealed, const struct sealed_file *file, const char *path,
                struct err *err)
{
    for (uint64_t i = 0; i < file->head.entries; i++) {
        struct sealed_entry entry;

        if (sealed_file_entry(file, i, &sealed->names, &entry, err) != 0 ||
            add(sealed, &entry, err) != 0)
            return err_before(err, path);
    }
    sealed->info = (struct sealed_info){.number = file->head.number,
                                        .entries = file->head.entries,
                                        .octets = file->head.octets,
                                        .made_s = file->head.made_s};
    return 0;
}

struct sealed *sealed_open(const char *path, const struct sealed_key *key, struct err *err)
{
    struct sealed *sealed = NULL;
    struct sealed_file file;
    struct locked memory;

    if (sealed_file_read(&file, path, key, err) != 0)
        return NULL;
    if (locked_open_surely(&memory, sizeof *sealed, err) == 0)
        sealed = sealed_in(&memory, file.head.entries, err);
    if (sealed != NULL) {
        sealed_names_derive(&sealed->names, key, file.head.salt);
        if (fill(sealed, &file, path, err) != 0) {
            sealed_close(sealed);
            sealed = NULL;
        }
    }
    sealed_file_close(&file);
    return sealed;
}

struct sealed *sealed_open_empty(struct err *err)
{
    struct sealed *sealed;
    struct locked memory;

    if (locked_open(&memory, sizeof *sealed, err) != 0)
        return NULL;
    sealed = sealed_in(&memory, 0, err);
    if (sealed != NULL)
        randombytes_buf(&sealed->names, sizeof sealed->names);
    return sealed;
}

void sealed_close(struct sealed *sealed)
{
    if (sealed == NULL)
        return;
    sealed_table_close(&sealed->table);
    locked_close(&sealed->memory);
}

int sealed_add(struct sealed *sealed, const struct name *name, enum cover cover, struct err *err)
{
    struct sealed_entry entry = {.kinds = sealed_names_kinds(cover)};

    if (name->length == 1) {
        sealed->root |= entry.kinds;
        return 0;
    }
    sealed_names_whole(&sealed->names, name, entry.hash);
    return sealed_table_add(&sealed->table, &entry, err);
}

bool sealed_is_empty(const struct sealed *sealed)
{
    return sealed->table.entries == 0 && sealed->root == 0;
}

void sealed_hash(const struct sealed *sealed, const struct name *name, struct sealed_probe *probe)
{
    probe->labels = (uint8_t)siphash128_suffixes(&sealed->names.names, name, probe->hashes);
}

void sealed_prefetch(const struct sealed *sealed, const struct sealed_probe *probe)
{
    for (unsigned i = 0; i < probe->labels; i++) {
        __builtin_prefetch(sealed_table_line(&sealed->table, probe->hashes[i], 0));
        __builtin_prefetch(sealed_table_line(&sealed->table, probe->hashes[i], 1));
    }
}

/* Returns what KINDS of an entry come to. */
static uint8_t words(uint64_t kinds)
{
    const uint64_t blocks =
        SEALED_KIND_HERE | SEALED_KIND_BELOW | SEALED_KIND_RANGE4 | SEALED_KIND_RANGE6;
    uint64_t block = kinds & blocks, divert = kinds & SEALED_KIND_DIVERT;
    uint64_t canary = kinds & SEALED_KIND_CANARY;

    /* A multiple of the word where anything is there, by the sign of what is not 0. */
    return (uint8_t)((0 - block) >> 63 << 0 | (0 - divert) >> 63 << 1 | (0 - canary) >> 63 << 2);
}

void sealed_find(const struct sealed *sealed, const struct sealed_probe *probe,
                 struct sealed_hit *hit)
{
    uint64_t root = sealed->root & (probe->labels == 0 ? SEALED_FIND_HERE : SEALED_FIND_ABOVE);

    hit->words = words(root | sealed_find_kinds(&sealed->table, probe->hashes, probe->labels));
}

void sealed_lookup(const struct sealed *sealed, const struct name *name, struct sealed_hit *hit)
{
    struct sealed_probe probe;

    sealed_hash(sealed, name, &probe);
    sealed_prefetch(sealed, &probe);
    sealed_find(sealed, &probe, hit);
}

void sealed_lookup_addr(const struct sealed *sealed, const struct addr *addr,
                        struct sealed_hit *hit)
{
    const uint64_t *lengths = sealed->lengths[addr->bits == 128];
    uint64_t kinds = 0, hash[2];
    struct prefix prefix;

    for (unsigned length = 0; length <= addr->bits; length++) {
        if ((lengths[length / 64] >> (length % 64) & 1) == 0)
            continue;
        prefix_of(&prefix, addr, length);
        sealed_names_prefix(&sealed->names, &prefix, hash);
        kinds |= sealed_table_find(&sealed->table, hash);
    }
    hit->words = words(kinds);
}

void sealed_info(const struct sealed *sealed, struct sealed_info *info)
{
    *info = sealed->info;
    info->locked = sealed->memory.locked && sealed->table.memory.locked;
}

int sealed_file_info(const char *path, struct sealed_info *info, struct err *err)
{
    struct sealed_file_head head;

    if (sealed_file_head(path, &head, err) != 0)
        return -1;
    *info = (struct sealed_info){.number = head.number,
                                 .entries = head.entries,
                                 .octets = head.octets,
                                 .made_s = head.made_s};
    return 0;
}
