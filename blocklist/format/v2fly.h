/* v2fly.h - domain lists of v2fly: names with a word for what they stand for, attributes, and other
 * lists of the same folder. Grammar: docs/formats.md. */
#ifndef BLOCKLIST_FORMAT_V2FLY_H
#define BLOCKLIST_FORMAT_V2FLY_H

struct err;
struct intake;
struct source;

/* Reads SOURCE to its end, then what it includes, once each, from intake->siblings. Where
 * intake->rules.part is an attribute (`@ads`, or `@-ads` for those without it), only lines that
 * have it are taken. Errors: -1 with ERR. */
int v2fly_read(struct intake *intake, struct source *source, struct err *err);

#endif
