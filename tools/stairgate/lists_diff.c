/* stairgate lists diff: what came and what went between two generations. */
#include "tools/stairgate/lists_state.h"

#include <inttypes.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/generation.h"
#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"

enum { JSON_SCHEMA = 1, CATEGORIES_MAX = 128 };

/* What a category comes to over all lists. */
struct total {
    char category[32];
    uint64_t before, after, added, removed;
};

struct diff {
    const struct lists_options *options;
    uint64_t a, b;
    struct libscols_table *table; /* for people; then lists and names are NULL */
    json_t *lists, *names;
    struct total totals[CATEGORIES_MAX];
    size_t total_count, changes;
};

/* ---- which two ---- */

/* Reads WORD: a number, `current`, or `previous`. */
static int read_generation(const struct store_generation *all, size_t count, const char *word,
                           uint64_t *number, struct err *err)
{
    bool previous = strcasecmp(word, "previous") == 0;
    char *end;

    *number = 0;
    for (size_t i = 0; i < count && (previous || strcasecmp(word, "current") == 0); i++) {
        if (all[i].current)
            *number = previous ? all[i].before : all[i].number;
    }
    if (*number != 0)
        return 0;
    *number = strtoull(word, &end, 10);
    if (*end == '\0' && *number != 0)
        return 0;
    if (previous)
        return err_set(err, ERR_NOT_FOUND, "there is no generation before the present one");
    return err_set(err, ERR_NOT_FOUND,
                   "there is no generation '%s'; `stairgate lists history` shows "
                   "those that are kept",
                   word);
}

static int choose(struct diff *diff, struct store *store, struct err *err)
{
    const struct lists_options *options = diff->options;
    const char *a = options->word_count > 0 ? options->words[0] : "previous";
    const char *b = options->word_count > 1 ? options->words[1] : "current";
    struct store_generation *all;
    size_t count;
    int result;

    if (store_generations(store, &all, &count, err) != 0)
        return -1;
    result = read_generation(all, count, a, &diff->a, err) == 0 &&
                     read_generation(all, count, b, &diff->b, err) == 0
                 ? 0
                 : -1;
    free(all);
    return result;
}

/* ---- what differs ---- */

static void add_total(struct diff *diff, const struct generation_change *change)
{
    struct total *total;
    size_t at = 0;

    while (at < diff->total_count && strcmp(diff->totals[at].category, change->category) != 0)
        at++;
    if (at == CATEGORIES_MAX)
        return;
    total = &diff->totals[at];
    if (at == diff->total_count) {
        memset(total, 0, sizeof *total);
        snprintf(total->category, sizeof total->category, "%s", change->category);
        diff->total_count++;
    }
    total->before += change->before;
    total->after += change->after;
    total->added += change->added;
    total->removed += change->removed;
}

static void add_cells(struct libscols_table *table, const char *const names[3],
                      const uint64_t numbers[4])
{
    char texts[4][24];
    const char *cells[] = {names[0], names[1], names[2], texts[0], texts[1], texts[2], texts[3]};

    for (size_t i = 0; i < 4; i++)
        snprintf(texts[i], sizeof texts[i], "%" PRIu64, numbers[i]);
    lists_row(table, cells, sizeof cells / sizeof *cells);
}

static int on_change(void *context, const struct generation_change *change)
{
    struct diff *diff = context;
    const char *const names[] = {change->list, change->part, change->category};
    const uint64_t numbers[] = {change->before, change->after, change->added, change->removed};

    diff->changes++;
    add_total(diff, change);
    if (diff->lists == NULL)
        add_cells(diff->table, names, numbers);
    else
        json_array_append_new(
            diff->lists,
            json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "list", change->list, "part",
                      change->part, "category", change->category, "before",
                      (json_int_t)change->before, "after", (json_int_t)change->after, "added",
                      (json_int_t)change->added, "removed", (json_int_t)change->removed));
    return 0;
}

/* Names go out as they come: there may be millions. */
static int on_name(void *context, const struct generation_change *change, const char *name,
                   bool added)
{
    struct diff *diff = context;

    if (diff->names == NULL)
        printf("%c %s\t%s\n", added ? '+' : '-', name, change->list);
    else
        json_array_append_new(diff->names, json_pack("{s:s, s:s, s:b}", "name", name, "list",
                                                     change->list, "added", added));
    return 0;
}

static void print_totals(struct diff *diff)
{
    for (size_t i = 0; i < diff->total_count; i++) {
        const struct total *total = &diff->totals[i];
        const char *const names[] = {"(all)", "", total->category};
        const uint64_t numbers[] = {total->before, total->after, total->added, total->removed};

        add_cells(diff->table, names, numbers);
    }
}

static void print_text(struct diff *diff)
{
    if (diff->changes == 0) {
        printf("generations %" PRIu64 " and %" PRIu64 " have the same entries\n", diff->a, diff->b);
        return;
    }
    print_totals(diff);
    if (diff->table != NULL)
        scols_print_table(diff->table);
}

static void print_json(struct diff *diff)
{
    json_t *totals = json_array(), *object;

    for (size_t i = 0; i < diff->total_count; i++) {
        const struct total *total = &diff->totals[i];

        json_array_append_new(
            totals, json_pack("{s:s, s:I, s:I, s:I, s:I}", "category", total->category, "before",
                              (json_int_t)total->before, "after", (json_int_t)total->after, "added",
                              (json_int_t)total->added, "removed", (json_int_t)total->removed));
    }
    object = json_pack("{s:i, s:I, s:I, s:o, s:O}", "schema", JSON_SCHEMA, "a", (json_int_t)diff->a,
                       "b", (json_int_t)diff->b, "categories", totals, "lists", diff->lists);
    if (diff->options->names)
        json_object_set(object, "names", diff->names);
    json_out_print(object);
}

static int show(struct diff *diff, struct store *store, struct err *err)
{
    static const char *const heads[] = {"LIST",  "PART",  "CATEGORY", "BEFORE",
                                        "AFTER", "ADDED", "REMOVED"};
    bool json = diff->options->json;
    int result;

    if (choose(diff, store, err) != 0)
        return -1;
    diff->table = json ? NULL : lists_table(heads, sizeof heads / sizeof *heads, 0x78);
    diff->lists = json ? json_array() : NULL;
    diff->names = json ? json_array() : NULL;
    result = generation_diff(store, diff->a, diff->b, on_change,
                             diff->options->names ? on_name : NULL, diff, err);
    if (result == 0 && json)
        print_json(diff);
    else if (result == 0)
        print_text(diff);
    scols_unref_table(diff->table);
    json_decref(diff->names);
    json_decref(diff->lists);
    return result;
}

int lists_diff_run(int argc, char **argv)
{
    struct lists_options options;
    struct err err = {.code = ERR_NONE};
    struct diff diff = {.options = &options};
    struct store *store = NULL;
    int code = lists_options_read(&options, argc, argv, "n", 2);

    if (code == EXIT_DONE) {
        store = lists_open(&options, &err);
        if (store == NULL || show(&diff, store, &err) != 0)
            code = lists_complain("diff", &err);
    }
    store_close(store);
    lists_options_end(&options);
    return code == EXIT_USAGE ? command_usage(lists_diff_run) : code;
}
