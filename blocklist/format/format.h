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

struct format {
    const char *key;
    /* Takes, counts or refuses one line; NULL where the format is recognised but not read. */
    void (*line)(struct intake *intake, struct field line);
    /* Tells whether a line, blanks and remark cut off, speaks for the format; NULL: never guessed.
     */
    bool (*guess)(struct field line);
    const char *text;
};

/* Every format, ended by a row without key. */
extern const struct format formats[];

/* Returns the row of KEY, or NULL. */
const struct format *format_find(const char *key);

/* Finds the format that most of the first lines of SOURCE speak for; of equal ones the first in the
 * table. SOURCE is read from. Errors: NULL with ERR: ERR_FORMAT where no line speaks for any, or
 * where the format is not read; those of source_read. */
const struct format *format_guess(struct source *source, struct err *err);

/* Reads SOURCE to its end as FORMAT into INTAKE, whose report it fills. Errors: -1 with ERR (that
 * of INTAKE where its sink refused). */
int format_read(const struct format *format, struct source *source, struct intake *intake,
                struct err *err);

#endif
