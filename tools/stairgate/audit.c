/* stairgate audit: the account of lifts, and whether somebody changed it.
 *
 * The server checks its own; a copy of state.db is checked here, on any machine. A head that was
 * noted elsewhere (the log, syslog) shows also that the end was not cut off and written anew. */
#include <getopt.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "policy/state/state_audit.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/lift.h"
#include "tools/stairgate/reply_table.h"

struct options {
    struct control_options control;
    const char *since, *db, *head;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"json",   no_argument,       NULL, 'j'},
        {"since",  required_argument, NULL, 'f'},
        {"db",     required_argument, NULL, 'd'},
        {"head",   required_argument, NULL, 'h'},
        {NULL,     0,                 NULL, 0  },
    };
    int letter;

    *options = (struct options){.since = NULL};
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == '?')
            return -1;
        options->control.json |= letter == 'j';
        options->control.socket = letter == 's' ? optarg : options->control.socket;
        options->since = letter == 'f' ? optarg : options->since;
        options->db = letter == 'd' ? optarg : options->db;
        options->head = letter == 'h' ? optarg : options->head;
    }
    return optind == argc ? 0 : -1;
}

/* ---- rows ---- */

static const struct reply_column columns[] = {
    {"N",      "number",  0},
    {"AT",     "at",      0},
    {"BY",     "actor",   0},
    {"DID",    "action",  0},
    {"WHAT",   "subject", 0},
    {"REASON", "reason",  0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* `30d` is so long ago; else a date, from its midnight in UTC on. */
static int read_since(const char *text, int64_t *since_s)
{
    const char *end = text;
    uint64_t ms;
    int32_t days;

    *since_s = 0;
    if (text == NULL)
        return 0;
    if (text_duration_ms(text, &ms) == 0)
        *since_s = (int64_t)time(NULL) - (int64_t)(ms / 1000);
    else if (date_read(&end, &days) == 0 && *end == '\0')
        *since_s = (int64_t)days * DATE_DAY_S;
    else {
        fprintf(stderr, "stairgate: not since when: '%s'; such as 30d or 2026-12-01\n", text);
        return -1;
    }
    return 0;
}

/* Asks for all rows, page by page. Owner: the caller decrefs. Errors: an exit code. */
static int fetch_rows(const struct options *options, int64_t since_s, json_t **rows)
{
    json_int_t after = 0;
    json_t *result, *row;
    size_t at;
    int code;

    *rows = json_array();
    do {
        code = control_client_ask(options->control.socket, "audit",
                                  json_pack("{s:I}", "after", after), &result);
        if (code != EXIT_DONE) {
            json_decref(*rows);
            return code;
        }
        json_array_foreach(json_object_get(result, "rows"), at, row)
        {
            if (json_integer_value(json_object_get(row, "at_s")) >= since_s)
                json_array_append(*rows, row);
        }
        after = json_integer_value(json_object_get(result, "next"));
        json_decref(result);
    } while (after > 0);
    return EXIT_DONE;
}

static void print_rows(const json_t *rows)
{
    struct libscols_table *table;

    if (json_array_size(rows) == 0) {
        printf("nothing is in the account\n");
        return;
    }
    table = reply_table_create(columns, COLUMNS);
    if (table == NULL)
        return;
    for (size_t i = 0; i < json_array_size(rows); i++)
        reply_table_add(table, columns, COLUMNS, json_array_get(rows, i));
    scols_print_table(table);
    scols_unref_table(table);
}

int command_audit(int argc, char **argv)
{
    struct options options;
    int64_t since_s;
    json_t *rows;
    int code;

    if (read_options(&options, argc, argv) != 0 || options.db != NULL || options.head != NULL)
        return command_usage(command_audit);
    if (read_since(options.since, &since_s) != 0)
        return EXIT_USAGE;
    code = fetch_rows(&options, since_s, &rows);
    if (code != EXIT_DONE)
        return code;
    if (options.control.json)
        control_client_print_json(rows);
    else
        print_rows(rows);
    json_decref(rows);
    return EXIT_DONE;
}

/* ---- whole? ---- */

static int fail(const struct err *err)
{
    fprintf(stderr, "stairgate: %s\n", err->text);
    return err->code == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
}

/* Takes HEAD, `12:ab34...`, apart. */
static int read_head(const char *head, long long *number, const char **digest)
{
    char *end;

    *number = strtoll(head, &end, 10);
    *digest = end + 1;
    return *number > 0 && *end == ':' && strlen(*digest) == 2 * (size_t)AUDIT_DIGEST_OCTETS ? 0
                                                                                            : -1;
}

static int say(const struct options *options, long long number, const char *digest)
{
    if (options->control.json)
        printf("{\"number\":%lld,\"digest\":\"%s\"}\n", number, digest);
    else if (number == 0)
        printf("nothing is in the account\n");
    else
        printf("whole: %lld rows, head %lld:%s\n", number, number, digest);
    return EXIT_DONE;
}

static int say_other(long long number)
{
    fprintf(stderr,
            "stairgate: row %lld is not the one that was noted: the account was written "
            "anew\n",
            number);
    return EXIT_FAILED;
}

static int check_copy(const struct options *options, struct state_db *db, struct err *err)
{
    struct audit_head head;
    struct state_audit row;
    char digest[2 * AUDIT_DIGEST_OCTETS + 1];
    const char *noted;
    long long number;

    if (state_audit_verify(db, &head, err) != 0)
        return fail(err);
    if (options->head != NULL && read_head(options->head, &number, &noted) == 0 &&
        (state_audit_get(db, number, &row, err) != 1 ||
         strcmp(state_audit_hex(row.digest, digest), noted) != 0))
        return say_other(number);
    return say(options, head.number, state_audit_hex(head.digest, digest));
}

static int verify_copy(const struct options *options)
{
    struct err warning, err;
    struct state_db *db = state_db_open_copy(options->db, &warning, &err);
    int code;

    if (db == NULL)
        return fail(&err);
    if (warning.code != ERR_NONE)
        fprintf(stderr, "stairgate: %s\n", warning.text);
    code = check_copy(options, db, &err);
    state_db_close(db);
    return code;
}

/* Compares what was noted with the server's row. */
static int check_head(const struct options *options)
{
    const char *noted, *digest;
    long long number;
    json_t *result;
    int code;

    if (options->head == NULL || read_head(options->head, &number, &noted) != 0)
        return EXIT_DONE;
    code = control_client_ask(options->control.socket, "audit",
                              json_pack("{s:I}", "after", (json_int_t)number - 1), &result);
    if (code != EXIT_DONE)
        return code;
    digest = json_string_value(
        json_object_get(json_array_get(json_object_get(result, "rows"), 0), "digest"));
    code = digest != NULL && strcmp(digest, noted) == 0 ? EXIT_DONE : say_other(number);
    json_decref(result);
    return code;
}

static int verify_server(const struct options *options)
{
    json_t *result;
    int code = control_client_ask(options->control.socket, "audit_verify", NULL, &result);

    if (code != EXIT_DONE)
        return code;
    code = check_head(options);
    if (code == EXIT_DONE)
        say(options, control_client_number(result, "number"),
            json_string_value(json_object_get(result, "digest")));
    json_decref(result);
    return code;
}

int command_audit_verify(int argc, char **argv)
{
    struct options options;
    const char *noted;
    long long number;

    if (read_options(&options, argc, argv) != 0 || options.since != NULL ||
        (options.head != NULL && read_head(options.head, &number, &noted) != 0))
        return command_usage(command_audit_verify);
    return options.db != NULL ? verify_copy(&options) : verify_server(&options);
}
