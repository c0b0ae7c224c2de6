/* verdict.h - what is to happen with a question, and why. */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/terms.h"
#include "config/base/addr.h"
#include "config/base/mask.h"
#include "config/base/name.h"
#include "config/config.h"
#include "policy/state/grants.h"

/* The rules of the order of decision, in that order. The words are stable: `why`, logs and metrics
 * show them. */
#define VERDICT_RULES(X)                                                                           \
    X(RULE_CLIENT, "client_not_allowed")                                                           \
    X(RULE_OPERATOR, "operator_policy")                                                            \
    X(RULE_LOCAL, "local_record")                                                                  \
    X(RULE_SPECIAL, "special_name")                                                                \
    X(RULE_PIN, "pin")                                                                             \
    X(RULE_OFFLINE, "offline")                                                                     \
    X(RULE_GRANT, "grant")                                                                         \
    X(RULE_OWN_ALLOW, "own_allow")                                                                 \
    X(RULE_OWN_DENY, "own_deny")                                                                   \
    X(RULE_SCHEDULE, "schedule")                                                                   \
    X(RULE_CATEGORY, "category")                                                                   \
    X(RULE_DEFAULT, "default")                                                                     \
    X(RULE_REBIND, "rebind_guard") /* of the answer check alone */

enum verdict_rule {
#define X(rule, word) rule,
    VERDICT_RULES(X)
#undef X
        VERDICT_RULE_COUNT
};

enum verdict_action {
    VERDICT_FORWARD, /* ask an upstream, with the transforms below */
    VERDICT_BLOCK,   /* answer in `style`, or as `terms` says */
    VERDICT_ANSWER,  /* answer with `answer` (local and special names) */
    VERDICT_REFUSE,  /* REFUSED: the client is not served */
};

/* Answers that need no upstream and are no block. */
enum verdict_answer {
    ANSWER_NONE,
    ANSWER_RECORDS,  /* the local records of the name, in verdict.records; NODATA if none has the
                        type */
    ANSWER_NODATA,   /* NOERROR without answer, with SOA */
    ANSWER_NXDOMAIN, /* with SOA */
    ANSWER_LOOPBACK, /* 127.0.0.1, ::1 (RFC 6761 §6.3) */
    ANSWER_ZONE_SOA, /* the SOA or NS of a locally served zone itself (RFC 6303 §3) */
};

/* What is done to the answer of a question that is forwarded. */
enum verdict_transform {
    /* Local records lie below the name, so that it exists: an upstream's NXDOMAIN becomes NODATA
     * (RFC 8020 §2). */
    TRANSFORM_NAME_EXISTS = 1 << 0,
    /* Addresses inside (private, loopback, link-local) in an answer from outside would let a page
     * reach the devices of the house: such an answer is dropped. */
    TRANSFORM_REBIND_GUARD = 1 << 1,
    /* Another name is looked up, `alias`, and the answer is a CNAME that leads to it. */
    TRANSFORM_ALIAS = 1 << 2,
    /* An HTTPS or SVCB record that names another host sends the client on to ask for that, where
     * nothing is open but what is allowed: the answer is given only where each name of it is. */
    TRANSFORM_ADMITTED_ONLY = 1 << 3,
};

/* How far an allow of the asked name covers what its answer leads to (check.h). */
enum verdict_covers {
    COVERS_NOTHING,
    COVERS_USUAL, /* all but S3 categories, and rule 2 */
    COVERS_MOST,  /* all but rule 2 */
};

/* RFC 8914 §4, those that a decision gives. */
enum verdict_ede {
    VERDICT_EDE_FORGED = 4,      /* the answer holds an address that we made up */
    VERDICT_EDE_NOT_READY = 14,  /* a set is configured and there is none yet */
    VERDICT_EDE_BLOCKED = 15,    /* operator, legal and hotline alike */
    VERDICT_EDE_CENSORED = 16,   /* the same, where the country's pack says so */
    VERDICT_EDE_FILTERED = 17,   /* the profile's own rules and categories */
    VERDICT_EDE_PROHIBITED = 18, /* the client is not served */
};

/* Of verdict.schedule: the hours of the preset, which close its cells Q. */
enum { VERDICT_HOURS = 255 };

enum { VERDICT_EDE_MAX = 3, VERDICT_NO_EDE = 0xffff };

/* A run of records in the snapshot: same name, any types. */
struct verdict_records {
    const struct config_record *const *items;
    uint32_t count;
};

/* A run of addresses in the snapshot, all of one family. */
struct verdict_addresses {
    const struct addr *items;
    size_t count;
};

/* In an order that leaves no holes: each query clears one. */
struct verdict {
    enum verdict_rule rule;
    enum verdict_action action;
    enum verdict_answer answer;
    enum verdict_covers covers;

    struct mask matched;    /* the category bits that decided */
    struct mask observed;   /* bits that would have, were they not in observe mode */
    struct mask chain;      /* bits that block what the answer leads to */
    uint32_t profile;       /* index into the config's profiles */
    uint32_t device;        /* that asked, as in policy/who/devices.h; 0: nobody knows */
    uint32_t row;           /* of the set, when matched */
    uint32_t transform;     /* bit set of enum verdict_transform */
    int64_t step_s;         /* the instant whose step of the stairs holds */
    struct grant_hit grant; /* that decided, or released it; id 0: none did */

    bool unknown;       /* nobody knows the device, and its network has a word for such */
    uint8_t schedule;   /* that decided: its number in the profile + 1, VERDICT_HOURS; 0: none */
    bool warned;        /* blocked by cells W alone: the device's user may release it */
    bool released;      /* and has */
    bool denials;       /* people have denied something: an answer is looked at item by item */
    bool clock_unknown; /* the time cannot be right */
    bool canary;        /* a name that devices ask before they go around a resolver */
    bool would_block;   /* the profile only observes: observed_rule would have blocked */
    uint8_t labels; /* of the suffix that the rule stands on (for RULE_SPECIAL the zone whose SOA
                       goes with the answer); 0 when it stands on no name */
    bool exact;     /* a rule or grant of somebody's, for that very name and nothing below it */
    uint16_t ede[VERDICT_EDE_MAX]; /* RFC 8914 codes, VERDICT_NO_EDE ends them */
    enum verdict_rule observed_rule;

    enum block_style style;
    /* Of a block: TERMS_DROP, TERMS_TCP, TERMS_REWRITE, where the list that blocks wants to be
     * answered so; TERMS_STYLE: in `style`. What it takes from a list lives as long as the
     * snapshot. */
    enum terms_action terms;
    enum terms_action listed_terms; /* what the list said; a style may have come of it */
    const char *feed;               /* the list; NULL where it said nothing */
    const uint8_t *rewrite;         /* of TERMS_REWRITE: records, as in terms.h */
    size_t rewrite_length;
    struct name alias;       /* of TRANSFORM_ALIAS */
    uint32_t ttl_s;          /* of what we write ourselves */
    uint32_t max_ttl_s;      /* of what is forwarded; 0 is none */
    int64_t valid_until_s;   /* Unix time of the next edge; INT64_MAX for none */
    uint32_t upstream_group; /* 0 is the default group */
    uint32_t upstream_mark;  /* of that group's zone and servers, the same over reloads */
    struct verdict_records records;
    struct verdict_addresses addresses; /* of a block: that the answer holds; count 0: it holds none
                                           but what `style` gives */
    struct config_place place; /* of the config line that decided, for `why`; 0:0 for none */
    const char *reason;        /* a pin's or special name's reason; NULL */
};

/* Makes VERDICT one that says nothing yet: no extended error, no next edge, all else 0. */
void verdict_start(struct verdict *verdict);

/* Adds the extended error CODE to VERDICT, which has room for VERDICT_EDE_MAX. */
void verdict_give_ede(struct verdict *verdict, uint16_t code);

/* Makes VERDICT a block of a question for TYPE in STYLE, kept for TTL_S, with the extended error
 * EDE, and the one that belongs to a forged address where STYLE gives one. */
void verdict_block(struct verdict *verdict, enum block_style style, uint32_t ttl_s, uint16_t type,
                   uint16_t ede);

/* Has no answer by VERDICT kept, from WALL_S on, beyond the next edge, at which it may be another.
 */
void verdict_limit(struct verdict *verdict, int64_t wall_s);

/* Gives VERDICT the group of upstreams of OTHER. */
void verdict_set_group(struct verdict *verdict, const struct verdict *other);

/* Returns the stable word for RULE. What operator, legal and hotline lists say is one word. */
const char *verdict_rule_word(enum verdict_rule rule);

#endif
