/* data.h - the tables of config/data, compiled in: tab-separated lines, `#` begins a comment line.
 *
 * One reader serves them all: data_open, then data_next until it returns false. */
#ifndef CONFIG_BASE_DATA_H
#define CONFIG_BASE_DATA_H

#include <stdbool.h>
#include <stddef.h>

struct data_table {
    const char *name, *begin, *end;
};

enum { DATA_FIELDS_MAX = 16, DATA_FIELD_MAX = 256 };

struct data_reader {
    const char *at, *end;
    unsigned line;
    size_t count;                                 /* fields of the present row */
    char fields[DATA_FIELDS_MAX][DATA_FIELD_MAX]; /* missing ones are "" */
};

/* Every table, ended by a row of NULLs (made at build time). */
extern const struct data_table data_tables[];

/* Starts READER at table NAME (its file name without `.tsv`). Returns 0, -1 where there is none. */
int data_open(struct data_reader *reader, const char *name);

/* Starts READER at TEXT[0..LENGTH), for tables that are files of the operator. */
void data_open_text(struct data_reader *reader, const char *text, size_t length);

/* Moves READER to the next row that is no comment and not blank; fills fields. Returns false at the
 * end. Fields over DATA_FIELD_MAX - 1 characters and rows over DATA_FIELDS_MAX fields are cut. */
bool data_next(struct data_reader *reader);

#endif
