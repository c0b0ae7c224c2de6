/* stairgate privacy: what is stored, about whom, until when.
 *
 * The table is data (config/data/privacy.tsv), and the config says which of it applies and for how
 * long. So that it cannot fall behind silently, tests hold it against the tables and columns that
 * the databases really have. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/policy_commands.h"

enum { PLACE, ITEM, ABOUT, WHAT, UNTIL, WHERE };
enum { UNTIL_MAX = 128 };

/* ---- what the config says ---- */

static bool has_state(const struct config *config)
{
    return config->state_path != NULL;
}

static bool has_lists(const struct config *config)
{
    return config->list_count > 0;
}

static bool has_cache(const struct config *config)
{
    return config->cache_octets > 0;
}

static bool has_devices(const struct config *config)
{
    return config->device_count > 0;
}

static bool has_sealed(const struct config *config)
{
    return config->set_hotline != NULL;
}

static bool has_budget(const struct config *config)
{
    return config->sealed.budget_hits > 0;
}

static bool is_always(const struct config *config)
{
    (void)config;
    return true;
}

static const struct {
    const char *word;
    bool (*holds)(const struct config *config);
} conditions[] = {
    {"always",  is_always  },
    {"state",   has_state  },
    {"lists",   has_lists  },
    {"cache",   has_cache  },
    {"devices", has_devices},
    {"sealed",  has_sealed },
    {"budget",  has_budget },
};

static bool applies(const struct config *config, const char *word)
{
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (strcmp(conditions[i].word, word) == 0)
            return conditions[i].holds(config);
    }
    return true; /* what nobody knows is rather shown than hidden */
}

static void until_cache(const struct config *config, char out[UNTIL_MAX])
{
    char fresh[32], stale[32];

    snprintf(out, UNTIL_MAX, "at most %s, and %s more while no upstream answers",
             text_from_duration((uint64_t)config->cache_max_ttl_s * 1000, fresh),
             text_from_duration((uint64_t)config->cache_stale_s * 1000, stale));
}

static void until_deadline(const struct config *config, char out[UNTIL_MAX])
{
    char text[32];

    snprintf(out, UNTIL_MAX, "at most %s", text_from_duration(config->upstream_deadline_ms, text));
}

static void until_budget(const struct config *config, char out[UNTIL_MAX])
{
    char per[32], drop[32];

    snprintf(out, UNTIL_MAX, "at most %s, and %s more for one that is out",
             text_from_duration((uint64_t)config->sealed.budget_per_s * 1000, per),
             text_from_duration((uint64_t)config->sealed.budget_drop_s * 1000, drop));
}

static void until_kept(const struct config *config, char out[UNTIL_MAX])
{
    snprintf(out, UNTIL_MAX, "the last %u generations", config->feeds.keep);
}

static const struct {
    const char *word;
    void (*write)(const struct config *config, char out[UNTIL_MAX]);
} times[] = {
    {"@cache",      until_cache   },
    {"@deadline",   until_deadline},
    {"@budget",     until_budget  },
    {"@feeds.keep", until_kept    },
};

static const char *until_text(const struct config *config, const char *text, char out[UNTIL_MAX])
{
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (strcmp(times[i].word, text) == 0) {
            times[i].write(config, out);
            return out;
        }
    }
    return text;
}

/* Where PLACE is on this machine; "" where it has no path. */
static const char *path_of(const struct config *config, const char *place)
{
    const struct {
        const char *place, *path;
    } rows[] = {
        {"state.db",   config->state_path },
        {"feeds.db",   config->feeds.dir  },
        {"sealed set", config->set_hotline},
        {"sealed key", config->sealed.key },
        {"config",     config->path       },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].place, place) == 0)
            return rows[i].path != NULL ? rows[i].path : "";
    }
    return "";
}

/* ---- the report ---- */

static json_t *rows_of(const struct config *config)
{
    json_t *rows = json_array();
    char until[UNTIL_MAX];
    struct data_reader row;

    if (data_open(&row, "privacy") != 0)
        return rows;
    while (data_next(&row)) {
        if (!applies(config, row.fields[WHERE]))
            continue;
        json_array_append_new(
            rows, json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}", "place", row.fields[PLACE], "path",
                            json_out_text(path_of(config, row.fields[PLACE])), "item",
                            row.fields[ITEM], "about", row.fields[ABOUT], "what", row.fields[WHAT],
                            "until", until_text(config, row.fields[UNTIL], until)));
    }
    return rows;
}

static void print_rows(const json_t *rows)
{
    const char *place = "", *until = "";
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(place, json_out_get(row, "place")) != 0) {
            place = json_out_get(row, "place");
            until = "";
            printf("%s%s%s\n", place, json_out_get(row, "path")[0] != '\0' ? "  " : "",
                   json_out_get(row, "path"));
        }
        if (strcmp(until, json_out_get(row, "until")) != 0) {
            until = json_out_get(row, "until");
            printf("  %s:\n", until);
        }
        printf("    %-20s %s: %s\n", json_out_get(row, "item"), json_out_get(row, "about"),
               json_out_get(row, "what"));
    }
    printf("What a device asks for is stored nowhere. A name stands beside a device only where "
           "somebody\nallowed, denied or released it there.\n");
}

/* Seconds for which the running server gathers names yet; 0 where none does, or none runs. */
static long long names_left_s(const struct policy_options *options)
{
    const char *socket =
        options->socket != NULL ? options->socket : options->config->control_operator;
    json_t *status;
    long long left;
    struct err err;

    if (socket == NULL || control_client_try(socket, "status", NULL, &status, &err) != 0)
        return 0;
    left = control_client_number(status, "observed_names_left_s");
    json_decref(status);
    return left;
}

int command_privacy(int argc, char **argv)
{
    struct policy_options options = {.asks_server = true};
    long long left;
    json_t *rows;
    int code = policy_options_read(&options, argc, argv);

    if (code != EXIT_DONE)
        return code == EXIT_USAGE ? command_usage(command_privacy) : code;
    rows = rows_of(options.config);
    left = names_left_s(&options);
    config_free(options.config);
    if (options.json) {
        json_out_print(json_pack("{s:i, s:s, s:I, s:o}", "schema", 1, "file", options.path,
                                 "observed_names_left_s", (json_int_t)left, "stored", rows));
        return EXIT_DONE;
    }
    print_rows(rows);
    if (left > 0)
        printf("names are gathered now, for %lld s more: `stairgate observed --names`\n", left);
    json_decref(rows);
    return EXIT_DONE;
}
