/* build_run.h - a plan compiled: each source to a segment, all segments to a set. */
#ifndef TOOLS_STAIRGATE_BUILD_RUN_H
#define TOOLS_STAIRGATE_BUILD_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "blocklist/set/builder.h"

struct err;
struct plan;

struct build {
    const char *out, *psl_path;
    uint64_t seed, keep_lines;
    bool skip_failed;
    const struct name *protected_names;
    size_t protected_count;
    struct progress *progress;
    struct builder_result result; /* filled */
    unsigned attempts;            /* filled: seeds tried */
};

/* Compiles PLAN's sources and merges them to BUILD->out, with the next seed where a protected name
 * collides. Each source has its report or its fault then. Errors: -1 with ERR; what stood at out
 * is untouched. ERR_REFUSED: sources failed and are not to be skipped. */
int build_run(struct build *build, struct plan *plan, struct err *err);

/* Returns how many sources and trees of PLAN failed. */
size_t build_failures(const struct plan *plan);

#endif
