/* ut1.h - what is to become of each category of a UT1 tree.
 *
 * `usage` gives the sign: black lists are listed under the category of config/data/ut1.tsv, white
 * ones are allow lists and add edu_positive. Where a list is for both, the table decides. Aliases
 * are resolved by the table. */
#ifndef BLOCKLIST_FORMAT_UT1_H
#define BLOCKLIST_FORMAT_UT1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/format/source.h"
#include "blocklist/format/ut1_walk.h"
#include "config/taxonomy.h"

struct err;

struct ut1_category {
    char name[UT1_NAME_MAX];
    char key[CATEGORY_KEY_MAX];  /* taxonomy key its names go to; "" where it is skipped */
    char skipped[160];           /* why; "" where it is not */
    bool files[UT1_FILES];       /* which there are */
    bool black, white;           /* words of usage */
    bool allow;                  /* it is an allow list, by usage and the table */
    bool link;                   /* it is only a link */
    bool taken;                  /* for the reader: its domains were read already */
    uint64_t pages, expressions; /* lines of urls and expressions: never used */
};

struct ut1_tree {
    struct source_limits limits;
    struct ut1_category *categories;
    size_t count, room;
    uint64_t refused;          /* entries of an archive or folder that were not looked at */
    const char *first_refused; /* why, a constant; NULL where there was none */
};

/* Fills TREE with the categories at PATH, sorted by name, and decides on each. LIMITS (NULL: those
 * of source.h) bound an archive, here and in ut1_read.
 * Owner:  the caller frees with ut1_free, whatever this returned.
 * Errors: -1 with ERR as ut1_walk. */
int ut1_scan(struct ut1_tree *tree, const char *path, const struct source_limits *limits,
             struct err *err);

/* Returns the category NAME of TREE, or NULL. */
struct ut1_category *ut1_find(const struct ut1_tree *tree, const char *name);

/* Writes the name that the table knows NAME as an alias of into OF (UT1_NAME_MAX); returns false
 * where it is none. */
bool ut1_alias(const char *name, char *of);

/* Frees what ut1_scan put in TREE. */
void ut1_free(struct ut1_tree *tree);

/* Calls READ with each category of TREE that has a key and a domains file, and the octets of that,
 * once; a caller may have changed the keys.
 * Errors: -1 with ERR as ut1_walk, and where READ returned it. */
int ut1_read(struct ut1_tree *tree, const char *path, void *context,
             int (*read)(void *context, struct ut1_category *category, struct source *source,
                         struct err *err),
             struct err *err);

#endif
