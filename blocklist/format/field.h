/* field.h - a piece of a line: blanks cut off, remarks cut off, fields split. */
#ifndef BLOCKLIST_FORMAT_FIELD_H
#define BLOCKLIST_FORMAT_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* LENGTH octets at TEXT, inside a line that somebody else owns. */
struct field {
    const char *text;
    size_t length;
};

/* Tells whether C is a blank: space or TAB. */
static inline bool field_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Returns FIELD without blanks at its ends. */
struct field field_trim(struct field field);

/* Returns FIELD up to a remark: a `#` with a blank before it. (One without is part of the line:
 * page rules and fragments hold it.) */
struct field field_without_remark(struct field field);

/* Cuts the first run of octets that are no blanks off *REST and returns it; empty at the end. */
struct field field_next(struct field *rest);

/* Cuts the first of ITEMS, which SEPARATOR divides, off *ITEMS and returns it. */
struct field field_cut(struct field *items, char separator);

/* Returns FIELD without its first COUNT octets, of which it has as many. */
struct field field_skip(struct field field, size_t count);

/* Tell whether FIELD begins, ends, with WORDS, or is WORDS, also in any letter case. */
bool field_starts(struct field field, const char *words);
bool field_ends(struct field field, const char *words);
bool field_is(struct field field, const char *words);
bool field_is_any_case(struct field field, const char *words);

/* Tells whether FIELD holds the octet C, and whether it holds one of the octets of SET. */
bool field_has(struct field field, char c);
bool field_has_any(struct field field, const char *set);

/* Copies FIELD to TEXT, which has ROOM, with a NUL behind it. Returns false, with nothing copied,
 * where there is no room or FIELD holds a NUL itself. */
bool field_to_text(struct field field, char *text, size_t room);

#endif
