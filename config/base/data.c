#include "config/base/data.h"

#include <string.h>

int data_open(struct data_reader *reader, const char *name)
{
    for (const struct data_table *table = data_tables; table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            data_open_text(reader, table->begin, (size_t)(table->end - table->begin));
            return 0;
        }
    }
    return -1;
}

void data_open_text(struct data_reader *reader, const char *text, size_t length)
{
    memset(reader, 0, sizeof *reader);
    reader->at = text;
    reader->end = text + length;
}

static void copy_field(char *out, const char *from, size_t length)
{
    if (length >= DATA_FIELD_MAX)
        length = DATA_FIELD_MAX - 1;
    memcpy(out, from, length);
    out[length] = '\0';
}

static void split(struct data_reader *reader, const char *line, const char *end)
{
    reader->count = 0;
    memset(reader->fields, 0, sizeof reader->fields);
    while (reader->count < DATA_FIELDS_MAX) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        const char *stop = tab == NULL ? end : tab;

        copy_field(reader->fields[reader->count++], line, (size_t)(stop - line));
        if (tab == NULL)
            return;
        line = tab + 1;
    }
}

bool data_next(struct data_reader *reader)
{
    while (reader->at < reader->end) {
        const char *line = reader->at;
        const char *newline = memchr(line, '\n', (size_t)(reader->end - line));
        const char *end = newline == NULL ? reader->end : newline;

        reader->at = newline == NULL ? reader->end : newline + 1;
        reader->line++;
        if (end == line || line[0] == '#')
            continue;
        split(reader, line, end);
        return true;
    }
    return false;
}
