#include "blocklist/format/shape.h"

#include <string.h>

#include "config/base/addr.h"

/* Returns how many octets the mark of a page rule at TEXT has: `#`, perhaps `@`, perhaps one of the
 * four words, `#`. 0 where there is none. */
static size_t mark_length(const char *text, size_t length)
{
    static const char *const words[] = {"$?", "$", "?", "%"};
    size_t at = 1;

    if (at < length && text[at] == '@')
        at++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t word = strlen(words[i]);

        if (length - at >= word && memcmp(text + at, words[i], word) == 0) {
            at += word;
            break;
        }
    }
    return at < length && text[at] == '#' ? at + 1 : 0;
}

bool shape_page_rule(struct field field)
{
    for (size_t i = 0; i + 1 < field.length; i++) {
        const char *text = field.text + i;

        if (text[0] == '#' && mark_length(text, field.length - i) > 0)
            return true;
        if (text[0] != '$')
            continue;
        if (text[1] == '$' || (field.length - i >= 3 && text[1] == '@' && text[2] == '$'))
            return true;
    }
    return false;
}

bool shape_foreign(struct field field)
{
    static const char *const starts[] = {"!", "[", ";", "//", "$"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (field_starts(field, starts[i]))
            return true;
    }
    return false;
}

/* Reads FIELD without its scope, which names a link of another machine. */
static bool read_address(struct field field, struct addr *addr)
{
    const char *percent = memchr(field.text, '%', field.length);
    char copy[ADDR_TEXT_MAX];

    if (percent != NULL)
        field.length = (size_t)(percent - field.text);
    return field.length > 0 && field_to_text(field, copy, sizeof copy) &&
           addr_from_text(addr, copy) == 0;
}

bool shape_hosts_address(struct field field)
{
    struct addr addr;

    return field_is(field, "0") || read_address(field, &addr);
}

bool shape_sinkhole(struct field field)
{
    static const uint8_t one[4] = {127, 0, 0, 1};
    struct addr addr;

    if (field_is(field, "0"))
        return true;
    if (!read_address(field, &addr))
        return false;
    if (addr_is_any(&addr))
        return true;
    return addr.bits == 32 ? memcmp(addr.octets, one, 4) == 0 : addr_is_loopback(&addr);
}

bool shape_null(struct field field)
{
    return !field_is(field, "0") && shape_sinkhole(field);
}

bool shape_range(struct field word)
{
    struct prefix prefix;
    char copy[ADDR_TEXT_MAX];

    if (word.length >= sizeof copy)
        return false;
    memcpy(copy, word.text, word.length);
    copy[word.length] = '\0';
    return prefix_from_text(&prefix, copy) == 0;
}

bool shape_name(struct field field)
{
    if (!field_has(field, '.'))
        return false;
    for (size_t i = 0; i < field.length; i++) {
        unsigned char c = (unsigned char)field.text[i];

        if (c < 0x80 && (c <= ' ' || strchr("!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~\177", c) != NULL))
            return false;
    }
    return true;
}
