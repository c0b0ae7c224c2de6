#include "policy/decision.h"

bool decision_offline(struct decision *d)
{
    if (!d->state->offline && !decision_grant_offline(d))
        return false;
    decision_block(d, decision_style(d, false), VERDICT_EDE_FILTERED);
    return true;
}
