/* stairgate cache stats | lookup | flush: what the running server keeps of upstreams' answers.
 *
 * The server decides who may see names (cache_verbs.h); here its replies become text. A name may
 * come as people write it, in Unicode, and in the escapes of master files. One name and type may
 * fill several rows (DO, CD, a zone's servers, a failure), so that a row says what makes it another
 * one. */
#include <getopt.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/idn.h"
#include "config/base/text.h"
#include "tools/stairgate/cache_text.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/daemon_commands.h"
#include "tools/stairgate/reply_table.h"

struct options {
    struct control_options control;
    bool below, all;
    const char *name; /* NULL: none was given */
    char ascii[IDN_TEXT_MAX];
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"json",   no_argument,       NULL, 'j'},
        {"below",  no_argument,       NULL, 'b'},
        {"all",    no_argument,       NULL, 'a'},
        {NULL,     0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        options->control.json |= option == 'j';
        options->below |= option == 'b';
        options->all |= option == 'a';
        if (option == 's')
            options->control.socket = optarg;
        else if (option == '?')
            return -1;
    }
    if (optind < argc)
        options->name = argv[optind++];
    if (optind < argc || (options->name != NULL) == options->all)
        return -1;
    /* What is no host name may still be a name, in the escapes of master files: the server knows.
     */
    if (options->name != NULL &&
        idn_to_ascii(options->name, strlen(options->name), options->ascii) == 0)
        options->name = options->ascii;
    return 0;
}

/* Asks VERB with what OPTIONS say. */
static int ask(const struct options *options, const char *verb, json_t **result)
{
    json_t *arguments = json_object();

    if (options->all)
        json_object_set_new(arguments, "all", json_true());
    else
        json_object_set_new(arguments, "name", json_string(options->name));
    json_object_set_new(arguments, "below", json_boolean(options->below));
    return control_client_ask(options->control.socket, verb, arguments, result);
}

/* ---- stats ---- */

static void print_stats(const json_t *stats)
{
    char line[CACHE_TEXT_MAX];

    printf("%s\n", cache_text_memory(stats, line));
    if (control_client_number(stats, "octets") == 0)
        return;
    printf("%s\n", cache_text_answers(stats, line));
    printf("%lld below a name that does not exist, %lld past their time, %lld checked against new "
           "lists\n",
           control_client_number(stats, "denials"), control_client_number(stats, "stale"),
           control_client_number(stats, "rechecked"));
    printf("%lld kept since the start, %lld pushed out, %lld renewed before their end\n",
           control_client_number(stats, "inserted"), control_client_number(stats, "evicted"),
           control_client_number(stats, "prefetched"));
}

int command_cache_stats(int argc, char **argv)
{
    struct control_options options;
    json_t *stats;
    int code;

    if (control_options_read(&options, argc, argv) < 0)
        return command_usage(command_cache_stats);
    code = control_client_ask(options.socket, "cache_stats", NULL, &stats);
    if (code != EXIT_DONE)
        return code;
    if (options.json)
        control_client_print_json(stats);
    else
        print_stats(stats);
    json_decref(stats);
    return EXIT_DONE;
}

/* ---- lookup ---- */

static const struct reply_column columns[] = {
    {"NAME",    "name",    0             },
    {"TYPE",    "type",    0             },
    {"SAYS",    "rcode",   0             },
    {"RECORDS", "records", SCOLS_FL_RIGHT},
    {"TTL",     "ttl_s",   SCOLS_FL_RIGHT},
    {"AGE",     "age_s",   SCOLS_FL_RIGHT},
    {"OCTETS",  "octets",  SCOLS_FL_RIGHT},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* What makes two rows of one name and type two questions. */
static const char *remark_of(const json_t *entry, char *out, size_t room)
{
    const char *zone = json_string_value(json_object_get(entry, "zone"));

    snprintf(out, room, "%s%s%s%s%s",
             json_is_true(json_object_get(entry, "failure")) ? "failure " : "",
             json_is_true(json_object_get(entry, "dnssec_ok")) ? "DO " : "",
             json_is_true(json_object_get(entry, "checking_disabled")) ? "CD " : "",
             zone != NULL ? "zone " : "", zone != NULL ? zone : "");
    return out;
}

static void add_row(struct libscols_table *table, const json_t *entry)
{
    struct libscols_line *line = reply_table_add(table, columns, COLUMNS, entry);
    char remark[CACHE_TEXT_MAX];

    if (line != NULL)
        scols_line_set_data(line, COLUMNS, remark_of(entry, remark, sizeof remark));
}

static void print_entries(const json_t *result)
{
    const json_t *entries = json_object_get(result, "entries");
    struct libscols_table *table;
    long long more = control_client_number(result, "found") - (long long)json_array_size(entries);

    table = reply_table_create(columns, COLUMNS);
    if (table == NULL)
        return;
    scols_table_new_column(table, "", 0, 0);
    for (size_t i = 0; i < json_array_size(entries); i++)
        add_row(table, json_array_get(entries, i));
    scols_print_table(table);
    scols_unref_table(table);
    if (more > 0)
        printf("and %lld more\n", more);
}

int command_cache_lookup(int argc, char **argv)
{
    struct options options;
    json_t *result;
    int code;

    if (read_options(&options, argc, argv) < 0 || options.all)
        return command_usage(command_cache_lookup);
    code = ask(&options, "cache_lookup", &result);
    if (code != EXIT_DONE)
        return code;
    code = control_client_number(result, "found") > 0 ? EXIT_DONE : EXIT_FAILED;
    if (options.control.json)
        control_client_print_json(result);
    else if (code == EXIT_DONE)
        print_entries(result);
    else
        printf("nothing is kept of it\n");
    json_decref(result);
    return code;
}

/* ---- flush ---- */

int command_cache_flush(int argc, char **argv)
{
    struct options options;
    json_t *result;
    int code;

    if (read_options(&options, argc, argv) < 0)
        return command_usage(command_cache_flush);
    code = ask(&options, "cache_flush", &result);
    if (code != EXIT_DONE)
        return code;
    if (options.control.json)
        control_client_print_json(result);
    else
        printf("forgotten: %lld\n", control_client_number(result, "flushed"));
    json_decref(result);
    return EXIT_DONE;
}
