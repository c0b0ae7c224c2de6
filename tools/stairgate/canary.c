/* stairgate canary: whether the sealed set is in force, as the node has asked itself over the wire.
 */
#include <getopt.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/node_commands.h"
#include "tools/stairgate/reply_table.h"

struct options {
    struct control_options control;
    bool now;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"json",   no_argument,       NULL, 'j'},
        {"now",    no_argument,       NULL, 'n'},
        {NULL,     0,                 NULL, 0  },
    };
    int letter;

    memset(options, 0, sizeof *options);
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        options->control.json |= letter == 'j';
        options->now |= letter == 'n';
        if (letter == 's')
            options->control.socket = optarg;
        if (letter == '?')
            return -1;
    }
    return optind < argc ? -1 : 0;
}

static void print_table(const json_t *rows, const struct reply_column *columns, size_t count)
{
    struct libscols_table *table = reply_table_create(columns, count);
    const json_t *row;
    size_t i;

    if (table == NULL || json_array_size(rows) == 0)
        goto out;
    json_array_foreach(rows, i, row) reply_table_add(table, columns, count, row);
    scols_print_table(table);
out:
    scols_unref_table(table);
}

static void print_result(const json_t *result)
{
    static const struct reply_column asked[] = {
        {"LISTENER", "listen", 0},
        {"RESULT",   "result", 0},
    };
    static const struct reply_column history[] = {
        {"AT",     "at",     0             },
        {"RESULT", "result", 0             },
        {"SET",    "set",    SCOLS_FL_RIGHT},
    };
    const json_t *last = json_object_get(result, "last");

    if (!json_is_true(json_object_get(result, "configured")))
        printf("no canary is configured: nobody can tell from answers whether the sealed set "
               "blocks\n");
    if (json_is_object(last))
        printf("%s at %s, sealed set %lld: %s\n", json_out_get(last, "result"),
               json_out_get(last, "at"), control_client_number(last, "set"),
               json_out_get(last, "text"));
    print_table(json_object_get(result, "asked"), asked, sizeof asked / sizeof *asked);
    print_table(json_object_get(result, "history"), history, sizeof history / sizeof *history);
}

int command_canary(int argc, char **argv)
{
    struct options options;
    json_t *result;
    bool good;
    int code;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(command_canary);
    code = control_client_ask(options.control.socket, "canary",
                              json_pack("{s:b}", "now", options.now), &result);
    if (code != EXIT_DONE)
        return code;
    good = strcmp(json_out_get(json_object_get(result, "last"), "result"), "ok") == 0;
    if (options.control.json)
        control_client_print_json(result);
    else
        print_result(result);
    json_decref(result);
    return good ? EXIT_DONE : EXIT_FAILED;
}
