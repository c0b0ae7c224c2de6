/* stairgate allow | deny | pause | resume | offline | release | hold | unhold | grants list |
 * grants revoke: what people grant for a while, over the control socket (docs/grants.md).
 *
 * The server reads the words and refuses what may not be; here they are only carried. An answer
 * comes when the grant is durable and in force. */
#include <getopt.h>
#include <libsmartcols.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/format/idn.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/daemon_commands.h"
#include "tools/stairgate/reply_table.h"

/* Options whose text goes to the server under their own name. */
static const struct option known[] = {
    {"profile",   required_argument, NULL, 'w'},
    {"device",    required_argument, NULL, 'w'},
    {"group",     required_argument, NULL, 'w'},
    {"for",       required_argument, NULL, 'w'},
    {"until",     required_argument, NULL, 'w'},
    {"reason",    required_argument, NULL, 'w'},
    {"as",        required_argument, NULL, 'w'},
    {"category",  required_argument, NULL, 'w'},
    {"service",   required_argument, NULL, 'w'},
    {"everybody", no_argument,       NULL, 'e'},
    {"json",      no_argument,       NULL, 'j'},
    {"socket",    required_argument, NULL, 's'},
    {NULL,        0,                 NULL, 0  },
};

struct request {
    struct control_options control;
    json_t *arguments;
};

/* Adds a name as people write it, in Unicode too; `=` before it means that name alone. */
static void add_name(json_t *arguments, const char *text)
{
    char ascii[IDN_TEXT_MAX + 1] = "=";
    bool exact = text[0] == '=';

    if (idn_to_ascii(text + exact, strlen(text + exact), ascii + 1) == 0)
        text = exact ? ascii : ascii + 1;
    json_object_set_new(arguments, "name", json_string(text));
}

static void add_who(json_t *arguments)
{
    const struct passwd *user = getpwuid(getuid());

    json_object_set_new(arguments, "who", json_string(user != NULL ? user->pw_name : ""));
}

/* Reads ARGV, with a name where WANTS_NAME. Errors: -1; the caller frees nothing then. */
static int read_request(struct request *request, int argc, char **argv, bool takes_name)
{
    int option, index = 0;

    *request = (struct request){.arguments = json_object()};
    add_who(request->arguments);
    while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
        if (option == 'w')
            json_object_set_new(request->arguments, known[index].name, json_string(optarg));
        else if (option == 'e')
            json_object_set_new(request->arguments, "everybody", json_true());
        else if (option == 'j')
            request->control.json = true;
        else if (option == 's')
            request->control.socket = optarg;
        else
            goto wrong;
    }
    if (takes_name && optind < argc)
        add_name(request->arguments, argv[optind++]);
    if (optind == argc)
        return 0;
wrong:
    json_decref(request->arguments);
    return -1;
}

static void print_grant(const json_t *grant)
{
    printf("%s (grant %lld; back: stairgate grants revoke %lld)\n",
           json_string_value(json_object_get(grant, "sentence")),
           control_client_number(grant, "id"), control_client_number(grant, "id"));
}

static int ask(const struct request *request, const char *verb)
{
    json_t *result;
    int code = control_client_ask(request->control.socket, verb, request->arguments, &result);

    if (code != EXIT_DONE)
        return code;
    if (request->control.json)
        control_client_print_json(result);
    else
        print_grant(result);
    json_decref(result);
    return EXIT_DONE;
}

static int grant(int argc, char **argv, const char *effect, bool takes_name,
                 int (*run)(int argc, char **argv))
{
    struct request request;

    if (read_request(&request, argc, argv, takes_name) < 0)
        return command_usage(run);
    json_object_set_new(request.arguments, "effect", json_string(effect));
    return ask(&request, "grant");
}

int command_allow(int argc, char **argv)
{
    return grant(argc, argv, "allow", true, command_allow);
}

int command_deny(int argc, char **argv)
{
    return grant(argc, argv, "deny", true, command_deny);
}

int command_offline(int argc, char **argv)
{
    return grant(argc, argv, "offline", false, command_offline);
}

int command_hold(int argc, char **argv)
{
    return grant(argc, argv, "hold", false, command_hold);
}

int command_pause(int argc, char **argv)
{
    struct request request;

    if (read_request(&request, argc, argv, false) < 0)
        return command_usage(command_pause);
    json_object_set_new(request.arguments, "effect", json_string("allow"));
    json_object_set_new(request.arguments, "all", json_true());
    return ask(&request, "grant");
}

int command_release(int argc, char **argv)
{
    struct request request;

    if (read_request(&request, argc, argv, true) < 0)
        return command_usage(command_release);
    return ask(&request, "release");
}

/* ---- taking back ---- */

static int take_back(const struct request *request, const char *verb, const char *nothing)
{
    json_t *result;
    long long count;
    int code = control_client_ask(request->control.socket, verb, request->arguments, &result);

    if (code != EXIT_DONE)
        return code;
    count = control_client_number(result, "revoked");
    if (request->control.json)
        control_client_print_json(result);
    else if (count == 0)
        printf("%s\n", nothing);
    else
        printf("taken back: %lld\n", count);
    json_decref(result);
    return count > 0 ? EXIT_DONE : EXIT_FAILED;
}

static int resume(int argc, char **argv, bool hold, int (*run)(int argc, char **argv))
{
    struct request request;

    if (read_request(&request, argc, argv, false) < 0)
        return command_usage(run);
    json_object_set_new(request.arguments, "hold", json_boolean(hold));
    return take_back(&request, "resume",
                     hold ? "it was not held" : "nothing was paused or offline for that");
}

int command_resume(int argc, char **argv)
{
    return resume(argc, argv, false, command_resume);
}

int command_unhold(int argc, char **argv)
{
    return resume(argc, argv, true, command_unhold);
}

int command_grants_revoke(int argc, char **argv)
{
    struct request request;
    const char *word;
    char *end;
    long long id;

    if (read_request(&request, argc, argv, true) < 0)
        return command_usage(command_grants_revoke);
    word = json_string_value(json_object_get(request.arguments, "name"));
    id = word != NULL ? strtoll(word, &end, 10) : 0;
    if (word == NULL || (strcmp(word, "all") != 0 && (*end != '\0' || id <= 0))) {
        json_decref(request.arguments);
        return command_usage(command_grants_revoke);
    }
    if (strcmp(word, "all") == 0)
        json_object_set_new(request.arguments, "all", json_true());
    else
        json_object_set_new(request.arguments, "grant", json_integer(id));
    json_object_del(request.arguments, "name");
    return take_back(&request, "revoke", "there was none");
}

/* ---- showing ---- */

static const struct reply_column columns[] = {
    {"ID",     "id",      0},
    {"DOES",   "effect",  0},
    {"WHAT",   "target",  0},
    {"FOR",    "scope",   0},
    {"WHOM",   "subject", 0},
    {"UNTIL",  "until",   0},
    {"AS",     "as",      0},
    {"BY",     "who",     0},
    {"REASON", "reason",  0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void print_grants(const json_t *result)
{
    const json_t *grants = json_object_get(result, "grants");
    long long more = control_client_number(result, "found") - (long long)json_array_size(grants);
    struct libscols_table *table;

    if (json_array_size(grants) == 0) {
        printf("nothing is granted\n");
        return;
    }
    table = reply_table_create(columns, COLUMNS);
    if (table == NULL)
        return;
    for (size_t i = 0; i < json_array_size(grants); i++)
        reply_table_add(table, columns, COLUMNS, json_array_get(grants, i));
    scols_print_table(table);
    scols_unref_table(table);
    if (more > 0)
        printf("and %lld more\n", more);
}

int command_grants_list(int argc, char **argv)
{
    struct control_options options;
    json_t *result;
    int code;

    if (control_options_read(&options, argc, argv) < 0)
        return command_usage(command_grants_list);
    code = control_client_ask(options.socket, "grants", NULL, &result);
    if (code != EXIT_DONE)
        return code;
    if (options.json)
        control_client_print_json(result);
    else
        print_grants(result);
    json_decref(result);
    return EXIT_DONE;
}
