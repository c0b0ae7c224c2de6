/* network.h - prefixes to numbers, longest prefix first.
 *
 * Serves `networks` and `clients.allow`. At one length a prefix with a scope
 * comes before one that fits every link (RFC 4007 §6). */
#ifndef POLICY_WHO_NETWORK_H
#define POLICY_WHO_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"

struct err;
struct network_table;

struct network_entry {
    struct prefix prefix;
    uint32_t number;
};

/* Makes a table of ENTRIES[0..COUNT), copied. Errors: NULL with ERR_MEMORY. */
struct network_table *network_create(const struct network_entry *entries, size_t count,
                                     struct err *err);
/* Makes one of PREFIXES[0..COUNT), all with the number 0. Errors: as network_create. */
struct network_table *network_create_of(const struct prefix *prefixes, size_t count,
                                        struct err *err);
void network_free(struct network_table *table);

/* Returns the entry with the longest prefix that holds ADDR, or NULL.
 * Cost: one binary search for each length in use. */
const struct network_entry *network_find(const struct network_table *table,
                                         const struct addr *addr);

#endif
