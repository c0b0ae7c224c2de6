/* A log-in page, a bot check or a captive portal in place of a list: its words would become names.
 * What a server calls it says nothing, since some publish good lists as text/html; what counts is
 * whether a line near the start begins as pages do. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "blocklist/feed/reader_child.h"
#include "blocklist/format/source.h"
#include "config/base/err.h"

enum { LOOK = 4096, SHOWN = 80 };

static bool begins_page(const char *text, size_t length)
{
    static const char *const starts[] = {"<!doctype html", "<html",   "<head",
                                         "<body",          "<script", "<title"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t octets = strlen(starts[i]);

        if (length >= octets && strncasecmp(text, starts[i], octets) == 0)
            return true;
    }
    return false;
}

static bool is_page(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t stop = end == NULL ? length : (size_t)(end - text);

        while (at < stop && (isspace((unsigned char)text[at]) || (text[at] & 0x80) != 0))
            at++;
        if (begins_page(text + at, stop - at))
            return true;
        at = stop + 1;
    }
    return false;
}

/* Copies the start of TEXT[0..LENGTH) to OUT, with a dot for what a terminal should not get. */
static void show(const char *text, size_t length, char out[SHOWN + 1])
{
    size_t used = 0;

    for (size_t i = 0; i < length && used < SHOWN; i++) {
        if (used == 0 && isspace((unsigned char)text[i]))
            continue;
        out[used++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '.';
    }
    out[used] = '\0';
}

int reader_refuse_page(const char *path, struct err *err)
{
    char text[LOOK], shown[SHOWN + 1];
    struct err ignored;
    struct source *source = source_open(path, &ignored);
    size_t length = 0;

    if (source == NULL)
        return 0; /* whoever reads it will say what is wrong */
    while (length < sizeof text) {
        ssize_t got = source_read(source, text + length, sizeof text - length, &ignored);

        if (got <= 0)
            break;
        length += (size_t)got;
    }
    source_close(source);
    if (!is_page(text, length))
        return 0;
    show(text, length, shown);
    return err_set(err, ERR_FORMAT,
                   "a web page, not a list (a log-in, a bot check?): '%s'; open the url in a "
                   "browser",
                   shown);
}
