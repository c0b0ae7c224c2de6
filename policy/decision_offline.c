#include "policy/decision.h"

bool decision_offline(struct decision *d)
{
    /* What a guardian has said by hand goes before the timetable, both ways. */
    if (!decision_grant_offline(d) && (!d->state->offline || decision_grant_opens(d)))
        return false;
    decision_block(d, decision_style(d, false), VERDICT_EDE_FILTERED);
    return true;
}
