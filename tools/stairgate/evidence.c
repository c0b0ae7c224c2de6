/* stairgate evidence: a signed report for a regulator: what was in force when, and what was not.
 *
 * The problem: whoever supervises an operator wants to know, months later, whether a list was in
 * force in time and blocked, and must not learn what is on it, nor who asked for it. The idea: the
 * report is put together from three accounts that are kept anyway (checks of lists in feeds.db,
 * canaries and the account of lifts in state.db), says counts and instants and nothing else, in one
 * order of octets, and is signed so that the tool which everybody has (`minisign -V`) checks it.
 * What went wrong is in it as plainly as what did not.
 *
 * It is made by the running node alone: its state.db belongs to the server. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/store.h"
#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/minisign_sign.h"
#include "config/base/text.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/evidence_lists.h"
#include "tools/stairgate/evidence_words.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/manifest.h"
#include "tools/stairgate/node_commands.h"

enum { TEXT_MAX = 32, HOST_MAX = 256, PATH_ROOM = 4096 };

struct options {
    const char *socket, *out, *config_path;
    int64_t since_s, until_s; /* 0: not said */
    struct config *config;
};

/* ---- what is asked for ---- */

/* A day, in UTC: from its start on, or (END) up to its end. */
static int read_day(const char *text, bool end, int64_t *out_s)
{
    int32_t days;

    if (date_read(&text, &days) != 0 || *text != '\0')
        return -1;
    *out_s = ((int64_t)days + end) * DATE_DAY_S;
    return 0;
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"out",    required_argument, NULL, 'o'},
        {"config", required_argument, NULL, 'c'},
        {"since",  required_argument, NULL, 'f'},
        {"until",  required_argument, NULL, 't'},
        {NULL,     0,                 NULL, 0  },
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == '?' || (letter == 'f' && read_day(optarg, false, &options->since_s) != 0) ||
            (letter == 't' && read_day(optarg, true, &options->until_s) != 0))
            return -1;
        options->socket = letter == 's' ? optarg : options->socket;
        options->out = letter == 'o' ? optarg : options->out;
        options->config_path = letter == 'c' ? optarg : options->config_path;
    }
    return optind == argc ? 0 : -1;
}

/* ---- what is known ---- */

static int ask_server(struct options *options, json_t **known)
{
    const char *socket =
        options->socket != NULL ? options->socket : options->config->control_operator;
    int code = control_client_ask(socket, "evidence",
                                  json_pack("{s:I, s:I}", "since_s", (json_int_t)options->since_s,
                                            "until_s", (json_int_t)options->until_s),
                                  known);

    if (code != EXIT_DONE)
        return code;
    options->since_s = control_client_number(*known, "since_s");
    options->until_s = control_client_number(*known, "until_s");
    return EXIT_DONE;
}

static int read_checks(const struct options *options, struct evidence_lists *lists, struct err *err)
{
    struct store *store;
    int result;

    if (options->config->feeds.dir == NULL)
        return 0;
    store = store_open(options->config->feeds.dir, STORE_READ, options->until_s, err);
    if (store == NULL)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    result = store_checks(store, 0, options->until_s, evidence_lists_see, lists, err);
    store_close(store);
    return result;
}

static json_t *classes(const struct options *options, struct err *err)
{
    struct evidence_lists *lists = evidence_lists_create(options->since_s, options->until_s);
    json_t *all = NULL;

    if (lists == NULL)
        err_set(err, ERR_MEMORY, "no memory");
    else if (read_checks(options, lists, err) == 0)
        all = json_pack("{s:o, s:o}", "hotline",
                        evidence_lists_json(lists, LIST_HOTLINE, options->config), "legal",
                        evidence_lists_json(lists, LIST_LEGAL, options->config));
    evidence_lists_free(lists);
    return all;
}

static json_t *node_json(const json_t *known)
{
    char host[HOST_MAX] = "";

    gethostname(host, sizeof host - 1);
    return json_pack("{s:o, s:s, s:O}", "host", json_out_text(host), "stairgate", STAIRGATE_VERSION,
                     "server_started", json_object_get(known, "started"));
}

static json_t *time_json(int64_t time_s)
{
    char text[TEXT_MAX];

    return json_string(text_from_time(time_s, text));
}

/* Returns the report; KNOWN is what the server said. */
static json_t *report_of(const struct options *options, const json_t *known, struct err *err)
{
    json_t *lists = classes(options, err), *report;

    if (lists == NULL)
        return NULL;
    report = json_pack("{s:s, s:o, s:{s:o, s:o}, s:o, s:O, s:O, s:O, s:O}", "report",
                       "stairgate evidence 1", "node", node_json(known), "period", "since",
                       time_json(options->since_s), "until", time_json(options->until_s), "classes",
                       lists, "canary", json_object_get(known, "canary"), "account_of_lifts",
                       json_object_get(known, "account"), "sealed_set_now",
                       json_object_get(known, "sealed_set_now"), "clients_silenced_since_start",
                       json_object_get(known, "silenced_since_start"));
    if (report != NULL)
        json_object_set_new(report, "in_words", evidence_words(report));
    else
        err_set(err, ERR_MEMORY, "no memory");
    return report;
}

/* ---- written and signed ---- */

static int write_file(const char *path, const char *text, size_t length, struct err *err)
{
    struct file_new file;

    if (file_new_open(&file, path, 0644, err) != 0)
        return -1;
    if (file_write(file.fd, text, length, path, err) != 0) {
        file_new_abandon(&file);
        return -1;
    }
    return file_new_commit(&file, err);
}

/* The signature goes first: a report that is there is never without one. */
static int write_both(const char *path, const char *text, const char *signature, struct err *err)
{
    char beside[PATH_ROOM];

    if (snprintf(beside, sizeof beside, "%s.minisig", path) >= (int)sizeof beside)
        return err_set(err, ERR_LIMIT, "the path is too long");
    if (write_file(beside, signature, strlen(signature), err) != 0)
        return -1;
    return write_file(path, text, strlen(text), err);
}

static const char *last_part(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;

    return path == NULL ? "report.json" : slash != NULL ? slash + 1 : path;
}

static int sign_and_write(const struct options *options, const json_t *report,
                          const struct minisign_secret *secret, struct err *err)
{
    char comment[MINISIGN_SIGNED_COMMENT_MAX], signature[MINISIGN_TEXT_MAX];
    char *text = json_dumps(report, JSON_SORT_KEYS | JSON_INDENT(1));
    char *whole = NULL;
    int result = -1;

    if (text == NULL || asprintf(&whole, "%s\n", text) < 0) {
        err_set(err, ERR_MEMORY, "no memory");
        goto out;
    }
    snprintf(comment, sizeof comment, "timestamp:%" PRId64 "\tfile:%.200s\thashed",
             options->until_s, last_part(options->out));
    minisign_sign(secret, (const uint8_t *)whole, strlen(whole), comment, signature);
    if (options->out != NULL)
        result = write_both(options->out, whole, signature, err);
    else
        result = fputs(whole, stdout) < 0 || fflush(stdout) != 0 || fputs(signature, stderr) < 0
                     ? err_system(err, "cannot write")
                     : 0;
out:
    free(whole);
    free(text);
    return result;
}

static int read_key(const struct config *config, struct minisign_secret *secret, struct err *err)
{
    if (config->sealed.evidence_key == NULL)
        return err_set(err, ERR_CONFIG,
                       "nothing to sign with: sealed.evidence_key is not configured; `stairgate "
                       "evidence key FILE` makes one");
    return minisign_secret_read(secret, config->sealed.evidence_key, err);
}

static int complain(const struct err *err)
{
    fprintf(stderr, "stairgate evidence: %s\n", err->text);
    return EXIT_FAILED;
}

static void say_where(const struct options *options, const json_t *report)
{
    const json_t *words = json_object_get(report, "in_words"), *one;
    size_t i;

    json_array_foreach(words, i, one) printf("%s\n", json_string_value(one));
    printf("%s and %s.minisig are written; `minisign -V -p KEY.pub -m %s` checks them\n",
           options->out, options->out, options->out);
}

int command_evidence(int argc, char **argv)
{
    struct options options = {.socket = NULL};
    json_t *known = NULL, *report = NULL;
    struct minisign_secret secret = {.id = {0}};
    struct err err;
    int code;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(command_evidence);
    options.config = manifest_load(manifest_path(options.config_path));
    if (options.config == NULL)
        return EXIT_FAILED;
    code = read_key(options.config, &secret, &err) == 0 ? EXIT_DONE : complain(&err);
    if (code == EXIT_DONE)
        code = ask_server(&options, &known);
    if (code == EXIT_DONE) {
        report = report_of(&options, known, &err);
        if (report == NULL || sign_and_write(&options, report, &secret, &err) != 0)
            code = complain(&err);
    }
    if (code == EXIT_DONE && options.out != NULL)
        say_where(&options, report);
    minisign_secret_wipe(&secret);
    json_decref(report);
    json_decref(known);
    config_free(options.config);
    return code;
}

int command_evidence_key(int argc, char **argv)
{
    struct err err;

    if (argc != 2 || argv[1][0] == '-')
        return command_usage(command_evidence_key);
    if (minisign_pair_make(argv[1], &err) != 0)
        return complain(&err);
    printf("%s is the secret key (sealed.evidence_key), %s.pub is for whoever checks reports\n",
           argv[1], argv[1]);
    return EXIT_DONE;
}
