/* stairgate lists sync: fetches what is due and puts what changed in force. lists rekey: fetches
 * legal and hotline lists anew, so that the sealed set is made under another salt.
 *
 * Exit codes: 0 all that was due is fresh · 1 something failed or is held, the last good lists are
 * in force · 2 the command is wrong · 4 no such list · 6 another run is going on.
 *
 * A signal ends the process as it ends any other: whatever was begun is settled by the next run, as
 * after kill -9, and children die with their parent. The handler only says so. */
#include "tools/stairgate/lists_sync.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "blocklist/feed/notify.h"
#include "blocklist/feed/priority.h"
#include "blocklist/format/suffixes.h"
#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/expect.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/lists_server.h"
#include "tools/stairgate/manifest.h"

struct options {
    const char *config, *suffixes;
    bool force, dry_run, json;
    const char *const *ids;
    size_t id_count;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"force",   no_argument,       NULL, 'f'},
        {"dry-run", no_argument,       NULL, 'n'},
        {"json",    no_argument,       NULL, 'j'},
        {"config",  required_argument, NULL, 'c'},
        {"psl",     required_argument, NULL, 'p'},
        {NULL,      0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    options->suffixes = SUFFIXES_FILE;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'f':
            options->force = true;
            break;
        case 'n':
            options->dry_run = true;
            break;
        case 'j':
            options->json = true;
            break;
        case 'c':
            options->config = optarg;
            break;
        case 'p':
            options->suffixes = optarg;
            break;
        default:
            return -1;
        }
    }
    options->ids = (const char *const *)argv + optind;
    options->id_count = (size_t)(argc - optind);
    return 0;
}

/* Loads the config at PATH; its warnings are shown too, since a run may be all that anybody reads.
 */
static struct config *load_config(const char *path)
{
    struct config_problems problems;
    struct config *config;

    config = config_load(manifest_path(path), &problems);
    for (size_t i = 0; i < problems.count; i++)
        fprintf(stderr, "%s\n", problems.items[i].text);
    config_problems_free(&problems);
    return config;
}

/* ---- what a run tells ---- */

static void on_stage(void *context, const char *list, const char *stage)
{
    struct lists_run *run = context;

    progress_show(&run->progress, stage, list, 0, 0);
}

static void on_fetched(void *context, const char *list, uint64_t got, uint64_t of)
{
    struct lists_run *run = context;

    progress_show(&run->progress, "fetch", list, got, of);
}

static void on_merged(void *context, uint64_t done, uint64_t total)
{
    struct lists_run *run = context;

    progress_merge(&run->progress, done, total);
}

static void on_event(void *context, const struct store_event *event)
{
    struct lists_run *run = context;
    char json[NOTIFY_JSON_MAX];

    progress_end(&run->progress);
    if (run->json) {
        notify_json(event, json);
        fputs(json, stdout);
    } else {
        printf("%-24s %-10s %s\n", event->list[0] == '\0' ? "the set" : event->list,
               store_event_word(event->kind), event->text);
    }
    fflush(stdout);
}

static int on_expect(void *context, const char *path, struct err *err)
{
    struct lists_run *run = context;

    return expect_check(run->config, path, run->config->feeds.expect, err);
}

static int on_published(void *context, uint64_t generation, struct err *err)
{
    struct lists_run *run = context;

    (void)generation;
    return lists_server_tell(run->config, err) < 0 ? -1 : 0;
}

void lists_run_request(struct lists_run *run, struct sync_request *request)
{
    memset(request, 0, sizeof *request);
    progress_start(&run->progress);
    request->config = run->config;
    request->dry_run = run->dry_run;
    request->suffixes_path = SUFFIXES_FILE;
    request->now_s = (int64_t)time(NULL);
    request->hooks =
        (struct sync_hooks){.stage = on_stage,
                            .fetched = on_fetched,
                            .merged = on_merged,
                            .event = on_event,
                            .expect = run->config->feeds.expect != NULL ? on_expect : NULL,
                            .published = on_published,
                            .context = run};
}

/* ---- what came of it ---- */

static void print_json(const struct sync_result *result, int outcome, const struct err *err)
{
    json_t *all = json_pack(
        "{s:i, s:I, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "v", 1, "at",
        (json_int_t)time(NULL), "event", "done", "ok", outcome == 0, "due", (json_int_t)result->due,
        "fetched", (json_int_t)result->fetched, "unchanged", (json_int_t)result->unchanged,
        "changed", (json_int_t)result->changed, "failed", (json_int_t)result->failed, "held",
        (json_int_t)result->held, "generation", (json_int_t)result->generation, "names",
        (json_int_t)result->names, "text", json_out_text(outcome == 0 ? "" : err->text));

    json_dumpf(all, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(all);
}

static void print_text(const struct lists_run *run, const struct sync_result *result)
{
    if (!run->accepts)
        printf("%zu due: %zu changed, %zu unchanged, %zu failed, %zu held\n", result->due,
               result->changed, result->unchanged, result->failed, result->held);
    if (result->generation != 0)
        printf("in force: generation %" PRIu64 ", %" PRIu64 " names\n", result->generation,
               result->names);
    else if (run->dry_run && result->names > 0)
        printf("would be in force: %" PRIu64 " names; nothing was kept\n", result->names);
}

/* A server that was not told of the last set is told now. */
static void catch_up(const struct lists_run *run, const struct sync_result *result)
{
    struct err err = {0};

    if (run->dry_run || result->generation != 0)
        return;
    if (lists_server_catch_up(run->config, &err) < 0)
        fprintf(stderr, "stairgate: %s: the server does not take the current set: %s\n", run->noun,
                err.text);
}

int lists_run_finish(struct lists_run *run, const struct sync_result *result, int outcome,
                     const struct err *err)
{
    progress_end(&run->progress);
    catch_up(run, result);
    if (run->json)
        print_json(result, outcome, err);
    else
        print_text(run, result);
    if (outcome == 0)
        return EXIT_DONE;
    fprintf(stderr, "stairgate: %s: %s\n", run->noun, err->text);
    if (err->code == ERR_NOT_FOUND)
        return EXIT_NOT_FOUND;
    return err->code == ERR_BUSY ? EXIT_BUSY : EXIT_FAILED;
}

/* ---- the command ---- */

/* A library that can go on no further (libuv without a pipe) aborts; that is a failed run, and no
 * mishap of ours that somebody has to look into. */
static void on_abort(int number)
{
    static const char text[] =
        "stairgate: lists sync: a library gave up; the last good lists are in "
        "force, the next run goes on from here\n";

    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(EXIT_FAILED);
}

static void on_signal(int number)
{
    static const char text[] =
        "\nstairgate: lists sync: ended by a signal; the last good lists are "
        "in force, the next run goes on from here\n";

    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        number = SIGTERM;
    signal(number, SIG_DFL);
    raise(number);
}

static int sync_lists(struct lists_run *run, const struct options *options)
{
    struct sync_request request;
    struct sync_result result = {0};
    struct err err = {0};
    int outcome;

    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGABRT, on_abort);
    umask(022); /* the server, another user, reads the sets */
    priority_lower();
    lists_run_request(run, &request);
    request.ids = options->ids;
    request.id_count = options->id_count;
    request.force = options->force || run->rekeys;
    request.sealed_only = run->rekeys;
    request.suffixes_path = options->suffixes;
    outcome = priority_become(run->config, &err);
    if (outcome == 0)
        outcome = sync_run(&request, &result, &err);
    return lists_run_finish(run, &result, outcome, &err);
}

static int run_lists(int argc, char **argv, struct lists_run run, int (*self)(int, char **))
{
    struct options options;
    struct config *config;
    int code;

    if (read_options(&options, argc, argv) != 0 || (run.rekeys && options.id_count > 0))
        return command_usage(self);
    config = load_config(options.config);
    if (config == NULL)
        return EXIT_FAILED;
    run.config = config;
    run.json = options.json || isatty(STDOUT_FILENO) != 1;
    run.dry_run = options.dry_run;
    code = sync_lists(&run, &options);
    config_free(config);
    return code;
}

int lists_sync_run(int argc, char **argv)
{
    return run_lists(argc, argv, (struct lists_run){.noun = "lists sync"}, lists_sync_run);
}

int lists_rekey_run(int argc, char **argv)
{
    return run_lists(argc, argv, (struct lists_run){.noun = "lists rekey", .rekeys = true},
                     lists_rekey_run);
}
