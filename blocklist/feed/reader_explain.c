/* Why no format fits a list: a person needs to see whether it is empty, or what stands in it. */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "blocklist/feed/reader_child.h"
#include "blocklist/format/source.h"
#include "blocklist/format/textlines.h"
#include "config/base/err.h"

enum { LINES = 1000, SHOWN = 80 };

static bool is_remark(const struct textline *line)
{
    size_t at = 0;

    while (at < line->length && isspace((unsigned char)line->text[at]))
        at++;
    return at == line->length || strchr("#!;[", line->text[at]) != NULL;
}

/* Copies the start of LINE to OUT, with a dot for what a terminal should not get. */
static void show(const struct textline *line, char out[SHOWN + 1])
{
    size_t used = 0;

    for (; used < line->length && used < SHOWN; used++)
        out[used] = line->text[used] >= ' ' && line->text[used] <= '~' ? line->text[used] : '.';
    out[used] = '\0';
}

static void explain(struct textlines *lines, struct err *err)
{
    struct textline line;
    struct err ignored;
    char shown[SHOWN + 1];
    int more = 1;

    while (lines->number < LINES && (more = textlines_next(lines, &line, &ignored)) == 1) {
        if (is_remark(&line))
            continue;
        show(&line, shown);
        err_set(err, ERR_FORMAT,
                "no format that is known fits; line %" PRIu64 "%s: '%s'; name its format in "
                "lists.ID.format if it is a list",
                lines->number, line.too_long ? ", which has no end" : "", shown);
        return;
    }
    if (more < 0)
        return;
    err_set(err, ERR_FORMAT,
            "no entry in it: %" PRIu64 " lines, all of them remarks; the last good list stays",
            lines->number);
}

void reader_explain(const struct source_options *from, const char *path, struct err *err)
{
    struct err ignored;
    struct source *source = source_open_as(path, from, &ignored);
    struct textlines lines;

    if (source == NULL)
        return;
    if (textlines_start(&lines, source, &ignored) == 0)
        explain(&lines, err);
    textlines_end(&lines);
    source_close(source);
}
