/* format.h - the formats of lists: one row each, known or known not to be read yet, and how a
 * source's format is guessed. */
#ifndef BLOCKLIST_FORMAT_FORMAT_H
#define BLOCKLIST_FORMAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "blocklist/format/field.h"

struct err;
struct intake;
struct source;

/* A format has `line` or `read`; one with neither is recognised and not read. */
struct format {
    const char *key, *text;
    /* Tells whether a line, blanks and remark cut off, speaks for the format; NULL: never guessed.
     */
    bool (*guess)(struct field line);

    /* Takes, counts or refuses one line. */
    void (*line)(struct intake *intake, struct field line);

    /* Reads a source that is no lines, to its end; report.lines is its own to count, and the line
     * that reasons are counted at. Returns -1 with ERR. */
    int (*read)(struct intake *intake, struct source *source, struct err *err);

    /* For what one line alone does not tell, each NULL where there is no such thing. START comes
     * before each reading of the source and makes intake->state where that is still NULL: it stays
     * from the first reading to the second. FINISH comes behind the last line, for what is still
     * held back. FREE_STATE gets the state, in the end, whatever happened. */
    int (*start)(struct intake *intake, struct err *err);
    void (*finish)(struct intake *intake);
    void (*free_state)(void *state);
};

/* Every format, ended by a row without key. */
extern const struct format formats[];

/* Returns the row of KEY, or NULL. */
const struct format *format_find(const char *key);

/* What format_guess says where no format fits, for who can say more. */
#define FORMAT_NONE_FITS "its format is none that is known"

/* Finds the format that most of the first lines of SOURCE speak for; of equal ones the first in the
 * table. SOURCE is read from. Errors: NULL with ERR: ERR_FORMAT where no line speaks for any, or
 * where the format is not read; those of source_read. */
const struct format *format_guess(struct source *source, struct err *err);

/* Reads SOURCE to its end as FORMAT into INTAKE, whose report it fills anew. Where it leaves
 * intake->again true, what the sink got does not hold: the source is to be read once more with the
 * same INTAKE, and a sink that forgot everything. Errors: -1 with ERR (that of INTAKE where its
 * sink refused). Owner: the caller ends INTAKE with format_end. */
int format_read(const struct format *format, struct source *source, struct intake *intake,
                struct err *err);

/* Frees what FORMAT kept in INTAKE from one reading to the next. */
void format_end(const struct format *format, struct intake *intake);

#endif
