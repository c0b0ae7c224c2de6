/* stairgate config check | show | reference. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "config/show.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/config.h"
#include "tools/stairgate/json_out.h"

enum { JSON_SCHEMA = 1, CLASSES_SHOWN = 20 };

struct options {
    bool json;
    const char *path; /* the argument, else $STAIRGATE_CONFIG, else the system's */
};

static int read_options(int argc, char **argv, struct options *options)
{
    int first = json_out_option(argc, argv, &options->json);

    options->path = NULL;
    if (first < 0 || argc - first > 1)
        return -1;
    options->path = first < argc ? argv[first] : getenv("STAIRGATE_CONFIG");
    if (options->path == NULL)
        options->path = CONFIG_SYSTEM;
    return 0;
}

static void print_problems(const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        fprintf(stderr, "%s\n", problems->items[i].text);
}

static json_t *problems_json(const struct config_problems *problems)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problems->count; i++) {
        const struct err *item = &problems->items[i];
        const char *severity = item->code == ERR_NONE ? "warning" : "error";

        json_array_append_new(list, json_pack("{s:s, s:o, s:i, s:i}", "severity", severity, "text",
                                              json_out_text(item->text), "line", (int)item->line,
                                              "column", (int)item->column));
    }
    return list;
}

/* Tells whether a preset of PROFILE has hours, which close nothing since nobody said on whose
 * clock.
 */
static bool lacks_zone(const struct config *config, const struct config_profile *profile)
{
    bool hours = profile->hours.days != 0 && mask_any(profile->quota);

    for (size_t i = 0; i < profile->level_count; i++)
        hours = hours || (profile->levels[i].hours.days != 0 && mask_any(profile->levels[i].quota));
    return hours && profile->zone == NULL && config->zone == NULL;
}

/* One line for each class of clients and what it gets, with a verdict or two, so that a person sees
 * whether anybody is protected. */
static void print_class(const struct config *config, const char *who, size_t index)
{
    static const char *const samples[] = {"porn", "games", "malware"};
    const struct config_profile *profile = &config->profiles[index];

    printf("  %s: profile %s", who, profile->name);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct category *category = taxonomy_find(&config->taxonomy, samples[i]);
        bool blocked = category != NULL && mask_has(profile->block, category->bit);

        printf("%s%s %s", i == 0 ? " (" : ", ", samples[i],
               blocked                 ? "blocked"
               : profile->default_deny ? "denied"
                                       : "open");
    }
    printf(")\n");
    if (lacks_zone(config, profile))
        printf("    without a `zone` the evening hours of its preset close nothing; write `zone: "
               "Europe/Berlin`, or the zone that it is in\n");
}

static void print_classes(const struct config *config)
{
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < config->network_count && i < CLASSES_SHOWN; i++) {
        const struct config_network *network = &config->networks[i];
        bool prefix = network->interface[0] == '\0';

        print_class(config, prefix ? prefix_to_text(&network->prefix, text) : network->interface,
                    network->profile);
    }
    if (config->network_count > CLASSES_SHOWN)
        printf("  ... and %zu more networks\n", config->network_count - CLASSES_SHOWN);
    print_class(config, "everybody else", config->default_profile);
}

/* How many names a set file brings: lists that are there and empty protect nobody either. Returns
 * whether it brings any. */
static bool print_set(const struct config *config, const char *name, const char *path, bool used)
{
    struct set_info info;
    struct set *set;
    struct err err;

    if (path == NULL)
        return false;
    set = set_open(path, &config->taxonomy, &err);
    if (set == NULL) {
        if (err.code == ERR_NOT_FOUND && path == config->set_public &&
            config_set_is_fetched(config))
            printf("  %s: no lists yet: the first `stairgate lists sync` brings them (%s)\n", name,
                   path);
        else
            printf("  %s: not in force: %s\n", name, err.text);
        return false;
    }
    set_info(set, &info);
    printf("  %s: %llu names loaded%s\n", name, (unsigned long long)info.names,
           used ? "" : ", used by nobody");
    set_close(set);
    return info.names > 0;
}

/* Size and time are all that is told of it. */
static void print_sealed(const struct config *config)
{
    const char *path = config->set_hotline;
    struct sealed_info info;
    struct err err;
    char made[32];

    if (path == NULL)
        return;
    if (sealed_file_info(path, &info, &err) == 0)
        printf("  sets.hotline: %llu entries, made %s\n", (unsigned long long)info.entries,
               text_from_time(info.made_s, made));
    else if (err.code == ERR_NOT_FOUND && config_has_sealed_lists(config))
        printf("  sets.hotline: no lists yet: the first `stairgate lists sync` brings them (%s)\n",
               path);
    else
        printf("  sets.hotline: not in force: %s\n", err.text);
}

static void print_result(const struct config *config, const struct options *options,
                         const struct config_problems *problems)
{
    bool lists;

    printf("%s: %s\n", options->path, problems->count > 0 ? "fine, with warnings" : "fine");
    lists = print_set(config, "sets.public", config->set_public, config_uses_categories(config));
    print_sealed(config);
    if (!lists)
        printf("  no list is loaded: nothing is blocked by category. With lists it would be:\n");
    print_classes(config);
}

int config_check_run(int argc, char **argv)
{
    struct config_problems problems;
    struct options options;
    struct config *config;
    int failed;

    if (read_options(argc, argv, &options) != 0)
        return command_usage(config_check_run);
    config = config_load(options.path, &problems);
    failed = config == NULL;
    if (options.json) {
        json_out_print(json_pack("{s:i, s:b, s:o}", "schema", JSON_SCHEMA, "ok", !failed,
                                 "problems", problems_json(&problems)));
    } else {
        print_problems(&problems);
        if (config != NULL)
            print_result(config, &options, &problems);
    }
    config_free(config);
    config_problems_free(&problems);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

static void print_value(const struct config_row *row)
{
    bool list = row->kind == CONFIG_ROW_LIST;

    if (row->count == 0 && !list) {
        printf("none");
        return;
    }
    printf("%s", list ? "[" : "");
    for (size_t i = 0; i < row->count; i++)
        printf("%s%s", i == 0 ? "" : ", ", row->items[i]);
    printf("%s", list ? "]" : "");
}

static void print_row(const struct config_row *row, void *user)
{
    const char *path = user;

    printf("%s: ", row->name);
    print_value(row);
    if (row->from != NULL)
        printf("  # %s\n", row->from);
    else
        printf("  # %s:%u:%u\n", path, row->place.line, row->place.column);
}

static json_t *value_json(const struct config_row *row)
{
    json_t *list;

    if (row->kind != CONFIG_ROW_LIST && row->count == 0)
        return json_null();
    if (row->kind == CONFIG_ROW_BOOL)
        return json_boolean(strcmp(row->items[0], "yes") == 0);
    if (row->kind == CONFIG_ROW_NUMBER)
        return json_integer(strtoll(row->items[0], NULL, 10));
    if (row->kind == CONFIG_ROW_TEXT)
        return json_out_text(row->items[0]);
    list = json_array();
    for (size_t i = 0; i < row->count; i++)
        json_array_append_new(list, json_out_text(row->items[i]));
    return list;
}

static void add_row_json(const struct config_row *row, void *user)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_out_text(row->name));
    json_object_set_new(object, "value", value_json(row));
    json_object_set_new(object, "from", json_out_text(row->from != NULL ? row->from : "file"));
    if (row->from == NULL) {
        json_object_set_new(object, "line", json_integer(row->place.line));
        json_object_set_new(object, "column", json_integer(row->place.column));
    }
    json_array_append_new(user, object);
}

static void show_json(const struct config *config, const char *path)
{
    json_t *rows = json_array();

    config_show(config, add_row_json, rows);
    json_out_print(
        json_pack("{s:i, s:s, s:o}", "schema", JSON_SCHEMA, "file", path, "options", rows));
}

int config_show_run(int argc, char **argv)
{
    struct config_problems problems;
    struct options options;
    struct config *config;
    int failed;

    if (read_options(argc, argv, &options) != 0)
        return command_usage(config_show_run);
    config = config_load(options.path, &problems);
    failed = config == NULL;
    print_problems(&problems);
    if (!failed && options.json)
        show_json(config, options.path);
    else if (!failed)
        config_show(config, print_row, (void *)(uintptr_t)options.path);
    config_free(config);
    config_problems_free(&problems);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

int config_reference_run(int argc, char **argv)
{
    (void)argv;
    if (argc != 1)
        return command_usage(config_reference_run);
    config_reference(stdout);
    return EXIT_DONE;
}
