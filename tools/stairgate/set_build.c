/* stairgate set build. Options first fill a plan (what is to be read) and a build (how); then the
 * plan is compiled, and whatever came of it is shown. */
#include "tools/stairgate/set_build.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/format/suffixes.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/base/random.h"
#include "config/taxonomy.h"
#include "tools/stairgate/build_plan.h"
#include "tools/stairgate/build_run.h"
#include "tools/stairgate/build_summary.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/progress.h"
#include "blocklist/format/protect.h"

struct job {
    struct taxonomy taxonomy;
    struct plan plan;
    struct build build;
    struct progress progress;
    struct protect protect;
    char *target; /* what --out links to */
    bool seed_given, json;
};

enum letter { SKIP_FAILED = 1, JSON, OUT, SEED, CATEGORY, UT1, LISTS, PROTECT, PSL };

static const struct option known[] = {
    {"out",         required_argument, NULL, OUT        },
    {"seed",        required_argument, NULL, SEED       },
    {"category",    required_argument, NULL, CATEGORY   },
    {"ut1",         required_argument, NULL, UT1        },
    {"lists",       required_argument, NULL, LISTS      },
    {"protect",     required_argument, NULL, PROTECT    },
    {"psl",         required_argument, NULL, PSL        },
    {"skip-failed", no_argument,       NULL, SKIP_FAILED},
    {"json",        no_argument,       NULL, JSON       },
    {NULL,          0,                 NULL, 0          },
};

static int read_seed(struct job *job, const char *text, struct err *err)
{
    char *end;

    errno = 0;
    job->build.seed = strtoull(text, &end, 10);
    job->seed_given = true;
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
        return err_set(err, ERR_USAGE, "not a number of 64 bits: '--seed %s'", text);
    return 0;
}

static int read_option(struct job *job, enum letter letter, const char *value, struct err *err)
{
    switch (letter) {
    case OUT:
        job->build.out = value;
        return 0;
    case SEED:
        return read_seed(job, value, err);
    case CATEGORY:
        return plan_add_spec(&job->plan, value, err);
    case UT1:
        return plan_add_tree(&job->plan, value, err);
    case LISTS:
        return plan_add_lists(&job->plan, value, err);
    case PROTECT:
        return protect_add_file(&job->protect, value, err);
    case PSL:
        job->build.psl_path = value;
        return 0;
    case SKIP_FAILED:
        job->build.skip_failed = true;
        return 0;
    case JSON:
        job->json = true;
        return 0;
    }
    return err_set(err, ERR_USAGE, "unknown option");
}

static int read_options(struct job *job, int argc, char **argv, struct err *err)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == '?')
            return err_set(err, ERR_USAGE, "%s", ""); /* getopt_long has said it */
        if (read_option(job, (enum letter)letter, optarg, err) != 0)
            return -1;
    }
    if (optind < argc)
        return err_set(err, ERR_USAGE,
                       "what is '%s'? sources are given by --category, --ut1 and "
                       "--lists",
                       argv[optind]);
    if (job->build.out == NULL)
        return err_set(err, ERR_USAGE, "where to? give --out FILE");
    if (job->plan.source_count == 0 && job->plan.note_count == 0)
        return err_set(err, ERR_USAGE, "from what? give --category KEY=PATH, --ut1 or --lists");
    return 0;
}

/* Takes seed and size over from the set that stands at out, so that two generations differ little.
 */
static void choose_seed(struct job *job)
{
    struct random random = {.left = 0};
    struct set_info info;
    struct set *old;
    struct err err;

    if (job->seed_given)
        return;
    old = set_open(job->build.out, &job->taxonomy, &err);
    if (old == NULL) {
        job->build.seed = random_u64(&random);
        return;
    }
    set_info(old, &info);
    job->build.seed = info.seed;
    job->build.keep_lines = info.lines;
    set_close(old);
}

/* Sees where the set is to go: a link's target is replaced, not the link, and nothing but a regular
 * file (a device, a pipe, a folder). */
static int settle_out(struct job *job, struct err *err)
{
    struct stat status;

    if (lstat(job->build.out, &status) != 0)
        return errno == ENOENT ? 0 : err_system(err, "%s: cannot look at it", job->build.out);
    if (S_ISLNK(status.st_mode)) {
        job->target = realpath(job->build.out, NULL);
        if (job->target == NULL || lstat(job->target, &status) != 0)
            return err_system(err, "%s: a link to nowhere", job->build.out);
        job->build.out = job->target;
    }
    return S_ISREG(status.st_mode)
               ? 0
               : err_set(err, ERR_REFUSED, "%s: not a regular file; it stays", job->build.out);
}

static void expect_files(struct job *job)
{
    progress_start(&job->progress);
    for (size_t i = 0; i < job->plan.source_count; i++) {
        if (job->plan.sources[i].ut1[0] == '\0')
            progress_expect(&job->progress, job->plan.sources[i].path);
    }
    for (size_t i = 0; i < job->plan.tree_count; i++)
        progress_expect(&job->progress, job->plan.trees[i].path);
    job->build.progress = &job->progress;
}

static int build(struct job *job, struct err *err)
{
    int result;

    if (settle_out(job, err) != 0 || protect_add_pins(&job->protect, NULL, err) != 0)
        return -1;
    job->build.protected_names = job->protect.names;
    job->build.protected_count = job->protect.count;
    choose_seed(job);
    expect_files(job);
    result = build_run(&job->build, &job->plan, err);
    progress_end(&job->progress);
    return result;
}

static int fail(const struct err *err)
{
    if (err->text[0] == '\0')
        return command_usage(set_build_run);
    fprintf(stderr, "stairgate: set build: %s\n", err->text);
    return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

int set_build_run(int argc, char **argv)
{
    struct job job = {0};
    struct err err = {0};
    int result, code = EXIT_DONE;

    job.plan.taxonomy = &job.taxonomy;
    job.build.psl_path = SUFFIXES_FILE;
    if (taxonomy_load(&job.taxonomy, &err) != 0 || read_options(&job, argc, argv, &err) != 0) {
        code = fail(&err);
        goto out;
    }
    result = build(&job, &err);
    if (job.json)
        build_summary_json(&job.plan, &job.build, result == 0);
    else
        build_summary_print(&job.plan, &job.build, result == 0);
    if (result != 0)
        code = fail(&err);
out:
    protect_free(&job.protect);
    plan_free(&job.plan);
    free(job.target);
    return code;
}
