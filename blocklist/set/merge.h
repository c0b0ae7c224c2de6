/* merge.h - many sorted runs as one stream: each hash once, with who lists it and how. */
#ifndef BLOCKLIST_SET_MERGE_H
#define BLOCKLIST_SET_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct merge;
struct segment;
struct variants;

struct merge_item {
    uint64_t hash;
    const uint32_t *entries; /* SET_ENTRY values, rising; valid until the next call */
    size_t count;
};

/* Starts a merge of the listings of SEGMENTS, which are those of VARIANTS; both must outlive it.
 * CHECKED says that all were merged to the end before. Owner: the caller ends it with merge_end.
 * Errors: NULL with ERR. */
struct merge *merge_start(struct segment *const *segments, const struct variants *variants,
                          bool checked, struct err *err);

/* Fills ITEM with the next hash. Returns 1, 0 at the end, -1 with ERR: ERR_DIGEST, ERR_FORMAT,
 * ERR_SYSTEM. Cost: one replay of the tree for each entry. */
int merge_next(struct merge *merge, struct merge_item *item, struct err *err);

/* Frees MERGE; NULL is fine. */
void merge_end(struct merge *merge);

#endif
