/* parsers.h - the line parser of each format that is read; format.c is the table of them.
 *
 * Each looks at one line, as the source has it without its end, and counts it in INTAKE: as blank,
 * as a comment, taken, or refused. Grammar: docs/lists.md. */
#ifndef BLOCKLIST_FORMAT_PARSERS_H
#define BLOCKLIST_FORMAT_PARSERS_H

#include <stdbool.h>

#include "blocklist/format/field.h"

struct err;
struct intake;
struct meaning;
struct source;

/* One name a line, standing for itself and what is below it. */
void plain_line(struct intake *intake, struct field line);

/* `*.name`, the name and what is below it; a bare name is exact. */
void wildcard_line(struct intake *intake, struct field line);

/* An address and names, exact. */
void hosts_line(struct intake *intake, struct field line);

/* `||name^` and `@@||name^`, with modifiers. Its state is what badfilter takes back; formats that
 * call adblock_rule have it too. */
int adblock_start(struct intake *intake, struct err *err);
void adblock_free_state(void *state);
void adblock_line(struct intake *intake, struct field line);

/* `address=/name/`, `local=/name/`, `server=/name/`. */
void dnsmasq_line(struct intake *intake, struct field line);

/* A `domains` file of a UT1 tree. */
void ut1_line(struct intake *intake, struct field line);

/* `local-zone:` and `local-data:`. Its state is the zone that data may still follow, and whom tags
 * are for. */
int unbound_start(struct intake *intake, struct err *err);
void unbound_finish(struct intake *intake);
void unbound_free_state(void *state);
void unbound_line(struct intake *intake, struct field line);

/* Rules of proxies: `DOMAIN-SUFFIX,name,REJECT` and the like, and `.name`. */
void surge_line(struct intake *intake, struct field line);

/* A table with a column of names or URLs. */
int csv_start(struct intake *intake, struct err *err);
void csv_finish(struct intake *intake);
void csv_free_state(void *state);
void csv_line(struct intake *intake, struct field line);

/* A rule set of sing-box, JSON. */
int singbox_read(struct intake *intake, struct source *source, struct err *err);

/* Takes or refuses WORD as plain lists have it: a range, `*.name`, `.name`, `=name`, or a name that
 * means BARE. */
void plain_word(struct intake *intake, struct field word, struct meaning bare);

/* Counts LINE, blanks cut off, if it is blank or a `#` comment; tells whether it was. */
bool parser_skips(struct intake *intake, struct field line);

/* Takes or refuses ENTRY, an address and names, without remark; for parsers that meet such lines.
 */
void hosts_entry(struct intake *intake, struct field entry);

/* Takes or refuses RULE, in AdBlock syntax, without remark; for parsers that meet such lines. */
void adblock_rule(struct intake *intake, struct field rule);

#endif
