/* Basic AdBlock syntax: `||name^` lists a name and what is below it, `@@||name^` takes it out of
 * this list. Everything else in such files narrows or widens a rule in ways that DNS cannot follow.
 * A rule whose narrowing cannot be honoured must not be applied more widely than it is written, so
 * any modifier refuses the whole rule; dropping modifiers would block clouds and top-level domains.
 */
#include "blocklist/format/parsers.h"

#include "blocklist/format/intake.h"
#include "blocklist/format/shape.h"

static const struct meaning subtree = {ENTRY_SUBTREE, ENTRY_LIST, false, NULL};
static const struct meaning exception = {ENTRY_SUBTREE, ENTRY_EXCEPT, true, NULL};

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

static struct field without_brackets(struct field name)
{
    if (name.length > 2 && field_starts(name, "[") && field_ends(name, "]"))
        return (struct field){name.text + 1, name.length - 2};
    return name;
}

/* Takes what stands between `||` and `^`. */
static void take_name(struct intake *intake, struct field name, struct meaning meaning)
{
    struct field address = without_brackets(name);

    if (intake_address(intake, address.text, address.length, meaning.operation))
        return;
    if (is_name_like(name))
        intake_name(intake, name.text, name.length, meaning);
    else
        intake_refuse(intake, REASON_PATTERN);
}

void adblock_rule(struct intake *intake, struct field rule)
{
    bool excepts = field_starts(rule, "@@");

    rule = field_skip(rule, excepts ? 2 : 0);
    if (field_starts(rule, "/"))
        intake_refuse(intake, REASON_PATTERN); /* a regular expression, whose `$` is its own */
    else if (field_has(rule, '$'))
        intake_refuse(intake, REASON_MODIFIER);
    else if (field_has_any(rule, " \t"))
        intake_refuse(intake, REASON_OTHER_SYNTAX);
    else if (rule.length > 3 && field_starts(rule, "||") && field_ends(rule, "^"))
        take_name(intake, (struct field){rule.text + 2, rule.length - 3},
                  excepts ? exception : subtree);
    else if (excepts || !intake_address(intake, rule.text, rule.length, ENTRY_LIST))
        intake_refuse(intake, REASON_PATTERN);
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
