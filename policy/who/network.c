#include "policy/who/network.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

/* Entries of one family and length stand together, sorted by address; the longest group first. */
struct group {
    uint8_t bits, length;
    size_t first, count;
};

struct network_table {
    struct network_entry *entries;
    struct group *groups;
    size_t group_count;
};

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
            *group = (struct group){prefix->addr.bits, prefix->length, i, 0};
        }
        group->count++;
    }
}

struct network_table *network_create(const struct network_entry *entries, size_t count,
                                     struct err *err)
{
    struct network_table *table = calloc(1, sizeof *table);

    if (table != NULL) {
        table->entries = calloc(count + 1, sizeof *table->entries);
        table->groups = calloc(count + 1, sizeof *table->groups);
    }
    if (table == NULL || table->entries == NULL || table->groups == NULL) {
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

void network_free(struct network_table *table)
{
    if (table == NULL)
        return;
    free(table->groups);
    free(table->entries);
    free(table);
}

static void keep_bits(struct addr *out, const struct addr *addr, unsigned length)
{
    unsigned whole = length / 8, rest = length % 8;

    memset(out->octets, 0, sizeof out->octets);
    memcpy(out->octets, addr->octets, whole);
    if (rest != 0)
        out->octets[whole] = (uint8_t)(addr->octets[whole] & (0xff00 >> rest));
}

static const struct network_entry *find_in_group(const struct network_table *table,
                                                 const struct group *group, const struct addr *addr)
{
    const struct network_entry *entries = table->entries + group->first;
    size_t low = 0, high = group->count;
    struct addr wanted;

    keep_bits(&wanted, addr, group->length);
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(entries[middle].prefix.addr.octets, wanted.octets, sizeof wanted.octets) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < group->count &&
           memcmp(entries[low].prefix.addr.octets, wanted.octets, sizeof wanted.octets) == 0;
         low++) {
        uint32_t scope = entries[low].prefix.addr.scope;

        if (scope == 0 || scope == addr->scope)
            return &entries[low];
    }
    return NULL;
}

const struct network_entry *network_find(const struct network_table *table, const struct addr *addr)
{
    for (size_t i = 0; i < table->group_count; i++) {
        const struct network_entry *entry;

        if (table->groups[i].bits != addr->bits)
            continue;
        entry = find_in_group(table, &table->groups[i], addr);
        if (entry != NULL)
            return entry;
    }
    return NULL;
}
