/* decision_safe.c - search engines and video sites are led to their safe side. */
#include "policy/decision.h"

void decision_safe(struct decision *d)
{
    (void)d;
}
