/* name_tree.h - every name that a rule of the configuration or a built-in table stands on, by name.
 *
 * One tree holds all scopes (local records, zones, special names, pins, each profile's own rules),
 * so that a decision walks its name once: tree_walk, then tree_best for each scope.
 * Every ancestor of a rule's name has a node too, which ends the walk of a clean name after a label
 * or two and tells what lies below a name. Made once for a snapshot, never changed. */
#ifndef POLICY_NAME_TREE_H
#define POLICY_NAME_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"
#include "config/config.h"

struct err;
struct name_tree;
struct tree_builder;
struct tree_node;

/* A profile's own rules have the scope TREE_PROFILE + its index. */
enum tree_scope {
    TREE_LOCAL,
    TREE_ZONE,
    TREE_SPECIAL,
    TREE_PIN,
    TREE_REBIND,  /* names that may lead to inner addresses */
    TREE_SERVICE, /* names of services, by the snapshot's index */
    TREE_SAFE,    /* search engines that have a safe side, and video sites */
    TREE_PROFILE
};

struct tree_rule {
    uint32_t scope;
    uint32_t item; /* index into what the scope keeps: a config rule, a special name, a pin... */
    uint8_t cover; /* enum cover */
    bool deny;
};

/* The nodes on the way from the root to a name, by number of labels. */
struct tree_path {
    const struct tree_node *nodes[NAME_LABELS_MAX + 1];
    unsigned count;   /* of nodes; those of longer suffixes are not in the tree */
    unsigned labels;  /* of the name */
    uint32_t present; /* bit SCOPE is set where a rule of it may be on the path; bit TREE_PROFILE
                         stands for all profiles */
};

struct tree_match {
    const struct tree_rule *rule; /* NULL: none */
    unsigned labels;              /* of the suffix it stands on */
};

/* Starts a builder. Owner: the caller ends it with tree_build, which frees it. Errors: NULL. */
struct tree_builder *tree_start(void);

/* Adds RULE on NAME, whose octets must outlive the tree. Errors: -1 with ERR_MEMORY. */
int tree_add(struct tree_builder *builder, const struct name *name, const struct tree_rule *rule,
             struct err *err);

/* Makes the tree; BUILDER is freed in any case. Errors: NULL with ERR_MEMORY. */
struct name_tree *tree_build(struct tree_builder *builder, struct err *err);

/* Frees BUILDER, or TREE; NULL is fine. */
void tree_abandon(struct tree_builder *builder);
void name_tree_free(struct name_tree *tree);

/* Walks from the root towards NAME (lower-cased) and fills PATH.
 * Cost: one hash and one probe for each label that is in the tree, and one more; no allocation. */
void tree_walk(const struct name_tree *tree, const struct name *name, struct tree_path *path);

/* Finds the rule of SCOPE that applies to the name of PATH: the longest suffix; at one suffix
 * exact before others, then deny. Fills MATCH; returns whether there is one. */
bool tree_best(const struct tree_path *path, uint32_t scope, struct tree_match *match);

/* Goes through all rules of a scope that apply to the name of a path, the longest suffix first. */
struct tree_cursor {
    uint32_t scope;
    unsigned left;                    /* nodes of the path not yet looked at */
    const struct tree_rule *at, *end; /* rules of the present one */
};

/* Starts a cursor over the rules of SCOPE on PATH. */
struct tree_cursor tree_start_at(const struct tree_path *path, uint32_t scope);

/* Returns the next rule, NULL at the end. */
const struct tree_rule *tree_next(const struct tree_path *path, struct tree_cursor *cursor);

/* Tells whether a rule of any scope denies the name of PATH, be it for one profile alone and be it
 * overruled by a longer one. */
bool tree_denies(const struct tree_path *path);

/* Tells whether something that passes lies strictly below the name of PATH: a local record, a zone,
 * a pin, or a name that PROFILE allows. */
bool tree_passes_below(const struct tree_path *path, uint32_t profile);

/* Tells whether a rule of SCOPE stands strictly below the name of PATH. */
bool tree_has_below(const struct tree_path *path, uint32_t scope);

#endif
