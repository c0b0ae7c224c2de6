/* intake.h - what is common to all formats: a name or an address that a line gave is checked,
 * counted, hashed and handed to a sink, or refused with its reason.
 *
 * The parsers of lines know nothing of segments: they call intake_name, intake_address and
 * intake_refuse. */
#ifndef BLOCKLIST_FORMAT_INTAKE_H
#define BLOCKLIST_FORMAT_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/format/report.h"
#include "blocklist/set/segment.h"
#include "config/base/siphash.h"
#include "config/config.h"

struct err;
struct hostname;
struct name;
struct prefix;
struct siblings;
struct suffixes;
struct terms;

struct intake_rules {
    bool tld;              /* names that are public suffixes of the ICANN section are taken */
    bool private_suffixes; /* those of the PRIVATE section are taken */
    enum list_match match;
    bool rewrites;      /* answers that a line brings are given; else it only blocks */
    const char *column; /* csv: the name of the column with names or URLs; NULL: found */
    const char *part;   /* formats with parts: only what is of this one; NULL: everything */
};

/* Where entries go. TERMS is NULL for nearly all. Each returns 0, or -1 with ERR, which ends the
 * reading. */
struct sink {
    void *context;
    int (*name)(void *context, const struct name *name, uint64_t hash, unsigned labels,
                enum entry_kind kind, enum entry_operation operation, const struct terms *terms,
                struct err *err);
    int (*prefix)(void *context, const struct prefix *prefix, enum entry_operation operation,
                  struct err *err);
    /* NULL: pages are refused (REASON_PAGE_RULE). Else told of them: HOST is that of the page, NULL
     * where it is none that a set could hold. They count as refused all the same. */
    int (*page)(void *context, const struct name *host, struct err *err);
};

struct intake {
    struct intake_rules rules;
    const struct suffixes *suffixes; /* keyed with KEY */
    struct siphash_key key;
    const struct sink *sink;
    struct report report;
    const struct siblings *siblings; /* files beside the source; NULL: none */
    struct err *err;
    bool failed;       /* the sink refused: stop, ERR is filled */
    void *state;       /* the format's own: format.h */
    unsigned readings; /* 1 in the first one, 2 in the second */
    bool again;        /* the format needs a second reading: format_read */
};

/* An entry's meaning, as its line has it. */
struct meaning {
    enum entry_kind kind;
    enum entry_operation operation;
    bool
        stated; /* the line itself says the kind, so that the operator's match does not change it */
    const struct terms *terms; /* NULL: none */
};

/* Counts one item of the present line as refused. */
void intake_refuse(struct intake *intake, enum reason reason);

/* Tells whether TEXT[0..LENGTH) is a name that intake_name would take, and fills HOST with it. */
bool intake_accepts(const struct intake *intake, const char *text, size_t length,
                    struct hostname *host);

/* Takes TEXT[0..LENGTH) as a name that means MEANING, or refuses it. */
void intake_name(struct intake *intake, const char *text, size_t length, struct meaning meaning);

/* Does so with an exception, whose refusal has one reason whatever it is for: more is blocked than
 * the list's author meant. */
void intake_exception(struct intake *intake, const char *text, size_t length,
                      struct meaning meaning);

/* Takes TEXT[0..LENGTH) if it is plain ASCII and a name; returns false, with nothing counted, where
 * a closer look is needed. The fast way for nearly every line of nearly every list. */
bool intake_plain_name(struct intake *intake, const char *text, size_t length,
                       struct meaning meaning);

/* Refuses TEXT[0..LENGTH), which names a page (a URL, or a host and a path), and tells a sink that
 * wants to know of its host. A page is never widened to that. */
void intake_page(struct intake *intake, const char *text, size_t length);

/* Tells whether the sink wants to know of pages, so that a URL is one even without a path. */
static inline bool intake_wants_pages(const struct intake *intake)
{
    return intake->sink->page != NULL;
}

/* Takes or refuses TEXT[0..LENGTH) if it is an address or a range; returns false, with nothing
 * counted, if it is none. */
bool intake_address(struct intake *intake, const char *text, size_t length,
                    enum entry_operation operation);

#endif
