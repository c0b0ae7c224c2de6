/* stairgate lists history: which sets there were, and the record of what was done and why. */
#include "tools/stairgate/lists_state.h"

#include <inttypes.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"

enum { JSON_SCHEMA = 1 };

static void print_generations(const struct store_generation *all, size_t count)
{
    static const char *const heads[] = {"GENERATION", "MADE", "NAMES", "RANGES", "SIZE", "", "WHY"};
    struct libscols_table *table = lists_table(heads, sizeof heads / sizeof *heads, 0x1d);

    for (size_t i = 0; i < count; i++) {
        char number[24], made[LISTS_TEXT_MAX], names[24], ranges[24], size[LISTS_TEXT_MAX];
        const char *cells[] = {
            number, made, names, ranges, size, all[i].current ? "in force" : "", all[i].why};

        snprintf(number, sizeof number, "%" PRIu64, all[i].number);
        snprintf(names, sizeof names, "%" PRIu64, all[i].names);
        snprintf(ranges, sizeof ranges, "%" PRIu64, all[i].prefixes);
        lists_time_text(all[i].made_s, made);
        lists_octets_text(all[i].octets, size);
        lists_row(table, cells, sizeof cells / sizeof *cells);
    }
    if (table != NULL && count > 0)
        scols_print_table(table);
    scols_unref_table(table);
    if (count > 0)
        printf("\n");
}

static int add_event_row(void *context, const struct store_event *event)
{
    char at[LISTS_TEXT_MAX], generation[24] = "";
    const char *cells[] = {at, store_event_word(event->kind), event->list, generation, event->text};

    lists_time_text(event->at_s, at);
    if (event->generation != 0)
        snprintf(generation, sizeof generation, "%" PRIu64, event->generation);
    lists_row(context, cells, sizeof cells / sizeof *cells);
    return 0;
}

static int print_events(struct store *store, const char *id, size_t last, struct err *err)
{
    static const char *const heads[] = {"AT", "WHAT", "LIST", "GENERATION", "WHY"};
    struct libscols_table *table = lists_table(heads, sizeof heads / sizeof *heads, 0x8);
    int result = store_events(store, id, last, add_event_row, table, err);

    if (table != NULL && result == 0)
        scols_print_table(table);
    scols_unref_table(table);
    return result;
}

static json_t *generations_json(const struct store_generation *all, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        char digest[65];

        sodium_bin2hex(digest, sizeof digest, all[i].digest, sizeof all[i].digest);
        json_array_append_new(
            list,
            json_pack("{s:I, s:I, s:I, s:b, s:s, s:I, s:I, s:I, s:o}", "number",
                      (json_int_t)all[i].number, "before", (json_int_t)all[i].before, "made",
                      (json_int_t)all[i].made_s, "current", all[i].current, "digest", digest,
                      "names", (json_int_t)all[i].names, "prefixes", (json_int_t)all[i].prefixes,
                      "octets", (json_int_t)all[i].octets, "why", json_out_text(all[i].why)));
    }
    return list;
}

static int add_event_json(void *context, const struct store_event *event)
{
    json_array_append_new(
        context, json_pack("{s:I, s:I, s:s, s:o, s:I, s:o}", "number", (json_int_t)event->number,
                           "at", (json_int_t)event->at_s, "what", store_event_word(event->kind),
                           "list", json_out_text(event->list), "generation",
                           (json_int_t)event->generation, "why", json_out_text(event->text)));
    return 0;
}

static int see(void *context, const struct store_event *event)
{
    (void)event;
    *(bool *)context = true;
    return 0;
}

/* The record outlives the config: a list that was taken out has its history still. */
static int check_id(const struct lists_options *options, struct store *store, const char *id,
                    struct err *err)
{
    bool seen = id == NULL || config_find_list(options->config, id) != NULL;

    if (!seen && store_events(store, id, 1, see, &seen, err) != 0)
        return -1;
    return seen ? 0 : config_no_such_list(options->config, id, err);
}

static int show(const struct lists_options *options, struct store *store, struct err *err)
{
    const char *id = options->word_count > 0 ? options->words[0] : NULL;
    struct store_generation *all;
    json_t *events;
    size_t count;
    int result;

    if (check_id(options, store, id, err) != 0 || store_generations(store, &all, &count, err) != 0)
        return -1;
    if (options->json) {
        events = json_array();
        result = store_events(store, id, options->last, add_event_json, events, err);
        if (result == 0)
            json_out_print(json_pack("{s:i, s:o, s:O}", "schema", JSON_SCHEMA, "generations",
                                     generations_json(all, count), "record", events));
        json_decref(events);
    } else {
        if (id == NULL)
            print_generations(all, count);
        result = print_events(store, id, options->last, err);
    }
    free(all);
    return result;
}

int lists_history_run(int argc, char **argv)
{
    struct lists_options options;
    struct store *store = NULL;
    struct err err = {.code = ERR_NONE};
    int code = lists_options_read(&options, argc, argv, "l", 1);

    if (code == EXIT_DONE) {
        store = lists_open(&options, &err);
        if (store == NULL || show(&options, store, &err) != 0)
            code = lists_complain("history", &err);
    }
    store_close(store);
    lists_options_end(&options);
    return code == EXIT_USAGE ? command_usage(lists_history_run) : code;
}
