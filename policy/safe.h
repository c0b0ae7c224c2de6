/* safe.h - names that have a safe side: search engines and video sites.
 *
 * The built-in ones are config/data/safesearch.tsv, beside them the config's maps. Each stands in
 * the tree of names: one that has a safe name by itself alone, one that has none with all below it,
 * since nothing of it can be made safe. */
#ifndef POLICY_SAFE_H
#define POLICY_SAFE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/base/name.h"
#include "policy/compiled.h"

struct err;
struct snapshot;
struct tree_builder;
struct tree_path;
struct verdict;

struct safe_entry {
    struct name name, strict, moderate; /* of wire NULL: none */
    const char *engine;
    uint8_t number; /* of the engine (config/safe_search.h) */
    bool youtube;   /* the option of that name is about it */
};

/* Reads both tables into SNAPSHOT. Errors: -1 with ERR. */
int safe_load(struct snapshot *snapshot, struct err *err);
void safe_free(struct snapshot *snapshot);

/* Adds the names of SNAPSHOT's tables to BUILDER. Errors: -1 with ERR. */
int safe_add_names(const struct snapshot *snapshot, struct tree_builder *builder, struct err *err);

/* Returns the entry for the name of PATH, or NULL. */
const struct safe_entry *safe_find(const struct snapshot *snapshot, const struct tree_path *path);

/* Returns what ENTRY (NULL: none) is listed as by itself: search_unsafe without a safe name. */
struct mask safe_tags(const struct safe_entry *entry);

/* Returns the name that ENTRY (NULL: none) leads to in STATE; NULL where it does not. */
const struct name *safe_target(const struct safe_entry *entry, const struct compiled_state *state);

/* Tells whether VERDICT stands on an allow that is exact (`=NAME`), by which a person lets the name
 * be as it is. */
bool safe_is_lifted(const struct verdict *verdict);

#endif
