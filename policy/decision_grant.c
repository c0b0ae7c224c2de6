/* decision_grant.c - what people have allowed, denied or released for a while.
 *
 * Grants stand above the profile's own lists and its hours, since somebody has just said so, and
 * below pins and the operator's rule, which nobody lifts. What an allow may lift is its giver's
 * matter (policy/state/grants.h); where it may not, the rules below decide as if it were not there.
 * Every end of a grant is an edge. */
#include "policy/decision.h"
#include "policy/granted.h"

static struct granted_case case_of(const struct decision *d)
{
    return (struct granted_case){.snapshot = d->snapshot,
                                 .ask = d->ask,
                                 .grants = d->grants,
                                 .verdict = d->verdict,
                                 .who = &d->who,
                                 .name = &d->ask->name,
                                 .listed = d->listed.mask,
                                 .applied = d->state->apply,
                                 .labels = d->ask->listed.labels};
}

bool decision_grant_holds(struct decision *d, int64_t *from_s)
{
    const struct granted_case question = {.snapshot = d->snapshot,
                                          .ask = d->ask,
                                          .grants = d->grants,
                                          .verdict = d->verdict,
                                          .who = &d->who};
    struct grant_hit hit;

    if (!granted_held(&question, &hit, &d->verdict->valid_until_s))
        return false;
    *from_s = hit.from_s;
    return true;
}

bool decision_grant_offline(struct decision *d)
{
    struct granted_case question;

    if (d->grants == NULL)
        return false;
    question = case_of(d);
    return granted_offline(&question, &d->verdict->grant, &d->verdict->valid_until_s);
}

bool decision_grant_opens(struct decision *d)
{
    const struct granted_case question = case_of(d);
    struct grant_hit hit;

    return granted_find(&question, &hit, &d->verdict->valid_until_s) && hit.effect == GRANT_ALLOW &&
           hit.role >= GRANT_BY_GUARDIAN;
}

bool decision_grant(struct decision *d)
{
    struct verdict *verdict = d->verdict;
    struct granted_case question;
    struct tree_match own;

    if (d->grants == NULL)
        return false;
    question = case_of(d);
    if (!granted_find(&question, &verdict->grant, &verdict->valid_until_s))
        goto none;
    verdict->labels = verdict->grant.labels;
    verdict->exact = verdict->grant.what == GRANT_NAME_EXACT;
    if (verdict->grant.effect == GRANT_DENY) {
        /* What is allowed below it is not looked for, so NXDOMAIN would say too much. */
        decision_block(d, decision_style(d, false), VERDICT_EDE_FILTERED);
        return true;
    }
    /* That games are open now does not open the one that the profile's own list denies. */
    if (verdict->grant.what == GRANT_CATEGORY &&
        tree_best(&d->path, TREE_PROFILE + verdict->profile, &own) && own.rule->deny)
        goto none;
    decision_forward_outside(d);
    verdict->covers = COVERS_USUAL;
    return true;
none:
    verdict->labels = 0;
    verdict->exact = false;
    verdict->grant = (struct grant_hit){0};
    return false;
}

bool decision_released(struct decision *d)
{
    const struct granted_case question = case_of(d);

    return granted_released(&question, &d->verdict->grant, &d->verdict->valid_until_s);
}
