/* decision_safe.c - search engines and video sites are led to their safe side; and what the names
 * of services and engines are listed as, without any list.
 *
 * The problem: safe search makes an engine safe, it does not remove it; so a list of engines that
 * are not safe must not hit one that is made so, and what a profile blocks otherwise stays blocked.
 * The idea: tags and search_unsafe are put to what the lists say before any rule looks at it, and
 * the alias is a transform of what passes all of them. Only an exact rule or grant of that very
 * host lifts it.
 *
 * Where an answer leads to such a name, nobody can put an alias in any more: it does not pass. */
#include "policy/check.h"
#include "policy/decide.h"
#include "policy/decision.h"
#include "policy/safe.h"
#include "policy/service.h"

/* Types whose answers are not the name's own, or that are answered here (IANA numbers). */
enum { TYPE_DS = 43, TYPE_ANY = 255 };

void decision_label(struct decision *d)
{
    const struct mask unsafe = mask_bit(CATEGORY_SEARCH_UNSAFE);

    d->safe = safe_find(d->snapshot, &d->path);
    d->tags = mask_or(service_tags(d->snapshot, &d->path), safe_tags(d->safe));
    d->listed.mask = mask_or(d->listed.mask, d->tags);
    if (safe_target(d->safe, d->state) != NULL)
        d->listed.mask = mask_without(d->listed.mask, unsafe);
}

static uint32_t alias_ttl_s(const struct decision *d)
{
    uint32_t ttl_s = d->snapshot->config->safe_ttl_s, most_s = d->verdict->max_ttl_s;

    return most_s > 0 && most_s < ttl_s ? most_s : ttl_s;
}

void decision_safe(struct decision *d)
{
    const struct name *target = safe_target(d->safe, d->state);

    if (target == NULL || d->verdict->rule == RULE_PIN || safe_is_lifted(d->verdict))
        return;
    if (d->ask->is_target) {
        d->verdict->rule = RULE_CATEGORY;
        d->verdict->matched = mask_bit(CATEGORY_SEARCH_UNSAFE);
        decision_block(d, decision_style(d, false), VERDICT_EDE_FILTERED);
        return;
    }
    /* The DS of a name is data of its parent (RFC 4035 §3.1.4.1); ANY gets one small record. */
    if (d->ask->type == TYPE_DS || d->ask->type == TYPE_ANY)
        return;
    d->verdict->alias = *target;
    d->verdict->ttl_s = alias_ttl_s(d);
    d->verdict->transform |= TRANSFORM_ALIAS;
}

/* Gives VERDICT, on the asked name, where the name that it leads to is looked up. */
static void lead(struct verdict *verdict, const struct verdict *target)
{
    verdict_set_group(verdict, target);
    verdict->transform = target->transform | TRANSFORM_ALIAS;
    if (target->max_ttl_s > 0 &&
        (verdict->max_ttl_s == 0 || target->max_ttl_s < verdict->max_ttl_s))
        verdict->max_ttl_s = target->max_ttl_s;
    if (target->valid_until_s < verdict->valid_until_s)
        verdict->valid_until_s = target->valid_until_s;
}

void policy_decide_alias(const struct snapshot *snapshot, const struct ask *ask,
                         const struct name *name, const struct verdict *asked,
                         struct verdict *verdict)
{
    const struct check_item item = {.name = *name};
    struct verdict blocked;

    policy_decide_target(snapshot, ask, name, verdict);
    if (verdict->action == VERDICT_ANSWER)
        return;
    if (!check_decide(snapshot, ask, asked, &item, &blocked)) {
        *verdict = blocked;
        return;
    }
    if (verdict->action == VERDICT_FORWARD) {
        const struct verdict target = *verdict;

        *verdict = *asked;
        lead(verdict, &target);
        return;
    }
    /* It stands on nothing but the default: what led to it was admitted, and so is it. */
    *verdict = *asked;
    verdict->transform &= ~(uint32_t)TRANSFORM_NAME_EXISTS;
    verdict->upstream_group = 0;
    verdict->upstream_mark = snapshot->group_marks[0];
}
