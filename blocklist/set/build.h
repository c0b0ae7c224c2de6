/* build.h - what the parts of the builder share while one set is built. */
#ifndef BLOCKLIST_SET_BUILD_H
#define BLOCKLIST_SET_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/builder.h"
#include "blocklist/set/hashes.h"
#include "blocklist/set/layout.h"
#include "blocklist/set/prefixes.h"
#include "blocklist/set/variants.h"
#include "config/base/siphash.h"

struct nodes;
struct rows;
struct segment;
struct set_out;

struct build {
    const struct builder_options *options;
    struct segment **segments;
    size_t segment_count;
    struct variants variants; /* feeds, and their terms */
    const char *categories[SET_CATEGORIES_MAX];
    size_t category_count;
    struct nodes *nodes;
    struct rows *rows;
    uint32_t *order; /* row numbers by id */
    struct prefixes prefixes;
    struct set_out *out;

    uint64_t names, entries; /* distinct hashes; listings in all segments */
    uint64_t keep_lines;     /* of the set before, 0 for none */
    uint64_t lines, stored;
    uint32_t spill;
    unsigned id_bits;
    struct hashes escapes;   /* pairs: hash, id */
    struct hashes protected; /* hashes of protected names' suffixes, sorted */
    uint8_t *listed;         /* by protected hash: 1 where it truly is listed */
    uint64_t done;           /* for progress */
};

/* Writes every section but names and digests, from what BUILD holds. Errors: -1 with ERR. */
int sections_write(struct build *build, struct err *err);

/* Gives rows the ids that they had in the set that this one replaces, where that can be read, and
 * notes its number of lines. */
void rows_keep(struct build *build);

/* Collects the hashes of the protected names. Errors: -1 with ERR_MEMORY. */
int protect_collect(struct build *build, struct err *err);

/* Notes that HASH, rising from call to call, is listed; *AT is the caller's place, 0 at first. */
void protect_see(struct build *build, size_t *at, uint64_t hash);

/* Looks each protected hash that is not listed up in the unfinished file. Errors: -1 with ERR:
 * ERR_GATE where one is found, ERR_SYSTEM. */
int protect_prove(const struct build *build, struct err *err);

#endif
