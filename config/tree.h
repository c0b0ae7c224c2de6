/* tree.h - a YAML file as a tree of texts, each with its place.
 *
 * No scalar is given a type here: `NO`, `21:30` and `0123` stay what the person wrote, and the
 * option that reads them decides (YAML 1.1 would make a boolean, 1290 and 83 of them). Anchors,
 * aliases and tags are refused, since a config has no use for them and an attacker has. */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct problems;

enum node_kind {
    NODE_SCALAR,
    NODE_SEQUENCE,
    NODE_MAPPING,
    NODE_BAD, /* already reported: read as nothing, without another word */
};

enum {
    TREE_DEPTH_MAX = 12,
    TREE_NODES_MAX = 1000000, /* an ISP's prefixes; each costs about 100 octets */
};

struct node {
    enum node_kind kind;
    bool quoted; /* a scalar in quotes or as a block: never null */
    struct config_place place;
    struct node *key;   /* of a mapping's member, a scalar */
    struct node *first; /* of a sequence's items or a mapping's members */
    struct node *next;  /* its neighbour in the same container */
    char text[];        /* of a scalar */
};

/* Reads TEXT[0..LENGTH) into *ROOT, NULL for a file that holds nothing. What is wrong goes to
 * PROBLEMS.
 * Owner:  the caller frees *ROOT with tree_free.
 * Errors: -1 where nothing of use could be read (syntax, limits); 0 otherwise, also with problems.
 */
int tree_parse(struct node **root, const char *text, size_t length, struct problems *problems);

/* Frees NODE with all below it; NULL is fine. */
void tree_free(struct node *node);

/* Returns the member of MAPPING (may be NULL) called KEY, or NULL. */
const struct node *node_member(const struct node *mapping, const char *key);

/* Tells whether NODE is what YAML calls null: nothing, `~`, or the bare word null. */
bool node_is_null(const struct node *node);

/* Return the first item of NODE, and the one after ITEM: of a sequence its items; a scalar is its
 * own only item, so that a single address needs no brackets. NULL ends. */
const struct node *node_item_first(const struct node *node);
const struct node *node_item_next(const struct node *node, const struct node *item);

#endif
