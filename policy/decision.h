/* decision.h - one decision in the making; for the files of policy/ that hold its rules. */
#ifndef POLICY_DECISION_H
#define POLICY_DECISION_H

#include "policy/ask.h"
#include "policy/compiled.h"
#include "policy/listing.h"
#include "policy/name_tree.h"
#include "policy/verdict.h"
#include "policy/who/identify.h"

struct grants;
struct safe_entry;

/* One decision in the making. */
struct decision {
    const struct snapshot *snapshot;
    const struct ask *ask;
    const struct compiled_profile *profile;
    const struct compiled_state *state; /* of the profile, at ask->wall_s */
    struct verdict *verdict;

    int64_t lifted_until_s;      /* the end of what suspends rule 2; INT64_MAX: nothing does */
    struct identity who;         /* asks */
    const struct grants *grants; /* NULL: nothing is granted to anybody */

    struct set_terms listed;       /* what the public lists say for the type asked, and `tags` */
    struct mask tags;              /* what the name is by the tables of services and engines */
    const struct safe_entry *safe; /* of the name, or NULL */
    struct tree_match own;         /* the best of the profile's own rules */
    struct tree_path path;
    struct compiled_state room; /* of `state`, where it is put together for this moment */
};

/* Blocks in STYLE with the extended error EDE. */
void decision_block(struct decision *decision, enum block_style style, uint16_t ede);

/* Returns the profile's style, or NODATA for an NXDOMAIN that would say too much: it denies
 * whatever is below (RFC 8020 §2), which SUBTREE tells to be blocked as well. */
enum block_style decision_style(const struct decision *decision, bool subtree);

/* decision_operator.c, the rule RULE_OPERATOR: what the operator, the law or a hotline blocks. */
bool decision_operator(struct decision *decision);

/* Tells whether rule 2 has a word on NAME in a question or a chain: the same for all that it is
 * made of. SEALED is what the sealed set says of it, LISTED what the public set does. */
enum operator_word { OPERATOR_NOTHING, OPERATOR_BLOCKS, OPERATOR_DIVERTS };
enum operator_word decision_operator_word(const struct snapshot *snapshot,
                                          const struct sealed_hit *sealed,
                                          const struct mask *listed);

/* Fills VERDICT with the answer of rule 2 to a question for TYPE, kept for TTL_S: without a record,
 * or with the addresses of TYPE's family of the stop page, or of the operator's proxies where WORD
 * is OPERATOR_DIVERTS. */
void decision_operator_answer(const struct snapshot *snapshot, enum operator_word word,
                              uint16_t type, uint32_t ttl_s, struct verdict *verdict);

/* Tells whether two operators have suspended what covers NAME; UNTIL_S becomes the instant at which
 * that changes, where that is earlier. */
bool decision_operator_lifted(const struct ask *ask, const struct name *name, int64_t *until_s);

/* Makes the verdict one that forwards, with the transforms that belong to the profile: to the usual
 * upstreams, which are outside and have no word on what is inside, or else to whom the verdict
 * names. */
void decision_forward(struct decision *decision);
void decision_forward_outside(struct decision *decision);

/* Makes the verdict end at WALL_S, where that is earlier. */
void decision_until(struct decision *decision, int64_t wall_s);

/* decision_offline.c, the rule RULE_OFFLINE: a schedule or a person has taken the client offline.
 */
bool decision_offline(struct decision *decision);

/* decision_grant.c: tells whether a person has taken the client offline. */
bool decision_grant_offline(struct decision *decision);

/* decision_grant.c: tells whether a guardian has opened the name, which a timetable has offline. */
bool decision_grant_opens(struct decision *decision);

/* decision_grant.c: fills FROM_S with the instant whose step of the stairs a guardian holds the
 * profile at; returns whether one does. */
bool decision_grant_holds(struct decision *decision, int64_t *from_s);

/* decision_grant.c, the rule RULE_GRANT: a person has allowed or denied it for a while. */
bool decision_grant(struct decision *decision);

/* decision_grant.c: tells whether the device's user has released the name, which only a cell W
 * blocks. */
bool decision_released(struct decision *decision);

/* decision_schedule.c, the rule RULE_SCHEDULE. */
bool decision_schedule(struct decision *decision);

/* Finds the best of the names on PATH that the schedules of PROFILE have which are in force in
 * STATE, and the schedule's NUMBER. */
bool decision_schedule_name(const struct compiled_profile *profile,
                            const struct compiled_state *state, const struct tree_path *path,
                            struct tree_match *best, unsigned *number);

/* decision_safe.c: puts the services that the name belongs to, and engines that are not safe, to
 * what it is listed as. */
void decision_label(struct decision *decision);

/* decision_safe.c: adds what safe search makes of a question that is forwarded, whose rule is
 * known. */
void decision_safe(struct decision *decision);

/* The rule RULE_CATEGORY: tells whether the lists block, and how that is answered. */
bool decision_category(struct decision *decision);

#endif
