/* stairgate checklist: what the ITU's guidelines ask of who runs this, and what the config answers.
 *
 * The table is data (config/data/checklist.tsv); what is not built says so and is counted apart,
 * since no option closes it. Whether what is configured works is known by the running server, which
 * is asked where it answers. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/checklist_checks.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/policy_commands.h"

enum { AREA, ITEM, ANSWER, CHECK, CURE };

static const struct {
    const char *key, *title;
} areas[] = {
    {"policies", "Policies and management"                },
    {"csam",     "Child sexual abuse material"            },
    {"age",      "A safer environment that suits the age" },
    {"educate",  "Teaching children, parents and teachers"},
    {"positive", "Positive use"                           },
};
enum { AREAS = sizeof areas / sizeof *areas };

static const char *const words[] = {
    [CHECKLIST_DONE] = "done",
    [CHECKLIST_GAP] = "gap",
    [CHECKLIST_NOT_BUILT] = "not built",
    [CHECKLIST_NOT_NEEDED] = "not needed",
};

static json_t *item_of(const struct data_reader *row, const struct checklist_finding *finding)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "area", row->fields[AREA], "item",
                     row->fields[ITEM], "answer", row->fields[ANSWER], "state",
                     words[finding->state], "found", json_out_text(finding->text), "cure",
                     finding->state == CHECKLIST_GAP ? row->fields[CURE] : "");
}

/* What the server of CONFIG (or at SOCKET) says of itself; NULL where none answers. */
static json_t *ask_server(const struct policy_options *options)
{
    const char *socket =
        options->socket != NULL ? options->socket : options->config->control_operator;
    json_t *status;
    struct err err;

    if (socket == NULL || control_client_try(socket, "status", NULL, &status, &err) != 0)
        return NULL;
    return status;
}

/* Every row of the table with what CONFIG and STATUS answer; COUNTS, by state, are added to. */
static json_t *items_of(const struct config *config, const json_t *status,
                        unsigned counts[CHECKLIST_STATES])
{
    struct checklist_finding finding;
    json_t *items = json_array();
    struct data_reader row;

    if (data_open(&row, "checklist") != 0)
        return items;
    while (data_next(&row)) {
        if (checklist_check(row.fields[CHECK], config, status, &finding) != 0)
            continue;
        counts[finding.state]++;
        json_array_append_new(items, item_of(&row, &finding));
    }
    return items;
}

static void print_item(const json_t *item)
{
    printf("  %-12s%s", json_out_get(item, "state"), json_out_get(item, "item"));
    if (json_out_get(item, "found")[0] != '\0')
        printf(": %s", json_out_get(item, "found"));
    printf("\n");
    if (json_out_get(item, "cure")[0] != '\0')
        printf("              %s\n", json_out_get(item, "cure"));
}

static void print_area(const json_t *items, size_t area)
{
    const json_t *item;
    size_t i;

    printf("%s\n", areas[area].title);
    json_array_foreach(items, i, item)
    {
        if (strcmp(json_out_get(item, "area"), areas[area].key) == 0)
            print_item(item);
    }
}

int command_checklist(int argc, char **argv)
{
    struct policy_options options = {.asks_server = true};
    unsigned counts[CHECKLIST_STATES] = {0};
    json_t *items, *status;
    int code = policy_options_read(&options, argc, argv);

    if (code != EXIT_DONE)
        return code == EXIT_USAGE ? command_usage(command_checklist) : code;
    status = ask_server(&options);
    items = items_of(options.config, status, counts);
    json_decref(status);
    config_free(options.config);
    code = counts[CHECKLIST_GAP] > 0 ? EXIT_FAILED : EXIT_DONE;
    if (options.json) {
        json_out_print(json_pack("{s:i, s:s, s:i, s:i, s:i, s:i, s:o}", "schema", 1, "file",
                                 options.path, "done", (int)counts[CHECKLIST_DONE], "gaps",
                                 (int)counts[CHECKLIST_GAP], "not_built",
                                 (int)counts[CHECKLIST_NOT_BUILT], "not_needed",
                                 (int)counts[CHECKLIST_NOT_NEEDED], "items", items));
        return code;
    }
    for (size_t i = 0; i < AREAS; i++)
        print_area(items, i);
    printf("%u done, %u gaps, %u not built, %u not needed\n", counts[CHECKLIST_DONE],
           counts[CHECKLIST_GAP], counts[CHECKLIST_NOT_BUILT], counts[CHECKLIST_NOT_NEEDED]);
    json_decref(items);
    return code;
}
