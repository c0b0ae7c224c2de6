#include "tools/stairgate/catalogue.h"

#include <stdio.h>
#include <string.h>

#include "config/base/text.h"

enum { ROWS_MAX = 512, ID_MAX = 64 };

int catalogue_open(struct data_reader *reader)
{
    return data_open(reader, "feeds");
}

int catalogue_next(struct data_reader *reader, struct catalogue_row *row)
{
    if (!data_next(reader))
        return 0;
    *row = (struct catalogue_row){reader->fields[0], reader->fields[1], reader->fields[2],
                                  reader->fields[3], reader->fields[4], reader->fields[5],
                                  reader->fields[6], reader->fields[7], reader->fields[8]};
    return 1;
}

int catalogue_find(struct data_reader *reader, const char *id, struct catalogue_row *row)
{
    if (catalogue_open(reader) != 0)
        return -1;
    while (catalogue_next(reader, row)) {
        if (strcmp(row->id, id) == 0)
            return 0;
    }
    return -1;
}

void catalogue_suggest(const char *id)
{
    char ids[ROWS_MAX][ID_MAX];
    const char *words[ROWS_MAX], *near;
    struct catalogue_row row;
    struct data_reader reader;
    size_t count = 0;

    if (catalogue_open(&reader) != 0)
        return;
    for (; count < ROWS_MAX && catalogue_next(&reader, &row); count++) {
        snprintf(ids[count], ID_MAX, "%.63s", row.id);
        words[count] = ids[count];
    }
    near = text_nearest(id, words, count);
    fprintf(stderr, "stairgate: no public list of that name: '%s'%s%s%s\n", id,
            near != NULL ? "; did you mean '" : "; `stairgate lists catalogue` has them all",
            near != NULL ? near : "", near != NULL ? "'?" : "");
}
