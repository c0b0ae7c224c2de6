/* stairgate lists catalogue: public lists to choose from. */
#include <getopt.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/base/text.h"
#include "config/taxonomy.h"
#include "tools/stairgate/catalogue.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/lists_state.h"
#include "tools/stairgate/manifest.h"

enum { JSON_SCHEMA = 1 };

struct options {
    const char *tier, *category;
    bool json;
};

/* A tier holds what the smaller ones hold. */
static const char *const tiers[] = {"router", "school", "isp"};
enum { TIERS = sizeof tiers / sizeof *tiers };

static int tier_number(const char *tier)
{
    for (int i = 0; i < TIERS; i++) {
        if (strcmp(tiers[i], tier) == 0)
            return i;
    }
    return -1;
}

static int check_category(const char *key)
{
    const char *keys[CATEGORY_MAX], *near;
    struct taxonomy taxonomy;

    if (taxonomy_load(&taxonomy, NULL) != 0 || taxonomy_find(&taxonomy, key) != NULL)
        return 0;
    for (size_t i = 0; i < taxonomy.count; i++)
        keys[i] = taxonomy.categories[i].key;
    near = text_nearest(key, keys, taxonomy.count);
    fprintf(stderr, "stairgate: unknown category: '%s'%s%s%s\n", key,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?" : "");
    return -1;
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"tier",     required_argument, NULL, 't'},
        {"category", required_argument, NULL, 'c'},
        {"json",     no_argument,       NULL, 'j'},
        {NULL,       0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 't')
            options->tier = optarg;
        else if (option == 'c')
            options->category = optarg;
        else if (option == 'j')
            options->json = true;
        else
            return -1;
    }
    if (options->tier != NULL && tier_number(options->tier) < 0) {
        fprintf(stderr, "stairgate: unknown tier: '%s'; known here: router, school, isp\n",
                options->tier);
        return -1;
    }
    if (options->category != NULL && check_category(options->category) != 0)
        return -1;
    return optind == argc ? 0 : -1;
}

static bool is_wanted(const struct options *options, const struct catalogue_row *row)
{
    if (options->category != NULL && strcmp(options->category, row->category) != 0)
        return false;
    return options->tier == NULL || tier_number(row->tier) <= tier_number(options->tier);
}

static void add_line(struct libscols_table *table, const struct catalogue_row *row)
{
    const char *cells[] = {row->id,     row->category, row->tier,
                           row->format, row->licence,  row->remark};

    lists_row(table, cells, sizeof cells / sizeof *cells);
}

static json_t *row_json(const struct catalogue_row *row)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", row->id, "category",
                     row->category, "tier", row->tier, "format", row->format, "url", row->url,
                     "licence", row->licence, "attribution", row->attribution, "home", row->home,
                     "remark", row->remark);
}

int lists_catalogue_run(int argc, char **argv)
{
    static const char *const heads[] = {"ID", "CATEGORY", "TIER", "FORMAT", "LICENCE", "REMARK"};
    struct libscols_table *table;
    struct catalogue_row row;
    struct data_reader reader;
    struct options options;
    json_t *rows;
    size_t count = 0;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(lists_catalogue_run);
    rows = json_array();
    table = lists_table(heads, sizeof heads / sizeof *heads, 0);
    if (table == NULL || catalogue_open(&reader) != 0)
        return EXIT_FAILED;
    for (; catalogue_next(&reader, &row); count += is_wanted(&options, &row)) {
        if (is_wanted(&options, &row) && options.json)
            json_array_append_new(rows, row_json(&row));
        else if (is_wanted(&options, &row))
            add_line(table, &row);
    }
    if (options.json)
        json_out_print(json_pack("{s:i, s:O}", "schema", JSON_SCHEMA, "lists", rows));
    else
        scols_print_table(table);
    scols_unref_table(table);
    json_decref(rows);
    return count > 0 ? EXIT_DONE : EXIT_FAILED;
}
