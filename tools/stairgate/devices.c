/* stairgate devices list | show | name | move | forget | export: who is known to the running
 * server.
 *
 * The server does it all (device_verbs.h); here requests are made of words, and replies become
 * text. A device is said by its name, by one of its keys, or as #ID. */
#include <getopt.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "config/base/date.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/device_commands.h"
#include "tools/stairgate/device_pages.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/lists_state.h"

struct options {
    struct control_options control;
    bool unknown;
    json_t *arguments;
    char **words;
    int count;
};

/* Reads ARGV, which is to hold COUNT words. Owner: OPTIONS->arguments is the caller's. */
static int read_options(struct options *options, int argc, char **argv, int count)
{
    static const struct option known[] = {
        {"socket",  required_argument, NULL, 's'},
        {"json",    no_argument,       NULL, 'j'},
        {"unknown", no_argument,       NULL, 'u'},
        {"profile", required_argument, NULL, 'w'},
        {"group",   required_argument, NULL, 'w'},
        {"name",    required_argument, NULL, 'w'},
        {NULL,      0,                 NULL, 0  },
    };
    int option, index = 0;

    memset(options, 0, sizeof *options);
    options->arguments = json_object();
    while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
        options->control.json |= option == 'j';
        options->unknown |= option == 'u';
        if (option == 's')
            options->control.socket = optarg;
        else if (option == 'w')
            json_object_set_new(options->arguments, known[index].name, json_string(optarg));
        else if (option == '?')
            goto wrong;
    }
    options->words = argv + optind;
    options->count = argc - optind;
    if (options->count == count)
        return 0;
wrong:
    json_decref(options->arguments);
    return -1;
}

static void set_word(struct options *options, const char *key, const char *word)
{
    json_object_set_new(options->arguments, key, json_string(word));
}

/* The day of KEY, `2026-01-31`, or "". */
static const char *day(const json_t *object, const char *key, char out[DATE_TEXT_MAX])
{
    long long at_s = control_client_number(object, key);

    out[0] = '\0';
    return at_s > 0 ? date_to_text(date_day_of(at_s), out) : out;
}

/* ---- list ---- */

enum { NAME, KEY, PROFILE, GROUP, SEEN, REMARK, COLUMNS };
static const char *const heads[COLUMNS] = {"NAME", "KEY", "PROFILE", "GROUP", "SEEN", ""};

static const char *remark(const json_t *device, char *out, size_t room)
{
    long long bypass = control_client_number(device, "bypass");
    int used = snprintf(
        out, room, "%s%s", json_is_true(json_object_get(device, "config")) ? "by the config " : "",
        json_is_true(json_object_get(device, "lost")) ? "its profile or group is not in the config "
                                                      : "");

    if (bypass > 0 && used >= 0 && (size_t)used < room)
        snprintf(out + used, room - (size_t)used, "%lld ways around tried", bypass);
    return out;
}

static void add_device(void *context, const json_t *device)
{
    struct libscols_table *table = context;
    const json_t *keys = json_object_get(device, "keys");
    struct libscols_line *line = scols_table_new_line(table, NULL);
    char seen[DATE_TEXT_MAX], note[120], id[16];

    if (line == NULL)
        return;
    snprintf(id, sizeof id, "#%lld", control_client_number(device, "id"));
    scols_line_set_data(
        line, NAME, json_out_get(device, "name")[0] != '\0' ? json_out_get(device, "name") : id);
    scols_line_set_data(line, PROFILE, json_out_get(device, "profile"));
    scols_line_set_data(line, GROUP, json_out_get(device, "group"));
    scols_line_set_data(line, SEEN, day(device, "seen_last_s", seen));
    scols_line_set_data(line, REMARK, remark(device, note, sizeof note));
    for (size_t i = 0; i < json_array_size(keys); i++) {
        if (i > 0)
            line = scols_table_new_line(table, NULL);
        if (line != NULL)
            scols_line_set_data(line, KEY, json_string_value(json_array_get(keys, i)));
    }
}

static void add_json(void *context, const json_t *device)
{
    json_array_append(context, (json_t *)(uintptr_t)device);
}

static int list_json(const struct options *options)
{
    json_t *list = json_array();
    json_t *result = json_pack("{s:o}", "devices", list);
    int code = device_pages(options->control.socket, options->unknown, add_json, list);

    if (code == EXIT_DONE)
        control_client_print_json(result);
    json_decref(result);
    return code;
}

int command_devices_list(int argc, char **argv)
{
    struct options options;
    struct libscols_table *table;
    int code;

    if (read_options(&options, argc, argv, 0) < 0)
        return command_usage(command_devices_list);
    json_decref(options.arguments);
    if (options.control.json)
        return list_json(&options);
    table = lists_table(heads, COLUMNS, 0);
    code = table == NULL ? EXIT_FAILED
                         : device_pages(options.control.socket, options.unknown, add_device, table);
    if (code == EXIT_DONE && scols_table_get_nlines(table) > 0)
        scols_print_table(table);
    else if (code == EXIT_DONE)
        puts(options.unknown ? "no device that nobody knows was seen" : "no devices");
    scols_unref_table(table);
    return code;
}

/* ---- one device ---- */

static void print_device(const json_t *device)
{
    const json_t *keys = json_object_get(device, "keys");
    char first[DATE_TEXT_MAX], last[DATE_TEXT_MAX];

    printf("%s (#%lld)%s\n",
           json_out_get(device, "name")[0] != '\0' ? json_out_get(device, "name") : "no name",
           control_client_number(device, "id"),
           json_is_true(json_object_get(device, "config")) ? ", deployed by the config" : "");
    for (size_t i = 0; i < json_array_size(keys); i++)
        printf("  %-11s %s\n", i == 0 ? "known by" : "",
               json_string_value(json_array_get(keys, i)));
    printf("  %-11s %s\n", "profile",
           json_out_get(device, "profile")[0] != '\0' ? json_out_get(device, "profile")
                                                      : "that of its group");
    printf("  %-11s %s\n", "group",
           json_out_get(device, "group")[0] != '\0' ? json_out_get(device, "group") : "none");
    if (json_is_true(json_object_get(device, "lost")))
        printf("  %-11s %s\n", "", "not in the config now, and so without effect");
    if (day(device, "seen_first_s", first)[0] != '\0')
        printf("  %-11s %s to %s\n", "seen", first, day(device, "seen_last_s", last));
    printf("  %-11s %lld times since the start of the server\n", "bypass",
           control_client_number(device, "bypass"));
}

static int ask(const struct options *options, const char *verb)
{
    json_t *result;
    int code = control_client_ask(options->control.socket, verb, options->arguments, &result);

    if (code != EXIT_DONE)
        return code;
    if (options->control.json)
        control_client_print_json(result);
    else if (strcmp(verb, "device_forget") == 0)
        printf("forgotten: %s (#%lld)\n", json_out_get(result, "name"),
               control_client_number(result, "id"));
    else
        print_device(result);
    json_decref(result);
    return EXIT_DONE;
}

/* Asks VERB about the one device that ARGV names. */
static int ask_of_one(int argc, char **argv, const char *verb, int (*run)(int, char **))
{
    struct options options;

    if (read_options(&options, argc, argv, 1) < 0)
        return command_usage(run);
    set_word(&options, "device", options.words[0]);
    return ask(&options, verb);
}

int command_devices_show(int argc, char **argv)
{
    return ask_of_one(argc, argv, "device", command_devices_show);
}

int command_devices_move(int argc, char **argv)
{
    return ask_of_one(argc, argv, "device_change", command_devices_move);
}

int command_devices_forget(int argc, char **argv)
{
    return ask_of_one(argc, argv, "device_forget", command_devices_forget);
}

int command_devices_name(int argc, char **argv)
{
    struct options options;

    if (read_options(&options, argc, argv, 2) < 0)
        return command_usage(command_devices_name);
    set_word(&options, "key", options.words[0]);
    set_word(&options, "name", options.words[1]);
    return ask(&options, "device_name");
}

/* ---- export ---- */

/* RFC 4180 §2: what holds a comma, a quote or a line end stands in quotes. */
static void print_cell(const char *cell, char end)
{
    bool quoted = strpbrk(cell, ",\"\r\n") != NULL;

    if (quoted)
        putchar('"');
    for (; *cell != '\0'; cell++) {
        if (*cell == '"')
            putchar('"');
        putchar(*cell);
    }
    if (quoted)
        putchar('"');
    putchar(end);
}

static void print_rows(void *context, const json_t *device)
{
    const json_t *keys = json_object_get(device, "keys");

    (void)context;
    if (json_out_get(device, "name")[0] == '\0' || json_is_true(json_object_get(device, "config")))
        return;
    for (size_t i = 0; i < json_array_size(keys); i++) {
        print_cell(json_string_value(json_array_get(keys, i)), ',');
        print_cell(json_out_get(device, "name"), ',');
        print_cell(json_out_get(device, "group"), ',');
        print_cell(json_out_get(device, "profile"), '\n');
    }
}

int command_devices_export(int argc, char **argv)
{
    struct options options;

    if (read_options(&options, argc, argv, 0) < 0)
        return command_usage(command_devices_export);
    json_decref(options.arguments);
    puts("key,name,group,profile");
    return device_pages(options.control.socket, false, print_rows, NULL);
}
