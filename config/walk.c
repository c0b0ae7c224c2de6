/* walk.c - goes through a tree of YAML by a table of options.
 *
 * The problem: each option needs the same checks (known, there, of the right shape, not empty), a
 * default and its place in a struct; written by hand, each forgets another one. The idea: all of
 * that is done here by the option's row, and only what differs, the reading of a value, by the
 * reader of its type (types.c). A default is text that goes the same way as what a person writes.
 *
 * Dropped: stopping at the first error; what follows a bad value is read all the same. */
#include "config/walk.h"

#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 64 };

static void report_unknown(struct walk *walk, const struct option *options, const struct node *key)
{
    const char *known[OPTIONS_MAX];
    size_t count = 0;

    for (const struct option *option = options; option->name != NULL && count < OPTIONS_MAX;
         option++)
        known[count++] = option->name;
    problem_unknown(walk->problems, key->place, "unknown key", key->text, known, count);
}

static void find_unknown(struct walk *walk, const struct option *options, const struct node *node)
{
    for (const struct node *member = node->first; member != NULL; member = member->next) {
        const struct option *option = options;

        while (option->name != NULL && strcmp(option->name, member->key->text) != 0)
            option++;
        if (option->name == NULL)
            report_unknown(walk, options, member->key);
    }
}

static void clear_places(struct node *node)
{
    for (; node != NULL; node = node->next) {
        node->place = (struct config_place){0, 0};
        clear_places(node->key);
        clear_places(node->first);
    }
}

/* A default goes the way of what a person writes, so that it cannot mean something else. */
static void apply_default(struct walk *walk, const struct option *option, void *base)
{
    struct node *node;

    if (option->type == OPTION_SECTION)
        walk_mapping(walk, option->inside, NULL, base);
    if (option->by_default == NULL)
        return;
    if (tree_parse(&node, option->by_default, strlen(option->by_default), walk->problems) != 0)
        return;
    clear_places(node);
    option_kinds[option->type].read(walk, option, node, base);
    tree_free(node);
}

void walk_mapping(struct walk *walk, const struct option *options, const struct node *node,
                  void *base)
{
    if (node != NULL)
        find_unknown(walk, options, node);
    for (const struct option *option = options; option->name != NULL; option++) {
        const struct node *member = node_member(node, option->name);

        if (member != NULL)
            walk_option(walk, option, member, base);
        else if (option->required)
            problem_add(walk->problems, node != NULL ? node->place : (struct config_place){0, 0},
                        "missing key: '%s'", option->name);
        else
            apply_default(walk, option, base);
    }
}

/* `style: null` is a word that a person means; YAML's null is not. */
static bool means_nothing(const struct option *option, const struct node *node)
{
    if (!node_is_null(node))
        return false;
    return option->type != OPTION_WORD || node->text[0] == '\0' || node->text[0] == '~';
}

void walk_option(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    const struct option_kind *kind = &option_kinds[option->type];

    if (node->kind == NODE_BAD)
        return;
    if (means_nothing(option, node)) {
        const char *none = kind->nothing != NULL ? kind->nothing : "";

        problem_add(walk->problems, node->place, "no value: '%s'; %s%s%sleave it out", option->name,
                    none[0] != '\0' ? "say " : "write one or ", none,
                    none[0] != '\0' ? " for none, or " : "");
        return;
    }
    if ((kind->shapes & 1u << node->kind) == 0) {
        walk_wrong(walk, option, node);
        return;
    }
    kind->read(walk, option, node, base);
}

void walk_item(struct walk *walk, const struct option *option, const struct node *item, void *base)
{
    if (item->kind == NODE_BAD)
        return;
    if (item->kind == NODE_MAPPING)
        walk_mapping(walk, option->inside, item, base);
    else
        problem_add(walk->problems, item->place,
                    "each of '%s' must be a mapping, such as {%s: ...}", option->name,
                    option->inside->name);
}

void walk_wrong(struct walk *walk, const struct option *option, const struct node *node)
{
    static const char *const shapes[] = {"", "a list", "a mapping", ""};
    char quote[PROBLEM_QUOTE_MAX];

    if (node->kind == NODE_SCALAR)
        problem_add(walk->problems, node->place, "'%s' must be %s: %s", option->name,
                    option_kinds[option->type].word, problem_quote(node->text, quote));
    else if (node->kind != NODE_BAD)
        problem_add(walk->problems, node->place, "'%s' must be %s, not %s", option->name,
                    option_kinds[option->type].word, shapes[node->kind]);
}

static void report_memory(struct walk *walk)
{
    problem_add(walk->problems, (struct config_place){0, 0}, "out of memory");
}

void *walk_append(struct walk *walk, void *items, size_t *count, size_t size)
{
    size_t n = *count;
    char *list;

    memcpy(&list, items, sizeof list);
    if ((n & (n - 1)) == 0) { /* 0 and the powers of two: full */
        char *grown = realloc(list, (n == 0 ? 1 : 2 * n) * size);

        if (grown == NULL) {
            report_memory(walk);
            return NULL;
        }
        list = grown;
        memcpy(items, &list, sizeof list);
    }
    memset(list + n * size, 0, size);
    ++*count;
    return list + n * size;
}

char *walk_copy(struct walk *walk, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        report_memory(walk);
    return copy;
}

void *option_field(const struct option *option, void *base)
{
    return (char *)base + option->offset;
}

size_t *option_count(const struct option *option, void *base)
{
    return (size_t *)(void *)((char *)base + option->count_offset);
}
