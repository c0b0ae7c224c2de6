/* stairgate lists status: how each list stands, and what is in force.
 *
 * A person wants one line a list and then a reason for each that is not as it should be; a monitor
 * wants the exit code, or JSON. What is configured and not known yet, and what is known and not
 * configured any more, is shown too: the next run brings the one and drops the other. */
#include "tools/stairgate/lists_state.h"

#include <inttypes.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocklist/feed/due.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/manifest.h"

enum { JSON_SCHEMA = 1 };

/* A list as it is shown. */
struct row {
    const struct config_list *list; /* NULL: not configured any more */
    struct store_list known;
    uint64_t entries, held_entries; /* in force, waiting */
    size_t segments;
    bool stale;
};

struct status {
    const struct lists_options *options;
    struct store *store; /* NULL: nothing is known yet */
    struct row *rows;
    size_t count, room;
    struct store_generation *generations;
    size_t generation_count;
    struct store_sealed_set sealed;         /* of legal and hotline lists; number 0: none */
    const struct store_generation *current; /* NULL: none */
    int64_t now_s;
    struct err *err;
};

/* ---- what is known ---- */

static struct row *add_row(struct status *status)
{
    struct row *more;

    if (status->count == status->room) {
        status->room = status->room * 2 + 32;
        more = realloc(status->rows, status->room * sizeof *more);
        if (more == NULL) {
            err_set(status->err, ERR_MEMORY, "out of memory");
            return NULL;
        }
        status->rows = more;
    }
    more = &status->rows[status->count++];
    memset(more, 0, sizeof *more);
    return more;
}

static bool is_asked_for(const struct status *status, const char *id)
{
    for (size_t i = 0; i < status->options->word_count; i++) {
        if (strcmp(status->options->words[i], id) == 0)
            return true;
    }
    return status->options->word_count == 0;
}

static int add_configured(struct status *status)
{
    const struct config *config = status->options->config;

    for (size_t i = 0; i < config->list_count; i++) {
        struct row *row;

        if (!is_asked_for(status, config->lists[i].id))
            continue;
        row = add_row(status);
        if (row == NULL)
            return -1;
        row->list = &config->lists[i];
        snprintf(row->known.id, sizeof row->known.id, "%s", row->list->id);
        if (status->store != NULL &&
            store_get_list(status->store, row->list->id, &row->known, status->err) != 0)
            return -1;
        row->stale = due_stale(row->list, &row->known, status->now_s);
    }
    return 0;
}

static int add_left_over(void *context, const struct store_list *list)
{
    struct status *status = context;
    struct row *row;

    if (config_find_list(status->options->config, list->id) != NULL ||
        !is_asked_for(status, list->id))
        return 0;
    row = add_row(status);
    if (row == NULL)
        return -1;
    row->known = *list;
    return 0;
}

static bool is_sealed(const struct row *row)
{
    return row->list != NULL && due_sealed(row->list);
}

static int count_entries(struct status *status, struct row *row)
{
    if (is_sealed(row)) {
        row->entries = row->known.sealed_entries;
        return 0;
    }
    for (int held = 0; held < 2; held++) {
        struct store_segment *segments;
        size_t count;

        if (store_segments(status->store, row->known.id, held, &segments, &count, status->err) != 0)
            return -1;
        *(held ? &row->held_entries : &row->entries) = store_segments_entries(segments, count);
        row->segments = held ? row->segments : count;
        free(segments);
    }
    return 0;
}

static int load(struct status *status)
{
    if (add_configured(status) != 0)
        return -1;
    if (status->store == NULL)
        return 0;
    if (store_each(status->store, add_left_over, status, status->err) != 0 ||
        store_generations(status->store, &status->generations, &status->generation_count,
                          status->err) != 0 ||
        store_sealed_set(status->store, &status->sealed, status->err) != 0)
        return -1;
    for (size_t i = 0; i < status->count; i++) {
        if (count_entries(status, &status->rows[i]) != 0)
            return -1;
    }
    for (size_t i = 0; i < status->generation_count; i++) {
        if (status->generations[i].current)
            status->current = &status->generations[i];
    }
    return 0;
}

static int check_ids(const struct status *status)
{
    for (size_t i = 0; i < status->options->word_count; i++) {
        size_t row = 0;

        while (row < status->count &&
               strcmp(status->rows[row].known.id, status->options->words[i]) != 0)
            row++;
        if (row == status->count)
            return config_no_such_list(status->options->config, status->options->words[i],
                                       status->err);
    }
    return 0;
}

/* ---- shown ---- */

static bool is_well(const struct row *row)
{
    return row->known.state == LIST_OK && !row->stale;
}

static const char *state_word(const struct row *row)
{
    if (row->list == NULL)
        return "removed";
    return row->stale && row->known.state == LIST_OK ? "stale" : list_state_word(row->known.state);
}

/* What stands in the column of categories; of these lists none is told. */
static const char *kind_of(const struct row *row)
{
    static const char *const classes[] = {"public", "partner", "legal", "hotline"};

    if (row->list == NULL)
        return "";
    return is_sealed(row) ? classes[row->list->class_] : row->list->category;
}

static void print_row(const struct status *status, struct libscols_table *table,
                      const struct row *row)
{
    char entries[24], changed[LISTS_TEXT_MAX], fetched[LISTS_TEXT_MAX], next[LISTS_TEXT_MAX];
    const char *cells[] = {row->known.id, state_word(row), kind_of(row), entries,
                           changed,       fetched,         next};

    snprintf(entries, sizeof entries, "%" PRIu64, row->entries);
    lists_age_text(row->known.changed_s, status->now_s, changed);
    lists_age_text(row->known.fetched_s, status->now_s, fetched);
    if (row->known.next_s <= status->now_s)
        snprintf(next, sizeof next, "due");
    else
        lists_age_text(status->now_s, row->known.next_s, next);
    lists_row(table, cells, sizeof cells / sizeof *cells);
}

/* Why ROW is not as it should be, without the name that stands before it anyway. */
static const char *why_of(const struct row *row)
{
    size_t length = strlen(row->known.id);
    const char *why = row->known.why;

    return strncmp(why, row->known.id, length) == 0 && strncmp(why + length, ": ", 2) == 0
               ? why + length + 2
               : why;
}

/* Until when what is held waits. */
static void print_held(const struct status *status, const struct row *row)
{
    int64_t until = row->known.held_s + (int64_t)status->options->config->feeds.hold_s;
    char age[LISTS_TEXT_MAX];

    if (is_sealed(row)) {
        printf("held since %s: %s\n", lists_age_text(row->known.held_s, status->now_s, age),
               why_of(row));
        return;
    }
    printf("held with %" PRIu64 " entries since %s: %s", row->held_entries,
           lists_age_text(row->known.held_s, status->now_s, age), why_of(row));
    if (!row->known.rolled_back)
        printf("; where the same still comes, it goes live with the first run after %s",
               until > status->now_s ? lists_age_text(status->now_s, until, age) : "now");
    printf("\n");
}

static void print_reason(const struct status *status, const struct row *row)
{
    char age[LISTS_TEXT_MAX];

    if (row->list == NULL) {
        printf("%s: not in the config any more; the next run takes it out\n", row->known.id);
        return;
    }
    if (row->stale)
        printf("%s: stale: its last success is %s old%s\n", row->known.id,
               lists_age_text(row->known.fetched_s, status->now_s, age),
               row->list->on_stale == LIST_STALE_DROP ? "; it is taken out" : "");
    if (row->known.state == LIST_FAILED)
        printf("%s: failed %u times, last tried %s ago: %s%s\n", row->known.id, row->known.failures,
               lists_age_text(row->known.tried_s, status->now_s, age), why_of(row),
               row->segments > 0 || row->entries > 0 ? "; the last good one is in force" : "");
    if (row->known.state == LIST_HELD) {
        printf("%s: ", row->known.id);
        print_held(status, row);
    }
}

/* Seconds that are left until ROW's next success is too late; INT64_MIN where it has no deadline.
 */
static int64_t deadline_left(const struct status *status, const struct row *row)
{
    if (!is_sealed(row) || row->list->deadline_s == 0)
        return INT64_MIN;
    if (row->known.fetched_s == 0)
        return 0;
    return row->known.fetched_s + (int64_t)row->list->deadline_s - status->now_s;
}

/* Version and deadline of a legal or hotline list. */
static void print_version(const struct status *status, const struct row *row)
{
    int64_t left = deadline_left(status, row);
    char text[LISTS_TEXT_MAX];

    if (!is_sealed(row))
        return;
    printf("%s: version %s", row->known.id,
           row->known.signed_s > 0 ? lists_time_text(row->known.signed_s, text) : "none signed");
    if (left > 0)
        printf(", deadline in %s", lists_age_text(status->now_s, status->now_s + left, text));
    else if (left > INT64_MIN && row->known.fetched_s > 0)
        printf(", deadline past since %s",
               lists_age_text(status->now_s + left, status->now_s, text));
    else if (left > INT64_MIN)
        printf(", deadline past: it never came");
    printf("\n");
}

static void print_sealed(const struct status *status)
{
    char age[LISTS_TEXT_MAX];
    size_t row = 0;

    while (row < status->count && !is_sealed(&status->rows[row]))
        row++;
    if (status->sealed.number > 0 && row < status->count)
        printf("sealed set: number %" PRIu64 ", made %s ago\n", status->sealed.number,
               lists_age_text(status->sealed.made_s, status->now_s, age));
}

/* Tells whether all lists that are shown are of classes whose set is the sealed one. */
static bool all_sealed(const struct status *status)
{
    for (size_t i = 0; i < status->count; i++) {
        if (!is_sealed(&status->rows[i]))
            return false;
    }
    return true;
}

static void print_text(const struct status *status)
{
    static const char *const heads[] = {"ID",      "STATE",   "CATEGORY", "ENTRIES",
                                        "CHANGED", "FETCHED", "NEXT"};
    struct libscols_table *table = lists_table(heads, sizeof heads / sizeof *heads, 0x78);
    char size[LISTS_TEXT_MAX], age[LISTS_TEXT_MAX];

    for (size_t i = 0; i < status->count; i++)
        print_row(status, table, &status->rows[i]);
    if (table != NULL)
        scols_print_table(table);
    scols_unref_table(table);
    for (size_t i = 0; i < status->count; i++) {
        print_version(status, &status->rows[i]);
        print_reason(status, &status->rows[i]);
    }
    print_sealed(status);
    if (status->current == NULL) {
        if (status->count == 0 || !all_sealed(status))
            printf("in force: nothing yet\n");
    } else
        printf("in force: generation %" PRIu64 ", %" PRIu64 " names, %" PRIu64
               " address ranges, %s, made %s ago (%s)\n",
               status->current->number, status->current->names, status->current->prefixes,
               lists_octets_text(status->current->octets, size),
               lists_age_text(status->current->made_s, status->now_s, age), status->current->why);
}

static json_t *generation_json(const struct store_generation *one)
{
    if (one == NULL)
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "number", (json_int_t)one->number,
                     "before", (json_int_t)one->before, "made", (json_int_t)one->made_s, "names",
                     (json_int_t)one->names, "prefixes", (json_int_t)one->prefixes, "octets",
                     (json_int_t)one->octets, "why", json_out_text(one->why));
}

static json_t *row_json(const struct status *status, const struct row *row)
{
    const struct store_list *known = &row->known;
    int64_t left = deadline_left(status, row);
    json_t *json = json_pack(
        "{s:s, s:b, s:s, s:b, s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "id",
        known->id, "configured", row->list != NULL, "state", list_state_word(known->state), "stale",
        row->stale, "rolled_back", known->rolled_back, "why", json_out_text(known->why), "entries",
        (json_int_t)row->entries, "segments", (json_int_t)row->segments, "held_entries",
        (json_int_t)row->held_entries, "tried", (json_int_t)known->tried_s, "fetched",
        (json_int_t)known->fetched_s, "changed", (json_int_t)known->changed_s, "next",
        (json_int_t)known->next_s, "held", (json_int_t)known->held_s, "failures",
        (json_int_t)known->failures);

    if (is_sealed(row)) {
        json_object_set_new(json, "class", json_string(kind_of(row)));
        json_object_set_new(json, "version", json_integer((json_int_t)known->signed_s));
        json_object_set_new(json, "deadline",
                            left > INT64_MIN ? json_integer((json_int_t)left) : json_null());
    }
    return json;
}

static void print_json(const struct status *status, bool well)
{
    json_t *lists = json_array();

    for (size_t i = 0; i < status->count; i++)
        json_array_append_new(lists, row_json(status, &status->rows[i]));
    json_out_print(json_pack("{s:i, s:o, s:b, s:I, s:o, s:o}", "schema", JSON_SCHEMA, "dir",
                             json_out_text(status->options->config->feeds.dir), "ok", well, "now",
                             (json_int_t)status->now_s, "generation",
                             generation_json(status->current), "lists", lists));
}

static int show(struct status *status)
{
    bool well;

    if (load(status) != 0 || check_ids(status) != 0)
        return lists_complain("status", status->err);
    well = all_sealed(status) || status->current != NULL;
    for (size_t i = 0; i < status->count; i++)
        well = well && is_well(&status->rows[i]);
    if (status->options->json)
        print_json(status, well);
    else
        print_text(status);
    return well ? EXIT_DONE : EXIT_FAILED;
}

int lists_status_run(int argc, char **argv)
{
    struct lists_options options;
    struct err err = {.code = ERR_NONE};
    struct status status = {.options = &options, .now_s = (int64_t)time(NULL), .err = &err};
    int code = lists_options_read(&options, argc, argv, "", SIZE_MAX);

    if (code == EXIT_DONE) {
        status.store = lists_open(&options, &err);
        if (status.store == NULL)
            code = lists_complain("status", &err);
        if (status.store != NULL || err.code == ERR_NOT_FOUND)
            code = show(&status);
    }
    free(status.generations);
    free(status.rows);
    store_close(status.store);
    lists_options_end(&options);
    return code == EXIT_USAGE ? command_usage(lists_status_run) : code;
}
