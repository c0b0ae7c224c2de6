/* sealing.h - one source to entries of a sealed set: as compile.h, but nothing of it is written
 * anywhere, and no message holds a word of the source. */
#ifndef BLOCKLIST_FORMAT_SEALING_H
#define BLOCKLIST_FORMAT_SEALING_H

#include <stdbool.h>
#include <stdint.h>

#include "blocklist/format/intake.h"
#include "blocklist/format/report.h"
#include "config/config.h"

struct err;
struct format;
struct seal;
struct source;
struct suffixes;
struct watch;

struct sealing {
    const struct suffixes *suffixes; /* keyed with SEED's key */
    uint64_t seed;
    struct intake_rules rules; /* match by GRANULARITY where that is domain_exact */
    enum list_granularity granularity;
    bool divert;           /* the hosts of pages go into the set as such; else they are counted */
    uint64_t entries_most; /* more than that: ERR_LIMIT; 0: no bound */
    const struct format *format; /* NULL: guessed, plain where nothing else fits; filled then */
    struct seal *seal, *also;    /* ALSO: the same under another salt; NULL: none */
    struct watch *watch;         /* names to look for; NULL: none */
    struct report report;        /* filled, as far as the reading came */
    uint64_t entries;            /* filled: what went into the seal, twice the same twice */
    uint64_t pages;              /* filled: entries that name pages; never widened to their host */
};

/* Opens the source once more for CONTEXT. Owner: the caller closes. Errors: NULL with ERR. */
typedef struct source *sealing_open_fn(void *context, struct err *err);

/* Reads what OPEN gives for CONTEXT, three times at most, and adds its entries to the seal. Errors:
 * -1 with ERR: those of OPEN and of source_read, ERR_FORMAT with a line's number at most,
 * ERR_LIMIT, ERR_MEMORY. */
int sealing_read(struct sealing *sealing, sealing_open_fn *open, void *context, struct err *err);

#endif
