/* AdBlock syntax as DNS filters have it: `||name^` lists a name and what is below it, `|name^` the
 * name alone, `||*.name^` what is below; `@@` in front takes it out of this list; modifiers behind
 * a `$` narrow or turn the rule. Everything else in such files is for browsers, which see URLs and
 * pages.
 *
 * A rule whose narrowing cannot be honoured must not be applied more widely than it is written, so
 * such a modifier refuses the whole rule; dropping modifiers would block clouds and top-level
 * domains. An exception that is refused leaves more blocked than its author meant, and has a reason
 * of its own, so that somebody sees it.
 *
 * `$denyallow` is about its own rule alone: that gets a scope, a number made of the names, and so
 * do the exceptions, which lift nothing else. (By chance one of 65,535 pairs of values shares it.)
 *
 * `$badfilter` takes back a rule of the same source, wherever it stands: the first reading collects
 * their texts and asks for a second one, which passes over what was taken back. */
#include "blocklist/format/parsers.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/hostname.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/modifiers.h"
#include "blocklist/format/ruletext.h"
#include "blocklist/format/shape.h"
#include "config/base/err.h"

static const struct meaning subtree = {ENTRY_SUBTREE, ENTRY_LIST, false, NULL};

struct rule {
    struct field text;
    bool excepts, modified;
    struct field pattern;
    struct modifiers modifiers;
    struct field name; /* of the pattern */
    struct meaning meaning;
};

int adblock_start(struct intake *intake, struct err *err)
{
    struct ruletext *taken_back = intake->state;

    if (taken_back != NULL) {
        ruletext_settle(taken_back);
        return 0;
    }
    intake->state = taken_back = calloc(1, sizeof *taken_back);
    if (taken_back == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    taken_back->key = intake->key;
    return 0;
}

void adblock_free_state(void *state)
{
    if (state != NULL)
        ruletext_free(state);
    free(state);
}

static bool is_taken_back(const struct intake *intake, struct field text)
{
    return intake->readings > 1 && ruletext_has(intake->state, text);
}

/* Notes what RULE takes back, its text without the modifier. */
static void take_back(struct intake *intake, const struct rule *rule)
{
    const struct modifiers *modifiers = &rule->modifiers;
    struct field first = {rule->text.text, (size_t)(modifiers->head.text - rule->text.text) +
                                               modifiers->head.length};

    intake_refuse(intake, REASON_DISABLED);
    if (intake->readings > 1)
        return;
    intake->again = true;
    /* The separator in front goes with the modifier, unless something stands behind it. */
    if (modifiers->tail.length == 0)
        first.length--;
    if (ruletext_add(intake->state, first, modifiers->tail, intake->err) != 0)
        intake->failed = true;
}

static void refuse(struct intake *intake, const struct rule *rule, enum reason reason)
{
    intake_refuse(intake, rule->excepts ? REASON_EXCEPTION : reason);
}

/* Tells whether NAME holds only what could stand in a name, of any script. */
static bool is_name_like(struct field name)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.text[i];

        if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return name.length > 0;
}

/* Cuts the mark of a name's end, `^`, `|` or both, off PATTERN; false where there is none. */
static bool cut_end(struct field *pattern)
{
    size_t length = pattern->length;

    if (field_ends(*pattern, "|"))
        pattern->length--;
    if (field_ends(*pattern, "^"))
        pattern->length--;
    return pattern->length < length;
}

/* Reads what RULE's pattern covers; false where it is more or less than names. */
static bool read_pattern(struct rule *rule)
{
    struct field pattern = rule->pattern;

    rule->meaning = (struct meaning){ENTRY_SUBTREE, rule->excepts ? ENTRY_EXCEPT : ENTRY_LIST,
                                     rule->excepts, NULL};
    if (!field_starts(pattern, "|") || !cut_end(&pattern))
        return false;
    if (field_starts(pattern, "||*.")) {
        rule->meaning.kind = ENTRY_BELOW;
        rule->meaning.stated = true;
        rule->name = field_skip(pattern, 4);
    } else if (field_starts(pattern, "||")) {
        rule->name = field_skip(pattern, 2);
    } else if (pattern.length > 0) {
        rule->meaning.kind = ENTRY_EXACT;
        rule->meaning.stated = true;
        rule->name = field_skip(pattern, 1);
    }
    return rule->name.length > 0;
}

static struct field without_brackets(struct field name)
{
    if (name.length > 2 && field_starts(name, "[") && field_ends(name, "]"))
        return (struct field){name.text + 1, name.length - 2};
    return name;
}

/* Tells whether RULE can be honoured with the names that it allows again: each is one, and
 * something of the rule is left. */
static bool denyallow_fits(const struct intake *intake, const struct rule *rule)
{
    struct field rest = rule->modifiers.denyallow;
    struct hostname base, allowed;
    struct name own;

    if (rest.length == 0)
        return true;
    if (rule->excepts || field_ends(rest, "|") ||
        !intake_accepts(intake, rule->name.text, rule->name.length, &base))
        return false;
    own = name_of(&base.name);
    while (rest.length > 0) {
        struct field item = field_cut(&rest, '|');
        struct name name;

        if (!intake_accepts(intake, item.text, item.length, &allowed))
            return false;
        name = name_of(&allowed.name);
        if (name_is_below_or_at(&own, &name))
            return false;
    }
    return true;
}

/* Returns the scope of a rule that allows the names of VALUE again: of rules with the same value
 * each allows all of them, so that they may share one. The same for every seed, since segments are
 * hashed anew without their source. */
static uint16_t scope_of(struct field value)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < value.length; i++)
        hash = (hash ^ (unsigned char)value.text[i]) * 16777619U;
    return (uint16_t)(hash % UINT16_MAX + 1);
}

/* Takes the names that RULE allows again. Those which do not lie below it say nothing, and would
 * allow what other rules of the list are about. */
static void take_denyallow(struct intake *intake, const struct rule *rule)
{
    const struct terms scoped = {.scoped = true, .scope = rule->modifiers.terms.scope};
    const struct meaning meaning = {ENTRY_SUBTREE, ENTRY_EXCEPT, true, &scoped};
    struct field rest = rule->modifiers.denyallow;
    struct hostname base, allowed;

    if (rest.length == 0 || !intake_accepts(intake, rule->name.text, rule->name.length, &base))
        return;
    while (rest.length > 0 && !intake->failed) {
        struct field item = field_cut(&rest, '|');
        struct name own = name_of(&base.name), name;

        intake_accepts(intake, item.text, item.length, &allowed);
        name = name_of(&allowed.name);
        if (name_is_below_or_at(&name, &own))
            intake_name(intake, item.text, item.length, meaning);
    }
}

/* Takes RULE, whose name is one. */
static void take_name(struct intake *intake, struct rule *rule)
{
    struct modifiers *modifiers = &rule->modifiers;

    if (rule->modified) {
        if (modifiers->records.length > 0 && intake->rules.rewrites)
            records_to_terms(&modifiers->records, &modifiers->terms);
        if (modifiers->denyallow.length > 0)
            modifiers->terms.scope = scope_of(modifiers->denyallow);
        if (modifiers->terms.action != TERMS_STYLE || modifiers->terms.important ||
            modifiers->terms.type_count > 0 || modifiers->terms.scope != 0)
            rule->meaning.terms = &modifiers->terms;
    }
    if (rule->excepts)
        intake_exception(intake, rule->name.text, rule->name.length, rule->meaning);
    else
        intake_name(intake, rule->name.text, rule->name.length, rule->meaning);
    if (rule->modified)
        take_denyallow(intake, rule);
}

static void take_modified(struct intake *intake, struct rule *rule)
{
    const struct modifiers *modifiers = &rule->modifiers;

    /* `@@` with an answer takes back rules by their answer, not names. */
    if (!read_pattern(rule) || !is_name_like(rule->name) ||
        (rule->excepts && (modifiers->rewrite || modifiers->terms.action != TERMS_STYLE)) ||
        shape_range(rule->name) || !denyallow_fits(intake, rule))
        refuse(intake, rule, REASON_MODIFIER);
    else
        take_name(intake, rule);
}

static void take_bare(struct intake *intake, struct rule *rule)
{
    bool named;
    struct field address;

    if (field_has_any(rule->pattern, " \t")) {
        refuse(intake, rule, REASON_OTHER_SYNTAX);
        return;
    }
    named = read_pattern(rule);
    address = named ? without_brackets(rule->name) : rule->pattern;
    if ((named || !rule->excepts) && rule->meaning.kind != ENTRY_BELOW &&
        intake_address(intake, address.text, address.length, rule->meaning.operation))
        return;
    if (named && is_name_like(rule->name))
        take_name(intake, rule);
    else
        refuse(intake, rule, REASON_PATTERN);
}

void adblock_rule(struct intake *intake, struct field text)
{
    struct rule rule;
    struct field modifiers;

    if (is_taken_back(intake, text)) {
        intake_refuse(intake, REASON_DISABLED);
        return;
    }
    memset(&rule, 0, offsetof(struct rule, modifiers));
    rule.name = (struct field){NULL, 0};
    rule.text = text;
    rule.excepts = field_starts(text, "@@");
    modifiers = field_skip(text, rule.excepts ? 2 : 0);
    if (field_starts(modifiers, "/")) { /* a regular expression, whose `$` is its own */
        refuse(intake, &rule, REASON_PATTERN);
        return;
    }
    rule.pattern = field_cut(&modifiers, '$');
    rule.modified = modifiers.text != rule.pattern.text + rule.pattern.length;
    if (!rule.modified) {
        take_bare(intake, &rule);
        return;
    }
    if (!modifiers_read(&rule.modifiers, modifiers) && !rule.modifiers.badfilter)
        refuse(intake, &rule, REASON_MODIFIER);
    else if (rule.modifiers.badfilter)
        take_back(intake, &rule);
    else
        take_modified(intake, &rule);
}

/* Tells whether LINE is a remark: `!`, a header in brackets, or `#` that begins no page rule. */
static bool is_comment(struct field line)
{
    if (field_starts(line, "!"))
        return true;
    if (field_starts(line, "["))
        return field_ends(line, "]");
    return field_starts(line, "#") && !shape_page_rule(line);
}

void adblock_line(struct intake *intake, struct field line)
{
    struct field rule;

    if (line.length > 3 && field_starts(line, "||") && line.text[line.length - 1] == '^' &&
        !is_taken_back(intake, line) &&
        intake_plain_name(intake, line.text + 2, line.length - 3, subtree))
        return;
    rule = field_trim(line);
    if (rule.length == 0)
        intake->report.blank++;
    else if (is_comment(rule))
        intake->report.comments++;
    else if (shape_page_rule(rule))
        intake_refuse(intake, REASON_PAGE_RULE);
    else
        adblock_rule(intake, field_without_remark(rule));
}
