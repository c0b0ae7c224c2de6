/* name_tree.c - a tree of names in one hash table.
 *
 * A decision asks half a dozen scopes for the longest suffix of one name. A table for each scope
 * would hash and probe every suffix for each of them; here a node holds the rules of all scopes on
 * its name, sorted by scope, and nodes are found by the keyed hash of the suffix, so that one walk
 * serves all. Each ancestor of a rule's name gets a node with a mark for the rule's scope: a walk
 * can stop at the first suffix without a node, and "does anything allowed lie below" is a look at
 * the marks of the name's own node.
 *
 * The key is drawn afresh for each tree: a client that picks names cannot aim at one bucket. Equal
 * hashes are told apart by the octets. Dropped: nested maps label by label (a pointer chase and an
 * allocation a node), and a sorted array (a binary search over whole names at each suffix). */
#include "policy/name_tree.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/random.h"
#include "config/base/siphash.h"

struct tree_node {
    struct name name;
    uint64_t hash;
    const struct tree_rule *rules; /* by scope; behind them the marks, by scope */
    uint32_t rule_count, mark_count;
    uint32_t present; /* of the rules, as tree_path's */
};

struct name_tree {
    struct siphash_key key;
    struct tree_node *nodes;
    struct tree_rule *rules;
    uint32_t *slots; /* node index + 1, 0 is free; open addressing */
    size_t slot_mask;
    const struct tree_node *root;
};

/* What the builder collects: a rule on a name, or a mark on an ancestor. */
struct entry {
    struct name name;
    bool mark;
    struct tree_rule rule;
};

struct tree_builder {
    struct entry *entries;
    size_t count, room;
};

/* Scope of a mark that only makes its node exist: below it are denials alone. */
enum { SCOPE_NONE = UINT32_MAX };

struct tree_builder *tree_start(void)
{
    return calloc(1, sizeof(struct tree_builder));
}

void tree_abandon(struct tree_builder *builder)
{
    if (builder == NULL)
        return;
    free(builder->entries);
    free(builder);
}

static int append(struct tree_builder *builder, const struct entry *entry, struct err *err)
{
    if (builder->count == builder->room) {
        size_t room = builder->room == 0 ? 256 : builder->room * 2;
        struct entry *more = realloc(builder->entries, room * sizeof *more);

        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for %zu names", room);
        builder->entries = more;
        builder->room = room;
    }
    builder->entries[builder->count++] = *entry;
    return 0;
}

int tree_add(struct tree_builder *builder, const struct name *name, const struct tree_rule *rule,
             struct err *err)
{
    struct entry entry = {*name, false, *rule};

    if (append(builder, &entry, err) != 0)
        return -1;
    entry.mark = true;
    entry.rule = (struct tree_rule){.scope = rule->deny ? SCOPE_NONE : rule->scope};
    /* `*.x` stands on x, and what it covers lies below x. */
    if (rule->cover == COVER_BELOW && append(builder, &entry, err) != 0)
        return -1;
    while (entry.name.wire[0] != 0) {
        size_t step = (size_t)entry.name.wire[0] + 1;

        entry.name.wire += step;
        entry.name.length -= step;
        if (append(builder, &entry, err) != 0)
            return -1;
    }
    return 0;
}

static int compare_names(const struct name *a, const struct name *b)
{
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return memcmp(a->wire, b->wire, a->length);
}

static int compare_entries(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int order = compare_names(&a->name, &b->name);

    if (order != 0)
        return order;
    if (a->mark != b->mark)
        return a->mark ? 1 : -1;
    if (a->rule.scope != b->rule.scope)
        return a->rule.scope < b->rule.scope ? -1 : 1;
    return a->rule.item == b->rule.item ? 0 : a->rule.item < b->rule.item ? -1 : 1;
}

/* Sorts, and drops marks that say the same. */
static void settle(struct tree_builder *builder)
{
    size_t kept = 0;

    qsort(builder->entries, builder->count, sizeof *builder->entries, compare_entries);
    for (size_t i = 0; i < builder->count; i++) {
        if (kept > 0 && builder->entries[i].mark &&
            compare_entries(&builder->entries[kept - 1], &builder->entries[i]) == 0)
            continue;
        builder->entries[kept++] = builder->entries[i];
    }
    builder->count = kept;
}

static uint64_t hash_name(const struct siphash_key *key, const struct name *name)
{
    uint64_t hashes[NAME_LABELS_MAX];
    size_t labels = siphash_suffixes(key, name, hashes, NAME_LABELS_MAX);

    return labels == 0 ? 0 : hashes[labels - 1];
}

static uint32_t scope_bit(uint32_t scope)
{
    return (uint32_t)1 << (scope < TREE_PROFILE ? scope : TREE_PROFILE);
}

static void place_node(struct name_tree *tree, uint32_t index)
{
    size_t slot = tree->nodes[index].hash & tree->slot_mask;

    while (tree->slots[slot] != 0)
        slot = (slot + 1) & tree->slot_mask;
    tree->slots[slot] = index + 1;
}

static void fill_nodes(struct name_tree *tree, const struct tree_builder *builder)
{
    uint32_t count = 0;
    struct tree_node *node = NULL;

    for (size_t i = 0; i < builder->count; i++) {
        const struct entry *entry = &builder->entries[i];

        if (node == NULL || compare_names(&node->name, &entry->name) != 0) {
            node = &tree->nodes[count++];
            node->name = entry->name;
            node->hash = hash_name(&tree->key, &entry->name);
            node->rules = &tree->rules[i];
            place_node(tree, count - 1);
        }
        tree->rules[i] = entry->rule;
        if (entry->mark) {
            node->mark_count++;
        } else {
            node->rule_count++;
            node->present |= scope_bit(entry->rule.scope);
        }
    }
    /* Sorted by length: the root, which every walk begins with, stands first. */
    tree->root = count > 0 && tree->nodes[0].name.length == 1 ? &tree->nodes[0] : NULL;
}

struct name_tree *tree_build(struct tree_builder *builder, struct err *err)
{
    struct name_tree *tree = calloc(1, sizeof *tree);
    struct random random = {.left = 0};
    size_t slots = 16;

    settle(builder);
    while (slots < builder->count * 2)
        slots *= 2;
    if (tree != NULL) {
        tree->key = (struct siphash_key){random_u64(&random), random_u64(&random)};
        tree->nodes = calloc(builder->count + 1, sizeof *tree->nodes);
        tree->rules = calloc(builder->count + 1, sizeof *tree->rules);
        tree->slots = calloc(slots, sizeof *tree->slots);
        tree->slot_mask = slots - 1;
    }
    if (tree == NULL || tree->nodes == NULL || tree->rules == NULL || tree->slots == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for %zu names", builder->count);
        name_tree_free(tree);
        tree = NULL;
    } else {
        fill_nodes(tree, builder);
    }
    tree_abandon(builder);
    return tree;
}

void name_tree_free(struct name_tree *tree)
{
    if (tree == NULL)
        return;
    free(tree->slots);
    free(tree->rules);
    free(tree->nodes);
    free(tree);
}

static const struct tree_node *find_node(const struct name_tree *tree, const struct name *name,
                                         uint64_t hash)
{
    for (size_t slot = hash & tree->slot_mask; tree->slots[slot] != 0;
         slot = (slot + 1) & tree->slot_mask) {
        const struct tree_node *node = &tree->nodes[tree->slots[slot] - 1];

        if (node->hash == hash && name_equal(&node->name, name))
            return node;
    }
    return NULL;
}

static void push(struct tree_path *path, const struct tree_node *node)
{
    path->nodes[path->count++] = node;
    path->present |= node->present;
}

void tree_walk(const struct name_tree *tree, const struct name *name, struct tree_path *path)
{
    uint8_t starts[NAME_LABELS_MAX];
    size_t labels = name_label_starts(name, starts);
    const struct tree_node *node = tree->root;
    struct siphash state;

    path->count = 0;
    path->present = 0;
    path->labels = (unsigned)labels;
    siphash_start(&state, &tree->key);
    while (node != NULL) {
        struct name suffix;

        push(path, node);
        if (path->count > labels)
            return;
        suffix.wire = name->wire + starts[labels - path->count];
        suffix.length = (size_t)(name->wire + name->length - suffix.wire);
        siphash_octets(&state, suffix.wire, (size_t)suffix.wire[0] + 1);
        node = find_node(tree, &suffix, siphash_finish(&state));
    }
}

/* Returns the first of RULES[0..COUNT) with SCOPE, or NULL. */
static const struct tree_rule *find_scope(const struct tree_rule *rules, uint32_t count,
                                          uint32_t scope)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (rules[middle].scope < scope)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && rules[low].scope == scope ? &rules[low] : NULL;
}

static bool covers(const struct tree_rule *rule, bool at_name)
{
    return rule->cover == COVER_SUBTREE || (rule->cover == COVER_EXACT) == at_name;
}

/* Exact before the others, then deny; two rules that are alike in both say the same. */
static int rank(const struct tree_rule *rule)
{
    return (rule->cover == COVER_EXACT ? 2 : 0) + (rule->deny ? 1 : 0);
}

static const struct tree_rule *best_of_node(const struct tree_node *node, uint32_t scope,
                                            bool at_name)
{
    const struct tree_rule *rule = find_scope(node->rules, node->rule_count, scope);
    const struct tree_rule *end = node->rules + node->rule_count, *best = NULL;

    for (; rule != NULL && rule < end && rule->scope == scope; rule++) {
        if (covers(rule, at_name) && (best == NULL || rank(rule) > rank(best)))
            best = rule;
    }
    return best;
}

bool tree_best(const struct tree_path *path, uint32_t scope, struct tree_match *match)
{
    uint32_t bit = scope_bit(scope);

    match->rule = NULL;
    match->labels = 0;
    if ((path->present & bit) == 0)
        return false;
    for (unsigned labels = path->count; labels-- > 0;) {
        const struct tree_node *node = path->nodes[labels];

        if ((node->present & bit) == 0)
            continue;
        match->rule = best_of_node(node, scope, labels == path->labels);
        match->labels = labels;
        if (match->rule != NULL)
            return true;
    }
    return false;
}

struct tree_cursor tree_start_at(const struct tree_path *path, uint32_t scope)
{
    bool any = (path->present & scope_bit(scope)) != 0;

    return (struct tree_cursor){.scope = scope, .left = any ? path->count : 0};
}

const struct tree_rule *tree_next(const struct tree_path *path, struct tree_cursor *cursor)
{
    for (;;) {
        const struct tree_node *node;

        while (cursor->at != NULL && cursor->at < cursor->end &&
               cursor->at->scope == cursor->scope) {
            const struct tree_rule *rule = cursor->at++;

            if (covers(rule, cursor->left == path->labels))
                return rule;
        }
        if (cursor->left == 0)
            return NULL;
        node = path->nodes[--cursor->left];
        cursor->at = find_scope(node->rules, node->rule_count, cursor->scope);
        cursor->end = node->rules + node->rule_count;
    }
}

static bool node_denies(const struct tree_node *node, bool at_name)
{
    for (uint32_t i = 0; i < node->rule_count; i++) {
        if (node->rules[i].deny && covers(&node->rules[i], at_name))
            return true;
    }
    return false;
}

bool tree_denies(const struct tree_path *path)
{
    if ((path->present & scope_bit(TREE_PROFILE)) == 0)
        return false;
    for (unsigned labels = path->count; labels-- > 0;) {
        if (node_denies(path->nodes[labels], labels == path->labels))
            return true;
    }
    return false;
}

bool tree_has_below(const struct tree_path *path, uint32_t scope)
{
    const struct tree_node *node;

    if (path->count <= path->labels)
        return false;
    node = path->nodes[path->labels];
    return find_scope(node->rules + node->rule_count, node->mark_count, scope) != NULL;
}

bool tree_passes_below(const struct tree_path *path, uint32_t profile)
{
    return tree_has_below(path, TREE_LOCAL) || tree_has_below(path, TREE_ZONE) ||
           tree_has_below(path, TREE_PIN) || tree_has_below(path, TREE_PROFILE + profile);
}
