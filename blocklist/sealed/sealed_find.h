/* sealed_find.h - what the entries of a table come to for a name: the innermost step of a look-up,
 * for the maker's questions too. */
#ifndef BLOCKLIST_SEALED_SEALED_FIND_H
#define BLOCKLIST_SEALED_SEALED_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "blocklist/sealed/sealed_names.h"
#include "blocklist/sealed/sealed_table.h"

/* Kinds that have a say where the name itself is asked for, and where something below it is. */
enum {
    SEALED_FIND_HERE = SEALED_KIND_HERE | SEALED_KIND_DIVERT | SEALED_KIND_CANARY,
    SEALED_FIND_ABOVE = SEALED_KIND_BELOW | SEALED_KIND_CANARY,
};

/* Returns the kinds of TABLE that hold for the name whose suffixes have HASHES[0..LABELS), the
 * top-level label's first. Cost: two lines a label, whatever they hold. */
static inline uint64_t sealed_find_kinds(const struct sealed_table *table,
                                         const uint64_t (*hashes)[2], size_t labels)
{
    uint64_t kinds = 0;

    for (size_t i = 0; i < labels; i++)
        kinds |= sealed_table_find(table, hashes[i]) &
                 (i + 1 == labels ? SEALED_FIND_HERE : SEALED_FIND_ABOVE);
    return kinds;
}

#endif
