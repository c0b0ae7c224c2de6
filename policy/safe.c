#include "policy/safe.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"
#include "config/safe_search.h"
#include "policy/compiled.h"
#include "policy/verdict.h"

/* The texts that are needed of a row, and the octets that its names take at most. */
struct extent {
    size_t rows, octets;
};

static struct extent measure(void)
{
    struct extent extent = {0, 0};
    struct data_reader row;

    if (data_open(&row, "safesearch") != 0)
        return extent;
    while (data_next(&row)) {
        extent.rows++;
        for (int i = SAFE_HOST; i <= SAFE_MODERATE; i++)
            extent.octets += strlen(row.fields[i]) + 2;
    }
    return extent;
}

/* Reads TEXT into NAME, whose octets go to *AT; `-` is no name. Returns 0, -1 for what is none. */
static int read_name(const char *text, uint8_t **at, struct name *name)
{
    struct name_buf buf;

    *name = (struct name){NULL, 0};
    if (strcmp(text, "-") == 0)
        return 0;
    if (name_from_host(&buf, text, strlen(text)) != NAME_OK)
        return -1;
    memcpy(*at, buf.wire, buf.length);
    *name = (struct name){*at, buf.length};
    *at += buf.length;
    return 0;
}

static void set_engine(struct snapshot *s, struct safe_entry *entry, const char *word)
{
    long number = safe_engines_find(s->safe_engines, word);

    entry->number = number < 0 ? SAFE_ENGINES_MOST : (uint8_t)number;
    entry->engine = number < 0 ? "" : s->safe_engines->words[number];
    entry->youtube = strcmp(word, SAFE_ENGINE_YOUTUBE) == 0;
}

static int read_table(struct snapshot *s, struct err *err)
{
    uint8_t *at = s->safe_octets;
    struct data_reader row;

    if (data_open(&row, "safesearch") != 0)
        return err_set(err, ERR_NOT_FOUND, "safesearch.tsv is not compiled in");
    while (data_next(&row)) {
        struct safe_entry *entry = &s->safe_entries[s->safe_count++];

        set_engine(s, entry, row.fields[SAFE_ENGINE]);
        if (row.count != SAFE_COLUMNS || read_name(row.fields[SAFE_HOST], &at, &entry->name) != 0 ||
            read_name(row.fields[SAFE_STRICT], &at, &entry->strict) != 0 ||
            read_name(row.fields[SAFE_MODERATE], &at, &entry->moderate) != 0)
            return err_set(err, ERR_FORMAT, "safesearch.tsv:%u: not a row of this table", row.line);
    }
    return 0;
}

/* The operator's come first, since the first of two on one name counts. */
static void read_maps(struct snapshot *s)
{
    for (size_t i = 0; i < s->config->safe_map_count; i++) {
        const struct config_safe_map *map = &s->config->safe_maps[i];
        struct safe_entry *entry = &s->safe_entries[s->safe_count++];

        set_engine(s, entry, map->engine);
        entry->name = name_of(&map->name);
        if (map->strict.length > 0)
            entry->strict = name_of(&map->strict);
        if (map->moderate.length > 0)
            entry->moderate = name_of(&map->moderate);
    }
}

int safe_load(struct snapshot *s, struct err *err)
{
    struct extent extent = measure();

    s->safe_entries = calloc(extent.rows + s->config->safe_map_count + 1, sizeof *s->safe_entries);
    s->safe_octets = malloc(extent.octets + 1);
    s->safe_engines = malloc(sizeof *s->safe_engines);
    if (s->safe_entries == NULL || s->safe_octets == NULL || s->safe_engines == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for search engines");
    if (safe_engines_fill(s->safe_engines, s->config) != 0)
        return err_set(err, ERR_LIMIT, "more than %d search engines", SAFE_ENGINES_MOST);
    read_maps(s);
    return read_table(s, err);
}

void safe_free(struct snapshot *s)
{
    free(s->safe_engines);
    free(s->safe_octets);
    free(s->safe_entries);
}

int safe_add_names(const struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    for (size_t i = 0; i < s->safe_count; i++) {
        const struct safe_entry *entry = &s->safe_entries[i];
        struct tree_rule rule = {.scope = TREE_SAFE,
                                 .item = (uint32_t)i,
                                 .cover = entry->strict.wire != NULL ? COVER_EXACT : COVER_SUBTREE};

        if (tree_add(builder, &entry->name, &rule, err) != 0)
            return -1;
    }
    return 0;
}

const struct safe_entry *safe_find(const struct snapshot *s, const struct tree_path *path)
{
    struct tree_match match;

    return tree_best(path, TREE_SAFE, &match) ? &s->safe_entries[match.rule->item] : NULL;
}

struct mask safe_tags(const struct safe_entry *entry)
{
    if (entry != NULL && entry->strict.wire == NULL)
        return mask_bit(CATEGORY_SEARCH_UNSAFE);
    return (struct mask){.words = {0}};
}

const struct name *safe_target(const struct safe_entry *entry, const struct compiled_state *state)
{
    bool moderate;

    if (entry == NULL || entry->strict.wire == NULL)
        return NULL;
    if (!entry->youtube)
        return (state->safe_search >> entry->number & 1) != 0 ? &entry->strict : NULL;
    moderate = state->youtube == YOUTUBE_MODERATE && entry->moderate.wire != NULL;
    return state->youtube == YOUTUBE_OFF ? NULL : moderate ? &entry->moderate : &entry->strict;
}

/* "=www.x" lifts it; "www.x" does not: who lets a young child use an engine, where nothing else is
 * open, means its safe side. */
bool safe_is_lifted(const struct verdict *verdict)
{
    return verdict->exact && (verdict->rule == RULE_GRANT || verdict->rule == RULE_OWN_ALLOW);
}
