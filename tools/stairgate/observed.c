/* stairgate observed: what lists, categories and profiles in observe mode would have blocked.
 *
 * Counts for everybody who may see the status. Names only where the operator asks for them, for a
 * time that is said, without clients; the server wipes them afterwards. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config/base/text.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/daemon_commands.h"

struct options {
    struct control_options control;
    bool names, stop;
    uint64_t for_s; /* 0: not said */
};

static int read_duration(const char *text, uint64_t *seconds)
{
    uint64_t ms;

    if (text_duration_ms(text, &ms) != 0 || ms < 1000)
        return -1;
    *seconds = ms / 1000;
    return 0;
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"json",   no_argument,       NULL, 'j'},
        {"names",  no_argument,       NULL, 'n'},
        {"for",    required_argument, NULL, 'f'},
        {"stop",   no_argument,       NULL, 'x'},
        {NULL,     0,                 NULL, 0  },
    };
    int letter;

    memset(options, 0, sizeof *options);
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        options->control.json |= letter == 'j';
        options->names |= letter == 'n';
        options->stop |= letter == 'x';
        if (letter == 's')
            options->control.socket = optarg;
        if (letter == '?' || (letter == 'f' && read_duration(optarg, &options->for_s) != 0))
            return -1;
    }
    if (optind < argc || (!options->names && (options->stop || options->for_s > 0)))
        return -1;
    return options->stop && options->for_s > 0 ? -1 : 0;
}

static int ask(const struct options *options, json_t **result)
{
    json_t *arguments = json_object();

    if (options->for_s > 0)
        json_object_set_new(arguments, "for_s", json_integer((json_int_t)options->for_s));
    if (options->stop)
        json_object_set_new(arguments, "stop", json_true());
    return control_client_ask(options->control.socket,
                              options->names ? "observed_names" : "observed", arguments, result);
}

static void print_counts(const json_t *result)
{
    const json_t *by = json_object_get(result, "category_observed"), *value;
    const char *key;

    printf("would have been blocked since the start: %lld\n",
           control_client_number(result, "observed"));
    json_object_foreach((json_t *)(uintptr_t)by, key, value)
        printf("  %-16s %lld\n", key, (long long)json_integer_value(value));
    if (control_client_number(result, "names_left_s") > 0)
        printf("names are gathered for %lld s more: `stairgate observed --names`\n",
               control_client_number(result, "names_left_s"));
}

static void print_names(const json_t *result)
{
    const json_t *names = json_object_get(result, "names"), *one;
    size_t i;

    json_array_foreach(names, i, one) printf("%8lld  %s\n", control_client_number(one, "count"),
                                             json_string_value(json_object_get(one, "name")));
    if (control_client_number(result, "left_s") > 0)
        printf("gathered for %lld s more, then wiped\n", control_client_number(result, "left_s"));
    else
        printf("no names are gathered now; `stairgate observed --names --for 10m` begins\n");
}

int command_observed(int argc, char **argv)
{
    struct options options;
    json_t *result;
    int code;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(command_observed);
    code = ask(&options, &result);
    if (code != EXIT_DONE)
        return code;
    if (options.control.json)
        control_client_print_json(result);
    else if (options.names)
        print_names(result);
    else
        print_counts(result);
    json_decref(result);
    return EXIT_DONE;
}
