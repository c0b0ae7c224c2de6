/* check.h - the answer check: names and addresses of an answer meet the lists and rules as well.
 *
 * An answer that passed for one profile is kept and served to all, so the check has two halves.
 * What the lists say of each item is gathered once (check_classify) into a class that goes with the
 * kept answer, for the snapshot it was made with. For each client one look at that class mostly
 * tells that nothing in the answer concerns him (check_passes); else each item is decided on for
 * him (check_decide), by the same rules as a question.
 *
 * Like policy_decide it is pure: no socket, no clock, no allocation. */
#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H

#include <stdbool.h>

#include "config/base/addr.h"
#include "config/base/mask.h"
#include "config/base/name.h"
#include "policy/ask.h"
#include "policy/verdict.h"

struct snapshot;

/* One name, or one address, that an answer leads to. */
struct check_item {
    bool is_addr;
    struct name name; /* lower-cased */
    struct addr addr;
};

/* What a snapshot says of all items of one answer together. Begin with all zero. */
struct check_class {
    struct mask mask; /* categories that one of them is listed in */
    bool ruled;       /* a deny rule of some profile, the operator, or a hotline list, names one, or
                         a listing with terms */
    bool inner;       /* an address of a private network, of this machine or this link */
};

/* Adds what SNAPSHOT says of ITEM to CLASS. */
void check_classify(const struct snapshot *snapshot, const struct check_item *item,
                    struct check_class *class);

/* Tells whether nothing of an answer of CLASS can concern the client whose question got VERDICT
 * (VERDICT_FORWARD) from the same SNAPSHOT: then check_decide would pass each item. */
bool check_passes(const struct snapshot *snapshot, const struct verdict *verdict,
                  const struct check_class *class);

/* Decides on ITEM of the answer to ASK, whose own name got VERDICT. Returns true where it passes;
 * false with BLOCKED filled where the whole answer is to be dropped: a verdict to answer the
 * question with. An allow or pin of the asked name covers its chain (docs/architecture.md, "The
 * answer check"). */
bool check_decide(const struct snapshot *snapshot, const struct ask *ask,
                  const struct verdict *verdict, const struct check_item *item,
                  struct verdict *blocked);

#endif
