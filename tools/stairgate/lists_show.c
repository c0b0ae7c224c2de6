/* stairgate lists show: what is configured. How a list stands is `lists status`. */
#include <getopt.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/base/url_show.h"
#include "config/config.h"
#include "config/show.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/lists_state.h"
#include "tools/stairgate/manifest.h"

enum { JSON_SCHEMA = 1, PREFIX_MAX = 80, PLACE_MAX = 4096 };

static const char *const classes[] = {"public", "partner", "legal", "hotline"};

struct options {
    const char *config, *id;
    bool json;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'f'},
        {"json",   no_argument,       NULL, 'j'},
        {NULL,     0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'f')
            options->config = optarg;
        else if (option == 'j')
            options->json = true;
        else
            return -1;
    }
    options->config = manifest_path(options->config);
    if (optind < argc)
        options->id = argv[optind++];
    return optind == argc ? 0 : -1;
}

/* Goes through the rows of `config show` that are of one list. */
struct picked {
    char prefix[PREFIX_MAX]; /* `lists.ID.` */
    json_t *object;          /* NULL: for people */
};

static bool is_picked(const struct picked *picked, const struct config_row *row)
{
    return strncmp(row->name, picked->prefix, strlen(picked->prefix)) == 0;
}

static void print_row(const struct config_row *row, void *user)
{
    const struct picked *picked = user;

    if (!is_picked(picked, row) || row->count == 0)
        return;
    printf("%-20s ", row->name + strlen(picked->prefix));
    for (size_t i = 0; i < row->count; i++)
        printf("%s%s", i == 0 ? "" : ", ", row->items[i]);
    printf("%s\n", row->from != NULL ? "  (default)" : "");
}

static void add_row(const struct config_row *row, void *user)
{
    const struct picked *picked = user;
    json_t *value;

    if (!is_picked(picked, row))
        return;
    if (row->kind == CONFIG_ROW_LIST) {
        value = json_array();
        for (size_t i = 0; i < row->count; i++)
            json_array_append_new(value, json_out_text(row->items[i]));
    } else {
        value = row->count == 0 ? json_null() : json_out_text(row->items[0]);
    }
    json_object_set_new(picked->object, row->name + strlen(picked->prefix), value);
}

static void show_one(const struct config *config, const struct config_list *list, bool json)
{
    struct picked picked = {.object = json ? json_object() : NULL};

    snprintf(picked.prefix, sizeof picked.prefix, "lists.%s.", list->id);
    if (!json)
        printf("%-20s %s\n", "id", list->id);
    config_show(config, json ? add_row : print_row, &picked);
    if (json)
        json_out_print(json_pack("{s:i, s:s, s:o}", "schema", JSON_SCHEMA, "id", list->id,
                                 "options", picked.object));
}

/* Where LIST comes from, as people may see it: an address may hold a password. */
static const char *place_of(const struct config_list *list, char *out, size_t room)
{
    if (list->url == NULL)
        snprintf(out, room, "%s", list->inbox != NULL ? list->inbox : "");
    else if (list->class_ >= LIST_LEGAL)
        url_show(list->url, out, room);
    else
        snprintf(out, room, "%s", list->url);
    return out;
}

static void add_line(struct libscols_table *table, const struct config_list *list)
{
    char every[32], parts[32], place[PLACE_MAX];
    const char *cells[] = {list->id,
                           classes[list->class_],
                           list->category[0] != '\0' ? list->category : parts,
                           list->format,
                           text_from_duration((uint64_t)list->every_s * 1000, every),
                           list->observe ? "observe" : "block",
                           list->licence != NULL ? list->licence : "",
                           place_of(list, place, sizeof place)};

    snprintf(parts, sizeof parts, "%zu parts", list->part_count);
    if (list->class_ >= LIST_LEGAL) /* for every profile, whatever it chooses */
        parts[0] = '\0';
    lists_row(table, cells, sizeof cells / sizeof *cells);
}

static void show_table(const struct config *config)
{
    static const char *const heads[] = {"ID",    "CLASS",  "CATEGORY", "FORMAT",
                                        "EVERY", "EFFECT", "LICENCE",  "FROM"};
    struct libscols_table *table = lists_table(heads, sizeof heads / sizeof *heads, 0);

    for (size_t i = 0; table != NULL && i < config->list_count; i++)
        add_line(table, &config->lists[i]);
    if (table != NULL)
        scols_print_table(table);
    scols_unref_table(table);
}

static void show_ids(const struct config *config)
{
    json_t *lists = json_array();
    char place[PLACE_MAX];

    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];

        json_array_append_new(lists,
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", list->id, "class",
                                        classes[list->class_], "category", list->category, "format",
                                        list->format, list->url != NULL ? "url" : "inbox",
                                        place_of(list, place, sizeof place)));
    }
    json_out_print(json_pack("{s:i, s:o}", "schema", JSON_SCHEMA, "lists", lists));
}

int lists_show_run(int argc, char **argv)
{
    const struct config_list *list = NULL;
    struct options options;
    struct config *config;
    struct err err;
    int code = EXIT_DONE;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(lists_show_run);
    config = manifest_load(options.config);
    if (config == NULL)
        return EXIT_FAILED;
    if (options.id != NULL)
        list = config_find_list(config, options.id);
    if (options.id != NULL && list == NULL) {
        config_no_such_list(config, options.id, &err);
        fprintf(stderr, "stairgate: %s: %s\n", options.config, err.text);
        code = EXIT_NOT_FOUND;
    } else if (list != NULL) {
        show_one(config, list, options.json);
    } else if (options.json) {
        show_ids(config);
    } else if (config->list_count > 0) {
        show_table(config);
    } else {
        printf(
            "no lists; `stairgate lists catalogue` shows some, `stairgate lists add` adds one\n");
    }
    config_free(config);
    return code;
}
