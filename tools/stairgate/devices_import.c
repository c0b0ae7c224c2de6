/* stairgate devices import FILE: many devices at a time, from a CSV or the leases of a DHCP server.
 *
 * The problem: a million rows do not fit into one request, and a server that answers must not wait
 * for them; yet a file with a mistake must change nothing. The idea: the whole file is checked
 * here, then by the server, in requests that change nothing (what its config does not know); only
 * then the rows go in, some hundred a transaction. What may stop it half-way is a full disk alone,
 * and then the rows that are in force are counted; running it again is no harm.
 *
 * Without a server, --state FILE writes state.db itself, all of it in one transaction. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "policy/state/device_book.h"
#include "resolver/daemon/message.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/device_commands.h"
#include "tools/stairgate/device_pages.h"
#include "tools/stairgate/device_rows.h"
#include "tools/stairgate/leases.h"

/* Of a request line, less what stands around the rows. */
enum { REQUEST_ROOM = MESSAGE_REQUEST_MAX - 256, ROW_ROOM = 1600 };

struct options {
    const char *socket, *state, *path;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"state",  required_argument, NULL, 't'},
        {NULL,     0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 's')
            options->socket = optarg;
        else if (option == 't')
            options->state = optarg;
        else
            return -1;
    }
    if (optind + 1 != argc)
        return -1;
    options->path = argv[optind];
    return 0;
}

static json_t *row_json(const struct device_line *row)
{
    json_t *out = json_pack("{s:s, s:s}", "key", row->key, "name", row->name);

    if (row->group[0] != '\0')
        json_object_set_new(out, "group", json_string(row->group));
    if (row->profile[0] != '\0')
        json_object_set_new(out, "profile", json_string(row->profile));
    return out;
}

/* Sends as many rows from FIRST on as one request holds. Returns how many, 0 where the server says
 * no (printed). */
static size_t send_some(const struct options *options, const struct device_rows *rows, size_t first,
                        bool check)
{
    json_t *list = json_array(), *result;
    size_t used = 0, count = 0;
    struct err err;

    while (first + count < rows->count && count < DEVICE_BOOK_ROWS) {
        json_t *row = row_json(&rows->items[first + count]);
        char *text = json_dumps(row, JSON_COMPACT);
        size_t length = text == NULL ? REQUEST_ROOM : strlen(text) + 1;

        free(text);
        if (used + length > REQUEST_ROOM) {
            json_decref(row);
            break;
        }
        used += length;
        json_array_append_new(list, row);
        count++;
    }
    if (control_client_try(options->socket, "devices_import",
                           json_pack("{s:b, s:o}", "check", check, "rows", list), &result,
                           &err) == 0) {
        json_decref(result);
        return count;
    }
    if (err.line > 0)
        fprintf(stderr, "%s:%u: %s\n", options->path, rows->items[first + err.line - 1].line,
                err.text);
    else
        fprintf(stderr, "stairgate: %s\n", err.text);
    return 0;
}

static int send_all(const struct options *options, const struct device_rows *rows, bool check)
{
    size_t done = 0, part;

    while (done < rows->count) {
        part = send_some(options, rows, done, check);
        if (part == 0) {
            if (!check && done > 0)
                fprintf(stderr, "%zu of %zu rows are in force; run it again\n", done, rows->count);
            return EXIT_FAILED;
        }
        done += part;
    }
    return EXIT_DONE;
}

/* ---- without a server ---- */

static int write_rows(struct state_db *db, const struct options *options,
                      const struct device_rows *rows, struct err *err)
{
    const struct device_book book = {db, NULL};

    for (size_t i = 0; i < rows->count; i++) {
        const struct device_line *line = &rows->items[i];
        struct device_row row = {
            .words = {line->name, line->profile[0] != '\0' ? line->profile : NULL,
                      line->group[0] != '\0' ? line->group : NULL}
        };

        if (device_key_parse(line->key, &row.key) == 0 && device_book_add(&book, &row, err) == 0)
            continue;
        fprintf(stderr, "%s:%u: %s\n", options->path, line->line, err->text);
        return -1;
    }
    return 0;
}

static int write_state(const struct options *options, const struct device_rows *rows)
{
    struct err warning, err = {.code = ERR_NONE};
    struct state_db *db = state_db_open(options->state, &warning, &err);
    int code = EXIT_FAILED;

    if (db == NULL || state_db_begin(db, &err) != 0) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        state_db_close(db);
        return err.code == ERR_BUSY ? EXIT_BUSY : EXIT_FAILED;
    }
    if (write_rows(db, options, rows, &err) != 0)
        state_db_abandon(db);
    else if (state_db_commit(db, &err) != 0)
        fprintf(stderr, "stairgate: %s\n", err.text);
    else
        code = EXIT_DONE;
    state_db_close(db);
    return code;
}

/* ---- leases ---- */

/* What the server has: a lease names those who have no name, and takes nobody's. */
struct taken {
    json_t *keys, *names;
};

static void note_taken(void *context, const json_t *device)
{
    struct taken *taken = context;
    const json_t *keys = json_object_get(device, "keys");
    const char *name = json_string_value(json_object_get(device, "name"));

    if (name == NULL)
        return;
    json_object_set_new(taken->names, name, json_true());
    for (size_t i = 0; i < json_array_size(keys); i++)
        json_object_set_new(taken->keys, json_string_value(json_array_get(keys, i)), json_true());
}

/* Writes the rows of LEASES as a CSV into OUT. */
static void write_leases(const struct leases *leases, struct taken *taken, FILE *out)
{
    for (size_t i = 0; i < leases->count; i++) {
        const struct lease *lease = &leases->items[i];
        struct device_key key;
        char text[DEVICE_KEY_TEXT_MAX], name[LEASE_NAME_MAX + 8];

        device_key_of_mac(lease->mac, &key);
        device_key_text(&key, text);
        if (lease->name[0] == '\0' || json_object_get(taken->keys, text) != NULL)
            continue;
        snprintf(name, sizeof name, "%.56s", lease->name);
        if (json_object_get(taken->names, name) != NULL)
            snprintf(name, sizeof name, "%.56s-%02x%02x%02x", lease->name, lease->mac[3],
                     lease->mac[4], lease->mac[5]);
        json_object_set_new(taken->names, name, json_true());
        fprintf(out, "%s,%s\n", text, name);
    }
}

/* Turns the leases in *TEXT into the CSV that they are. Returns an exit code. */
static int turn_leases(const struct options *options, struct leases *leases, char **text,
                       size_t *length)
{
    struct taken taken = {json_object(), json_object()};
    int code = options->state != NULL ? EXIT_DONE
                                      : device_pages(options->socket, false, note_taken, &taken);
    char *csv = NULL;
    FILE *out = code == EXIT_DONE ? open_memstream(&csv, length) : NULL;

    if (out != NULL) {
        write_leases(leases, &taken, out);
        fclose(out);
        free(*text);
        *text = csv;
    }
    json_decref(taken.keys);
    json_decref(taken.names);
    return code == EXIT_DONE && out == NULL ? EXIT_FAILED : code;
}

/* ---- the command ---- */

/* A table of devices begins with its head, or with a key in its first cell. */
static bool is_table(const char *text)
{
    char cell[DEVICE_KEY_TEXT_MAX];
    size_t length = strcspn(text, ",\n");
    struct device_key key;

    if (text[length] != ',' || length >= sizeof cell)
        return false;
    memcpy(cell, text, length);
    cell[length] = '\0';
    return strcmp(cell, "key") == 0 || device_key_parse(cell, &key) == 0;
}

static int import_rows(const struct options *options, char *text, size_t length)
{
    struct device_rows rows;
    int code = EXIT_FAILED;

    if (device_rows_read(&rows, options->path, text, length) > 0)
        fprintf(stderr, "nothing was changed\n");
    else if (options->state != NULL)
        code = write_state(options, &rows);
    else if ((code = send_all(options, &rows, true)) == EXIT_DONE)
        code = send_all(options, &rows, false);
    else
        fprintf(stderr, "nothing was changed\n");
    if (code == EXIT_DONE)
        printf("%zu keys of devices are in force\n", rows.count);
    device_rows_free(&rows);
    return code;
}

int command_devices_import(int argc, char **argv)
{
    struct options options;
    struct leases leases = {0};
    struct err err;
    size_t length;
    char *text;
    int code = EXIT_DONE;

    if (read_options(&options, argc, argv) < 0)
        return command_usage(command_devices_import);
    text = file_read(options.path, DEVICE_FILE_MAX, &length, &err);
    if (text == NULL) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        return EXIT_FAILED;
    }
    if (!is_table(text) && length <= LEASES_OCTETS_MAX &&
        leases_read(&leases, options.path, text, length, &err) == 0)
        code = turn_leases(&options, &leases, &text, &length);
    leases_free(&leases);
    if (code == EXIT_DONE)
        code = import_rows(&options, text, length);
    free(text);
    return code;
}
