#include "tools/stairgate/device_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/device_key.h"
#include "config/base/err.h"

enum { CELLS = 4, WORD_MAX = 63, SHOWN_MOST = 20 };

struct reading {
    const char *path;
    char *at, *end;
    unsigned line;
    size_t wrong;
};

static void complain(struct reading *reading, const char *what, const char *cell)
{
    if (reading->wrong++ < SHOWN_MOST)
        fprintf(stderr, "%s:%u: %s: '%.80s'\n", reading->path, reading->line, what, cell);
}

/* Takes the cell at the start of what is left, unquoted in its place (RFC 4180 §2). Returns the
 * sign that ended it: a comma, or '\n' for the end of the row. */
static char take_cell(struct reading *reading, char **cell)
{
    char *out = reading->at, *p = reading->at;
    bool quoted = p < reading->end && *p == '"';
    char sign;

    *cell = out;
    for (p += quoted; p < reading->end; p++) {
        if (quoted && *p == '"' && p + 1 < reading->end && p[1] == '"')
            p++;
        else if (quoted && *p == '"') {
            quoted = false;
            continue;
        } else if (*p == '\n' || (!quoted && *p == ',')) {
            break;
        }
        if (*p != '\r')
            *out++ = *p;
    }
    sign = p < reading->end ? *p : '\n';
    if (quoted)
        complain(reading, "a quote is not closed", "");
    reading->at = p < reading->end ? p + 1 : p;
    *out = '\0';
    return sign;
}

static size_t take_row(struct reading *reading, char **cells)
{
    size_t count = 0;
    char sign;

    do {
        char *cell;

        sign = take_cell(reading, &cell);
        if (count < CELLS)
            cells[count] = cell;
        count++;
    } while (sign == ',');
    return count;
}

static void check_row(struct reading *reading, const struct device_line *row)
{
    const char *const words[] = {row->name, row->group, row->profile};
    struct device_key key;

    if (device_key_parse(row->key, &key) != 0)
        complain(reading, "not a MAC, address, prefix or cpe:NAME of a device", row->key);
    if (row->name[0] == '\0')
        complain(reading, "a device without name", row->key);
    for (size_t i = 0; i < 3; i++) {
        if (strlen(words[i]) > WORD_MAX)
            complain(reading, "more than 63 octets", words[i]);
    }
}

static int add_row(struct device_rows *rows, const struct device_line *row)
{
    if (rows->count == rows->room) {
        size_t room = rows->room == 0 ? 1024 : 2 * rows->room;
        struct device_line *more = realloc(rows->items, room * sizeof *more);

        if (more == NULL)
            return -1;
        rows->items = more;
        rows->room = room;
    }
    rows->items[rows->count++] = *row;
    return 0;
}

/* ---- the same key twice ---- */

struct keyed {
    struct device_key key;
    unsigned line;
};

static int compare(const void *x, const void *y)
{
    const struct keyed *a = x, *b = y;
    int order = memcmp(&a->key, &b->key, sizeof a->key);

    return order != 0 ? order : a->line < b->line ? -1 : a->line > b->line;
}

static void find_doubles(struct reading *reading, const struct device_rows *rows)
{
    struct keyed *keys = calloc(rows->count + 1, sizeof *keys);
    char text[DEVICE_KEY_TEXT_MAX];

    for (size_t i = 0; keys != NULL && i < rows->count; i++) {
        keys[i].line = rows->items[i].line;
        device_key_parse(rows->items[i].key, &keys[i].key);
    }
    if (keys == NULL) {
        complain(reading, "out of memory", "");
        return;
    }
    qsort(keys, rows->count, sizeof *keys, compare);
    for (size_t i = 1; i < rows->count; i++) {
        reading->line = keys[i].line;
        if (memcmp(&keys[i - 1].key, &keys[i].key, sizeof keys[i].key) == 0)
            complain(reading, "a key twice", device_key_text(&keys[i].key, text));
    }
    free(keys);
}

size_t device_rows_read(struct device_rows *rows, const char *path, char *text, size_t length)
{
    struct reading reading = {path, text, text + length, 0, 0};

    memset(rows, 0, sizeof *rows);
    while (reading.at < reading.end) {
        char empty[1] = "", *cells[CELLS] = {empty, empty, empty, empty};
        struct device_line row;
        size_t count;

        reading.line++;
        count = take_row(&reading, cells);
        if (cells[0][0] == '#' || (count == 1 && cells[0][0] == '\0') ||
            (reading.line == 1 && strcmp(cells[0], "key") == 0))
            continue;
        row = (struct device_line){cells[0], cells[1], count > 2 ? cells[2] : "",
                                   count > 3 ? cells[3] : "", reading.line};
        if (count < 2 || count > CELLS)
            complain(&reading, "a row is key,name,group,profile", cells[0]);
        else
            check_row(&reading, &row);
        if (count >= 2 && add_row(rows, &row) != 0) {
            complain(&reading, "out of memory", "");
            break;
        }
    }
    if (reading.wrong == 0)
        find_doubles(&reading, rows);
    if (reading.wrong > SHOWN_MOST)
        fprintf(stderr, "%s: and %zu more\n", path, reading.wrong - SHOWN_MOST);
    return reading.wrong;
}

void device_rows_free(struct device_rows *rows)
{
    free(rows->items);
    memset(rows, 0, sizeof *rows);
}
