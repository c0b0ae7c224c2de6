/* decide.h - the one decision function.
 *
 * The server, `stairgate why`, the tests and the portal call it with the same inputs. It is pure:
 * no socket, no clock, no random source, no allocation. The order of its rules is the array in
 * decide.c and policy/verdict.h. */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/ask.h"
#include "policy/verdict.h"

struct snapshot;

/* What each rule said, for `why`. */
struct decide_step {
    enum verdict_rule rule;
    enum { STEP_NO_MATCH, STEP_MATCH, STEP_NOT_REACHED } outcome;
};

struct decide_trace {
    struct decide_step steps[VERDICT_RULE_COUNT + 4];
    unsigned count;
};

/* Decides on ASK and fills VERDICT. ASK's set hits are filled (decide_look does it for one name).
 * TRACE may be NULL. Threads: any number on one snapshot. */
void policy_decide(const struct snapshot *snapshot, const struct ask *ask, struct verdict *verdict,
                   struct decide_trace *trace);

/* Decides on NAME, lower-cased, which the answer to ASK leads to, as if it had been asked for. */
void policy_decide_target(const struct snapshot *snapshot, const struct ask *ask,
                          const struct name *name, struct verdict *verdict);

/* Decides on NAME, lower-cased, which the verdict ASKED on ASK's own name (VERDICT_FORWARD with
 * TRANSFORM_ALIAS) leads to: what blocks a name of an answer blocks it, an answer of our own is
 * taken, and everything else is forwarded as ASKED has it, to whoever is asked for NAME. */
void policy_decide_alias(const struct snapshot *snapshot, const struct ask *ask,
                         const struct name *name, const struct verdict *asked,
                         struct verdict *verdict);

/* Looks ASK's name up in both sets of SNAPSHOT, as the set stage does for a batch. */
void decide_look(const struct snapshot *snapshot, struct ask *ask);

#endif
