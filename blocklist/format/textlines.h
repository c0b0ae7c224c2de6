/* textlines.h - a source cut into lines: LF, CR LF or CR ends one; memory is bounded.
 *
 * A byte order mark (RFC 3629 §6) at the start of a line is dropped, so also where two files were
 * joined. UTF-16 is refused as a whole. */
#ifndef BLOCKLIST_FORMAT_TEXTLINES_H
#define BLOCKLIST_FORMAT_TEXTLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct source;

enum { TEXTLINES_ROOM = 128 * 1024, TEXTLINE_OCTETS_MAX = 65535 };

struct textlines {
    struct source *source;
    char *room;
    size_t at, end;
    uint64_t number; /* of the line last given, 1-based */
    bool has_cr;     /* the octets in room may hold a CR */
    bool after_cr;   /* the last line ended with CR: an LF that follows belongs to it */
    bool ended, skipping;
};

struct textline {
    const char *text; /* valid until the next call; no line end, no byte order mark */
    size_t length;
    bool too_long; /* only the first TEXTLINE_OCTETS_MAX octets are there */
};

/* Starts LINES on SOURCE. Errors: -1 with ERR: ERR_FORMAT (UTF-16), those of source_read. Owner:
 * the caller ends with textlines_end, whatever this returned; SOURCE is not closed. */
int textlines_start(struct textlines *lines, struct source *source, struct err *err);
void textlines_end(struct textlines *lines);

/* Fills LINE with the next one. Returns 1, 0 at the end, -1 with ERR as source_read. */
int textlines_next(struct textlines *lines, struct textline *line, struct err *err);

#endif
