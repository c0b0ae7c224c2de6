/* levels.h - octets through all that they are packed in: a stack of which each level reads from the
 * one below and looks at its first octets to know what stands above it.
 *
 * Used by source.c and members.c. What comes out of each level is counted against the limits, so
 * that a bomb inside of another one, or in a member that nobody reads, ends as early as any. */
#ifndef BLOCKLIST_FORMAT_LEVELS_H
#define BLOCKLIST_FORMAT_LEVELS_H

#include <stdint.h>

#include "blocklist/format/bundle.h"
#include "blocklist/format/source.h"

struct unpacker;

enum { LEVELS_MAX = 6, LEVEL_FIRST_OCTETS = BUNDLE_HEADER_OCTETS };

struct level {
    struct levels *levels;
    source_read_fn *read;
    void *context;
    struct unpacker *unpacker; /* that READ is of; NULL for the lowest, and for members */
    uint64_t given;            /* octets that came out of it */
    size_t held, at;           /* first octets, looked at, and of these given out */
    uint8_t first[LEVEL_FIRST_OCTETS];
};

struct levels {
    struct source_limits limits; /* without zeros */
    struct level level[LEVELS_MAX];
    size_t count;
    enum bundle_kind archive; /* what the uppermost level is */
    bool plain;               /* the lowest is the only one */
};

/* Starts LEVELS on what READ gives for CONTEXT, and adds a level for each packing. Errors: -1 with
 * ERR: ERR_FORMAT (packed by unknown means, or too often), those of reading. Owner: the caller ends
 * with levels_end, whatever this returned. */
int levels_start(struct levels *levels, const struct source_limits *limits, source_read_fn *read,
                 void *context, struct err *err);

/* Puts what READ gives for CONTEXT, a member of the archive below, on top, and levels on it. */
int levels_add(struct levels *levels, source_read_fn *read, void *context, struct err *err);

/* Frees what LEVELS made; not what the caller gave to read from. */
void levels_end(struct levels *levels);

/* Reads from a struct level, counting. */
ssize_t level_read(void *level, void *data, size_t room, struct err *err);

/* Returns the uppermost level. */
struct level *levels_top(struct levels *levels);

#endif
