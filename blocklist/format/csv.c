/* Tables with a name or a URL a row (RFC 4180, and what spreadsheets make of it: semicolons or
 * TABs, CR LF, a byte order mark). The column is found by its header, or by what stands in it; the
 * operator may name it. A second column may tell rows of different categories apart: a reading is
 * then for one of its values.
 *
 * A URL with a path is a page: it is refused, and never widened to its host; so is one with a port
 * or a user, which names a service of the host. `https://name/` alone counts as that host, exact.
 *
 * A cell in quotes may hold line ends, so a record is put together from lines until its quotes are
 * closed. */
#include "blocklist/format/parsers.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/field.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/shape.h"
#include "config/base/err.h"

enum { RECORD_ROOM = 65536, CELL_ROOM = 2048, NO_COLUMN = -1 };

struct state {
    char separator;
    bool headed; /* the first record was seen */
    long name, part;
    size_t used; /* of a record whose quotes are open */
    char record[RECORD_ROOM];
};

/* One cell, unquoted. */
struct cell {
    size_t length;
    bool whole; /* it fit, and its quotes are closed */
    char text[CELL_ROOM];
};

int csv_start(struct intake *intake, struct err *err)
{
    struct state *state = intake->state;

    if (state == NULL)
        intake->state = state = malloc(sizeof *state);
    if (state == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    memset(state, 0, offsetof(struct state, record));
    state->name = state->part = NO_COLUMN;
    return 0;
}

void csv_free_state(void *state)
{
    free(state);
}

static const char separators[] = ",;\t";
enum { SEPARATORS = sizeof separators - 1 };

/* Walks over RECORD, or what follows of one whose quotes are OPEN. Any of SET divides its cells,
 * and quotes open a cell only where it begins. Counts the separators outside of quotes in COUNTS
 * (NULL: does not); returns whether it ends inside them.
 */
static bool scan(struct field record, const char *set, bool open, size_t counts[SEPARATORS])
{
    bool begins = !open;

    for (size_t i = 0; i < record.length; i++) {
        char c = record.text[i];
        const char *at = memchr(set, c, strlen(set));
        bool doubled = open && c == '"' && i + 1 < record.length && record.text[i + 1] == '"';

        if (doubled)
            i++;
        else if (c == '"' && (open || begins))
            open = !open;
        begins = !open && at != NULL;
        if (begins && counts != NULL)
            counts[at - set]++;
    }
    return open;
}

/* Tells whether LINE ends inside quotes, where OPEN tells whether it begins there; SEPARATOR is 0
 * while it is not known. */
static bool is_open(struct field line, char separator, bool open)
{
    const char one[2] = {separator, '\0'};

    if (!field_has(line, '"'))
        return open;
    return scan(line, separator == '\0' ? separators : one, open, NULL);
}

/* Returns which of the separators stands most often in RECORD, outside quotes. */
static char find_separator(struct field record)
{
    size_t counts[SEPARATORS] = {0}, best = 0;

    scan(record, separators, false, counts);
    for (size_t i = 0; i < SEPARATORS; i++) {
        if (counts[i] > counts[best])
            best = i;
    }
    return separators[best];
}

static void put(struct cell *cell, char c)
{
    if (cell->length < CELL_ROOM)
        cell->text[cell->length++] = c;
    else
        cell->whole = false;
}

/* Reads a cell in quotes, doubled ones inside standing for one; returns how many octets it takes.
 */
static size_t read_quoted(struct field rest, struct cell *cell)
{
    for (size_t i = 1; i < rest.length; i++) {
        if (rest.text[i] != '"')
            put(cell, rest.text[i]);
        else if (i + 1 < rest.length && rest.text[i + 1] == '"')
            put(cell, rest.text[i++]);
        else
            return i + 1;
    }
    cell->whole = false;
    return rest.length;
}

/* Cuts a cell off *REST into CELL; false when there is none left. */
static bool cut_cell(struct field *rest, char separator, struct cell *cell)
{
    struct field text;
    size_t skipped = 0;

    if (rest->text == NULL)
        return false;
    cell->length = 0;
    cell->whole = true;
    if (field_starts(*rest, "\""))
        skipped = read_quoted(*rest, cell);
    *rest = field_skip(*rest, skipped);
    text = field_cut(rest, separator);
    if (rest->text == text.text + text.length)
        rest->text = NULL; /* no separator: it was the last one */
    text = field_trim(text);
    if (skipped > 0 && text.length > 0)
        cell->whole = false;
    for (size_t i = 0; i < text.length; i++)
        put(cell, text.text[i]);
    return true;
}

static struct field field_of(const struct cell *cell)
{
    return field_trim((struct field){cell->text, cell->length});
}

/* What columns are called, the most telling first. */
static const char *const name_words[] = {
    "domain", "domains", "hostname", "host", "fqdn",    "domain_name", "domainname",
    "url",    "urls",    "uri",      "site", "website", "dns",         "name",
};
static const char *const part_words[] = {"category", "category_code", "categories"};
enum {
    NAME_WORDS = sizeof name_words / sizeof *name_words,
    PART_WORDS = sizeof part_words / sizeof *part_words
};

static size_t rank_of(struct field cell, const char *const *words, size_t count)
{
    size_t rank = 0;

    while (rank < count && !field_is_any_case(cell, words[rank]))
        rank++;
    return rank;
}

/* Reads RECORD as a header; false where it names no column of names. */
static bool read_header(struct intake *intake, struct field record)
{
    struct state *state = intake->state;
    size_t name_rank = NAME_WORDS, part_rank = PART_WORDS;
    struct cell cell;

    for (long i = 0; cut_cell(&record, state->separator, &cell); i++) {
        size_t name = rank_of(field_of(&cell), name_words, NAME_WORDS);
        size_t part = rank_of(field_of(&cell), part_words, PART_WORDS);

        if (intake->rules.column != NULL)
            name = field_is_any_case(field_of(&cell), intake->rules.column) ? 0 : NAME_WORDS;
        if (name < name_rank) {
            name_rank = name;
            state->name = i;
        }
        if (part < part_rank) {
            part_rank = part;
            state->part = i;
        }
    }
    return name_rank < NAME_WORDS;
}

static bool is_url(struct field cell)
{
    return memmem(cell.text, cell.length, "://", 3) != NULL;
}

/* Finds the column of RECORD that holds a URL or a name, or else an address. */
static bool find_column(struct state *state, struct field record)
{
    struct cell cell;

    state->name = state->part = NO_COLUMN;
    for (long i = 0; cut_cell(&record, state->separator, &cell); i++) {
        struct field value = field_of(&cell);

        if (shape_range(value)) {
            if (state->name == NO_COLUMN)
                state->name = i;
        } else if (is_url(value) || shape_name(value)) {
            state->name = i;
            return true;
        }
    }
    return state->name != NO_COLUMN;
}

/* Takes the host of URL, whose scheme is cut off, if it is nothing but that. */
static void take_url(struct intake *intake, struct field url)
{
    static const struct meaning host_itself = {ENTRY_EXACT, ENTRY_LIST, false, NULL};
    struct field host = {url.text, 0}, path;

    while (host.length < url.length && strchr("/?#", url.text[host.length]) == NULL)
        host.length++;
    path = field_skip(url, host.length);
    if (host.length > 2 && field_starts(host, "[") && field_ends(host, "]"))
        host = (struct field){host.text + 1, host.length - 2};
    else if (field_has_any(host, "@:"))
        path = host;
    if ((path.length > 0 && !field_is(path, "/")) || intake_wants_pages(intake))
        intake_page(intake, url.text, url.length);
    else if (field_has_any(host, "*^|$()\\"))
        intake_refuse(intake, REASON_PATTERN);
    else if (!intake_address(intake, host.text, host.length, ENTRY_LIST))
        intake_name(intake, host.text, host.length, host_itself);
}

static void take_value(struct intake *intake, struct field value)
{
    static const struct meaning subtree = {ENTRY_SUBTREE, ENTRY_LIST, false, NULL};
    const char *colon = memmem(value.text, value.length, "://", 3);
    struct field scheme = {value.text, colon == NULL ? 0 : (size_t)(colon - value.text)};

    if (colon == NULL && (!field_has(value, '/') || shape_range(value)))
        plain_word(intake, value, subtree);
    else if (colon == NULL)
        take_url(intake, value);
    else if (field_is_any_case(scheme, "http") || field_is_any_case(scheme, "https"))
        take_url(intake, field_skip(value, scheme.length + 3));
    else
        intake_refuse(intake, REASON_OTHER_SYNTAX);
}

static void take_row(struct intake *intake, struct field record)
{
    const struct state *state = intake->state;
    struct cell cell, name = {.length = 0, .whole = false};
    bool ours = intake->rules.part == NULL;

    for (long i = 0; cut_cell(&record, state->separator, &cell); i++) {
        if (i == state->part && !ours)
            ours = field_is_any_case(field_of(&cell), intake->rules.part);
        if (i == state->name)
            name = cell;
    }
    if (!ours)
        intake->report.passed++;
    else if (name.whole)
        take_value(intake, field_of(&name));
    else
        intake_refuse(intake, REASON_MALFORMED);
}

static void fail(struct intake *intake, const char *what, const char *name)
{
    err_set(intake->err, ERR_FORMAT, "no column '%s' in its first line%s", name, what);
    intake->failed = true;
}

/* Reads the first record: a header, or a row already. */
static void take_first(struct intake *intake, struct field record)
{
    struct state *state = intake->state;
    bool header;

    state->separator = find_separator(record);
    state->headed = true;
    header = read_header(intake, record);
    if (!header && intake->rules.column != NULL) {
        fail(intake, "", intake->rules.column);
    } else if (intake->rules.part != NULL && (!header || state->part == NO_COLUMN)) {
        fail(intake, ", which tells categories apart", part_words[0]);
    } else if (header || !find_column(state, record)) {
        intake->report.passed++; /* a header, perhaps in words that we do not know */
    } else {
        take_row(intake, record);
    }
}

static void take_record(struct intake *intake, struct field record)
{
    struct state *state = intake->state;

    if (!state->headed)
        take_first(intake, record);
    else if (state->name == NO_COLUMN && !find_column(state, record))
        intake_refuse(intake, REASON_MALFORMED);
    else
        take_row(intake, record);
}

/* Puts LINE to the record that is begun, and OPEN behind it; returns whether there is more to come.
 */
static bool gather(struct intake *intake, struct field line, bool open)
{
    struct state *state = intake->state;

    if (state->used + line.length + 1 > RECORD_ROOM) {
        state->used = 0;
        intake_refuse(intake, REASON_MALFORMED);
        return true;
    }
    memcpy(state->record + state->used, line.text, line.length);
    state->used += line.length;
    if (open) {
        state->record[state->used++] = '\n';
        intake->report.passed++;
    }
    return open;
}

void csv_line(struct intake *intake, struct field line)
{
    struct state *state = intake->state;
    struct field record = line;
    bool begun = state->used > 0, open;

    if (!begun && parser_skips(intake, field_trim(line)))
        return;
    open = is_open(line, state->separator, begun);
    if (begun || open) {
        if (gather(intake, line, open))
            return;
        record = (struct field){state->record, state->used};
    }
    take_record(intake, record);
    state->used = 0;
}

void csv_finish(struct intake *intake)
{
    const struct state *state = intake->state;

    if (state->used > 0)
        intake_refuse(intake, REASON_MALFORMED); /* its quotes were never closed */
}
