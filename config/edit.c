/* edit.c - the surgery on an operator's YAML.
 *
 * The problem: a program that reads a config and writes it again loses what people put into it:
 * comments, order, quotes. The idea: libyaml tells on which lines the members of `lists` (or of
 * another section) begin and end; the new text is the old one with lines put in or taken out
 * between two of them, and not an octet of the others is touched.
 *
 * A member ends where its last value ends, not where the next one begins: what stands between,
 * blank lines and comments, belongs to nobody and stays. Lines are cut where libyaml cuts them (CR,
 * LF, CRLF and three of Unicode's), since its marks count by that.
 *
 * Dropped: flow style (`lists: {a: {...}}`): there a line is no unit. */
#include "config/edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/base/err.h"

enum { DEPTH_ROOT = 1, DEPTH_LISTS = 2, INDENT = 2 };

/* Where things stand; lines count from 0. */
struct scan {
    const char *section; /* what is edited: a key of the root */
    const char *id, *text;
    size_t length;
    size_t depth;
    bool key_next[3]; /* at depth 1 and 2: what comes next is a key */
    bool in_lists;    /* the value being read is that of `lists` */
    bool in_member;   /* ... and that of ID */

    bool root_flow, root_there;
    size_t root_column;
    bool lists_there, lists_flow, lists_null;
    size_t lists_line, lists_column;                                   /* of the key */
    size_t value_column, value_end_column, value_line, value_end_line; /* of flow style or null */
    size_t members, member_column;
    size_t odd_line; /* counted from 1: a key of ours stands behind something else; 0: none does */
    bool member_there;
    size_t member_line, member_last; /* of ID */
    size_t last;                     /* line of the last octet of any value */
    size_t lists_last;               /* the same within lists */
    bool ended;                      /* the document's end is written, on line end_line */
    size_t end_line;
};

/* Returns how many octets at TEXT[0..LENGTH) end a line for libyaml, 0 for none. */
static size_t break_length(const char *text, size_t length)
{
    if (text[0] == '\n')
        return 1;
    if (text[0] == '\r')
        return length > 1 && text[1] == '\n' ? 2 : 1;
    if (length > 1 && memcmp(text, "\xc2\x85", 2) == 0)
        return 2;
    if (length > 2 &&
        (memcmp(text, "\xe2\x80\xa8", 3) == 0 || memcmp(text, "\xe2\x80\xa9", 3) == 0))
        return 3;
    return 0;
}

/* Returns where LINE begins, LENGTH where there are fewer. */
static size_t line_begin(const char *text, size_t length, size_t line)
{
    size_t at = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* a mark of UTF-8 */

    while (line > 0 && at < length) {
        size_t ends = break_length(text + at, length - at);

        line -= ends > 0;
        at += ends > 0 ? ends : 1;
    }
    return at;
}

/* The line of the last octet of what ended at MARK. */
static size_t last_line(yaml_mark_t start, yaml_mark_t end)
{
    return end.column == 0 && end.line > start.line ? end.line - 1 : end.line;
}

/* Notes a key that is not the first on its line, such as that of `? a`: there lines cannot be put
 * in or taken out. */
static void check_key(struct scan *scan, yaml_mark_t mark)
{
    size_t begin = line_begin(scan->text, scan->length, mark.line);

    for (size_t i = 0; i < mark.column && scan->odd_line == 0; i++) {
        if (begin + i >= scan->length || scan->text[begin + i] != ' ')
            scan->odd_line = mark.line + 1;
    }
}

static void take_root_key(struct scan *scan, const yaml_event_t *event)
{
    if (!scan->root_there) {
        scan->root_there = true;
        scan->root_column = event->start_mark.column;
    }
    scan->in_lists = strcmp((const char *)event->data.scalar.value, scan->section) == 0;
    if (!scan->in_lists)
        return;
    check_key(scan, event->start_mark);
    scan->lists_there = true;
    scan->lists_line = scan->lists_last = event->start_mark.line;
    scan->lists_column = event->start_mark.column;
}

static void take_list_key(struct scan *scan, const yaml_event_t *event)
{
    if (!scan->lists_flow)
        check_key(scan, event->start_mark);
    scan->member_column = event->start_mark.column;
    scan->members++;
    scan->in_member = strcmp((const char *)event->data.scalar.value, scan->id) == 0;
    if (!scan->in_member)
        return;
    scan->member_there = true;
    scan->member_line = scan->member_last = event->start_mark.line;
}

static void take_value_place(struct scan *scan, const yaml_event_t *event)
{
    scan->value_line = event->start_mark.line;
    scan->value_column = event->start_mark.column;
    scan->value_end_line = event->end_mark.line;
    scan->value_end_column = event->end_mark.column;
}

/* Something that has octets of its own ended. */
static void take_end(struct scan *scan, const yaml_event_t *event)
{
    size_t line = last_line(event->start_mark, event->end_mark);

    scan->last = line;
    if (scan->in_lists)
        scan->lists_last = line;
    if (scan->in_member)
        scan->member_last = line;
}

static bool is_key(struct scan *scan)
{
    return (scan->depth == DEPTH_ROOT || (scan->depth == DEPTH_LISTS && scan->in_lists)) &&
           scan->key_next[scan->depth];
}

/* A value, single or whole, ended at the present depth. */
static void value_over(struct scan *scan)
{
    if (scan->depth > DEPTH_LISTS)
        return;
    scan->key_next[scan->depth] = true;
    if (scan->depth == DEPTH_LISTS)
        scan->in_member = false;
    if (scan->depth == DEPTH_ROOT)
        scan->in_lists = false;
}

static void take_scalar(struct scan *scan, const yaml_event_t *event)
{
    if (is_key(scan)) {
        scan->key_next[scan->depth] = false;
        if (scan->depth == DEPTH_ROOT)
            take_root_key(scan, event);
        else
            take_list_key(scan, event);
        take_end(scan, event);
        return;
    }
    if (scan->depth == 0 && event->data.scalar.length > 0)
        scan->root_flow = true; /* `~` is a config, but no place to add to */
    if (scan->depth == DEPTH_ROOT && scan->in_lists) {
        scan->lists_null = event->data.scalar.length == 0;
        scan->lists_flow = !scan->lists_null;
    }
    if (event->data.scalar.length > 0 || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        take_end(scan, event);
    value_over(scan);
}

static void open_container(struct scan *scan, const yaml_event_t *event)
{
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    bool flow = mapping ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                        : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;

    if (scan->depth == 0)
        scan->root_flow = flow || !mapping;
    if (scan->depth == DEPTH_ROOT && scan->in_lists) {
        scan->lists_flow = flow || !mapping;
        take_value_place(scan, event);
    }
    if (flow)
        take_end(scan, event);
    scan->depth++;
    if (scan->depth <= DEPTH_LISTS)
        scan->key_next[scan->depth] = mapping;
}

static void close_container(struct scan *scan, const yaml_event_t *event)
{
    /* the end of block style has no octet of its own: its mark is where the next thing begins */
    if (event->end_mark.index > event->start_mark.index)
        take_end(scan, event);
    scan->depth--;
    if (scan->depth == DEPTH_ROOT && scan->in_lists) {
        scan->value_end_line = event->end_mark.line;
        scan->value_end_column = event->end_mark.column;
    }
    value_over(scan);
}

static void take_event(struct scan *scan, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        take_scalar(scan, event);
        break;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        open_container(scan, event);
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        close_container(scan, event);
        break;
    case YAML_DOCUMENT_END_EVENT:
        scan->ended = !event->data.document_end.implicit;
        scan->end_line = event->start_mark.line;
        break;
    default: /* what a config may not hold (aliases) is refused when it is loaded */
        break;
    }
}

static int scan_text(struct scan *scan, const char *text, size_t length, struct err *err)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool done = false;
    int rc = 0;

    if (length > 0 && memchr(text, '\0', length) != NULL) /* UTF-16, or no text */
        return err_set(err, ERR_FORMAT, "only text in UTF-8 is edited");
    if (!yaml_parser_initialize(&parser))
        return err_set(err, ERR_MEMORY, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    while (rc == 0 && !done) {
        if (!yaml_parser_parse(&parser, &event)) {
            rc = err_set(
                err, ERR_FORMAT, "not YAML at line %zu: %s; `stairgate config check` says more",
                parser.problem_mark.line + 1, parser.problem != NULL ? parser.problem : "unknown");
            break;
        }
        take_event(scan, &event);
        done = event.type == YAML_STREAM_END_EVENT || event.type == YAML_DOCUMENT_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return rc;
}

/* The line end that the file has: that of its first line. */
static const char *line_end(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && break_length(text + at, length - at) == 0)
        at++;
    return at + 1 < length && text[at] == '\r' && text[at + 1] == '\n' ? "\r\n" : "\n";
}

/* Tells whether VALUE means itself without quotes, wherever it stands. */
static bool is_plain(const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char inner[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./=%?&+";
    size_t length = strlen(value);

    if (length == 0 || strchr(letters, value[0]) == NULL || strcasecmp(value, "null") == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool colon = value[i] == ':' && value[i + 1] == '/';

        if (strchr(inner, value[i]) == NULL && !colon)
            return false;
    }
    return true;
}

static void put_value(FILE *out, const char *value)
{
    if (is_plain(value)) {
        fputs(value, out);
        return;
    }
    fputc('\'', out);
    for (; *value != '\0'; value++)
        fprintf(out, *value == '\'' ? "''" : "%c", *value);
    fputc('\'', out);
}

static void put_option(FILE *out, size_t indent, const char *end, const struct edit_option *option)
{
    fprintf(out, "%*s%s: ", (int)indent, "", option->name);
    if (option->yaml)
        fputs(option->value, out);
    else
        put_value(out, option->value);
    fputs(end, out);
}

/* What is put in: a list with its options, or, where ID is no list's, one option. */
struct piece {
    const char *id;
    const struct edit_option *options;
    size_t count;
    bool option;
};

static void put_piece(FILE *out, size_t indent, const char *end, const struct piece *piece)
{
    if (piece->option) {
        put_option(out, indent, end, piece->options);
        return;
    }
    fprintf(out, "%*s", (int)indent, "");
    put_value(out, piece->id);
    fprintf(out, ":%s", end);
    for (size_t i = 0; i < piece->count; i++)
        put_option(out, indent + INDENT, end, &piece->options[i]);
}

/* Writes TEXT[0..AT) to OUT, and a line end where its last line has none. */
static void put_before(FILE *out, const char *text, size_t at, const char *end)
{
    fwrite(text, 1, at, out);
    if (at > 0 && text[at - 1] != '\n' && text[at - 1] != '\r')
        fputs(end, out);
}

/* Returns where the new text is written, which is then *TEXT; NULL without memory. */
static FILE *begin(char **text, size_t *length, struct err *err)
{
    FILE *out = open_memstream(text, length);

    if (out == NULL)
        err_set(err, ERR_MEMORY, "out of memory");
    return out;
}

/* Ends OUT, whose octets are in *TEXT; returns them, or NULL without memory. */
static char *finish(FILE *out, char **text, struct err *err)
{
    bool failed = ferror(out) != 0;

    if (fclose(out) == 0 && !failed)
        return *text;
    free(*text);
    err_set(err, ERR_MEMORY, "out of memory");
    return NULL;
}

/* What cannot be edited, and what to do about it. */
static int check_style(const struct scan *scan, struct err *err)
{
    if (scan->root_flow)
        return err_set(
            err, ERR_FORMAT,
            "the config is written as one {...}; write its options on lines of their own");
    if (scan->lists_there && scan->lists_flow && scan->members > 0)
        return err_set(err, ERR_FORMAT,
                       "line %zu: '%s' is written as {...}; write each thing in it on lines of its "
                       "own below '%s:', or edit it yourself",
                       scan->lists_line + 1, scan->section, scan->section);
    if (scan->lists_there && scan->lists_flow && scan->value_line != scan->value_end_line)
        return err_set(err, ERR_FORMAT, "line %zu: write '%s: {}' on one line",
                       scan->lists_line + 1, scan->section);
    if (scan->odd_line > 0)
        return err_set(err, ERR_FORMAT,
                       "line %zu: '%s', and the names in it, must be the first on their line",
                       scan->odd_line, scan->section);
    return 0;
}

/* Writes TEXT[0..AT), which ends behind the line of `lists: {}`, without the braces. */
static void put_without_braces(FILE *out, const struct scan *scan, const char *text, size_t length,
                               size_t at, const char *end)
{
    size_t line = line_begin(text, length, scan->value_line);
    size_t open = line + scan->value_column, close = line + scan->value_end_column;

    while (open > line && text[open - 1] == ' ')
        open--;
    fwrite(text, 1, open, out);
    fwrite(text + close, 1, at - close, out);
    if (text[at - 1] != '\n' && text[at - 1] != '\r')
        fputs(end, out);
}

static void put_in(FILE *out, const struct scan *scan, const char *text, size_t length,
                   const struct piece *piece)
{
    const char *end = line_end(text, length);
    size_t indent = scan->members > 0 ? scan->member_column : scan->lists_column + INDENT;
    size_t at = scan->lists_there ? line_begin(text, length, scan->lists_last + 1)
                : scan->ended     ? line_begin(text, length, scan->end_line)
                                  : length;

    if (scan->lists_there && scan->lists_flow) {
        put_without_braces(out, scan, text, length, at, end);
    } else {
        put_before(out, text, at, end);
    }
    if (!scan->lists_there) {
        fprintf(out, "%s%*s%s:%s", at > 0 ? end : "", (int)scan->root_column, "", scan->section,
                end);
        indent = scan->root_column + INDENT;
    }
    put_piece(out, indent, end, piece);
    fwrite(text + at, 1, length - at, out);
}

/* Returns TEXT[0..LENGTH) with PIECE in SECTION, as the header says of both that add. */
static char *add(const char *text, size_t length, const char *section, const struct piece *piece,
                 size_t *out_length, struct err *err)
{
    struct scan scan = {.section = section, .id = piece->id, .text = text, .length = length};
    char *made = NULL;
    FILE *out;

    if (scan_text(&scan, text, length, err) != 0 || check_style(&scan, err) != 0)
        return NULL;
    if (scan.member_there) {
        err_set(err, ERR_DUPLICATE,
                piece->option ? "it is written already: '%s', at line %zu"
                              : "there is a list of that name: '%s', at line %zu",
                piece->id, scan.member_line + 1);
        return NULL;
    }
    out = begin(&made, out_length, err);
    if (out == NULL)
        return NULL;
    put_in(out, &scan, text, length, piece);
    return finish(out, &made, err);
}

char *edit_add_list(const char *text, size_t length, const char *id,
                    const struct edit_option *options, size_t count, size_t *out_length,
                    struct err *err)
{
    const struct piece piece = {id, options, count, false};

    return add(text, length, "lists", &piece, out_length, err);
}

char *edit_add_option(const char *text, size_t length, const char *section,
                      const struct edit_option *option, size_t *out_length, struct err *err)
{
    const struct piece piece = {option->name, option, 1, true};

    return add(text, length, section, &piece, out_length, err);
}

/* Writes the line of `lists:` from AT on, with `{}` behind the colon; returns where it ends. */
static size_t put_braces(FILE *out, const struct scan *scan, const char *text, size_t length,
                         size_t at)
{
    size_t end = line_begin(text, length, scan->lists_line + 1), colon = at;

    while (colon < end && text[colon] != ':')
        colon++;
    if (colon < end)
        colon++;
    fwrite(text + at, 1, colon - at, out);
    fputs(" {}", out);
    fwrite(text + colon, 1, end - colon, out);
    return end;
}

static void put_rest(FILE *out, const struct scan *scan, const char *text, size_t length)
{
    size_t first = line_begin(text, length, scan->member_line);
    size_t behind = line_begin(text, length, scan->member_last + 1), at = 0;

    if (scan->members == 1) {
        at = line_begin(text, length, scan->lists_line);
        fwrite(text, 1, at, out);
        at = put_braces(out, scan, text, length, at);
    }
    fwrite(text + at, 1, first - at, out);
    fwrite(text + behind, 1, length - behind, out);
}

char *edit_remove_list(const char *text, size_t length, const char *id, size_t *out_length,
                       struct err *err)
{
    struct scan scan = {.section = "lists", .id = id, .text = text, .length = length};
    char *made = NULL;
    FILE *out;

    if (scan_text(&scan, text, length, err) != 0 || check_style(&scan, err) != 0)
        return NULL;
    if (!scan.member_there) {
        err_set(err, ERR_NOT_FOUND, "no list of that name: '%s'", id);
        return NULL;
    }
    out = begin(&made, out_length, err);
    if (out == NULL)
        return NULL;
    put_rest(out, &scan, text, length);
    return finish(out, &made, err);
}
