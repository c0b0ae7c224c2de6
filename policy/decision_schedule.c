/* decision_schedule.c - what the hours of a profile close and open. */
#include "policy/decision.h"

bool decision_schedule(struct decision *d)
{
    (void)d;
    return false;
}
