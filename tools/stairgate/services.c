/* stairgate services list, show: what names a word such as youtube stands for. */
#include "tools/stairgate/services.h"

#include <getopt.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/service.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/lists_state.h"
#include "tools/stairgate/manifest.h"

enum { JSON_SCHEMA = 1, KNOWN_MOST = 512 };

struct options {
    const char *id;
    struct config *config; /* NULL: only the built-in ones */
    bool json;
};

/* Reads the words of a command that takes WORDS beside its options. */
static int read_options(struct options *options, int argc, char **argv, int words)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"json",   no_argument,       NULL, 'j'},
        {NULL,     0,                 NULL, 0  },
    };
    const char *path = NULL;
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'c')
            path = optarg;
        else if (option == 'j')
            options->json = true;
        else
            return EXIT_USAGE;
    }
    if (argc - optind != words)
        return EXIT_USAGE;
    options->id = words > 0 ? argv[optind] : NULL;
    options->config = path != NULL ? manifest_load(path) : NULL;
    return path != NULL && options->config == NULL ? EXIT_FAILED : EXIT_DONE;
}

/* One service, as it is printed. */
struct listed {
    char id[CONFIG_WORD_MAX], label[64], category[CATEGORY_KEY_MAX];
    json_t *names;
};

static void start(struct listed *service, const char *id, const char *label, const char *category)
{
    snprintf(service->id, sizeof service->id, "%.63s", id);
    snprintf(service->label, sizeof service->label, "%.63s", label);
    snprintf(service->category, sizeof service->category, "%.31s", category);
    service->names = json_array();
}

static void add_names(struct listed *service, const char *names)
{
    const char *name;
    size_t length;

    while ((name = service_name_next(&names, &length)) != NULL)
        json_array_append_new(service->names, json_stringn(name, length));
}

static void add_own(struct listed *service, const struct config_service *own)
{
    char text[NAME_TEXT_MAX];

    start(service, own->id, own->id, "-");
    for (size_t i = 0; i < own->names.count; i++) {
        struct name name = name_of(&own->names.items[i].name);

        json_array_append_new(service->names, json_string(name_to_text(&name, text)));
    }
}

/* Gives every service to TAKE, which frees its names. */
static void for_each(const struct options *options, void (*take)(struct listed *, void *),
                     void *context)
{
    struct listed service = {.names = NULL};
    struct data_reader row;

    if (data_open(&row, "services") != 0)
        return;
    while (data_next(&row)) {
        if (row.fields[SERVICE_LABEL][0] != '\0') {
            if (service.names != NULL)
                take(&service, context);
            start(&service, row.fields[SERVICE_ID], row.fields[SERVICE_LABEL],
                  row.fields[SERVICE_CATEGORY]);
        }
        add_names(&service, row.fields[SERVICE_NAMES]);
    }
    if (service.names != NULL)
        take(&service, context);
    for (size_t i = 0; options->config != NULL && i < options->config->service_count; i++) {
        add_own(&service, &options->config->services[i]);
        take(&service, context);
    }
}

static json_t *service_json(const struct listed *service)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "id", service->id, "label", service->label, "category",
                     service->category, "names", service->names);
}

static void take_json(struct listed *service, void *rows)
{
    json_array_append_new(rows, service_json(service));
}

static void take_line(struct listed *service, void *table)
{
    char count[32];
    const char *cells[] = {service->id, service->label, service->category, count};

    snprintf(count, sizeof count, "%zu", json_array_size(service->names));
    lists_row(table, cells, sizeof cells / sizeof *cells);
    json_decref(service->names);
}

int services_list_run(int argc, char **argv)
{
    static const char *const heads[] = {"ID", "SERVICE", "CATEGORY", "NAMES"};
    struct libscols_table *table = NULL;
    struct options options;
    json_t *rows;
    int result = read_options(&options, argc, argv, 0);

    if (result == EXIT_USAGE)
        return command_usage(services_list_run);
    if (result == EXIT_DONE && options.json) {
        rows = json_array();
        for_each(&options, take_json, rows);
        json_out_print(json_pack("{s:i, s:o}", "schema", JSON_SCHEMA, "services", rows));
    } else if (result == EXIT_DONE) {
        table = lists_table(heads, sizeof heads / sizeof *heads, 1 << 3);
        if (table != NULL) {
            for_each(&options, take_line, table);
            scols_print_table(table);
        }
        scols_unref_table(table);
    }
    config_free(options.config);
    return result;
}

/* What is looked for, and what is there, for a "did you mean". */
struct search {
    const char *id;
    json_t *found;
    char ids[KNOWN_MOST][CONFIG_WORD_MAX];
    const char *known[KNOWN_MOST];
    size_t count;
};

static void take_found(struct listed *service, void *context)
{
    struct search *search = context;

    if (search->count < KNOWN_MOST) {
        memcpy(search->ids[search->count], service->id, sizeof service->id);
        search->known[search->count] = search->ids[search->count];
        search->count++;
    }
    if (strcmp(service->id, search->id) == 0)
        search->found = service_json(service);
    else
        json_decref(service->names);
}

static int not_found(const struct search *search)
{
    const char *near = text_nearest(search->id, search->known, search->count);

    fprintf(stderr, "stairgate: unknown service: '%.63s'%s%s%s\n", search->id,
            near != NULL ? "; did you mean '" : "; see `stairgate services list`",
            near != NULL ? near : "", near != NULL ? "'?" : "");
    return EXIT_NOT_FOUND;
}

static void print_found(json_t *found)
{
    const json_t *names = json_object_get(found, "names");

    printf("%s: %s, most often listed as %s\n", json_out_get(found, "id"),
           json_out_get(found, "label"), json_out_get(found, "category"));
    for (size_t i = 0; i < json_array_size(names); i++)
        printf("  %s\n", json_string_value(json_array_get(names, i)));
    json_decref(found);
}

int services_show_run(int argc, char **argv)
{
    struct search search = {.count = 0};
    struct options options;
    int result = read_options(&options, argc, argv, 1);

    if (result == EXIT_USAGE)
        return command_usage(services_show_run);
    if (result != EXIT_DONE)
        return result;
    search.id = options.id;
    for_each(&options, take_found, &search);
    if (search.found == NULL)
        result = not_found(&search);
    else if (options.json)
        json_out_print(search.found);
    else
        print_found(search.found);
    config_free(options.config);
    return result;
}
