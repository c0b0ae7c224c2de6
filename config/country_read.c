/* The readers that country packs add: lists of mappings, and the option of a
 * config that names a pack. */
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/country.h"
#include "config/shower.h"
#include "config/walk.h"

enum { PACK_MAX = 1 << 20, CODES_MAX = 256 };

/* OPTION's `least` is the size of an item, which begins with its place. */
void read_items(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        void *added = walk_append(walk, option_field(option, base), option_count(option, base),
                                  (size_t)option->least);

        if (added == NULL)
            return;
        memcpy(added, &item->place, sizeof item->place);
        walk_item(walk, option, item, added);
    }
}

/* ---- `country` of a config ---- */

static void report_country(struct walk *walk, const struct node *node)
{
    char codes[CODES_MAX][3];
    const char *known[CODES_MAX];
    size_t count = 0;

    while (count < CODES_MAX && country_at(count, codes[count])) {
        known[count] = codes[count];
        count++;
    }
    problem_unknown(walk->problems, node->place,
                    "no country pack (`stairgate country list` has them all; a file's name ends in "
                    ".yaml)",
                    node->text, known, count);
}

static bool is_file(const char *text)
{
    const char *dot = strrchr(text, '.');

    return dot != NULL && strcmp(dot, ".yaml") == 0;
}

/* The pack of an operator's own, at PATH. */
static struct country *read_file(struct walk *walk, const struct node *node, const char *path)
{
    struct config_problems found = {.items = NULL};
    struct country *country = NULL;
    struct err err;
    size_t length;
    char *text = file_read(path, PACK_MAX, &length, &err);

    if (text == NULL) {
        problem_add(walk->problems, node->place, "no country pack: %s", err.text);
        return NULL;
    }
    country = country_parse(path, text, length, &found);
    for (size_t i = 0; country == NULL && i < found.count; i++) {
        if (found.items[i].code != ERR_NONE)
            problem_add(walk->problems, node->place, "in the country pack: %s",
                        found.items[i].text);
    }
    config_problems_free(&found);
    free(text);
    return country;
}

void read_country(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    struct config_problems ignored = {.items = NULL};
    struct country *country = NULL;
    char *path = NULL;

    if (!is_file(node->text)) {
        country = country_find(node->text, &ignored);
        config_problems_free(&ignored);
        if (country == NULL)
            report_country(walk, node);
    } else if (walk->system && (path = walk_path(walk, node->text)) != NULL) {
        country = read_file(walk, node, path);
    }
    free(path);
    memcpy(option_field(option, base), &country, sizeof country);
}

void show_country(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    const struct country *country;

    (void)node;
    memcpy(&country, show_field(option, base), sizeof country);
    if (country != NULL)
        show_add(show, country->code);
}

/* ---- what a config takes from it ---- */

void country_apply(struct walk *walk)
{
    struct config *config = walk->config;
    const struct country *country = config->country;

    if (country == NULL)
        return;
    if (config->zone == NULL && country->zone != NULL)
        config->zone = walk_copy(walk, country->zone);
}
