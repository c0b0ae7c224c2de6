/* decision_grant.c - what people have allowed, denied or released for a while. */
#include "policy/decision.h"

bool decision_grant_offline(struct decision *d)
{
    (void)d;
    return false;
}

bool decision_grant(struct decision *d)
{
    (void)d;
    return false;
}

bool decision_released(struct decision *d)
{
    (void)d;
    return false;
}
