/* network.c - the longest prefix around an address.
 *
 * The problem: each query asks for it, of a handful of prefixes at home and of many thousands at a
 * provider. The idea: prefixes of one family and length stand together, sorted, the longest group
 * first; a look-up masks the address for each length in use and searches that group, and the first
 * hit is the answer.
 *
 * Dropped: a trie; real configurations use a few lengths, and a sorted array needs no nodes. */
#include "policy/who/network.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"

/* An address as two numbers, so that masking and comparing it is a few instructions. */
struct key {
    uint64_t high, low;
};

/* Entries of one family and length stand together, sorted by address; the longest group first. */
struct group {
    struct key mask;
    uint8_t bits, length;
    size_t first, count;
};

struct network_table {
    struct network_entry *entries;
    struct key *keys; /* of entries, at the same index */
    struct group *groups;
    size_t group_count;
};

static struct key key_of(const struct addr *addr)
{
    const uint8_t *p = addr->octets;

    return (struct key){(uint64_t)load_be32(p) << 32 | load_be32(p + 4),
                        (uint64_t)load_be32(p + 8) << 32 | load_be32(p + 12)};
}

/* Returns a number whose LENGTH (0 to 64) highest bits are set. */
static uint64_t high_bits(unsigned length)
{
    return length == 0 ? 0 : UINT64_MAX << (64 - length);
}

static struct key mask_of(unsigned length)
{
    return (struct key){high_bits(length > 64 ? 64 : length),
                        high_bits(length > 64 ? length - 64 : 0)};
}

static bool key_before(struct key a, struct key b)
{
    return a.high != b.high ? a.high < b.high : a.low < b.low;
}

static bool key_equal(struct key a, struct key b)
{
    return a.high == b.high && a.low == b.low;
}

static int compare(const void *x, const void *y)
{
    const struct prefix *a = &((const struct network_entry *)x)->prefix;
    const struct prefix *b = &((const struct network_entry *)y)->prefix;
    int order;

    if (a->addr.bits != b->addr.bits)
        return a->addr.bits < b->addr.bits ? -1 : 1;
    if (a->length != b->length)
        return a->length > b->length ? -1 : 1;
    order = memcmp(a->addr.octets, b->addr.octets, sizeof a->addr.octets);
    if (order != 0)
        return order;
    /* Any scope before scope 0, which fits every link. */
    return a->addr.scope == b->addr.scope ? 0 : a->addr.scope > b->addr.scope ? -1 : 1;
}

static void find_groups(struct network_table *table, size_t count)
{
    struct group *group = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct prefix *prefix = &table->entries[i].prefix;

        if (group == NULL || group->bits != prefix->addr.bits || group->length != prefix->length) {
            group = &table->groups[table->group_count++];
            *group =
                (struct group){mask_of(prefix->length), prefix->addr.bits, prefix->length, i, 0};
        }
        table->keys[i] = key_of(&prefix->addr);
        group->count++;
    }
}

struct network_table *network_create(const struct network_entry *entries, size_t count,
                                     struct err *err)
{
    struct network_table *table = calloc(1, sizeof *table);

    if (table != NULL) {
        table->entries = calloc(count + 1, sizeof *table->entries);
        table->keys = calloc(count + 1, sizeof *table->keys);
        table->groups = calloc(count + 1, sizeof *table->groups);
    }
    if (table == NULL || table->entries == NULL || table->keys == NULL || table->groups == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for %zu networks", count);
        network_free(table);
        return NULL;
    }
    if (count > 0)
        memcpy(table->entries, entries, count * sizeof *entries);
    qsort(table->entries, count, sizeof *table->entries, compare);
    find_groups(table, count);
    return table;
}

struct network_table *network_create_of(const struct prefix *prefixes, size_t count,
                                        struct err *err)
{
    struct network_entry *entries = calloc(count + 1, sizeof *entries);
    struct network_table *table;

    if (entries == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for %zu networks", count);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        entries[i].prefix = prefixes[i];
    table = network_create(entries, count, err);
    free(entries);
    return table;
}

void network_free(struct network_table *table)
{
    if (table == NULL)
        return;
    free(table->groups);
    free(table->keys);
    free(table->entries);
    free(table);
}

static const struct network_entry *find_in_group(const struct network_table *table,
                                                 const struct group *group, struct key wanted,
                                                 uint32_t scope)
{
    size_t low = group->first, end = group->first + group->count, high = end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (key_before(table->keys[middle], wanted))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < end && key_equal(table->keys[low], wanted); low++) {
        uint32_t own = table->entries[low].prefix.addr.scope;

        if (own == 0 || own == scope)
            return &table->entries[low];
    }
    return NULL;
}

const struct network_entry *network_find(const struct network_table *table, const struct addr *addr)
{
    struct key key = key_of(addr);

    for (size_t i = 0; i < table->group_count; i++) {
        const struct group *group = &table->groups[i];
        struct key wanted = {key.high & group->mask.high, key.low & group->mask.low};
        const struct network_entry *entry;

        if (group->bits != addr->bits)
            continue;
        entry = find_in_group(table, group, wanted, addr->scope);
        if (entry != NULL)
            return entry;
    }
    return NULL;
}
