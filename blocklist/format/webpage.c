#include "blocklist/format/webpage.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/base/err.h"

enum { SHOWN_MAX = 80 };

static const char *const starts[] = {"<!doctype", "<html",  "<?xml", "<head", "<body",
                                     "<script",   "<title", "<meta", "<svg"};

/* Writes FIRST[0..LENGTH) as at most SHOWN_MAX printable characters. */
static void escape(const uint8_t *first, size_t length, char text[SHOWN_MAX + 1])
{
    size_t used = 0;

    for (size_t i = 0; i < length && used + 4 <= SHOWN_MAX; i++) {
        if (first[i] == '\n' || first[i] == '\r' || first[i] == '\t')
            text[used++] = ' ';
        else if (first[i] < ' ' || first[i] > '~' || first[i] == '\\')
            used += (size_t)snprintf(text + used, SHOWN_MAX + 1 - used, "\\x%02x", first[i]);
        else
            text[used++] = (char)first[i];
    }
    text[used] = '\0';
}

int webpage_refuse(const uint8_t *first, size_t length, struct err *err)
{
    char text[SHOWN_MAX + 1];

    if (length >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0) {
        first += 3;
        length -= 3;
    }
    while (length > 0 && memchr(" \t\r\n\f\v", first[0], 6) != NULL) {
        first++;
        length--;
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t word = strlen(starts[i]);

        if (length < word || strncasecmp((const char *)first, starts[i], word) != 0)
            continue;
        escape(first, length, text);
        return err_set(err, ERR_FORMAT, WEBPAGE_TEXT ": '%s'", text);
    }
    return 0;
}
