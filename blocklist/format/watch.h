/* watch.h - names that a list is looked through for while it is read: those that no list may hold,
 * and the one that it must hold; which entry covers each, and at which line.
 *
 * An entry covers a name when a set would answer for the name because of it. Where the list's own
 * exceptions take that back the name is not covered. */
#ifndef BLOCKLIST_FORMAT_WATCH_H
#define BLOCKLIST_FORMAT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/segment.h"

struct err;
struct name;
struct terms;
struct watch;

/* Makes a watch for NAMES[0..COUNT), lower-cased, in lists read for a set with SEED; NAMES is not
 * kept. Owner: the caller frees with watch_free. Errors: NULL with ERR_MEMORY. */
struct watch *watch_create(const struct name *names, size_t count, uint64_t seed, struct err *err);
void watch_free(struct watch *watch);

/* What is seen of an entry. */
struct watched {
    uint64_t hash; /* of its name, which has as many LABELS */
    unsigned labels;
    enum entry_kind kind;
    enum entry_operation operation;
    const struct terms *terms; /* NULL: none */
    uint64_t line;             /* 1-based */
};

/* Sees ENTRY. An exception for some types only leaves its name covered. Cost: one slot of a table.
 */
void watch_see(struct watch *watch, const struct watched *entry);

/* Returns the first line that covers name INDEX, 0 where none does. */
uint64_t watch_line(const struct watch *watch, size_t index);

#endif
