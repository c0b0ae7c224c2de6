/* The engines of the built-in table and of the operator's maps, and the options about them. */
#include "config/safe_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/shower.h"
#include "config/walk.h"

static int add(struct safe_engines *engines, const char *word, bool safe)
{
    long at = safe_engines_find(engines, word);

    if (at < 0) {
        if (engines->count == SAFE_ENGINES_MOST)
            return -1;
        at = (long)engines->count++;
        snprintf(engines->words[at], SAFE_ENGINE_MAX, "%s", word);
    }
    engines->safe[at] = engines->safe[at] || safe;
    return 0;
}

int safe_engines_fill(struct safe_engines *engines, const struct config *config)
{
    struct data_reader row;
    int result = 0;

    memset(engines, 0, sizeof *engines);
    if (data_open(&row, "safesearch") != 0)
        return -1;
    while (data_next(&row))
        result |= add(engines, row.fields[SAFE_ENGINE], row.fields[SAFE_STRICT][0] != '-');
    for (size_t i = 0; i < config->safe_map_count; i++)
        result |= add(engines, config->safe_maps[i].engine, config->safe_maps[i].strict.length > 0);
    return result;
}

long safe_engines_find(const struct safe_engines *engines, const char *word)
{
    for (size_t i = 0; i < engines->count; i++) {
        if (strcmp(engines->words[i], word) == 0)
            return (long)i;
    }
    return -1;
}

/* --- safe_search --- */

static bool is_searched(const struct safe_engines *engines, size_t i)
{
    return engines->safe[i] && strcmp(engines->words[i], SAFE_ENGINE_YOUTUBE) != 0;
}

static void report_engine(struct walk *walk, const struct safe_engines *engines,
                          const struct node *node)
{
    const char *known[SAFE_ENGINES_MOST + 2] = {"all", "off"};
    long at = safe_engines_find(engines, node->text);
    size_t count = 2;

    if (at >= 0 && !engines->safe[at]) {
        problem_add(walk->problems, node->place,
                    "this engine has no safe search that a resolver could turn on: '%s'; block the "
                    "category search_unsafe instead",
                    node->text);
        return;
    }
    if (at >= 0) {
        problem_add(walk->problems, node->place,
                    "'%s' has an option of its own: write `youtube: strict`", node->text);
        return;
    }
    for (size_t i = 0; i < engines->count; i++) {
        if (is_searched(engines, i))
            known[count++] = engines->words[i];
    }
    problem_unknown(walk->problems, node->place, "unknown search engine", node->text, known, count);
}

void read_safe_search(struct walk *walk, const struct option *option, const struct node *node,
                      void *base)
{
    struct safe_engines engines;
    uint64_t bits = 0;

    if (node->kind == NODE_SCALAR && strcmp(node->text, "all") == 0) {
        bits = SAFE_SEARCH_ALL;
    } else if (node->kind != NODE_SCALAR || strcmp(node->text, "off") != 0) {
        (void)safe_engines_fill(&engines, walk->config); /* too many: said by read_safe_maps */
        FOR_TEXTS(item)
        {
            long at = safe_engines_find(&engines, item->text);

            if (at >= 0 && is_searched(&engines, (size_t)at))
                bits |= (uint64_t)1 << at;
            else
                report_engine(walk, &engines, item);
        }
    }
    memcpy(option_field(option, base), &bits, sizeof bits);
}

void show_safe_search(struct show *show, const struct option *option, const struct node *node,
                      const void *base)
{
    struct safe_engines engines;
    uint64_t bits;

    (void)node;
    memcpy(&bits, show_field(option, base), sizeof bits);
    (void)safe_engines_fill(&engines, show_config(show));
    if (bits == SAFE_SEARCH_ALL || bits == 0)
        show_add(show, bits == 0 ? "off" : "all");
    for (size_t i = 0; i < engines.count && bits != SAFE_SEARCH_ALL; i++) {
        if ((bits >> i & 1) != 0)
            show_add(show, engines.words[i]);
    }
}

/* --- safe_search_maps --- */

/* Another map of the same name could lead elsewhere, and then neither could be relied on. */
static void check_map(struct walk *walk, const struct node *item, const struct config_safe_map *map)
{
    const struct config *config = walk->config;
    struct name name = name_of(&map->name), strict = name_of(&map->strict);
    struct name moderate = name_of(&map->moderate);

    if ((map->strict.length > 0 && name_equal(&name, &strict)) ||
        (map->moderate.length > 0 && name_equal(&name, &moderate)))
        problem_add(walk->problems, item->place, "a name cannot be its own safe name");
    if (map->moderate.length > 0 && map->strict.length == 0)
        problem_add(walk->problems, item->place, "missing key: 'strict'");
    for (size_t i = 0; i + 1 < config->safe_map_count; i++) {
        struct name other = name_of(&config->safe_maps[i].name);

        if (name_equal(&other, &name))
            problem_add(walk->problems, item->place, "a second map of one name");
    }
}

static void read_one_map(struct walk *walk, const struct option *option, const struct node *item)
{
    struct config *config = walk->config;
    struct option_safe_map read = {.map = {.place = item->place}};
    struct config_safe_map *map;
    struct safe_engines engines;

    walk_item(walk, option, item, &read);
    if (read.engine != NULL && read.map.name.length > 0) { /* else reported */
        snprintf(read.map.engine, sizeof read.map.engine, "%s", read.engine);
        map = walk_append(walk, &config->safe_maps, &config->safe_map_count, sizeof *map);
        if (map != NULL) {
            *map = read.map;
            check_map(walk, item, map);
        }
        if (safe_engines_fill(&engines, config) != 0)
            problem_add(walk->problems, item->place, "more than %d engines", SAFE_ENGINES_MOST);
    }
    free(read.engine);
}

void read_safe_maps(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next)
        read_one_map(walk, option, item);
}

void show_safe_maps(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const struct config *config = show_config(show);
    char name[NAME_TEXT_MAX], strict[NAME_TEXT_MAX], text[2 * NAME_TEXT_MAX + SAFE_ENGINE_MAX + 64];

    (void)option;
    (void)node;
    (void)base;
    for (size_t i = 0; i < config->safe_map_count; i++) {
        const struct config_safe_map *map = &config->safe_maps[i];
        struct name from = name_of(&map->name), to = name_of(&map->strict);

        snprintf(text, sizeof text, "%s: %s -> %s", map->engine, name_to_text(&from, name),
                 map->strict.length > 0 ? name_to_text(&to, strict) : "none");
        show_add(show, text);
    }
}
