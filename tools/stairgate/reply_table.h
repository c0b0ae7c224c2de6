/* reply_table.h - tables of what the server's replies list. */
#ifndef TOOLS_STAIRGATE_REPLY_TABLE_H
#define TOOLS_STAIRGATE_REPLY_TABLE_H

#include <jansson.h>
#include <stddef.h>

struct libscols_line;
struct libscols_table;

struct reply_column {
    const char *head, *key; /* KEY holds a text or a number */
    int flags;              /* of libsmartcols */
};

/* Makes a table with COLUMNS and no lines. NULL: no memory. */
struct libscols_table *reply_table_create(const struct reply_column *columns, size_t count);

/* Adds the line of ENTRY to TABLE, which may have more columns behind these; returns it, NULL where
 * there is no memory. */
struct libscols_line *reply_table_add(struct libscols_table *table,
                                      const struct reply_column *columns, size_t count,
                                      const json_t *entry);

#endif
