/* stairgate why: the explanation comes as JSON from the server, or from why_json run here on the
 * same files; both ways print the same. */
#include "tools/stairgate/why.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "blocklist/format/idn.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/daemon/why.h"
#include "tools/stairgate/asker_here.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"

struct options {
    struct why_question question;
    const char *config, *socket;
    const char *word; /* what was typed for a name */
    bool json, quiet;
    char name[IDN_TEXT_MAX]; /* the question's, in the letters of DNS */
};

/* The options that take a text, and where it goes. */
static const struct {
    char letter;
    size_t offset;
} texts[] = {
    {'c', offsetof(struct options, question.client) },
    {'p', offsetof(struct options, question.profile)},
    {'l', offsetof(struct options, question.listen) },
    {'d', offsetof(struct options, question.told)   },
    {'t', offsetof(struct options, question.type)   },
    {'a', offsetof(struct options, question.at)     },
    {'f', offsetof(struct options, config)          },
    {'s', offsetof(struct options, socket)          },
};

static int take_text(struct options *options, int letter, const char *text)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].letter == letter) {
            memcpy((char *)options + texts[i].offset, &text, sizeof text);
            return 0;
        }
    }
    return -1;
}

/* The host in WORD where somebody pasted a page or a mail address, else NULL. (A slash may stand in
 * names of reverse zones: RFC 2317 §4.) */
static const char *find_host(const char *word)
{
    const char *host = strstr(word, "://"), *at;

    host = host != NULL ? host + strlen("://") : word;
    at = strchr(host, '@');
    if (at != NULL)
        host = at + 1;
    if (host == word && (strchr(word, '/') == NULL || strstr(word, ".arpa") != NULL))
        return NULL;
    return host;
}

static int take_name(struct options *options, const char *word)
{
    const char *host = find_host(word);
    struct addr addr;

    if (addr_from_text(&addr, word) == 0)
        fprintf(stderr,
                "stairgate: an address, not a name: '%s'; `set lookup` knows listed addresses\n",
                word);
    else if (host != NULL && host[0] != '\0')
        fprintf(stderr, "stairgate: not a name: '%s'; did you mean '%.*s'?\n", word,
                (int)strcspn(host, "/:?#"), host);
    else if (host != NULL || strchr(word, ' ') != NULL ||
             idn_to_ascii(word, strlen(word), options->name) != 0)
        fprintf(stderr, "stairgate: not a name: '%s'\n", word);
    else
        return 0;
    return -1;
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"client",  required_argument, NULL, 'c'},
        {"profile", required_argument, NULL, 'p'},
        {"listen",  required_argument, NULL, 'l'},
        {"told",    required_argument, NULL, 'd'},
        {"type",    required_argument, NULL, 't'},
        {"at",      required_argument, NULL, 'a'},
        {"config",  required_argument, NULL, 'f'},
        {"socket",  required_argument, NULL, 's'},
        {"json",    no_argument,       NULL, 'j'},
        {"quiet",   no_argument,       NULL, 'q'},
        {NULL,      0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "q", known, NULL)) != -1) {
        if (option == 'j')
            options->json = true;
        else if (option == 'q')
            options->quiet = true;
        else if (take_text(options, option, optarg) != 0)
            return -1;
    }
    if (optind + 1 != argc)
        return -1;
    options->word = argv[optind];
    options->question.name = options->name;
    options->question.now_s = (int64_t)time(NULL);
    return 0;
}

static struct config *load_config(const char *path)
{
    struct config_problems problems;
    struct config *config = config_load(path, &problems);

    /* Warnings are for `config check`; what keeps us from an answer is said here. */
    for (size_t i = 0; config == NULL && i < problems.count; i++)
        fprintf(stderr, "%s\n", problems.items[i].text);
    config_problems_free(&problems);
    return config;
}

static int exit_of(const struct err *err)
{
    fprintf(stderr, "stairgate: %s\n", err->text);
    if (err->code == ERR_USAGE)
        return EXIT_USAGE;
    if (err->code == ERR_BUSY)
        return EXIT_BUSY;
    return err->code == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
}

static int decide_here(const struct options *options, json_t **why)
{
    struct config *config = load_config(options->config);
    struct why_question question = options->question;
    struct asker_here here;
    struct snapshot *snapshot;
    struct err warning, err;

    if (config == NULL)
        return EXIT_FAILED;
    asker_here_open(&here, config);
    question.asker = &here.asker;
    snapshot = snapshot_load_from(config, SNAPSHOT_LAST_GOOD, &warning, &err);
    if (snapshot == NULL) {
        asker_here_close(&here);
        return exit_of(&err);
    }
    if (warning.code != ERR_NONE)
        fprintf(stderr, "warning: %s\n", warning.text);
    if (snapshot_fallback(snapshot) != NULL)
        fprintf(stderr, "warning: %s\n", snapshot_fallback(snapshot)->text);
    *why = why_json(snapshot, &question, &err);
    snapshot_free(snapshot);
    asker_here_close(&here);
    return *why == NULL ? exit_of(&err) : EXIT_DONE;
}

static void add_text(json_t *arguments, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(arguments, key, json_string(text));
}

static int ask_server(const struct options *options, json_t **why)
{
    const struct why_question *question = &options->question;
    json_t *arguments = json_object();

    add_text(arguments, "name", question->name);
    add_text(arguments, "client", question->client);
    add_text(arguments, "profile", question->profile);
    add_text(arguments, "listen", question->listen);
    add_text(arguments, "told", question->told);
    add_text(arguments, "type", question->type);
    add_text(arguments, "at", question->at);
    return control_client_ask(options->socket, "why", arguments, why);
}

int command_why(int argc, char **argv)
{
    struct options options;
    json_t *why = NULL;
    bool blocked;
    int code;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(command_why);
    if (take_name(&options, options.word) != 0)
        return EXIT_USAGE;
    code = options.config != NULL ? decide_here(&options, &why) : ask_server(&options, &why);
    if (code != EXIT_DONE)
        return code;
    blocked = json_is_true(json_object_get(why, "blocked"));
    if (options.json && !options.quiet)
        control_client_print_json(why);
    else if (!options.quiet)
        why_text_print(why);
    json_decref(why);
    return options.quiet && blocked ? EXIT_WOULD_BLOCK : EXIT_DONE;
}
