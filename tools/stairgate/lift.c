/* stairgate lift: two operators suspend an entry for a while (docs/lifts.md).
 *
 * Over the control socket the server knows the operators by their users, and by their signatures
 * what this has only printed for them to sign. It checks everything; here words are carried. */
#include "tools/stairgate/lift.h"

#include <getopt.h>
#include <libsmartcols.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocklist/format/idn.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/minisign.h"
#include "config/base/text.h"
#include "policy/state/lift_text.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/reply_table.h"

/* Options with `w` go to the server under their own name. */
static const struct option known[] = {
    {"for",       required_argument, NULL, 'w'},
    {"reason",    required_argument, NULL, 'w'},
    {"as",        required_argument, NULL, 'w'},
    {"signature", required_argument, NULL, 'g'},
    {"print",     no_argument,       NULL, 'p'},
    {"json",      no_argument,       NULL, 'j'},
    {"socket",    required_argument, NULL, 's'},
    {NULL,        0,                 NULL, 0  },
};

struct request {
    struct control_options control;
    json_t *arguments;
    bool print;
    char **words; /* what is no option */
    int word_count;
};

static int fail(const struct err *err)
{
    fprintf(stderr, "stairgate: %s\n", err->text);
    return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

/* Reads the file at PATH. Owner: the caller frees. Errors: NULL, told. */
static char *read_text(const char *path)
{
    struct err err;
    size_t length;
    char *text = file_read(path, MINISIGN_OCTETS_MAX, &length, &err);

    if (text != NULL && strlen(text) == length)
        return text;
    if (text != NULL)
        err_set(&err, ERR_FORMAT, "%.300s: not a text", path);
    fail(&err);
    free(text);
    return NULL;
}

static int add_signature(json_t *arguments, const char *path)
{
    json_t *signatures = json_object_get(arguments, "signatures");
    char *text = read_text(path);

    if (text == NULL)
        return -1;
    if (signatures == NULL) {
        signatures = json_array();
        json_object_set_new(arguments, "signatures", signatures);
    }
    json_array_append_new(signatures, json_string(text));
    free(text);
    return 0;
}

/* Reads ARGV. Returns EXIT_DONE, or what to exit with; the caller frees nothing then. */
static int read_request(struct request *request, int argc, char **argv, int least, int most)
{
    int option, index = 0;

    *request = (struct request){.arguments = json_object()};
    while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
        if (option == 'w')
            json_object_set_new(request->arguments, known[index].name, json_string(optarg));
        else if (option == 'g' && add_signature(request->arguments, optarg) != 0)
            goto failed;
        else if (option == 's')
            request->control.socket = optarg;
        else if (option == '?')
            goto wrong;
        request->print |= option == 'p';
        request->control.json |= option == 'j';
    }
    request->words = argv + optind;
    request->word_count = argc - optind;
    if (request->word_count >= least && request->word_count <= most)
        return EXIT_DONE;
wrong:
    json_decref(request->arguments);
    return EXIT_USAGE;
failed:
    json_decref(request->arguments);
    return EXIT_FAILED;
}

/* Adds a name as people write it, in Unicode too. */
static void add_name(json_t *arguments, const char *text)
{
    char ascii[IDN_TEXT_MAX];
    bool is_idn = idn_to_ascii(text, strlen(text), ascii) == 0;

    json_object_set_new(arguments, "name", json_string(is_idn ? ascii : text));
}

static int add_number(json_t *arguments, const char *text)
{
    char *end;
    long long number = strtoll(text, &end, 10);

    if (*end != '\0' || number <= 0)
        return -1;
    json_object_set_new(arguments, "lift", json_integer(number));
    return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

/* ---- a request to sign ---- */

static int make_text(const json_t *arguments, struct lift_text *text, struct err *err)
{
    const char *length = json_string_value(json_object_get(arguments, "for"));
    uint64_t ms;

    if (length == NULL || text_duration_ms(length, &ms) != 0 || ms < 1000)
        return err_set(err, ERR_USAGE, "a lift has an end: --for 7d, at most 90d");
    if (lift_text_name(json_string_value(json_object_get(arguments, "name")), &text->name, err) !=
            0 ||
        lift_text_reason(json_string_value(json_object_get(arguments, "reason")), &text->name,
                         text->reason, err) != 0)
        return -1;
    randombytes_buf(text->nonce, sizeof text->nonce);
    text->asked_s = (int64_t)time(NULL);
    text->until_s = text->asked_s + (int64_t)(ms / 1000);
    return 0;
}

static int print_text(const json_t *arguments)
{
    struct lift_text text;
    char out[LIFT_TEXT_MAX];
    struct err err;

    if (make_text(arguments, &text, &err) != 0)
        return fail(&err);
    fwrite(out, 1, lift_text_write(&text, out), stdout);
    return EXIT_DONE;
}

/* ---- verbs ---- */

static void print_asked(const json_t *lift)
{
    printf("asked for: lift %lld, code %s, for %s\nnothing is lifted yet: until %s another "
           "operator may say\n  stairgate lift confirm %lld\n",
           control_client_number(lift, "lift"), text_of(lift, "code"), text_of(lift, "for"),
           text_of(lift, "confirm_by"), control_client_number(lift, "lift"));
}

static void print_in_force(const json_t *lift)
{
    printf("in force until %s: lift %lld, code %s, by %s and %s\n", text_of(lift, "until"),
           control_client_number(lift, "lift"), text_of(lift, "code"), text_of(lift, "asked_by"),
           text_of(lift, "confirmed_by"));
}

static void print_ended(const json_t *lift)
{
    printf("ended: lift %lld, code %s\n", control_client_number(lift, "lift"),
           text_of(lift, "code"));
}

static int ask(const struct request *request, const char *verb, void (*print)(const json_t *lift))
{
    json_t *result;
    int code = control_client_ask(request->control.socket, verb, request->arguments, &result);

    if (code != EXIT_DONE)
        return code;
    if (request->control.json)
        control_client_print_json(result);
    else
        print(result);
    json_decref(result);
    return EXIT_DONE;
}

int command_lift(int argc, char **argv)
{
    struct request request;
    int code = read_request(&request, argc, argv, 1, 1);

    if (code != EXIT_DONE)
        return code == EXIT_USAGE ? command_usage(command_lift) : code;
    add_name(request.arguments, request.words[0]);
    if (!request.print)
        return ask(&request, "lift", print_asked);
    code = print_text(request.arguments);
    json_decref(request.arguments);
    return code;
}

int command_lift_confirm(int argc, char **argv)
{
    struct request request;
    int code = read_request(&request, argc, argv, 1, 2);

    if (code == EXIT_DONE && add_number(request.arguments, request.words[0]) != 0) {
        json_decref(request.arguments);
        code = EXIT_USAGE;
    }
    if (code != EXIT_DONE)
        return code == EXIT_USAGE ? command_usage(command_lift_confirm) : code;
    if (request.word_count == 2)
        add_name(request.arguments, request.words[1]);
    return ask(&request, "lift_confirm", print_in_force);
}

int command_lift_apply(int argc, char **argv)
{
    struct request request;
    int code = read_request(&request, argc, argv, 1, 1);
    char *text = code == EXIT_DONE ? read_text(request.words[0]) : NULL;

    if (code != EXIT_DONE)
        return code == EXIT_USAGE ? command_usage(command_lift_apply) : code;
    if (text == NULL) {
        json_decref(request.arguments);
        return EXIT_FAILED;
    }
    json_object_set_new(request.arguments, "request", json_string(text));
    free(text);
    return ask(&request, "lift_apply", print_in_force);
}

int command_lift_end(int argc, char **argv)
{
    struct request request;
    int code = read_request(&request, argc, argv, 1, 1);

    if (code == EXIT_DONE && add_number(request.arguments, request.words[0]) != 0) {
        json_decref(request.arguments);
        code = EXIT_USAGE;
    }
    if (code != EXIT_DONE)
        return code == EXIT_USAGE ? command_usage(command_lift_end) : code;
    return ask(&request, "lift_end", print_ended);
}

/* ---- showing ---- */

static const struct reply_column columns[] = {
    {"N",         "lift",         0},
    {"STATE",     "state",        0},
    {"CODE",      "code",         0},
    {"BY",        "asked_by",     0},
    {"CONFIRMED", "confirmed_by", 0},
    {"FOR",       "for",          0},
    {"FROM",      "from",         0},
    {"UNTIL",     "until",        0},
    {"REASON",    "reason",       0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void print_lifts(const json_t *result)
{
    const json_t *lifts = json_object_get(result, "lifts");
    long long more = control_client_number(result, "found") - (long long)json_array_size(lifts);
    struct libscols_table *table;

    if (json_array_size(lifts) == 0) {
        printf("nothing was ever lifted\n");
        return;
    }
    table = reply_table_create(columns, COLUMNS);
    if (table == NULL)
        return;
    for (size_t i = 0; i < json_array_size(lifts); i++)
        reply_table_add(table, columns, COLUMNS, json_array_get(lifts, i));
    scols_print_table(table);
    scols_unref_table(table);
    if (more > 0)
        printf("and %lld more\n", more);
}

int command_lift_list(int argc, char **argv)
{
    struct control_options options;
    struct request request;

    if (control_options_read(&options, argc, argv) < 0)
        return command_usage(command_lift_list);
    request = (struct request){.control = options};
    return ask(&request, "lifts", print_lifts);
}
