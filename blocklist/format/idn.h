/* idn.h - names as people write them, in letters of any script, to the form that DNS has. */
#ifndef BLOCKLIST_FORMAT_IDN_H
#define BLOCKLIST_FORMAT_IDN_H

#include <stddef.h>

enum { IDN_TEXT_MAX = 1024 };

/* Writes TEXT[0..LENGTH) with its labels as A-labels into OUT (IDN_TEXT_MAX), a NUL behind it:
 * UTS 46, non-transitional, then IDNA2008. Text that is ASCII already is copied as it is, capitals
 * and all. Returns 0, or -1 where TEXT is no name by those rules (or no UTF-8, or too long).
 * RFC: 5891 §4-5, 5892. */
int idn_to_ascii(const char *text, size_t length, char *out);

#endif
