/* set_walk.h - which of the entries on a name's way count, where masks cannot tell: an exception
 * was passed, or terms have a say. Exact, and slower than a lookup. */
#ifndef BLOCKLIST_SET_SET_WALK_H
#define BLOCKLIST_SET_SET_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "blocklist/set/set_file.h"

enum set_walk_type {
    WALK_PLAIN = -2, /* listings without terms, of lists that act; what lifts them for all types */
    WALK_ANY_TYPE = -1 /* every listing that holds for some type; what lifts it for all types */
};

struct set_walk {
    const struct set *set;
    uint32_t rows[NAME_LABELS_MAX + 1]; /* by labels of the suffix, 0 for none */
    unsigned count;                     /* the deepest row may stand there */
    unsigned labels;                    /* of the name */
    int type;                           /* of the question, or enum set_walk_type */
    bool lifts;                         /* an exception is among the entries */
    unsigned depth, index;              /* the next entry, set_walk_next */
};

/* Starts WALK over the suffixes of PROBE, the longest first. */
void set_walk_start(struct set_walk *walk, const struct set *set, const struct set_probe *probe,
                    int type);

/* Starts WALK over ROW alone, that of an address range. */
void set_walk_start_row(struct set_walk *walk, const struct set *set, uint32_t row, int type);

/* Fills ENTRY and its DEPTH with the next entry that has a say about the name: a listing that
 * counts for the type, or an exception. Returns false at the end. */
bool set_walk_next(struct set_walk *walk, uint32_t *entry, unsigned *depth);

#endif
