/* Lists of names, one a line. The publishers mean "and everything below", so a bare name is a
 * subtree; in wildcard lists, where `*.` says that, a bare name is itself only. Files that were
 * pasted together from several sources are common, so that lines which are evidently a hosts line
 * or an AdBlock rule are read as such; everything else that is no name costs its line. */
#include "blocklist/format/parsers.h"

#include "blocklist/format/intake.h"
#include "blocklist/format/shape.h"

static const struct meaning subtree = {ENTRY_SUBTREE, ENTRY_LIST, false, NULL};
static const struct meaning subtree_stated = {ENTRY_SUBTREE, ENTRY_LIST, true, NULL};
static const struct meaning exact = {ENTRY_EXACT, ENTRY_LIST, false, NULL};
static const struct meaning exact_stated = {ENTRY_EXACT, ENTRY_LIST, true, NULL};

bool parser_skips(struct intake *intake, struct field line)
{
    if (line.length == 0)
        intake->report.blank++;
    else if (line.text[0] == '#')
        intake->report.comments++;
    else
        return false;
    return true;
}

static void take_name(struct intake *intake, struct field name, struct meaning meaning)
{
    if (field_has(name, '/'))
        intake_page(intake, name.text, name.length);
    else if (field_has_any(name, "*^|$()\\?"))
        intake_refuse(intake, REASON_PATTERN);
    else
        intake_name(intake, name.text, name.length, meaning);
}

void plain_word(struct intake *intake, struct field word, struct meaning bare)
{
    if (intake_address(intake, word.text, word.length, ENTRY_LIST))
        return;
    if (field_starts(word, "*."))
        take_name(intake, field_skip(word, 2), subtree_stated);
    else if (field_starts(word, "."))
        take_name(intake, field_skip(word, 1), subtree_stated);
    else if (field_starts(word, "="))
        take_name(intake, field_skip(word, 1), exact_stated);
    else
        take_name(intake, word, bare);
}

/* Handles what is not simply a name. */
static void look_closer(struct intake *intake, struct field line, struct meaning bare)
{
    struct field entry = field_trim(line), rest, word;

    if (parser_skips(intake, entry))
        return;
    entry = field_without_remark(entry);
    rest = entry;
    word = field_next(&rest);
    if (shape_page_rule(entry))
        intake_refuse(intake, REASON_PAGE_RULE);
    else if (field_starts(entry, "||") || field_starts(entry, "@@"))
        adblock_rule(intake, entry);
    else if (shape_foreign(entry))
        intake_refuse(intake, REASON_OTHER_SYNTAX);
    else if (rest.length == 0)
        plain_word(intake, word, bare);
    else if (shape_hosts_address(word))
        hosts_entry(intake, entry);
    else
        intake_refuse(intake, REASON_MALFORMED);
}

void plain_line(struct intake *intake, struct field line)
{
    if (!intake_plain_name(intake, line.text, line.length, subtree))
        look_closer(intake, line, subtree);
}

void wildcard_line(struct intake *intake, struct field line)
{
    if (!field_starts(line, "*.") ||
        !intake_plain_name(intake, line.text + 2, line.length - 2, subtree_stated))
        look_closer(intake, line, exact);
}

void ut1_line(struct intake *intake, struct field line)
{
    struct field entry, rest, word;

    if (intake_plain_name(intake, line.text, line.length, subtree))
        return;
    entry = field_trim(line);
    if (parser_skips(intake, entry))
        return;
    rest = field_without_remark(entry);
    word = field_next(&rest);
    if (rest.length > 0)
        intake_refuse(intake, REASON_MALFORMED);
    else if (intake_address(intake, word.text, word.length, ENTRY_LIST))
        return;
    else
        take_name(intake, field_skip(word, field_starts(word, ".")), subtree);
}
