/* builder.h - segments in, set file out: a k-way merge that streams.
 *
 * The result is a pure function of the segments, in their order, the seed, and what is kept of the
 * set before: no time, no path in it. */
#ifndef BLOCKLIST_SET_BUILDER_H
#define BLOCKLIST_SET_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct err;

struct builder_options {
    const char *out; /* where the set is to stand */
    uint64_t seed;   /* all segments were made with it */
    const struct name
        *protected_names; /* pins and popular names that no listed name may collide with by hash */
    size_t protected_count;
    uint64_t keep_lines;  /* set_info.lines of the set that this one replaces, 0 for those of
                             `previous`: kept while the names fit, so that two generations differ
                             little */
    const char *previous; /* the set that this one replaces, NULL for none: a row that stood there
                             keeps its id; one that cannot be read is as good as none */
    void (*progress)(void *context, uint64_t done, uint64_t total); /* NULL for none */
    void *context;
};

struct builder_result {
    uint64_t names, prefixes, octets, rows;
    uint64_t seed; /* that of the options */
};

/* Merges the segments at PATHS[0..COUNT) into a set at OPTIONS->out: temporary file, fsync, rename,
 * fsync of the directory. Errors: -1 with ERR: ERR_GATE (a protected name that is not listed
 * collides: build the segments again with seed + 1), ERR_FORMAT (a segment), ERR_SYSTEM. What stood
 * at out before is untouched then. */
int builder_merge(const char *const *paths, size_t count, const struct builder_options *options,
                  struct builder_result *result, struct err *err);

#endif
