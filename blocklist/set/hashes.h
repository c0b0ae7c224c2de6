/* hashes.h - a growing array of 64-bit hashes, and its sort, in the memory of its elements alone.
 *
 * Pages come from mmap and move by mremap, so growth copies nothing and what is not yet filled
 * costs no memory. Used by segment.c; eight octets a name are the peak of a build. */
#ifndef BLOCKLIST_SET_HASHES_H
#define BLOCKLIST_SET_HASHES_H

#include <stddef.h>
#include <stdint.h>

struct err;

struct hashes {
    uint64_t *items;
    size_t count, room;
};

/* Makes room in HASHES (zero-initialised at first) for more elements. Errors: -1 with ERR_MEMORY.
 */
int hashes_grow(struct hashes *hashes, struct err *err);

/* Appends HASH. Errors: -1 with ERR_MEMORY. */
static inline int hashes_push(struct hashes *hashes, uint64_t hash, struct err *err)
{
    if (hashes->count == hashes->room && hashes_grow(hashes, err) != 0)
        return -1;
    hashes->items[hashes->count++] = hash;
    return 0;
}

/* Sorts HASHES in place and drops repeated ones; returns how many were dropped. */
size_t hashes_sort_unique(struct hashes *hashes);

/* Gives the memory back and leaves HASHES empty. */
void hashes_free(struct hashes *hashes);

#endif
