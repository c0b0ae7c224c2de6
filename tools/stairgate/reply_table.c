#include "tools/stairgate/reply_table.h"

#include <libsmartcols.h>
#include <stdio.h>

struct libscols_table *reply_table_create(const struct reply_column *columns, size_t count)
{
    struct libscols_table *table;

    scols_init_debug(0);
    table = scols_new_table();
    for (size_t i = 0; table != NULL && i < count; i++)
        scols_table_new_column(table, columns[i].head, 0, columns[i].flags);
    return table;
}

struct libscols_line *reply_table_add(struct libscols_table *table,
                                      const struct reply_column *columns, size_t count,
                                      const json_t *entry)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    char number[24];

    for (size_t i = 0; line != NULL && i < count; i++) {
        const json_t *value = json_object_get(entry, columns[i].key);

        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        scols_line_set_data(line, i, json_is_string(value) ? json_string_value(value) : number);
    }
    return line;
}
