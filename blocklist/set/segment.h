/* segment.h - one source's names, hashed and sorted: what a parser fills and the builder merges.
 *
 * A segment is a file with its own magic and version, the seed, the source's digest and counts, and
 * one sorted run of 64-bit hashes for each pair of kind and operation, so that an entry costs eight
 * octets. Fill one with segment_start, segment_add... and segment_finish; builder.h merges many.
 * Format: docs/set-file.md, "Segments".
 *
 * Exceptions (`@@||x^`) need a second pass: an exception removes every listing of its own source at
 * or below its name, and may stand behind them. After the first pass segment_second_pass tells
 * whether there were any; then feed the same source once more, and listings below an exception are
 * left out. */
#ifndef BLOCKLIST_SET_SEGMENT_H
#define BLOCKLIST_SET_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"
#include "config/base/siphash.h"

struct err;
struct prefix;
struct segment_writer;
struct terms;

enum entry_kind { ENTRY_SUBTREE, ENTRY_EXACT, ENTRY_BELOW, ENTRY_KINDS };
enum entry_operation { ENTRY_LIST, ENTRY_EXCEPT, ENTRY_OPERATIONS };

/* What the set file keeps about a source. */
struct segment_about {
    char feed[64];       /* id, unique in a set */
    char feed_class[16]; /* public, partner, legal, hotline */
    char category[32];   /* taxonomy key */
    char format[16];
    bool observe; /* counted, not applied */
    char licence[64], attribution[128];
    uint64_t lines, names, duplicates;
    uint64_t refused[16]; /* by reason, format/report.h */
    uint8_t source_digest[32];
};

/* Starts a segment that will stand at PATH, for a set with SEED.
 * Owner: the caller ends it with segment_finish or segment_abandon. Errors: NULL with ERR. */
struct segment_writer *segment_start(const char *path, uint64_t seed, struct err *err);

/* Says that the segment is merged at once by whoever writes it, and then removed: its runs get no
 * digests, which are a tenth of the way from text to set, and nothing waits for the disk. Their
 * order is still checked. */
void segment_for_now(struct segment_writer *writer);

/* Says that the names themselves are kept too, packed, so that another seed needs no source
 * (segment_kept.h): for classes that may be read by whoever reads the file. Before the first name.
 * Errors: -1 with ERR. */
int segment_keep_names(struct segment_writer *writer, struct err *err);

/* Returns the key that names are to be hashed with. */
const struct siphash_key *segment_key(const struct segment_writer *writer);

/* Adds NAME (lower-cased), whose hash under segment_key is HASH. LABELS is its number of labels.
 * Errors: -1 with ERR_MEMORY or ERR_SYSTEM. Cost: eight octets, amortised. */
int segment_add(struct segment_writer *writer, const struct name *name, uint64_t hash,
                unsigned labels, enum entry_kind kind, enum entry_operation operation,
                struct err *err);

/* The same for a listing or exception with TERMS, which are copied. Errors: also ERR_USAGE (no such
 * action, too many types, malformed records), ERR_LIMIT (more than SEGMENT_TERMED_MAX, layout.h).
 */
int segment_add_terms(struct segment_writer *writer, const struct name *name, uint64_t hash,
                      unsigned labels, enum entry_kind kind, enum entry_operation operation,
                      const struct terms *terms, struct err *err);

/* Adds an address range; kind has no meaning for it. */
int segment_add_prefix(struct segment_writer *writer, const struct prefix *prefix,
                       enum entry_operation operation, struct err *err);

/* Tells whether the source must be read once more (it holds exceptions); if so the listings are
 * forgotten and the writer is ready for them again, while exceptions given again are ignored. */
bool segment_second_pass(struct segment_writer *writer);

/* Sorts, drops duplicates, writes the file, and fills ABOUT's names and duplicates; WRITER is freed
 * in any case. Errors: -1 with ERR; nothing stands at the path then. */
int segment_finish(struct segment_writer *writer, struct segment_about *about, struct err *err);

/* Frees WRITER and writes nothing; NULL is fine. */
void segment_abandon(struct segment_writer *writer);

#endif
