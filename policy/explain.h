/* explain.h - a decision in words: what `stairgate why` and the control verb `why` show.
 *
 * explain_ask runs policy_decide with a trace and gathers what a person wants to know beside the
 * verdict: which profile and why that one, the categories, every feed that holds the name, where
 * the deciding rule stands, how to lift it. explain_item does the same for what an answer leads to,
 * where that is known. Renderers (resolver/daemon/why.h) only print it. What
 * the operator's, legal and hotline lists say is one word here, too: nothing else in the struct
 * tells of it. */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"
#include "config/base/name.h"
#include "policy/ask.h"
#include "policy/check.h"
#include "policy/decide.h"
#include "policy/verdict.h"
#include "policy/who/identify.h"

struct snapshot;

enum { EXPLAIN_WITNESSES_MAX = 64, EXPLAIN_TEXT_MAX = 1024 };

/* What the answer to a question that is forwarded leads to. */
struct explain_chain {
    bool known;   /* the answer is, and was looked at */
    size_t items; /* that were looked at */

    /* What blocks, where something does and may be told */
    struct check_item item; /* its name stands in `name` */
    struct name_buf name;
    char by[NAME_TEXT_MAX];     /* in words, or "" */
    char suffix[NAME_TEXT_MAX]; /* its longest listed suffix or range, or "" */
    struct set_witness witnesses[EXPLAIN_WITNESSES_MAX];
    size_t witness_count;
};

/* The device that asks, where one is known. */
struct explain_device {
    uint32_t id; /* 0: none is */
    bool claimed;
    enum identify_by by;
    char key[DEVICE_KEY_TEXT_MAX];
    char name[CONFIG_WORD_MAX]; /* "": the state file knows */
    struct config_place place;
};

struct explanation {
    char name[NAME_TEXT_MAX]; /* the question's, lower-cased, as text */
    struct verdict verdict;
    struct decide_trace trace;
    bool blocked; /* not served as asked: blocked or refused */

    const char *profile; /* lives as long as the snapshot */
    enum identify_by by;
    char by_text[ADDR_TEXT_MAX]; /* what gave the profile: a key, prefix, interface..., or "" */
    struct config_place by_place;
    bool unknown; /* it is the network's for devices that nobody knows */
    struct explain_device device;
    const char *groups[IDENTITY_GROUPS_MOST]; /* of the device, then those above */
    size_t group_count;

    char categories[EXPLAIN_TEXT_MAX]; /* that the name is listed in, comma-separated, or "-" */
    char matched[EXPLAIN_TEXT_MAX];    /* of these, the ones that decided, or "-" */
    char observed[EXPLAIN_TEXT_MAX];   /* in observe mode: counted, not applied, or "-" */
    char services[EXPLAIN_TEXT_MAX];   /* that the name belongs to, by id, or "-" */
    char suffix[NAME_TEXT_MAX];        /* the longest listed suffix, or "" */
    struct set_witness witnesses[EXPLAIN_WITNESSES_MAX];
    size_t witness_count;

    char rule_suffix[NAME_TEXT_MAX]; /* the name that the deciding rule stands on, or "" */
    char rule_at[EXPLAIN_TEXT_MAX];  /* file:line:column of the deciding rule, or "" */
    char sentence[EXPLAIN_TEXT_MAX]; /* the verdict in one sentence */
    char lift[EXPLAIN_TEXT_MAX];     /* what would change it, or "" */
    const char *rcode;               /* of the answer; NULL where an upstream gives it */
    const char *style;               /* of a block; NULL */
    const char *action;         /* how the list that blocks wants it answered; NULL: it does not
                                   say */
    char target[NAME_TEXT_MAX]; /* the name that the answer leads to by a list's word or a safe
                                   search, or "" */
    bool target_blocked;        /* and that is blocked itself */
    struct name_buf met; /* what rule 2 blocks of what is told here, which costs whoever asks:
                            the asked name or its target; length 0: nothing */

    const char *preset;              /* that the profile comes from at this age, or "" */
    char in_force[EXPLAIN_TEXT_MAX]; /* its schedules that are, comma-separated, or "-" */
    bool clock_unknown;              /* the time cannot be right */

    struct explain_chain chain;
};

/* Decides on ASK, whose set hits need not be filled, and fills EXPLANATION. Threads: any number on
 * one snapshot. */
void explain_ask(const struct snapshot *snapshot, struct ask *ask, struct explanation *explanation);

/* Goes on from explain_ask, which has filled EXPLANATION for ASK, where that forwards: looks at
 * ITEM, which the answer leads to. Returns whether it passes; if not, EXPLANATION tells of the
 * block instead, and no other item is to be looked at. */
bool explain_item(const struct snapshot *snapshot, const struct ask *ask,
                  const struct check_item *item, struct explanation *explanation);

/* Return what RULE looks at, in a few words, and the stable word for OUTCOME and for BY. */
const char *explain_rule_text(enum verdict_rule rule);
const char *explain_outcome_word(int outcome);
const char *explain_by_word(enum identify_by by);

/* Writes the suffix of ITEM's name with LABELS labels, or the range of that length around its
 * address, to OUT (NAME_TEXT_MAX); returns OUT. */
char *explain_suffix(const struct check_item *item, unsigned labels, char *out);

/* Adds to EXPLANATION of ASK, in which the rest is filled, what terms of lists have done: an action
 * of their own, a rewrite, a list that is only observed. */
void explain_terms(const struct snapshot *snapshot, const struct ask *ask,
                   struct explanation *explanation);

/* Writes the categories, services and lists of MASK, comma-separated, "-" for none, to
 * OUT[0..ROOM); returns OUT. */
char *explain_mask_text(const struct snapshot *snapshot, struct mask mask, char *out, size_t room);

/* Fills the services of EXPLANATION; and adds where a safe search leads, where the verdict has such
 * an alias. */
void explain_services(const struct snapshot *snapshot, const struct ask *ask,
                      struct explanation *explanation);
void explain_safe(const struct snapshot *snapshot, const struct ask *ask,
                  struct explanation *explanation);

/* Tells in EXPLANATION which grant its verdict is by, or by what it is offline; times stand on the
 * clocks of the profile's zone. */
void explain_grant(const struct snapshot *snapshot, struct explanation *explanation);
void explain_offline(const struct snapshot *snapshot, struct explanation *explanation);

/* Tells in EXPLANATION by which schedule its verdict is, where that is by one. */
void explain_schedule(const struct snapshot *snapshot, struct explanation *explanation);

/* Adds to EXPLANATION of ASK what the age, the hours and the clock have to do with it, and whether
 * somebody may release the name, or has. */
void explain_moment(const struct snapshot *snapshot, const struct ask *ask,
                    struct explanation *explanation);

/* Returns what the schedule that VERDICT is by is called; NULL where it is by none. */
const char *explain_schedule_name(const struct snapshot *snapshot, const struct verdict *verdict);

/* Returns the word for a list's action (enum terms_action): nxdomain, nodata, refused, drop, tcp,
 * rewrite; NULL for a plain listing. */
const char *explain_terms_word(unsigned action);

/* Returns the word for ACTION: forward, block, answer, refuse. */
const char *explain_action_word(enum verdict_action action);

#endif
