/* zonetext.h - a zone file cut into entries: lines joined inside of parentheses, comments cut off
 * (RFC 1035 §5.1). Memory is bounded by one entry. */
#ifndef BLOCKLIST_FORMAT_ZONETEXT_H
#define BLOCKLIST_FORMAT_ZONETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/format/textlines.h"

enum { ZONETEXT_ENTRY_MAX = 65536 };

struct zonetext {
    struct textlines lines;
    uint64_t blank, comments,
        passed;          /* lines that are no entry; that complete one, or are no item */
    uint64_t first_line; /* of the present entry */
    size_t length;
    unsigned depth; /* open parentheses */
    bool broken;    /* of the present entry: too long, or a quote or parenthesis never closed */
    char text[ZONETEXT_ENTRY_MAX + 1];
};

/* Starts ZONE on SOURCE. Errors: -1 with ERR as textlines_start. Owner: the caller ends with
 * zonetext_end, whatever this returned. */
int zonetext_start(struct zonetext *zone, struct source *source, struct err *err);
void zonetext_end(struct zonetext *zone);

/* Makes zone->text the next entry, in one line, a NUL behind it, unless zone->broken. A blank at
 * its start stays: the entry has the owner of the one before. Returns 1, 0 at the end, -1 with ERR
 * as textlines_next. */
int zonetext_next(struct zonetext *zone, struct err *err);

#endif
