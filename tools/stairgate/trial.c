/* The problem: what a list does to people shows only once it is in force, and then it is too late.
 * The idea: it goes the whole way that a sync would take it, fetcher and reader and all their
 * limits, but into a directory of its own that nobody looks at; read with the seed of the set in
 * force, so that the lists that are there can be asked for its names. */
#include "tools/stairgate/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "blocklist/feed/store.h"
#include "blocklist/format/suffixes.h"
#include "blocklist/set/segment_kept.h"
#include "config/base/err.h"
#include "config/base/random.h"
#include "config/config.h"
#include "tools/stairgate/progress.h"

enum { KEY_WIDTH = 12, OVERLAP_LOOKS = 20000 /* names of a list, for each other one: a second */ };

/* One fetch. */
struct fetching {
    struct trial *trial;
    struct fetcher *fetcher;
    struct progress progress;
};

static void on_progress(void *context, size_t request, uint64_t got, uint64_t of)
{
    struct fetching *fetching = context;

    (void)request;
    progress_merge(&fetching->progress, got, of > got ? of : got);
}

static void on_result(void *context, const struct fetch_result *result)
{
    struct fetching *fetching = context;

    fetching->trial->fetched = *result;
}

static void on_done(void *context)
{
    struct fetching *fetching = context;

    fetcher_end(fetching->fetcher);
    fetching->fetcher = NULL;
}

static int fetch(struct trial *trial, const char *into, struct err *err)
{
    struct fetching fetching = {.trial = trial};
    struct fetch_request request = {.list = trial->list, .into = into, .etag = "", .modified = ""};
    struct fetch_hooks hooks = {on_progress, on_result, on_done, &fetching};
    uv_loop_t loop;

    if (uv_loop_init(&loop) != 0)
        return err_set(err, ERR_SYSTEM, "cannot make a loop");
    trial->fetched = (struct fetch_result){.outcome = FETCH_FAILED};
    err_set(&trial->fetched.fault, ERR_SYSTEM, "the fetcher said nothing");
    progress_start(&fetching.progress);
    progress_name(&fetching.progress, trial->list->id);
    fetching.fetcher = fetcher_start(&loop, trial->config, &request, 1, &hooks, err);
    uv_run(&loop, UV_RUN_DEFAULT);
    progress_end(&fetching.progress);
    uv_loop_close(&loop);
    if (trial->fetched.outcome == FETCH_FAILED)
        *err = trial->fetched.fault;
    return trial->fetched.outcome == FETCH_FAILED ? -1 : 0;
}

static int make_folder(struct trial *trial, struct err *err)
{
    const char *parent = getenv("TMPDIR");

    /* lists may be large: not where files live in memory, unless somebody says so */
    snprintf(trial->dir, sizeof trial->dir, "%.3800s/stairgate-XXXXXX",
             parent != NULL ? parent : "/var/tmp");
    if (mkdtemp(trial->dir) == NULL) {
        trial->dir[0] = '\0';
        return err_system(err, "cannot make a folder in %.200s",
                          parent != NULL ? parent : "/var/tmp");
    }
    return place_make(trial->dir, err);
}

static int take_protected(struct trial *trial, struct err *err)
{
    const struct config_feeds *feeds = &trial->config->feeds;

    if (protect_add_pins(&trial->protect, trial->config->country, err) != 0)
        return -1;
    for (size_t i = 0; i < feeds->protect_count; i++) {
        if (protect_add_file(&trial->protect, feeds->protect[i], err) != 0)
            return -1;
    }
    return 0;
}

/* The seed of the generation in force; any where there is none. */
static uint64_t seed_in_force(const struct config *config)
{
    struct store_generation *generations = NULL;
    struct random random = {.left = 0};
    uint64_t seed = random_u64(&random);
    size_t count = 0;
    struct store *store =
        config->feeds.dir == NULL ? NULL : store_open(config->feeds.dir, STORE_READ, 0, NULL);

    if (store != NULL && store_generations(store, &generations, &count, NULL) == 0) {
        for (size_t i = 0; i < count; i++) {
            if (generations[i].current)
                seed = generations[i].seed;
        }
    }
    free(generations);
    store_close(store);
    return seed;
}

int trial_run(struct trial *trial, const struct config *config, const struct config_list *list,
              struct err *err)
{
    char into[PLACE_PATH_MAX];
    struct reader_request request;

    memset(trial, 0, sizeof *trial);
    trial->config = config;
    trial->list = list;
    trial->seed = seed_in_force(config);
    if (take_protected(trial, err) != 0 || make_folder(trial, err) != 0 ||
        fetch(trial, place_incoming(trial->dir, list->id, into), err) != 0)
        return -1;
    request = (struct reader_request){.config = config,
                                      .list = list,
                                      .path = into,
                                      .dir = trial->dir,
                                      .seed = trial->seed,
                                      .suffixes_path = SUFFIXES_FILE,
                                      .protected_names = trial->protect.names,
                                      .protected_count = trial->protect.count};
    return reader_read(&request, &trial->read, err);
}

static void print_refused(const struct report *report)
{
    bool first = true;

    if (report_refused(report) == 0)
        return;
    printf("%-*s %" PRIu64 ": ", KEY_WIDTH, "refused", report_refused(report));
    for (int i = 0; i < REASONS; i++) {
        if (report->refused[i] == 0)
            continue;
        printf("%s%s %" PRIu64 " (line %" PRIu64 ")", first ? "" : ", ", reason_key((enum reason)i),
               report->refused[i], report->first_line[i]);
        first = false;
    }
    printf("\n");
}

static void print_protected(const struct trial *trial)
{
    const struct reader_result *read = &trial->read;
    size_t shown =
        read->finding_count < READER_FINDINGS_MAX ? read->finding_count : READER_FINDINGS_MAX;
    char text[NAME_TEXT_MAX];

    printf("%-*s %zu of %zu names that no list may hold%s", KEY_WIDTH, "protected",
           read->finding_count, trial->protect.count, shown > 0 ? ": " : "\n");
    for (size_t i = 0; i < shown; i++)
        printf("%s%s (line %" PRIu64 ")", i == 0 ? "" : ", ",
               name_to_text(&trial->protect.names[read->findings[i].name], text),
               read->findings[i].line);
    if (read->finding_count > shown)
        printf(" and %zu more", read->finding_count - shown);
    if (shown > 0)
        printf("; a sync will not put it in force while they are in it\n");
}

/* Counts names of the new list that another one lists too, itself or by a name above. */
struct overlap {
    const struct segment *other;
    uint64_t step, seen, looked, both; /* every STEP-th name is looked at */
};

static int look(void *context, const struct segment_name *name)
{
    struct overlap *overlap = context;

    if (name->operation != ENTRY_LIST || overlap->seen++ % overlap->step != 0)
        return 0;
    overlap->looked++;
    overlap->both += segment_contains(overlap->other, &name->name, NULL) == 1;
    return 0;
}

/* Prints how much of the trial's segment NEW, which ONE describes, the list of FORCE has. */
static void print_overlap(const struct trial *trial, const struct segment *new_,
                          const struct store_segment *one, const struct store_segment *force)
{
    char path[PLACE_PATH_MAX];
    struct segment *other =
        segment_open(place_segment(trial->config->feeds.dir, force->file, path), NULL);
    struct overlap overlap = {.other = other, .step = 1 + one->entries / OVERLAP_LOOKS};

    if (other != NULL && segment_names_each(new_, look, &overlap, NULL) == 0 && overlap.both > 0)
        printf("%-*s %s%.1f %% of its names%s%s are in '%s'%s%s too\n", KEY_WIDTH, "overlap",
               overlap.step > 1 ? "about " : "",
               100.0 * (double)overlap.both / (double)overlap.looked,
               one->part[0] != '\0' ? " of " : "", one->part, force->list,
               force->part[0] != '\0' ? "/" : "", force->part);
    segment_close(other);
}

static void print_overlaps_of(const struct trial *trial, const struct store_segment *one,
                              const struct store_segment *force, size_t count)
{
    char path[PLACE_PATH_MAX];
    struct segment *new_ = segment_open(place_segment(trial->dir, one->file, path), NULL);

    for (size_t i = 0; new_ != NULL && i < count; i++)
        print_overlap(trial, new_, one, &force[i]);
    segment_close(new_);
}

static void print_overlaps(const struct trial *trial)
{
    struct store *store = store_open(trial->config->feeds.dir, STORE_READ, 0, NULL);
    struct store_segment *force = NULL;
    size_t count = 0;

    if (store != NULL && store_segments(store, NULL, false, &force, &count, NULL) == 0) {
        for (size_t i = 0; i < trial->read.segment_count; i++)
            print_overlaps_of(trial, &trial->read.segments[i], force, count);
    }
    free(force);
    store_close(store);
}

void trial_print(const struct trial *trial)
{
    const struct config_list *list = trial->list;
    const struct report *report = &trial->read.report;

    printf("%-*s %s\n%-*s %s\n", KEY_WIDTH, "list", list->id, KEY_WIDTH, "url", list->url);
    printf("%-*s %s%s%s\n", KEY_WIDTH, "licence",
           list->licence != NULL ? list->licence : "none stated",
           list->attribution != NULL ? ", " : "",
           list->attribution != NULL ? list->attribution : "");
    if (trial->read.segment_count > 0)
        printf("%-*s %s\n", KEY_WIDTH, "format", trial->read.segments[0].about.format);
    printf("%-*s %" PRIu64 " octets, %" PRIu64 " lines\n", KEY_WIDTH, "size", trial->fetched.octets,
           report->lines);
    printf("%-*s %" PRIu64 ": %" PRIu64 " with what is below, %" PRIu64 " alone, %" PRIu64
           " ranges, %" PRIu64 " exceptions\n",
           KEY_WIDTH, "taken", report_taken(report), report->subtree, report->exact,
           report->prefixes, report->exceptions);
    for (size_t i = 0; i < trial->read.segment_count; i++)
        printf("%-*s %s%s%" PRIu64 " entries\n", KEY_WIDTH, trial->read.segments[i].about.category,
               trial->read.segments[i].part, trial->read.segments[i].part[0] != '\0' ? ": " : "",
               trial->read.segments[i].entries);
    print_refused(report);
    print_overlaps(trial);
    print_protected(trial);
}

static void remove_files(const struct trial *trial)
{
    static const char *const folders[] = {"incoming", "segments", "sets"};
    char path[PLACE_PATH_MAX + CONFIG_WORD_MAX + 16];

    unlink(place_incoming(trial->dir, trial->list->id, path));
    snprintf(path, sizeof path, "%s/incoming/%s.part", trial->dir, trial->list->id);
    unlink(path);
    for (size_t i = 0; i < trial->read.segment_count; i++)
        unlink(place_segment(trial->dir, trial->read.segments[i].file, path));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", trial->dir, folders[i]);
        rmdir(path);
    }
    rmdir(trial->dir);
}

void trial_end(struct trial *trial)
{
    if (trial->dir[0] != '\0')
        remove_files(trial);
    free(trial->read.segments);
    protect_free(&trial->protect);
}
