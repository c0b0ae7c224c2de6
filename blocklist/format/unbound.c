/* unbound's configuration as a list. A `local-zone:` with one of the blocking types is a listing of
 * the name and what is below it; one with a type that resolves as usual is an exception for what
 * stands above it. Types that say how to refuse are honoured, but for the two that lists use to say
 * "blocked" at all (always_nxdomain, always_null): there the profile's own style holds.
 *
 * `local-data:` behind a redirect zone of the same name is what that zone answers; elsewhere it is
 * an answer for that very name. A zone so waits until a line comes that is none of its data.
 *
 * A zone with a tag or an override holds for some clients only, and the line that says so may stand
 * behind it, so such names are collected and the source is read once more. What stands in a `view:`
 * is for some clients too. */
#include "blocklist/format/parsers.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/field.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/records.h"
#include "blocklist/format/ruletext.h"
#include "blocklist/format/shape.h"
#include "config/base/err.h"
#include "config/base/name.h"

enum { NAME_ROOM = 1024 };

struct state {
    bool elsewhere; /* in a clause that is not server: */
    bool waiting;   /* a redirect zone waits for its data */
    uint64_t line;  /* of that zone */
    char name[NAME_ROOM];
    size_t length;
    struct records records;
    struct ruletext tagged; /* names of zones that hold for some clients */
};

int unbound_start(struct intake *intake, struct err *err)
{
    struct state *state = intake->state;

    if (state == NULL)
        intake->state = state = calloc(1, sizeof *state);
    if (state == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    state->tagged.key = intake->key;
    state->elsewhere = state->waiting = false;
    if (intake->readings > 1)
        ruletext_settle(&state->tagged);
    return 0;
}

void unbound_free_state(void *given)
{
    struct state *state = given;

    if (state != NULL)
        ruletext_free(&state->tagged);
    free(state);
}

enum effect { EFFECT_LIST, EFFECT_ALLOW, EFFECT_REDIRECT };

static const uint16_t type_a = 1;

static const struct zone_type {
    const char *word;
    enum effect effect;
    uint8_t action;
    bool only_a;
} zone_types[] = {
    {"always_null",        EFFECT_LIST,     TERMS_STYLE,   false},
    {"always_nxdomain",    EFFECT_LIST,     TERMS_STYLE,   false},
    {"always_nodata",      EFFECT_LIST,     TERMS_NODATA,  false},
    {"always_refuse",      EFFECT_LIST,     TERMS_REFUSED, false},
    {"always_deny",        EFFECT_LIST,     TERMS_DROP,    false},
    {"static",             EFFECT_LIST,     TERMS_STYLE,   false},
    {"refuse",             EFFECT_LIST,     TERMS_REFUSED, false},
    {"deny",               EFFECT_LIST,     TERMS_DROP,    false},
    {"inform_deny",        EFFECT_LIST,     TERMS_DROP,    false},
    {"block_a",            EFFECT_LIST,     TERMS_NODATA,  true },
    {"redirect",           EFFECT_REDIRECT, TERMS_STYLE,   false},
    {"inform_redirect",    EFFECT_REDIRECT, TERMS_STYLE,   false},
    {"transparent",        EFFECT_ALLOW,    TERMS_STYLE,   false},
    {"typetransparent",    EFFECT_ALLOW,    TERMS_STYLE,   false},
    {"always_transparent", EFFECT_ALLOW,    TERMS_STYLE,   false},
    {"inform",             EFFECT_ALLOW,    TERMS_STYLE,   false},
};

/* Takes the zone that waits, with what data came. */
static void settle(struct intake *intake, struct state *state)
{
    struct terms terms = {0};
    struct meaning meaning = {ENTRY_SUBTREE, ENTRY_LIST, false, NULL};
    uint64_t line = intake->report.lines;

    if (!state->waiting)
        return;
    state->waiting = false;
    if (state->records.length > 0 && intake->rules.rewrites) {
        records_to_terms(&state->records, &terms);
        meaning.terms = &terms;
    }
    intake->report.lines = state->line; /* that a refusal names the zone's line */
    intake_name(intake, state->name, state->length, meaning);
    intake->report.lines = line;
}

void unbound_finish(struct intake *intake)
{
    settle(intake, intake->state);
}

/* Returns FIELD without the quotes around it, of either kind. */
static struct field unquoted(struct field field)
{
    bool quoted = field.length >= 2 && field.text[0] == field.text[field.length - 1] &&
                  (field.text[0] == '"' || field.text[0] == '\'');

    return quoted ? field_trim((struct field){field.text + 1, field.length - 2}) : field;
}

/* Cuts a word, in quotes or not, off *REST. */
static struct field cut_word(struct field *rest)
{
    const char *end;
    struct field word;

    *rest = field_trim(*rest);
    if (rest->length < 2 || (rest->text[0] != '"' && rest->text[0] != '\''))
        return field_next(rest);
    end = memchr(rest->text + 1, rest->text[0], rest->length - 1);
    if (end == NULL)
        return field_next(rest);
    word = (struct field){rest->text + 1, (size_t)(end - rest->text) - 1};
    *rest = field_skip(*rest, word.length + 2);
    return word;
}

/* Returns NAME without a dot at its end, so that texts can be compared. */
static struct field without_dot(struct field name)
{
    if (name.length > 1 && field_ends(name, "."))
        name.length--;
    return name;
}

static void wait_for_data(struct intake *intake, struct state *state, struct field name)
{
    if (name.length > NAME_ROOM) {
        intake_refuse(intake, REASON_MALFORMED);
        return;
    }
    memcpy(state->name, name.text, name.length);
    state->length = name.length;
    state->records.length = 0;
    state->line = intake->report.lines;
    state->waiting = true;
}

static void list_zone(struct intake *intake, struct field name, const struct zone_type *type)
{
    struct terms terms = {.action = type->action};
    struct meaning meaning = {ENTRY_SUBTREE, ENTRY_LIST, false, NULL};

    if (type->only_a) {
        terms.types[0] = type_a;
        terms.type_count = 1;
    }
    if (type->action != TERMS_STYLE)
        meaning.terms = &terms;
    intake_name(intake, name.text, name.length, meaning);
}

static void allow_zone(struct intake *intake, struct field name)
{
    static const struct terms scoped = {.scoped = true};
    static const struct meaning allowed = {ENTRY_SUBTREE, ENTRY_EXCEPT, true, &scoped};

    intake_exception(intake, name.text, name.length, allowed);
}

/* Copies NAME in small letters to COPY; names of any case are one. Returns what fits. */
static struct field lowered(struct field name, char copy[NAME_ROOM])
{
    size_t length = name.length < NAME_ROOM ? name.length : NAME_ROOM;

    name_lower_copy((uint8_t *)copy, (const uint8_t *)name.text, length);
    return (struct field){copy, length};
}

static void take_zone(struct intake *intake, struct field value)
{
    struct state *state = intake->state;
    struct field name = without_dot(cut_word(&value)), word = cut_word(&value);
    const struct zone_type *type = NULL;
    char copy[NAME_ROOM];

    for (size_t i = 0; i < sizeof zone_types / sizeof *zone_types && type == NULL; i++) {
        if (field_is(word, zone_types[i].word))
            type = &zone_types[i];
    }
    if (type == NULL || value.length > 0)
        intake_refuse(intake, REASON_OTHER_SYNTAX);
    else if (intake->readings > 1 && ruletext_has(&state->tagged, lowered(name, copy)))
        intake_refuse(intake, REASON_MODIFIER);
    else if (type->effect == EFFECT_ALLOW)
        allow_zone(intake, name);
    else if (type->effect == EFFECT_REDIRECT)
        wait_for_data(intake, state, name);
    else
        list_zone(intake, name, type);
}

/* Reads `[TTL] [IN] TYPE` off *REST; false where the class is another one. */
static bool cut_type(struct field *rest, struct field *type)
{
    *type = field_next(rest);
    while (type->length > 0 && type->text[0] >= '0' && type->text[0] <= '9')
        *type = field_next(rest);
    if (field_is(*type, "IN") || field_is(*type, "in"))
        *type = field_next(rest);
    *rest = field_trim(*rest);
    return type->length > 0 && rest->length > 0;
}

/* Takes the record TYPE VALUE of NAME, which no redirect zone waits for: an answer for that name.
 */
static void take_answer(struct intake *intake, struct field name, struct field type,
                        struct field value)
{
    struct records records;
    struct terms terms = {0};
    struct meaning meaning = {ENTRY_EXACT, ENTRY_LIST, true, NULL};

    records.length = 0;
    if (!records_add_text(&records, type, value)) {
        intake_refuse(intake, REASON_OTHER_SYNTAX);
        return;
    }
    if (intake->rules.rewrites && !shape_null(value)) {
        records_to_terms(&records, &terms);
        meaning.terms = &terms;
    }
    intake_name(intake, name.text, name.length, meaning);
}

static void take_data(struct intake *intake, struct field value)
{
    struct state *state = intake->state;
    struct field rest = unquoted(value), name = without_dot(field_next(&rest)), type;

    if (!cut_type(&rest, &type)) {
        settle(intake, state);
        intake_refuse(intake, REASON_OTHER_SYNTAX);
    } else if (state->waiting && name.length == state->length &&
               memcmp(name.text, state->name, name.length) == 0) {
        if (shape_null(rest) || records_add_text(&state->records, type, rest))
            intake->report.passed++;
        else
            intake_refuse(intake, REASON_OTHER_SYNTAX);
    } else {
        settle(intake, state);
        take_answer(intake, name, type, rest);
    }
}

/* Notes that the zone which VALUE begins with holds for some clients only. */
static void take_tag(struct intake *intake, struct field value)
{
    struct state *state = intake->state;
    struct field name = without_dot(cut_word(&value)), none = {"", 0};
    char copy[NAME_ROOM];

    intake_refuse(intake, REASON_MODIFIER);
    if (intake->readings > 1)
        return;
    intake->again = true;
    if (ruletext_add(&state->tagged, lowered(name, copy), none, intake->err) != 0)
        intake->failed = true;
}

/* Tells whether `WORD: VALUE` begins a clause other than server: */
static bool is_clause(struct field word, struct field value)
{
    static const char *const clauses[] = {
        "view",     "rpz",    "remote-control", "stub-zone", "forward-zone", "auth-zone", "python",
        "dnscrypt", "dynlib", "cachedb",        "ipset",     "dnstap",       "redis",
    };

    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        if (value.length == 0 && field_is(word, clauses[i]))
            return true;
    }
    return false;
}

static void take_attribute(struct intake *intake, struct field word, struct field value)
{
    if (field_is(word, "local-zone"))
        take_zone(intake, value);
    else if (field_is(word, "local-zone-tag") || field_is(word, "local-zone-override"))
        take_tag(intake, value);
    else
        intake_refuse(intake, REASON_OTHER_SYNTAX);
}

void unbound_line(struct intake *intake, struct field line)
{
    struct state *state = intake->state;
    struct field value = field_trim(line), word;

    if (parser_skips(intake, value))
        return;
    value = field_without_remark(value);
    word = field_cut(&value, ':');
    value = field_trim(value);
    if (!state->elsewhere && field_is(word, "local-data")) {
        take_data(intake, value);
        return;
    }
    settle(intake, state);
    if (intake->failed)
        return;
    if (value.length == 0 && field_is(word, "server")) {
        state->elsewhere = false;
        intake->report.passed++;
    } else if (state->elsewhere || is_clause(word, value)) {
        state->elsewhere = true;
        intake_refuse(intake, REASON_OTHER_SYNTAX);
    } else {
        take_attribute(intake, word, value);
    }
}
