/* explain_terms.c - what terms of lists have done to an answer, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "policy/explain.h"
#include "policy/snapshot.h"

const char *explain_terms_word(unsigned action)
{
    static const char *const words[TERMS_ACTIONS] = {
        [TERMS_NXDOMAIN] = "nxdomain", [TERMS_NODATA] = "nodata", [TERMS_REFUSED] = "refused",
        [TERMS_DROP] = "drop",         [TERMS_TCP] = "tcp",       [TERMS_REWRITE] = "rewrite",
    };

    return action < TERMS_ACTIONS ? words[action] : NULL;
}

__attribute__((format(printf, 2, 3))) static void add(struct explanation *e, const char *format,
                                                      ...)
{
    size_t used = strlen(e->sentence);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(e->sentence + used, sizeof e->sentence - used, format, arguments);
    va_end(arguments);
}

/* What each action does, behind the name of the list. */
static const char *const deeds[TERMS_ACTIONS] = {
    [TERMS_NXDOMAIN] = "has it answered NXDOMAIN",
    [TERMS_NODATA] = "has it answered without a record",
    [TERMS_REFUSED] = "has it refused",
    [TERMS_DROP] = "has it left without an answer",
    [TERMS_REWRITE] = "answers with records of its own",
};

/* The target of a rewrite meets the same rules. */
static void tell_target(const struct snapshot *snapshot, const struct ask *ask,
                        struct explanation *e)
{
    struct verdict verdict;
    struct name_buf buf;
    struct name target;

    name_lower(&buf, &e->verdict.alias);
    target = name_of(&buf);
    policy_decide_target(snapshot, ask, &target, &verdict);
    name_to_text(&target, e->target);
    e->target_blocked = verdict.action == VERDICT_BLOCK;
    if (verdict.rule == RULE_OPERATOR)
        e->met = buf;
    add(e, "; list '%.64s' leads to '%.256s'%s", e->verdict.feed, e->target,
        e->target_blocked ? ", which is blocked itself" : "");
}

/* Over UDP it is sent to TCP, where it passes: that is no block. */
static void tell_tcp(struct explanation *e)
{
    e->blocked = false;
    e->rcode = "NOERROR";
    snprintf(e->sentence, sizeof e->sentence,
             "passes over TCP: list '%.64s' has '%.256s' asked that way alone", e->verdict.feed,
             e->name);
    snprintf(e->lift, sizeof e->lift, "allow '%.256s' in profile '%s'", e->name, e->profile);
}

static void tell_action(const struct snapshot *snapshot, const struct ask *ask,
                        struct explanation *e)
{
    enum terms_action action = e->verdict.listed_terms;

    e->action = explain_terms_word(action);
    if (action == TERMS_STYLE || e->verdict.feed == NULL)
        return;
    if (action == TERMS_DROP)
        e->rcode = NULL;
    if (action != TERMS_NXDOMAIN && action != TERMS_NODATA && action != TERMS_REFUSED)
        e->style = NULL;
    if (action == TERMS_TCP)
        tell_tcp(e);
    else if ((e->verdict.transform & TRANSFORM_ALIAS) != 0)
        tell_target(snapshot, ask, e);
    else
        add(e, "; list '%.64s' %s", e->verdict.feed, deeds[action]);
    if (action == TERMS_NXDOMAIN && e->verdict.style != BLOCK_NXDOMAIN)
        add(e, ", which is softened to no record: something below it may be open");
}

/* The list that would block, were it not observed; NULL where the profile observes the category. */
static const char *observed_feed(const struct snapshot *snapshot, const struct explanation *e)
{
    const struct taxonomy *taxonomy = &snapshot_config(snapshot)->taxonomy;

    for (size_t i = 0; i < e->witness_count; i++) {
        const struct category *category = taxonomy_find(taxonomy, e->witnesses[i].category);

        if (e->witnesses[i].observed && category != NULL &&
            mask_has(e->verdict.observed, category->bit))
            return e->witnesses[i].feed;
    }
    return NULL;
}

static void tell_observed(const struct snapshot *snapshot, struct explanation *e)
{
    const char *feed = observed_feed(snapshot, e);

    if (!mask_any(e->verdict.observed))
        return;
    if (feed != NULL)
        add(e, "; it would be blocked as %.200s by list '%.64s', which is only observed",
            e->observed, feed);
    else
        add(e, "; it would be blocked as %.200s, which profile '%s' only observes", e->observed,
            e->profile);
}

void explain_terms(const struct snapshot *snapshot, const struct ask *ask, struct explanation *e)
{
    if (e->verdict.action == VERDICT_BLOCK)
        tell_action(snapshot, ask, e);
    else if ((e->verdict.transform & TRANSFORM_ALIAS) != 0)
        explain_safe(snapshot, ask, e);
    tell_observed(snapshot, e);
}
