/* Each modifier is a row with its reader. A modifier narrows or turns a rule, so one that is not
 * known, or whose value is not understood to its end, costs the whole rule; the documentation of
 * AdGuard's DNS filtering syntax says the same. Not here, on purpose: client and ctag (a list does
 * not know our clients), and everything that only browsers can tell apart. */
#include "blocklist/format/modifiers.h"

#include <stddef.h>
#include <string.h>

#include "blocklist/format/shape.h"

static bool read_important(struct modifiers *modifiers, struct field value)
{
    bool first = !modifiers->terms.important;

    modifiers->terms.important = true;
    return first && value.text == NULL;
}

static bool read_badfilter(struct modifiers *modifiers, struct field value)
{
    bool first = !modifiers->badfilter;

    modifiers->badfilter = true;
    return first && value.text == NULL;
}

static bool read_denyallow(struct modifiers *modifiers, struct field value)
{
    bool first = modifiers->denyallow.length == 0;

    modifiers->denyallow = value;
    return first && value.length > 0;
}

/* With types of both signs, those without `~` alone count: what is excluded is not among them. */
static bool add_type(struct terms *terms, bool excluded, uint16_t type)
{
    if (excluded && terms->type_count > 0 && !terms->all_but)
        return true;
    if (!excluded && terms->all_but)
        terms->type_count = 0;
    terms->all_but = excluded;
    if (terms->type_count == TERMS_TYPES_MAX)
        return false;
    terms->types[terms->type_count++] = type;
    return true;
}

static bool read_dnstype(struct modifiers *modifiers, struct field value)
{
    uint16_t type;

    if (modifiers->terms.type_count > 0 || value.length == 0)
        return false;
    while (value.length > 0) {
        struct field word = field_cut(&value, '|');
        bool excluded = field_starts(word, "~");

        if (!records_type(field_skip(word, excluded), &type) ||
            !add_type(&modifiers->terms, excluded, type))
            return false;
    }
    return true;
}

/* The codes of answers without records. */
static const struct {
    const char *word;
    uint8_t action;
} codes[] = {
    {"NOERROR",  TERMS_NODATA  },
    {"NXDOMAIN", TERMS_NXDOMAIN},
    {"REFUSED",  TERMS_REFUSED },
};

static bool read_code(struct modifiers *modifiers, struct field word)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (field_is(word, codes[i].word)) {
            modifiers->terms.action = codes[i].action;
            return true;
        }
    }
    return false;
}

/* Reads VALUE of the type called WORD; a null address is a block like any other. */
static bool read_record(struct modifiers *modifiers, struct field word, struct field value)
{
    modifiers->rewrite = true;
    if (!records_add_text(&modifiers->records, word, value))
        return false;
    if (shape_null(value))
        modifiers->records.length = 0;
    return true;
}

/* A value without semicolons: a code, an address, or the name of an alias. */
static bool read_short(struct modifiers *modifiers, struct field value)
{
    struct field word = {"CNAME", 5};

    if (read_code(modifiers, value))
        return true;
    records_address_word(value, &word);
    return read_record(modifiers, word, value);
}

static bool read_dnsrewrite(struct modifiers *modifiers, struct field value)
{
    struct field code, type;

    if (modifiers->rewrite || modifiers->terms.action != TERMS_STYLE || value.length == 0)
        return false;
    if (!field_has(value, ';'))
        return read_short(modifiers, value);
    code = field_cut(&value, ';');
    type = field_cut(&value, ';');
    if (type.length == 0)
        return value.length == 0 && read_code(modifiers, code);
    return field_is(code, "NOERROR") && read_record(modifiers, type, value);
}

static const struct {
    const char *word;
    bool (*read)(struct modifiers *modifiers, struct field value);
} known[] = {
    {"important",  read_important },
    {"badfilter",  read_badfilter },
    {"denyallow",  read_denyallow },
    {"dnstype",    read_dnstype   },
    {"dnsrewrite", read_dnsrewrite},
};

static bool read_one(struct modifiers *modifiers, struct field item)
{
    struct field word = field_cut(&item, '=');
    bool valued = item.text != word.text + word.length;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (field_is(word, known[i].word))
            return known[i].read(modifiers, valued ? item : (struct field){NULL, 0});
    }
    return false;
}

bool modifiers_read(struct modifiers *modifiers, struct field text)
{
    struct field rest = text;
    bool good = text.length > 0 && !field_ends(text, ",");

    memset(modifiers, 0, offsetof(struct modifiers, records));
    modifiers->records.length = 0;
    while (rest.length > 0) {
        struct field item = field_cut(&rest, ',');
        bool before = modifiers->badfilter;

        if (!read_one(modifiers, item))
            good = false;
        if (modifiers->badfilter && !before) {
            size_t at = (size_t)(item.text - text.text);

            modifiers->head = (struct field){text.text, at};
            modifiers->tail = rest;
        }
    }
    return good;
}
