/* A source cut into lines. Lists are written on every system, by hand and by scripts, and joined
 * from files: all three line ends occur, also mixed, the last line may have none, a line may have
 * megabytes. One buffer of fixed size; a line that does not fit is given cut and marked, and the
 * rest of it is thrown away. The search for CR costs as much as that for LF, so a block is asked
 * once whether it holds any. */
#include "blocklist/format/textlines.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/format/source.h"
#include "config/base/err.h"

static int refill(struct textlines *lines, struct err *err)
{
    size_t held = lines->end - lines->at;
    ssize_t got;

    memmove(lines->room, lines->room + lines->at, held);
    lines->at = 0;
    lines->end = held;
    got = source_read(lines->source, lines->room + held, TEXTLINES_ROOM - held, err);
    if (got < 0)
        return -1;
    lines->end += (size_t)got;
    lines->ended = got == 0;
    lines->has_cr = memchr(lines->room, '\r', lines->end) != NULL;
    return 0;
}

int textlines_start(struct textlines *lines, struct source *source, struct err *err)
{
    const uint8_t *first;

    memset(lines, 0, sizeof *lines);
    lines->source = source;
    lines->room = malloc(TEXTLINES_ROOM);
    if (lines->room == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    while (lines->end < 2 && !lines->ended) {
        if (refill(lines, err) != 0)
            return -1;
    }
    first = (const uint8_t *)lines->room;
    if (lines->end >= 2 &&
        ((first[0] == 0xff && first[1] == 0xfe) || (first[0] == 0xfe && first[1] == 0xff)))
        return err_set(err, ERR_FORMAT, "not UTF-8 text (UTF-16)");
    return 0;
}

void textlines_end(struct textlines *lines)
{
    free(lines->room);
    lines->room = NULL;
}

/* Returns where the line that begins at AT ends, or NULL where its end is not in the buffer. */
static const char *find_end(const struct textlines *lines)
{
    const char *text = lines->room + lines->at;
    size_t held = lines->end - lines->at;
    const char *lf = memchr(text, '\n', held), *cr;

    if (!lines->has_cr)
        return lf;
    cr = memchr(text, '\r', lf == NULL ? held : (size_t)(lf - text));
    return cr != NULL ? cr : lf;
}

/* Drops the LF of a CR LF. Returns false when the buffer must be filled to know. */
static bool finish_cr(struct textlines *lines)
{
    if (!lines->after_cr)
        return true;
    if (lines->at == lines->end && !lines->ended)
        return false;
    if (lines->at < lines->end && lines->room[lines->at] == '\n')
        lines->at++;
    lines->after_cr = false;
    return true;
}

static void take(struct textlines *lines, struct textline *line, const char *end)
{
    size_t length = (size_t)(end - (lines->room + lines->at));

    line->text = lines->room + lines->at;
    line->too_long = length > TEXTLINE_OCTETS_MAX;
    line->length = line->too_long ? TEXTLINE_OCTETS_MAX : length;
    lines->at += length;
    if (lines->at < lines->end) {
        lines->after_cr = lines->room[lines->at] == '\r';
        lines->at++;
    }
    if (line->length >= 3 && memcmp(line->text, "\xef\xbb\xbf", 3) == 0) {
        line->text += 3;
        line->length -= 3;
    }
}

/* Gives the first octets of a line that the buffer cannot hold; the rest is skipped by the next
 * calls. */
static void take_head(struct textlines *lines, struct textline *line)
{
    line->text = lines->room + lines->at;
    line->length = TEXTLINE_OCTETS_MAX;
    line->too_long = true;
    lines->at = lines->end;
    lines->skipping = true;
}

/* Throws away what is left of a long line. Returns false when the buffer must be filled again. */
static bool skip_rest(struct textlines *lines)
{
    const char *end;

    if (!lines->skipping)
        return true;
    end = find_end(lines);
    if (end == NULL && !lines->ended) {
        lines->at = lines->end;
        return false;
    }
    lines->skipping = false;
    if (end == NULL) {
        lines->at = lines->end;
        return true;
    }
    lines->after_cr = *end == '\r';
    lines->at = (size_t)(end + 1 - lines->room);
    return true;
}

int textlines_next(struct textlines *lines, struct textline *line, struct err *err)
{
    for (;;) {
        if (skip_rest(lines) && finish_cr(lines)) {
            const char *end = find_end(lines);

            if (end == NULL && lines->ended) {
                if (lines->at == lines->end)
                    return 0;
                end = lines->room + lines->end;
            }
            if (end != NULL || lines->end - lines->at > TEXTLINE_OCTETS_MAX) {
                lines->number++;
                if (end != NULL)
                    take(lines, line, end);
                else
                    take_head(lines, line);
                return 1;
            }
        }
        if (refill(lines, err) != 0)
            return -1;
    }
}
