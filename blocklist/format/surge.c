/* Rules of proxies (Surge, Quantumult, Clash and their kin): `TYPE,VALUE`, often with a policy
 * behind it, and sets of `.name` lines. Only a rule that rejects is a block: DIRECT lets a name
 * through, so it is an exception, and in their order of first match none that we could honour; any
 * other policy sends it through some server. */
#include "blocklist/format/parsers.h"

#include <string.h>

#include "blocklist/format/field.h"
#include "blocklist/format/intake.h"

static const struct meaning exact = {ENTRY_EXACT, ENTRY_LIST, true, NULL};
static const struct meaning subtree = {ENTRY_SUBTREE, ENTRY_LIST, true, NULL};

static void take_exact(struct intake *intake, struct field value)
{
    intake_name(intake, value.text, value.length, exact);
}

static void take_subtree(struct intake *intake, struct field value)
{
    intake_name(intake, value.text, value.length, subtree);
}

static void take_range(struct intake *intake, struct field value)
{
    if (!intake_address(intake, value.text, value.length, ENTRY_LIST))
        intake_refuse(intake, REASON_MALFORMED);
}

/* A row without TAKE is refused for its reason. */
static const struct rule_type {
    const char *word;
    void (*take)(struct intake *intake, struct field value);
    enum reason reason;
} rule_types[] = {
    {"DOMAIN",          take_exact,   REASONS        },
    {"HOST",            take_exact,   REASONS        },
    {"DOMAIN-SUFFIX",   take_subtree, REASONS        },
    {"HOST-SUFFIX",     take_subtree, REASONS        },
    {"IP-CIDR",         take_range,   REASONS        },
    {"IP-CIDR6",        take_range,   REASONS        },
    {"IP6-CIDR",        take_range,   REASONS        },
    {"DOMAIN-KEYWORD",  NULL,         REASON_PATTERN },
    {"HOST-KEYWORD",    NULL,         REASON_PATTERN },
    {"DOMAIN-WILDCARD", NULL,         REASON_PATTERN },
    {"HOST-WILDCARD",   NULL,         REASON_PATTERN },
    {"DOMAIN-REGEX",    NULL,         REASON_PATTERN },
    {"URL-REGEX",       NULL,         REASON_PATTERN },
    {"USER-AGENT",      NULL,         REASON_TRIGGER },
    {"PROCESS-NAME",    NULL,         REASON_TRIGGER },
    {"PROCESS-PATH",    NULL,         REASON_TRIGGER },
    {"SRC-IP",          NULL,         REASON_TRIGGER },
    {"SRC-IP-CIDR",     NULL,         REASON_TRIGGER },
    {"SRC-PORT",        NULL,         REASON_TRIGGER },
    {"IN-PORT",         NULL,         REASON_TRIGGER },
    {"DEST-PORT",       NULL,         REASON_TRIGGER },
    {"DST-PORT",        NULL,         REASON_TRIGGER },
    {"PROTOCOL",        NULL,         REASON_TRIGGER },
    {"GEOIP",           NULL,         REASON_TRIGGER },
    {"IP-ASN",          NULL,         REASON_TRIGGER },
    {"AND",             NULL,         REASON_MODIFIER},
    {"OR",              NULL,         REASON_MODIFIER},
    {"NOT",             NULL,         REASON_MODIFIER},
    {"FINAL",           NULL,         REASON_MODIFIER},
    {"MATCH",           NULL,         REASON_MODIFIER},
    {"GEOSITE",         NULL,         REASON_INCLUDE },
    {"RULE-SET",        NULL,         REASON_INCLUDE },
    {"DOMAIN-SET",      NULL,         REASON_INCLUDE },
};

/* Words behind the value that leave what the rule means to us. */
static const char *const rejecting[] = {
    "REJECT",     "REJECT-DROP",    "REJECT-TINYGIF",    "REJECT-IMG",
    "REJECT-200", "REJECT-NO-DROP", "REJECT-DICT",       "REJECT-ARRAY",
    "BLOCK",      "no-resolve",     "extended-matching", "pre-matching",
};

static enum reason judge_word(struct field word)
{
    for (size_t i = 0; i < sizeof rejecting / sizeof *rejecting; i++) {
        if (field_is_any_case(word, rejecting[i]))
            return REASONS;
    }
    return field_is_any_case(word, "DIRECT") ? REASON_EXCEPTION : REASON_FORWARD;
}

/* Returns why what stands behind a rule's value, REST, makes it no block; REASONS if it does not.
 */
static enum reason judge_rest(struct field rest)
{
    enum reason reason = REASONS;

    while (rest.length > 0 && reason == REASONS)
        reason = judge_word(field_trim(field_cut(&rest, ',')));
    return reason;
}

static void take_rule(struct intake *intake, struct field word, struct field rest)
{
    const struct rule_type *type = NULL;
    struct field value = field_trim(field_cut(&rest, ','));
    enum reason reason;

    for (size_t i = 0; i < sizeof rule_types / sizeof *rule_types && type == NULL; i++) {
        if (field_is_any_case(word, rule_types[i].word))
            type = &rule_types[i];
    }
    if (type == NULL) {
        intake_refuse(intake, REASON_OTHER_SYNTAX);
        return;
    }
    reason = type->take == NULL ? type->reason : judge_rest(rest);
    if (reason != REASONS)
        intake_refuse(intake, reason);
    else
        type->take(intake, value);
}

/* A line of a set: `.name` and `+.name` are subtrees, a bare name is exact. */
static void take_member(struct intake *intake, struct field member)
{
    if (intake_address(intake, member.text, member.length, ENTRY_LIST))
        return;
    if (field_starts(member, "+."))
        take_subtree(intake, field_skip(member, 2));
    else if (field_starts(member, "."))
        take_subtree(intake, field_skip(member, 1));
    else if (field_has_any(member, "*?/|^$()\\"))
        intake_refuse(intake, REASON_PATTERN);
    else
        take_exact(intake, member);
}

/* Returns LINE without the marks of a YAML list around it. */
static struct field without_yaml(struct field line)
{
    if (!field_starts(line, "- "))
        return line;
    line = field_trim(field_skip(line, 2));
    if (line.length >= 2 && line.text[0] == line.text[line.length - 1] &&
        (line.text[0] == '\'' || line.text[0] == '"'))
        return (struct field){line.text + 1, line.length - 2};
    return line;
}

static bool is_remark(struct field line)
{
    return field_starts(line, "//") || field_starts(line, ";") || field_starts(line, "!") ||
           (field_starts(line, "[") && field_ends(line, "]")) || field_is(line, "payload:");
}

void surge_line(struct intake *intake, struct field line)
{
    struct field rest = field_trim(line), word;

    if (parser_skips(intake, rest))
        return;
    if (is_remark(rest)) {
        intake->report.comments++;
        return;
    }
    rest = without_yaml(field_without_remark(rest));
    word = field_cut(&rest, ',');
    if (rest.text == word.text + word.length)
        take_member(intake, word);
    else
        take_rule(intake, field_trim(word), rest);
}
