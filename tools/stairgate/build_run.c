/* From sources to a set. Segments stand in a folder of their own, beside the set or in TMPDIR, that
 * is gone at the end; one that a killed run left is removed by the next. The set itself is put in
 * place by the builder in one step, so that at every instant the old or the new one is there. */
#include "tools/stairgate/build_run.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/format/suffixes.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "tools/stairgate/build_parts.h"
#include "tools/stairgate/build_plan.h"
#include "tools/stairgate/progress.h"

enum { SEEDS_MAX = 16 };

struct run {
    struct build *build;
    struct plan *plan;
    struct suffixes *suffixes;
    struct parts parts;
    uint64_t seed;
    size_t tree; /* the one that is being read */
};

static void segment_path(const struct run *run, const struct plan_source *source,
                         char path[PARTS_PATH_MAX])
{
    parts_path(&run->parts, (size_t)(source - run->plan->sources), path);
}

/* Fills what a compilation needs and forgets the last attempt. */
static void prepare(struct run *run, struct plan_source *source)
{
    struct compile *compile = &source->compile;

    compile->suffixes = run->suffixes;
    compile->seed = run->seed;
    compile->for_now = true;
    compile->from.folder = true; /* a list on the disk may include its neighbours */
    compile->format = source->as;
    compile->progress = source->ut1[0] == '\0' ? progress_add : NULL;
    compile->context = run->build->progress;
    source->done = true;
}

static int note_result(struct plan_source *source, int result, struct err *err)
{
    source->failed = result != 0;
    if (result != 0)
        source->fault = *err;
    /* No room or no memory: not the source's fault, and no reason to build without it. */
    return source->compile.broken ? -1 : 0;
}

static int compile_list(struct run *run, struct plan_source *source, struct err *err)
{
    char path[PARTS_PATH_MAX];

    segment_path(run, source, path);
    prepare(run, source);
    progress_name(run->build->progress, source->compile.about.feed);
    return note_result(source, compile_file(&source->compile, source->path, path, err), err);
}

static int compile_category(void *context, struct ut1_category *category, struct source *octets,
                            struct err *err)
{
    struct run *run = context;
    char path[PARTS_PATH_MAX];

    for (size_t i = 0; i < run->plan->source_count; i++) {
        struct plan_source *source = &run->plan->sources[i];

        if (source->tree != run->tree || strcmp(source->ut1, category->name) != 0)
            continue;
        segment_path(run, source, path);
        prepare(run, source);
        progress_name(run->build->progress, source->compile.about.feed);
        return note_result(source, compile_source(&source->compile, octets, path, err), err);
    }
    return 0;
}

/* Marks the categories of the present tree that were not reached as failed with FAULT. */
static void mark_unread(struct run *run, const struct err *fault)
{
    for (size_t i = 0; i < run->plan->source_count; i++) {
        struct plan_source *source = &run->plan->sources[i];

        if (source->ut1[0] == '\0' || source->tree != run->tree || source->done)
            continue;
        source->done = source->failed = true;
        source->fault = *fault;
    }
}

static bool is_broken(const struct plan *plan)
{
    for (size_t i = 0; i < plan->source_count; i++) {
        if (plan->sources[i].compile.broken)
            return true;
    }
    return false;
}

static int compile_tree(struct run *run, size_t number, struct err *err)
{
    struct plan_tree *tree = &run->plan->trees[number];

    run->tree = number;
    if (ut1_read(&tree->tree, tree->path, run, compile_category, err) != 0) {
        if (is_broken(run->plan))
            return -1;
        mark_unread(run, err);
    }
    progress_add_file(run->build->progress, tree->path);
    return 0;
}

static int compile_all(struct run *run, struct err *err)
{
    int result = 0;

    for (size_t i = 0; i < run->plan->source_count; i++)
        run->plan->sources[i].done = false;
    for (size_t i = 0; i < run->plan->tree_count && result == 0; i++) {
        if (run->plan->trees[i].tree.count > 0)
            result = compile_tree(run, i, err);
    }
    for (size_t i = 0; i < run->plan->source_count && result == 0; i++) {
        if (run->plan->sources[i].ut1[0] == '\0')
            result = compile_list(run, &run->plan->sources[i], err);
    }
    return result;
}

size_t build_failures(const struct plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->source_count; i++)
        count += plan->sources[i].failed;
    for (size_t i = 0; i < plan->note_count; i++)
        count += plan->notes[i].failed;
    return count;
}

static int merge(struct run *run, struct err *err)
{
    const struct build *build = run->build;
    struct builder_options options = {.out = build->out,
                                      .seed = run->seed,
                                      .protected_names = build->protected_names,
                                      .protected_count = build->protected_count,
                                      .keep_lines = build->keep_lines,
                                      .previous = build->keep_lines > 0 ? build->out : NULL,
                                      .progress = progress_merge,
                                      .context = build->progress};
    size_t count = 0, room = run->plan->source_count;
    char(*paths)[PARTS_PATH_MAX] = calloc(room, sizeof *paths);
    const char **list = calloc(room, sizeof *list);
    int result = -1;

    if (paths == NULL || list == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        goto out;
    }
    for (size_t i = 0; i < room; i++) {
        if (run->plan->sources[i].failed)
            continue;
        segment_path(run, &run->plan->sources[i], paths[count]);
        list[count] = paths[count];
        count++;
    }
    result = count == 0 ? err_set(err, ERR_REFUSED, "no source is left to build a set from")
                        : builder_merge(list, count, &options, &run->build->result, err);
out:
    free(list);
    free(paths);
    return result;
}

static int attempt(struct run *run, struct err *err)
{
    struct siphash_key key = siphash_key_from_seed(run->seed);
    size_t failures;

    run->build->attempts++;
    progress_restart(run->build->progress);
    if (run->build->attempts > 1)
        suffixes_rekey(run->suffixes, &key);
    if (compile_all(run, err) != 0)
        return -1;
    failures = build_failures(run->plan);
    if (failures > 0 && !run->build->skip_failed)
        return err_set(err, ERR_REFUSED,
                       "%zu source%s failed; nothing was built; --skip-failed goes on without",
                       failures, failures == 1 ? "" : "s");
    return merge(run, err);
}

int build_run(struct build *build, struct plan *plan, struct err *err)
{
    struct run run = {.build = build, .plan = plan, .seed = build->seed};
    struct siphash_key key = siphash_key_from_seed(build->seed);
    int result = -1;

    run.suffixes = suffixes_load(build->psl_path, &key, err);
    if (run.suffixes == NULL) {
        struct err cause = *err;

        return err_set(err, cause.code,
                       "%s: %s; the package publicsuffix has that list, --psl names another",
                       build->psl_path, cause.text);
    }
    file_discard_stale(build->out);
    if (parts_open(&run.parts, build->out, err) == 0) {
        do
            result = attempt(&run, err);
        while (result != 0 && err->code == ERR_GATE && build->attempts < SEEDS_MAX && ++run.seed);
        parts_remove(&run.parts);
    }
    suffixes_free(run.suffixes);
    return result;
}
