/* A source is read up to four times: once for the guess; once for its entries; once more where a
 * line says something of lines before it (format_read: again), from an empty segment; and once more
 * where it holds exceptions, which take out listings that stand before them (segment.h). Each time
 * it is opened anew, so that nothing is kept of it in memory. Nearly every list is read twice. */
#include "blocklist/format/compile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blocklist/format/format.h"
#include "blocklist/format/siblings.h"
#include "blocklist/format/source.h"
#include "blocklist/format/watch.h"
#include "blocklist/set/terms.h"
#include "config/base/err.h"

/* One source on its way to one segment. */
struct job {
    struct compile *compile;
    const char *path; /* NULL: SOURCE, which can be read once only */
    struct source *source;
    const char *segment;
    struct segment_writer *writer;
    struct sink sink;
    struct intake intake;
    struct siblings siblings;
    uint64_t entries; /* of this reading */
};

static int count_entry(struct job *job, struct err *err)
{
    uint64_t most = job->compile->entries_most;

    if (most != 0 && ++job->entries > most)
        return err_set(err, ERR_LIMIT, "over %" PRIu64 " entries, which is the most for a list",
                       most);
    return 0;
}

static int add_name(void *context, const struct name *name, uint64_t hash, unsigned labels,
                    enum entry_kind kind, enum entry_operation operation, const struct terms *terms,
                    struct err *err)
{
    struct job *job = context;

    if (count_entry(job, err) != 0)
        return -1;
    if (job->compile->watch != NULL)
        watch_see(job->compile->watch, &(struct watched){hash, labels, kind, operation, terms,
                                                         job->intake.report.lines});
    if (terms != NULL)
        return segment_add_terms(job->writer, name, hash, labels, kind, operation, terms, err);
    return segment_add(job->writer, name, hash, labels, kind, operation, err);
}

static int add_prefix(void *context, const struct prefix *prefix, enum entry_operation operation,
                      struct err *err)
{
    struct job *job = context;

    if (count_entry(job, err) != 0)
        return -1;
    return segment_add_prefix(job->writer, prefix, operation, err);
}

static int read_source(struct job *job, struct source *source, struct err *err)
{
    struct compile *compile = job->compile;
    int result;

    job->siblings = (struct siblings){job->path, &compile->from, source_member(source)};
    job->intake.siblings = &job->siblings;
    source_watch(source, compile->progress, compile->context);
    job->entries = 0;
    compile->members_refused = source_refused(source, &compile->first_refused);
    result = format_read(compile->format, source, &job->intake, err);
    compile->report = job->intake.report;
    /* A list beyond a limit, or without the column asked for, is that list's fault; the others are
     * built without it. */
    compile->broken = job->intake.failed && err->code != ERR_LIMIT && err->code != ERR_FORMAT;
    source_digest(source, compile->about.source_digest);
    return result;
}

/* Reads the source of JOB once into its writer. */
static int pass(struct job *job, struct err *err)
{
    struct source *source;
    int result;

    if (job->path == NULL)
        return read_source(job, job->source, err);
    source = source_open_as(job->path, &job->compile->from, err);
    result = source == NULL ? -1 : read_source(job, source, err);
    source_close(source);
    return result;
}

/* Gives JOB a writer that is empty. */
static int start(struct job *job, struct err *err)
{
    segment_abandon(job->writer);
    job->writer = segment_start(job->segment, job->compile->seed, err);
    job->compile->broken = job->writer == NULL;
    if (job->writer == NULL)
        return -1;
    if (job->compile->for_now)
        segment_for_now(job->writer);
    if (job->compile->keep_names && segment_keep_names(job->writer, err) != 0) {
        job->compile->broken = true;
        return -1;
    }
    return 0;
}

/* Reads as often as format and writer ask for. */
static int read_all(struct job *job, struct err *err)
{
    if (pass(job, err) != 0)
        return -1;
    if (job->path == NULL)
        return 0;
    job->compile->progress = NULL; /* the bar has seen these octets */
    if (job->intake.again && (start(job, err) != 0 || pass(job, err) != 0))
        return -1;
    return segment_second_pass(job->writer) ? pass(job, err) : 0;
}

/* Judges what was read and ends JOB's writer. */
static int finish(struct job *job, int result, struct err *err)
{
    struct compile *compile = job->compile;

    if (result == 0)
        result = report_judge(&compile->report, err);
    if (result != 0) {
        segment_abandon(job->writer);
        return -1;
    }
    report_to_about(&compile->report, &compile->about);
    snprintf(compile->about.format, sizeof compile->about.format, "%s", compile->format->key);
    result = segment_finish(job->writer, &compile->about, err);
    compile->broken = result != 0;
    return result;
}

static int run(struct job *job, struct err *err)
{
    struct compile *compile = job->compile;
    int result;

    if (start(job, err) != 0)
        return -1;
    job->sink = (struct sink){job, add_name, add_prefix, NULL};
    job->intake.rules = compile->rules;
    job->intake.suffixes = compile->suffixes;
    job->intake.key = *segment_key(job->writer);
    job->intake.sink = &job->sink;
    result = read_all(job, err);
    format_end(compile->format, &job->intake);
    return finish(job, result, err);
}

static int guess(struct compile *compile, const char *path, struct err *err)
{
    struct source *source = source_open_as(path, &compile->from, err);

    if (source == NULL)
        return -1;
    compile->format = format_guess(source, err);
    compile->guessed = true;
    source_close(source);
    return compile->format == NULL ? -1 : 0;
}

int compile_file(struct compile *compile, const char *path, const char *segment, struct err *err)
{
    struct job job = {.compile = compile, .path = path, .segment = segment};

    if (compile->format == NULL && guess(compile, path, err) != 0)
        return -1;
    return run(&job, err);
}

int compile_source(struct compile *compile, struct source *source, const char *segment,
                   struct err *err)
{
    struct job job = {.compile = compile, .source = source, .segment = segment};

    return run(&job, err);
}
