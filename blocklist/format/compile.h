/* compile.h - one source to one segment.
 *
 * Errors of the source (not found, broken, nothing taken) and those of this machine (no room, no
 * memory) come the same way, as ERR; nothing stands at the segment's path then. */
#ifndef BLOCKLIST_FORMAT_COMPILE_H
#define BLOCKLIST_FORMAT_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "blocklist/format/intake.h"
#include "blocklist/format/report.h"
#include "blocklist/format/source.h"
#include "blocklist/set/segment.h"

struct err;
struct format;
struct suffixes;
struct watch;

struct compile {
    const struct suffixes *suffixes; /* keyed with the seed's key */
    uint64_t seed;
    bool for_now;    /* the segment is merged at once: segment_for_now */
    bool keep_names; /* segment_keep_names */
    struct intake_rules rules;
    struct source_options from;  /* limits, and which file of an archive */
    uint64_t entries_most;       /* more entries than that: ERR_LIMIT; 0: no bound */
    struct watch *watch;         /* names to look for; NULL: none */
    const struct format *format; /* NULL: guessed; filled then */
    bool guessed;                /* by compile_file */
    struct segment_about about;  /* feed, class, category, licence, attribution by the caller; the
                                    rest is filled */
    struct report report;        /* filled, as far as the reading came */
    uint64_t members_refused;    /* filled: of an archive, links and the like */
    const char *first_refused;   /* filled: why the first of them, a constant; NULL: none */
    bool broken; /* filled: it was this machine that failed, not the source: do not go on without */
    /* Told how many octets of the file were read since the last time; NULL for none. */
    void (*progress)(void *context, uint64_t octets);
    void *context;
};

/* Compiles the file at PATH into a segment at SEGMENT. */
int compile_file(struct compile *compile, const char *path, const char *segment, struct err *err);

/* The same for SOURCE, read once: formats with exceptions need compile_file.
 *
 * Several parts of one source (rules.part: the values of a CSV column...) are a call each. */
int compile_source(struct compile *compile, struct source *source, const char *segment,
                   struct err *err);

#endif
