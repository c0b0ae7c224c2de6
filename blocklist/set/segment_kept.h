/* segment_kept.h - what a segment that was kept is asked: its digest, whether it lists a name, how
 * it differs from another one, its names; and made anew for another seed.
 *
 * A kept segment was written without segment_for_now; with segment_keep_names it holds its names in
 * the order of the source too. Nothing here reads a whole run into memory. Format:
 * docs/set-file.md, "Segments". */
#ifndef BLOCKLIST_SET_SEGMENT_KEPT_H
#define BLOCKLIST_SET_SEGMENT_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/segment.h"

struct segment;

/* Opens the segment at PATH: checks the header and the small sections. Owner: the caller ends it
 * with segment_close. Errors: NULL with ERR: ERR_NOT_FOUND, ERR_FORMAT, ERR_VERSION, ERR_DIGEST,
 * ERR_MEMORY, ERR_SYSTEM. */
struct segment *segment_open(const char *path, struct err *err);
void segment_close(struct segment *segment);

/* What SEGMENT says of itself. */
const struct segment_about *segment_about(const struct segment *segment);
uint64_t segment_seed(const struct segment *segment);
uint64_t segment_entries(const struct segment *segment); /* names, ranges and exceptions */
bool segment_has_names(const struct segment *segment);

/* Reads every octet of SEGMENT and compares the digests. Errors: -1 with ERR_DIGEST, ERR_FORMAT (a
 * run is not sorted), ERR_SYSTEM. */
int segment_verify(const struct segment *segment, struct err *err);

/* Tells whether SEGMENT lists NAME, itself or through one above it, for some type of question at
 * least. Returns 1, 0, or -1 with ERR_SYSTEM. Cost: some ten small reads a suffix. */
int segment_contains(const struct segment *segment, const struct name *name, struct err *err);

/* A name that a segment keeps, as its source gave it. */
struct segment_name {
    struct name name;
    unsigned labels;
    enum entry_kind kind;
    enum entry_operation operation;
    const struct terms *terms; /* NULL for none */
};

/* Calls EACH with every name that SEGMENT keeps, in the order of the source, repeated ones and
 * those that an exception dropped too; another result than 0 ends it. Returns 0, what EACH
 * returned, or -1 with ERR: ERR_NOT_FOUND (it keeps none), ERR_DIGEST, ERR_FORMAT. Cost: a window
 * of 128 KiB. */
int segment_names_each(const struct segment *segment,
                       int (*each)(void *context, const struct segment_name *name), void *context,
                       struct err *err);

/* How two segments differ, in entries. */
struct segment_changes {
    uint64_t before, after, added, removed;
};

/* Compares BEFORE with AFTER (NULL: an empty one), which have one seed, and fills CHANGES. EACH
 * (may be NULL) is called with the hash of every name that is listed otherwise, hashes rising
 * within one kind. Errors: -1 with ERR: ERR_USAGE (two seeds), what a run may be refused for, what
 * EACH returned. Cost: both files read once, 64 KiB. */
int segment_compare(const struct segment *before, const struct segment *after,
                    int (*each)(void *context, uint64_t hash, enum entry_kind kind, bool added),
                    void *context, struct segment_changes *changes, struct err *err);

/* Writes what the segment at FROM holds for SEED to TO, from its names. Errors: -1 with ERR:
 * ERR_NOT_FOUND (it keeps no names), as for segment_open and segment_finish. Cost: as reading the
 * source, without its parsing; eight octets a name. */
int segment_rehash(const char *from, const char *to, uint64_t seed, struct err *err);

#endif
