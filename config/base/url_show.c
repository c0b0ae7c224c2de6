#include "config/base/url_show.h"

#include <string.h>

/* Copies FROM[0..LENGTH) to OUT + USED; returns what is used then. */
static size_t put(char *out, size_t room, size_t used, const char *from, size_t length)
{
    for (size_t i = 0; i < length && used + 1 < room; i++)
        out[used++] = from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?';
    return used;
}

char *url_show(const char *text, char *out, size_t room)
{
    size_t plain = strcspn(text, "?#"), scheme = strcspn(text, ":/");
    const char *start = text, *at;
    size_t used;

    scheme += strspn(text + scheme, ":/");
    if (scheme > plain)
        scheme = plain;
    at = memrchr(text + scheme, '@', plain - scheme);
    used = put(out, room, 0, text, scheme);
    start += scheme;
    if (at != NULL) {
        used = put(out, room, used, "...", 3);
        start = at;
    }
    used = put(out, room, used, start, (size_t)(text + plain - start));
    if (text[plain] != '\0') {
        used = put(out, room, used, text + plain, 1);
        used = put(out, room, used, "...", 3);
    }
    out[used] = '\0';
    return out;
}
