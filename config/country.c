/* Problem: what a filter must know of a country (helplines, the weekend, who decides) is data that
 * people of that country verify, one value at a time; a value that is guessed does harm, such as a
 * telephone number that rings at a stranger's.
 *
 * Idea: one YAML file a country, read by the machinery of the config (options_country.c), so that a
 * mistake is said with its place and its cure; each value names its source, what is unknown is
 * absent, and the check says what is still missing. Packs are compiled in like all tables.
 *
 * Dropped: one table of all countries: whoever verifies one country must be able to hand in one
 * file. */
#include "config/country.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"
#include "config/country_table.h"
#include "config/walk.h"

static const char prefix[] = "countries/";

static void read_pack(struct country *country, const struct node *root, struct problems *problems)
{
    struct config none = {.path = (char *)(uintptr_t)problems->main};
    struct walk walk = {&none, problems, false};

    if (root != NULL && root->kind != NODE_MAPPING) {
        problem_add(problems, root->place, "a country pack is a mapping, such as `country: XE`");
        return;
    }
    walk_mapping(&walk, options_country, root, country);
    country_check(country, root, problems);
}

struct country *country_parse(const char *path, const char *text, size_t length,
                              struct config_problems *out)
{
    struct country *country = calloc(1, sizeof *country);
    struct problems problems;
    struct node *root = NULL;

    problem_start(&problems, out, path);
    if (country == NULL)
        problem_add(&problems, (struct config_place){0, 0}, "out of memory");
    else if (tree_parse(&root, text, length, &problems) == 0)
        read_pack(country, root, &problems);
    tree_free(root);
    problem_finish(&problems);
    if (problems.errors == 0)
        return country;
    country_free(country);
    return NULL;
}

static const struct data_table *table_of(const char *code)
{
    for (const struct data_table *table = data_tables; table->name != NULL; table++) {
        if (strncmp(table->name, prefix, sizeof prefix - 1) == 0 &&
            strcmp(table->name + sizeof prefix - 1, code) == 0)
            return table;
    }
    return NULL;
}

struct country *country_find(const char *code, struct config_problems *problems)
{
    const struct data_table *table = table_of(code);

    memset(problems, 0, sizeof *problems);
    if (table == NULL)
        return NULL;
    return country_parse(table->name, table->begin, (size_t)(table->end - table->begin), problems);
}

/* The tables stand in the order of their files' names. */
bool country_at(size_t index, char code[3])
{
    for (const struct data_table *table = data_tables; table->name != NULL; table++) {
        if (strncmp(table->name, prefix, sizeof prefix - 1) == 0 && index-- == 0) {
            snprintf(code, 3, "%.2s", table->name + sizeof prefix - 1);
            return true;
        }
    }
    return false;
}

static void free_items(struct country *country)
{
    for (size_t i = 0; i < country->language_count; i++) {
        free(country->languages[i].tag);
        free(country->languages[i].source);
    }
    for (size_t i = 0; i < country->page_count; i++) {
        free(country->pages[i].language);
        free(country->pages[i].title);
        free(country->pages[i].text);
        free(country->pages[i].source);
    }
    for (size_t i = 0; i < country->pin_count; i++) {
        free(country->pins[i].reason);
        free(country->pins[i].source);
    }
    free(country->languages);
    free(country->pages);
    free(country->pins);
}

static void free_helplines(struct country *country)
{
    for (size_t i = 0; i < country->helpline_count; i++) {
        struct country_helpline *line = &country->helplines[i];

        free(line->name);
        free(line->topic);
        free(line->phone);
        free(line->text);
        free(line->hours);
        free(line->source);
    }
    free(country->helplines);
}

static void free_office(struct country_office *office)
{
    free(office->name);
    free(office->url);
    free(office->source);
}

void country_free(struct country *country)
{
    if (country == NULL)
        return;
    free_items(country);
    free_helplines(country);
    free_office(&country->hotline);
    free_office(&country->authority);
    free(country->code_text);
    free(country->name);
    free(country->zone);
    free(country->zone_source);
    free(country->weekend_source);
    free(country->lines_preset);
    free(country->lines_source);
    free(country->legal_addresses);
    free(country->legal_source);
    free(country->retention);
    free(country->retention_source);
    free(country);
}
