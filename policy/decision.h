/* decision.h - one decision in the making; for the files of policy/ that hold its rules. */
#ifndef POLICY_DECISION_H
#define POLICY_DECISION_H

#include "policy/ask.h"
#include "policy/compiled.h"
#include "policy/listing.h"
#include "policy/name_tree.h"
#include "policy/verdict.h"

/* One decision in the making. */
struct decision {
    const struct snapshot *snapshot;
    const struct ask *ask;
    const struct compiled_profile *profile;
    struct verdict *verdict;
    struct set_terms listed; /* what the public lists say for the type asked */
    struct mask hotline;
    struct tree_match own; /* the best of the profile's own rules */
    struct tree_path path;
};

/* Blocks in STYLE with the extended error EDE. */
void decision_block(struct decision *decision, enum block_style style, uint16_t ede);

/* Returns STYLE, or NODATA for an NXDOMAIN that would say too much: it denies whatever is below
 * (RFC 8020 §2), which SUBTREE tells to be blocked as well. */
enum block_style decision_soften(const struct decision *decision, enum block_style style,
                                 bool subtree);

/* Returns the profile's style likewise. */
enum block_style decision_style(const struct decision *decision, bool subtree);

/* The rule RULE_CATEGORY: tells whether the lists block, and how that is answered. */
bool decision_category(struct decision *decision);

#endif
