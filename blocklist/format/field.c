#include "blocklist/format/field.h"

#include <string.h>
#include <strings.h>

struct field field_trim(struct field field)
{
    while (field.length > 0 && field_is_blank(field.text[0]))
        field = field_skip(field, 1);
    while (field.length > 0 && field_is_blank(field.text[field.length - 1]))
        field.length--;
    return field;
}

struct field field_without_remark(struct field field)
{
    for (size_t i = 1; i < field.length; i++) {
        if (field.text[i] == '#' && field_is_blank(field.text[i - 1]))
            return field_trim((struct field){field.text, i});
    }
    return field;
}

struct field field_next(struct field *rest)
{
    struct field found;

    *rest = field_trim(*rest);
    found = (struct field){rest->text, 0};
    while (found.length < rest->length && !field_is_blank(rest->text[found.length]))
        found.length++;
    *rest = field_skip(*rest, found.length);
    return found;
}

struct field field_cut(struct field *items, char separator)
{
    const char *end = memchr(items->text, separator, items->length);
    size_t length = end == NULL ? items->length : (size_t)(end - items->text);
    struct field first = {items->text, length};

    *items = field_skip(*items, end == NULL ? length : length + 1);
    return first;
}

struct field field_skip(struct field field, size_t count)
{
    return (struct field){field.text + count, field.length - count};
}

bool field_starts(struct field field, const char *words)
{
    size_t length = strlen(words);

    return field.length >= length && memcmp(field.text, words, length) == 0;
}

bool field_ends(struct field field, const char *words)
{
    size_t length = strlen(words);

    return field.length >= length && memcmp(field.text + field.length - length, words, length) == 0;
}

bool field_is(struct field field, const char *words)
{
    return field.length == strlen(words) && field_starts(field, words);
}

bool field_is_any_case(struct field field, const char *words)
{
    return field.length == strlen(words) && strncasecmp(field.text, words, field.length) == 0;
}

bool field_has(struct field field, char c)
{
    return memchr(field.text, c, field.length) != NULL;
}

bool field_has_any(struct field field, const char *set)
{
    for (size_t i = 0; i < field.length; i++) {
        if (field.text[i] != '\0' && strchr(set, field.text[i]) != NULL)
            return true;
    }
    return false;
}

bool field_to_text(struct field field, char *text, size_t room)
{
    if (field.length >= room || field_has(field, '\0'))
        return false;
    memcpy(text, field.text, field.length);
    text[field.length] = '\0';
    return true;
}
