/* stairgate test: what an operator expects, held against the config and the lists, without a
 * server. Exit 0: all of it holds; 1: something does not; 2: the command or the file is wrong. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config/base/err.h"
#include "policy/snapshot.h"
#include "resolver/daemon/why.h"
#include "tools/stairgate/asker_here.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/expect.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/manifest.h"
#include "tools/stairgate/test.h"

enum { JSON_SCHEMA = 1 };

struct options {
    const char *config, *set, *file, *at;
    bool json, all;
    int64_t now_s;
};

/* What --json prints of. */
struct lists {
    json_t *failures, *came;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'f'},
        {"set",    required_argument, NULL, 's'},
        {"at",     required_argument, NULL, 'a'},
        {"json",   no_argument,       NULL, 'j'},
        {"all",    no_argument,       NULL, 'l'},
        {NULL,     0,                 NULL, 0  },
    };
    struct err err;
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'j')
            options->json = true;
        else if (option == 'l')
            options->all = true;
        else if (option == 'a')
            options->at = optarg;
        else if (option == 'f')
            options->config = optarg;
        else if (option == 's')
            options->set = optarg;
        else
            return -1;
    }
    if (optind + 1 != argc)
        return -1;
    if (why_read_time(options->at, (int64_t)time(NULL), &options->now_s, &err) != 0) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        return -1;
    }
    options->config = manifest_path(options->config);
    options->file = argv[optind];
    return 0;
}

static void print_failure(void *context, const struct expect_failure *failure)
{
    (void)context;
    printf("%s; %s\n", failure->text, failure->cure);
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_out_text(text) : json_null();
}

static json_t *feeds_json(const struct explanation *came)
{
    json_t *feeds = json_array();

    for (size_t i = 0; i < came->witness_count; i++)
        json_array_append_new(feeds, json_pack("{s:s, s:s, s:b}", "feed", came->witnesses[i].feed,
                                               "category", came->witnesses[i].category, "exception",
                                               came->witnesses[i].exception));
    return feeds;
}

static const char *verdict_word(bool blocked)
{
    return blocked ? "blocked" : "allowed";
}

static void add_failure(void *context, const struct expect_failure *failure)
{
    const struct expectation *wanted = failure->wanted;
    const struct explanation *came = failure->came;
    struct lists *lists = context;
    const char *rule =
        wanted->rule >= 0 ? verdict_rule_word((enum verdict_rule)wanted->rule) : NULL;
    json_t *expected =
        json_pack("{s:s, s:o, s:o}", "verdict", verdict_word(wanted->blocked), "rule",
                  text_or_null(rule), "category", text_or_null(wanted->category));
    json_t *got = json_pack("{s:s, s:s, s:s, s:s, s:o}", "verdict", verdict_word(came->blocked),
                            "rule", verdict_rule_word(came->verdict.rule), "matched", came->matched,
                            "sentence", came->sentence, "feeds", feeds_json(came));

    json_array_append_new(lists->failures,
                          json_pack("{s:i, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "line",
                                    (int)wanted->place.line, "column", (int)wanted->place.column,
                                    "name", came->name, "profile", text_or_null(wanted->profile),
                                    "client", text_or_null(wanted->client), "at",
                                    text_or_null(wanted->at), "expected", expected, "came", got,
                                    "cure", failure->cure));
}

/* All that `stairgate why --json` tells. */
static void add_came(void *context, const struct snapshot *snapshot,
                     const struct expectation *wanted, const struct explanation *came)
{
    struct lists *lists = context;
    json_t *why = why_render(snapshot, &wanted->ask, came);

    json_object_set_new(why, "line", json_integer(wanted->place.line));
    json_array_append_new(lists->came, why);
}

static int print_problems(const struct options *options, const struct config_problems *problems)
{
    json_t *errors = json_array();

    for (size_t i = 0; i < problems->count; i++) {
        json_array_append_new(errors, json_out_text(problems->items[i].text));
        fprintf(stderr, "%s\n", problems->items[i].text);
    }
    if (options->json)
        json_out_print(json_pack("{s:i, s:s, s:O}", "schema", JSON_SCHEMA, "file", options->file,
                                 "errors", errors));
    json_decref(errors);
    return EXIT_USAGE;
}

static void print_run(const struct options *options, const struct expect_run *run,
                      const struct lists *lists)
{
    json_t *out;

    if (!options->json) {
        printf("%zu expectations, %zu hold, %zu do not\n", run->checked, run->checked - run->failed,
               run->failed);
        return;
    }
    out = json_pack("{s:i, s:s, s:I, s:I, s:O}", "schema", JSON_SCHEMA, "file", options->file,
                    "checked", (json_int_t)run->checked, "failed", (json_int_t)run->failed,
                    "failures", lists->failures);
    if (options->all)
        json_object_set(out, "came", lists->came);
    json_out_print(out);
}

/* Somebody has asked too often: no count, since it would tell where that was. */
static int print_refused(const struct options *options, const struct err *refused)
{
    fprintf(stderr, "stairgate: %s\n", refused->text);
    if (options->json)
        json_out_print(json_pack("{s:i, s:s, s:[o]}", "schema", JSON_SCHEMA, "file", options->file,
                                 "errors", json_out_text(refused->text)));
    return refused->code == ERR_BUSY ? EXIT_BUSY : EXIT_FAILED;
}

static int check(const struct options *options, const struct snapshot *snapshot,
                 const struct asker *asker)
{
    struct lists lists = {json_array(), json_array()};
    struct expect_run run = {
        .now_s = options->now_s,
        .asker = asker,
        .tell = options->json ? add_failure : print_failure,
        .tell_all = options->json && options->all ? add_came : NULL,
        .context = &lists,
    };
    struct config_problems problems;
    int code = EXIT_DONE;

    if (expect_file_check(snapshot, options->file, &run, &problems) != 0)
        code = print_problems(options, &problems);
    else if (run.refused.code != ERR_NONE)
        code = print_refused(options, &run.refused);
    else
        print_run(options, &run, &lists);
    config_problems_free(&problems);
    json_decref(lists.failures);
    json_decref(lists.came);
    return code == EXIT_DONE && run.failed > 0 ? EXIT_FAILED : code;
}

int command_test(int argc, char **argv)
{
    struct options options;
    struct asker_here here;
    struct snapshot *snapshot;
    struct err err;
    int code;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(command_test);
    snapshot = expect_snapshot(options.config, options.set, &here, &err);
    if (snapshot == NULL) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        return EXIT_USAGE;
    }
    code = check(&options, snapshot, &here.asker);
    snapshot_free(snapshot);
    asker_here_close(&here);
    return code;
}
