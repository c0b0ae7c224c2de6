#include "blocklist/format/zonetext.h"

#include <string.h>

#include "blocklist/format/field.h"

int zonetext_start(struct zonetext *zone, struct source *source, struct err *err)
{
    zone->blank = zone->comments = zone->passed = 0;
    return textlines_start(&zone->lines, source, err);
}

void zonetext_end(struct zonetext *zone)
{
    textlines_end(&zone->lines);
}

static void put(struct zonetext *zone, char c)
{
    if (zone->length == ZONETEXT_ENTRY_MAX)
        zone->broken = true;
    else
        zone->text[zone->length++] = c;
}

/* Takes C, an octet outside of quotes. Returns false at a comment. */
static bool put_bare(struct zonetext *zone, char c)
{
    if (c == ';')
        return false;
    if (c == '(') {
        zone->depth++;
        c = ' ';
    } else if (c == ')') {
        zone->broken = zone->broken || zone->depth == 0;
        zone->depth -= zone->depth > 0;
        c = ' ';
    }
    put(zone, c == '\t' ? ' ' : c);
    return true;
}

/* Adds LINE to the entry. */
static void add_line(struct zonetext *zone, const struct textline *line)
{
    bool quoted = false, comment = false;

    zone->broken = zone->broken || line->too_long;
    for (size_t i = 0; i < line->length && !comment; i++) {
        char c = line->text[i];

        if (c == '\0')
            zone->broken = true; /* would end the text */
        if (c == '\\' && i + 1 < line->length) {
            put(zone, c);
            put(zone, line->text[++i]);
            zone->broken = zone->broken || line->text[i] == '\0';
        } else if (quoted || c == '"') {
            quoted = quoted != (c == '"');
            put(zone, c);
        } else {
            comment = !put_bare(zone, c);
        }
    }
    zone->broken = zone->broken || quoted;
}

/* Tells whether LINE, outside of an entry, holds none, and counts it then. */
static bool skips(struct zonetext *zone, const struct textline *line)
{
    struct field text = field_trim((struct field){line->text, line->length});

    if (line->too_long)
        return false;
    if (text.length == 0)
        zone->blank++;
    else if (text.text[0] == ';')
        zone->comments++;
    else
        return false;
    return true;
}

int zonetext_next(struct zonetext *zone, struct err *err)
{
    struct textline line;
    int more;

    zone->length = 0;
    zone->depth = 0;
    zone->broken = false;
    do
        more = textlines_next(&zone->lines, &line, err);
    while (more > 0 && skips(zone, &line));
    if (more <= 0)
        return more;
    zone->first_line = zone->lines.number;
    add_line(zone, &line);
    /* A broken entry ends where it is: a parenthesis that never closes must not eat the zone. */
    while (zone->depth > 0 && !zone->broken) {
        more = textlines_next(&zone->lines, &line, err);
        if (more < 0)
            return -1;
        if (more == 0) {
            zone->broken = true;
            break;
        }
        zone->passed++;
        put(zone, ' ');
        add_line(zone, &line);
    }
    zone->text[zone->length] = '\0';
    return 1;
}
