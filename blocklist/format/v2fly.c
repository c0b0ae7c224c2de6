/* A v2fly list and the lists it includes. Includes are collected while a file is read, and one walk
 * over the archive (or folder) reads all that wait; what those include in turn waits for the next
 * walk. So an archive is unpacked as often as includes are deep, not as often as there are
 * includes, nothing is held but their names, and a ring of includes ends, since each is read once.
 *
 * An include may say `@attr` (only lines that have it) or `@-attr` (only those that have not), and
 * what it includes is bound by that too. So what waits is a pair of file and conditions. */
#include "blocklist/format/v2fly.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "blocklist/format/field.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/siblings.h"
#include "blocklist/format/textlines.h"
#include "config/base/err.h"
#include "config/base/name.h"

enum { INCLUDES_MAX = 2000, NAME_ROOM = 64, CONDITIONS_ROOM = 96, WALKS_MAX = 30 };

/* A file to read under conditions: words such as `@ads` and `@-cn`, a blank before each. */
struct include {
    char name[NAME_ROOM], conditions[CONDITIONS_ROOM];
    uint64_t line; /* that asked for it first */
    bool done;
};

struct reading {
    struct intake *intake;
    struct include *includes;
    size_t count, room;
    char conditions[CONDITIONS_ROOM]; /* of the present file */
};

/* Tells whether REST, the words behind a name, holds attribute NAME. */
static bool has_attribute(struct field rest, struct field name)
{
    struct field word = field_next(&rest);

    for (; word.length > 0; word = field_next(&rest)) {
        if (word.length == name.length + 1 && word.text[0] == '@' &&
            memcmp(word.text + 1, name.text, name.length) == 0)
            return true;
    }
    return false;
}

/* Tells whether a line with ATTRIBUTES keeps CONDITIONS. */
static bool keeps(struct field attributes, const char *conditions)
{
    struct field rest = {conditions, strlen(conditions)}, word = field_next(&rest);

    for (; word.length > 0; word = field_next(&rest)) {
        bool without = field_starts(word, "@-");

        if (has_attribute(attributes, field_skip(word, without ? 2 : 1)) == without)
            return false;
    }
    return true;
}

/* Tells whether REST holds nothing but attributes and affiliations (`&list`: that the line is in
 * another list too, which says nothing of this one). */
static bool are_attributes(struct field rest)
{
    struct field word = field_next(&rest);

    for (; word.length > 0; word = field_next(&rest)) {
        if (word.length < 2 || (word.text[0] != '@' && word.text[0] != '&'))
            return false;
    }
    return true;
}

/* Adds WORD to CONDITIONS unless it is there. Returns false where there is no room. */
static bool add_condition(char conditions[CONDITIONS_ROOM], struct field word)
{
    struct field rest = {conditions, strlen(conditions)}, known = field_next(&rest);
    size_t used = strlen(conditions);

    for (; known.length > 0; known = field_next(&rest)) {
        if (known.length == word.length && memcmp(known.text, word.text, word.length) == 0)
            return true;
    }
    if (used + word.length + 2 > CONDITIONS_ROOM)
        return false;
    snprintf(conditions + used, CONDITIONS_ROOM - used, " %.*s", (int)word.length, word.text);
    return true;
}

static bool is_known(const struct reading *reading, const struct include *include)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (strcmp(reading->includes[i].name, include->name) == 0 &&
            strcmp(reading->includes[i].conditions, include->conditions) == 0)
            return true;
    }
    return false;
}

static bool push(struct reading *reading, const struct include *include)
{
    if (is_known(reading, include))
        return true;
    if (reading->count == reading->room) {
        size_t room = reading->room == 0 ? 64 : reading->room * 2;
        struct include *more =
            room > INCLUDES_MAX * 2 ? NULL : realloc(reading->includes, room * sizeof *more);

        if (more == NULL)
            return false;
        reading->includes = more;
        reading->room = room;
    }
    reading->includes[reading->count++] = *include;
    return true;
}

/* Has the file that REST begins with read later. Files have lower-cased names. */
static void include_file(struct reading *reading, struct field rest)
{
    struct intake *intake = reading->intake;
    struct include include = {.line = intake->report.lines};
    struct field name = field_next(&rest), word;
    bool fits = name.length > 0 && name.length < NAME_ROOM && are_attributes(rest);

    memcpy(include.conditions, reading->conditions, sizeof include.conditions);
    if (fits)
        name_lower_copy((uint8_t *)include.name, (const uint8_t *)name.text, name.length);
    for (word = field_next(&rest); fits && word.length > 0; word = field_next(&rest))
        fits = word.text[0] != '@' || add_condition(include.conditions, word);
    if (!fits || !push(reading, &include))
        intake_refuse(intake, REASON_INCLUDE);
    else
        intake->report.passed++; /* refused in the end, if it is not found */
}

/* What stands before the colon of a line, and what it makes of the name behind. */
static const struct {
    const char *word;
    struct meaning meaning;
} kinds[] = {
    {"full:",   {ENTRY_EXACT, ENTRY_LIST, true, NULL}   },
    {"domain:", {ENTRY_SUBTREE, ENTRY_LIST, true, NULL} },
    {"",        {ENTRY_SUBTREE, ENTRY_LIST, false, NULL}},
};

static void take_name(struct intake *intake, struct field name)
{
    size_t kind = 0;

    while (!field_starts(name, kinds[kind].word))
        kind++;
    name = field_skip(name, strlen(kinds[kind].word));
    if (field_has(name, ':'))
        intake_refuse(intake, REASON_OTHER_SYNTAX);
    else if (field_has(name, '/'))
        intake_page(intake, name.text, name.length);
    else if (field_has_any(name, "*^|$()\\?"))
        intake_refuse(intake, REASON_PATTERN);
    else
        intake_name(intake, name.text, name.length, kinds[kind].meaning);
}

static void take_line(struct reading *reading, struct field line)
{
    struct intake *intake = reading->intake;
    struct field rest = line, name = field_next(&rest);

    if (field_starts(name, "include:"))
        include_file(reading, field_skip(line, strlen("include:")));
    else if (!keeps(rest, reading->conditions))
        intake->report.passed++; /* of another part */
    else if (field_starts(name, "regexp:") || field_starts(name, "keyword:"))
        intake_refuse(intake, REASON_PATTERN);
    else if (!are_attributes(rest))
        intake_refuse(intake, REASON_MALFORMED);
    else
        take_name(intake, name);
}

static void see_line(struct reading *reading, struct textline text)
{
    struct report *report = &reading->intake->report;
    struct field line = {text.text, text.length};
    const char *remark = memchr(line.text, '#', line.length);

    report->lines++;
    if (text.too_long) {
        intake_refuse(reading->intake, REASON_MALFORMED);
        return;
    }
    if (remark != NULL)
        line.length = (size_t)(remark - line.text);
    line = field_trim(line);
    if (line.length > 0)
        take_line(reading, line);
    else if (remark != NULL)
        report->comments++;
    else
        report->blank++;
}

static int read_file(struct reading *reading, struct source *source, struct err *err)
{
    struct textlines lines;
    struct textline line;
    int more = textlines_start(&lines, source, err) == 0 ? 1 : -1;

    while (more > 0 && !reading->intake->failed && (more = textlines_next(&lines, &line, err)) > 0)
        see_line(reading, line);
    textlines_end(&lines);
    return reading->intake->failed ? -1 : more;
}

/* Returns the first file called NAME that waits, or NULL. */
static struct include *find_waiting(struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (!reading->includes[i].done && strcmp(reading->includes[i].name, name) == 0)
            return &reading->includes[i];
    }
    return NULL;
}

static bool wants(void *context, const char *name)
{
    return find_waiting(context, name) != NULL;
}

/* Reads a sibling for the first that waits for it; with other conditions it waits for the next
 * walk, since a source is read once. */
static int read_sibling(void *context, const char *name, struct source *octets, struct err *err)
{
    struct reading *reading = context;
    struct include *include = find_waiting(reading, name);

    include->done = true;
    memcpy(reading->conditions, include->conditions, sizeof reading->conditions);
    return read_file(reading, octets, err);
}

static size_t count_done(const struct reading *reading)
{
    size_t done = 0;

    for (size_t i = 0; i < reading->count; i++)
        done += reading->includes[i].done;
    return done;
}

/* Reads what waits until nothing more is found. */
static int read_includes(struct reading *reading, struct err *err)
{
    const struct siblings_visitor visitor = {reading, wants, read_sibling};
    size_t before = 0, done = 0;
    int walks = 0;

    do {
        before = done;
        if (done < reading->count && siblings_walk(reading->intake->siblings, &visitor, err) != 0)
            return -1;
        done = count_done(reading);
    } while (done > before && ++walks < WALKS_MAX);
    return 0;
}

/* Refuses the lines whose file was not there. */
static void refuse_missing(struct reading *reading)
{
    struct report *report = &reading->intake->report;

    for (size_t i = 0; i < reading->count; i++) {
        if (reading->includes[i].done)
            continue;
        report_refuse(report, REASON_INCLUDE, reading->includes[i].line);
        report->passed--;
    }
}

int v2fly_read(struct intake *intake, struct source *source, struct err *err)
{
    struct reading reading = {.intake = intake};
    int result;

    if (intake->rules.part != NULL)
        snprintf(reading.conditions, sizeof reading.conditions, " %s%s",
                 intake->rules.part[0] == '@' ? "" : "@", intake->rules.part);
    result = read_file(&reading, source, err);
    if (result == 0)
        result = read_includes(&reading, err);
    if (result == 0)
        refuse_missing(&reading);
    free(reading.includes);
    return result;
}
