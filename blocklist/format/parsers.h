/* parsers.h - the line parser of each format that is read; format.c is the table of them.
 *
 * Each looks at one line, as the source has it without its end, and counts it in INTAKE: as blank,
 * as a comment, taken, or refused. Grammar: docs/lists.md. */
#ifndef BLOCKLIST_FORMAT_PARSERS_H
#define BLOCKLIST_FORMAT_PARSERS_H

#include <stdbool.h>

#include "blocklist/format/field.h"

struct intake;

/* One name a line, standing for itself and what is below it. */
void plain_line(struct intake *intake, struct field line);

/* `*.name`, the name and what is below it; a bare name is exact. */
void wildcard_line(struct intake *intake, struct field line);

/* An address and names, exact. */
void hosts_line(struct intake *intake, struct field line);

/* `||name^` and `@@||name^`. */
void adblock_line(struct intake *intake, struct field line);

/* A `domains` file of a UT1 tree. */
void ut1_line(struct intake *intake, struct field line);

/* Counts LINE, blanks cut off, if it is blank or a `#` comment; tells whether it was. */
bool parser_skips(struct intake *intake, struct field line);

/* Takes or refuses ENTRY, an address and names, without remark; for parsers that meet such lines.
 */
void hosts_entry(struct intake *intake, struct field entry);

/* Takes or refuses RULE, in AdBlock syntax, without remark; for parsers that meet such lines. */
void adblock_rule(struct intake *intake, struct field rule);

#endif
