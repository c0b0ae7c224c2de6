/* name.c - names between text and wire format.
 *
 * The problem: names come from people, from lists of millions of lines and from strangers, each
 * with rules of its own, and must be equal afterwards. The idea: one writer builds the wire form
 * octet by octet, with all limits in it and capitals made small; the readers differ only in what
 * they let through. Writing escapes everything but letters, digits, '-', '_' and '*', so that what
 * is shown can be read back and can do nothing to a terminal.
 *
 * Dropped: looking into xn-- labels; names are compared as octets. */
#include "config/base/name.h"

#include <string.h>

#include "config/base/err.h"

static const char *const fault_texts[NAME_FAULTS] = {
    [NAME_OK] = "a good name",
    [NAME_EMPTY] = "an empty name",
    [NAME_EMPTY_LABEL] = "an empty label",
    [NAME_LABEL_LONG] = "a label of more than 63 octets",
    [NAME_LONG] = "a name of more than 253 characters",
    [NAME_BAD_ESCAPE] = "a backslash that begins no escape",
    [NAME_BAD_OCTET] = "a character that no host name holds",
};

const char *name_fault_text(enum name_fault fault)
{
    return fault_texts[fault];
}

/* The label under construction: its length octet stands at START and is filled when the label ends.
 */
struct writer {
    struct name_buf *buf;
    size_t start, used;
};

static enum name_fault end_label(struct writer *w)
{
    size_t length = w->used - w->start - 1;

    if (length == 0)
        return NAME_EMPTY_LABEL;
    if (length > NAME_LABEL_MAX)
        return NAME_LABEL_LONG;
    w->buf->wire[w->start] = (uint8_t)length;
    w->start = w->used;
    w->used++;
    /* One octet stays free for the root. */
    return w->used > NAME_OCTETS_MAX ? NAME_LONG : NAME_OK;
}

static enum name_fault add_octet(struct writer *w, uint8_t octet)
{
    if (w->used >= NAME_OCTETS_MAX - 1)
        return NAME_LONG;
    w->buf->wire[w->used++] = name_lower_octet(octet);
    return NAME_OK;
}

static enum name_fault finish(struct writer *w, enum name_fault fault)
{
    /* A label still open at the end is closed; an empty one there is the final dot. */
    if (fault == NAME_OK && w->used > w->start + 1)
        fault = end_label(w);
    if (fault != NAME_OK)
        return fault;
    w->buf->wire[w->start] = 0;
    w->buf->length = (uint8_t)(w->start + 1);
    return NAME_OK;
}

/* Reads the escape that begins at TEXT; returns how many characters it has, 0 where it is none. */
static size_t read_escape(const char *text, size_t length, uint8_t *octet)
{
    unsigned value = 0;

    if (length < 2)
        return 0;
    if (text[1] < '0' || text[1] > '9') {
        *octet = (uint8_t)text[1];
        return 2;
    }
    if (length < 4)
        return 0;
    for (size_t i = 1; i < 4; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *octet = (uint8_t)value;
    return value > 255 ? 0 : 4;
}

enum name_fault name_from_text(struct name_buf *buf, const char *text, size_t length)
{
    struct writer w = {buf, 0, 1};
    enum name_fault fault = NAME_OK;

    if (length == 0)
        return NAME_EMPTY;
    if (length == 1 && text[0] == '.')
        return finish(&w, NAME_OK);
    for (size_t i = 0; i < length && fault == NAME_OK;) {
        uint8_t octet = (uint8_t)text[i];
        size_t taken = 1;

        if (octet == '.') {
            fault = end_label(&w);
        } else {
            if (octet == '\\')
                taken = read_escape(text + i, length - i, &octet);
            fault = taken == 0 ? NAME_BAD_ESCAPE : add_octet(&w, octet);
        }
        i += taken;
    }
    return finish(&w, fault);
}

static bool is_host_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

enum name_fault name_from_host(struct name_buf *buf, const char *text, size_t length)
{
    struct writer w = {buf, 0, 1};
    enum name_fault fault = NAME_OK;

    if (length == 0)
        return NAME_EMPTY;
    for (size_t i = 0; i < length && fault == NAME_OK; i++) {
        if (text[i] == '.')
            fault = end_label(&w);
        else
            fault = is_host_octet(text[i]) ? add_octet(&w, (uint8_t)text[i]) : NAME_BAD_OCTET;
    }
    return finish(&w, fault);
}

static bool is_plain(uint8_t octet)
{
    return is_host_octet((char)octet) || octet == '*';
}

char *name_to_text(const struct name *name, char *out)
{
    char *p = out;

    for (const uint8_t *label = name->wire; *label != 0; label += *label + 1) {
        if (p != out)
            *p++ = '.';
        for (size_t i = 1; i <= *label; i++) {
            uint8_t octet = label[i];

            if (is_plain(octet)) {
                *p++ = (char)octet;
                continue;
            }
            *p++ = '\\';
            *p++ = (char)('0' + octet / 100);
            *p++ = (char)('0' + octet / 10 % 10);
            *p++ = (char)('0' + octet % 10);
        }
    }
    if (p == out)
        *p++ = '.';
    *p = '\0';
    must(p - out < NAME_TEXT_MAX);
    return out;
}

bool name_is_whole(const uint8_t *octets, size_t length)
{
    size_t at = 0;

    if (length == 0 || length > NAME_OCTETS_MAX)
        return false;
    while (at < length && octets[at] != 0) {
        if (octets[at] > NAME_LABEL_MAX)
            return false;
        at += 1 + (size_t)octets[at];
    }
    return at + 1 == length;
}

size_t name_label_starts(const struct name *name, uint8_t *starts)
{
    size_t count = 0;

    for (size_t at = 0; name->wire[at] != 0; at += (size_t)name->wire[at] + 1) {
        must(count < NAME_LABELS_MAX);
        starts[count++] = (uint8_t)at;
    }
    return count;
}

struct name name_suffix(const struct name *name, size_t labels)
{
    uint8_t starts[NAME_LABELS_MAX];
    size_t count = name_label_starts(name, starts);
    size_t at = labels == 0 ? name->length - 1 : starts[count - labels];

    return (struct name){name->wire + at, name->length - at};
}

bool name_equal(const struct name *a, const struct name *b)
{
    return a->length == b->length && memcmp(a->wire, b->wire, a->length) == 0;
}

bool name_is_below_or_at(const struct name *name, const struct name *ancestor)
{
    struct name rest = *name;

    while (rest.length > ancestor->length) {
        size_t step = (size_t)rest.wire[0] + 1;

        rest.wire += step;
        rest.length -= step;
    }
    return name_equal(&rest, ancestor);
}

void name_lower(struct name_buf *buf, const struct name *name)
{
    must(name->length <= NAME_OCTETS_MAX);
    name_lower_copy(buf->wire, name->wire, name->length);
    buf->length = (uint8_t)name->length;
}

void name_lower_copy(uint8_t *out, const uint8_t *octets, size_t length)
{
    size_t i = 0;
    uint64_t words;

    for (; i + sizeof words <= length; i += sizeof words) {
        memcpy(&words, octets + i, sizeof words);
        words = name_lower_octets(words);
        memcpy(out + i, &words, sizeof words);
    }
    for (; i < length; i++)
        out[i] = name_lower_octet(octets[i]);
}
