/* A source is read up to three times: once for the guess, once for its entries, and once more where
 * it holds exceptions, which take out listings that stand before them (segment.h). Each time it is
 * opened anew, so that nothing is kept of it in memory. */
#include "blocklist/format/compile.h"

#include <stdio.h>
#include <string.h>

#include "blocklist/format/format.h"
#include "blocklist/format/source.h"
#include "config/base/err.h"

static int add_name(void *context, const struct name *name, uint64_t hash, unsigned labels,
                    enum entry_kind kind, enum entry_operation operation, const struct terms *terms,
                    struct err *err)
{
    if (terms != NULL)
        return segment_add_terms(context, name, hash, labels, kind, operation, terms, err);
    return segment_add(context, name, hash, labels, kind, operation, err);
}

static int add_prefix(void *context, const struct prefix *prefix, enum entry_operation operation,
                      struct err *err)
{
    return segment_add_prefix(context, prefix, operation, err);
}

/* Reads SOURCE once into WRITER. */
static int pass(struct compile *compile, struct source *source, struct segment_writer *writer,
                struct err *err)
{
    const struct sink sink = {writer, add_name, add_prefix};
    struct intake intake = {.rules = compile->rules,
                            .suffixes = compile->suffixes,
                            .key = *segment_key(writer),
                            .sink = &sink};
    int result;

    source_watch(source, compile->progress, compile->context);
    result = format_read(compile->format, source, &intake, err);
    compile->report = intake.report;
    /* A list beyond a limit is that list's fault; the others are built without it. */
    compile->broken = intake.failed && err->code != ERR_LIMIT;
    source_digest(source, compile->about.source_digest);
    return result;
}

static int open_and_pass(struct compile *compile, const char *path, struct segment_writer *writer,
                         struct err *err)
{
    struct source *source = source_open(path, err);
    int result = source == NULL ? -1 : pass(compile, source, writer, err);

    source_close(source);
    return result;
}

/* Judges what was read and ends WRITER. */
static int finish(struct compile *compile, struct segment_writer *writer, int result,
                  struct err *err)
{
    if (result == 0)
        result = report_judge(&compile->report, err);
    if (result != 0) {
        segment_abandon(writer);
        return -1;
    }
    report_to_about(&compile->report, &compile->about);
    snprintf(compile->about.format, sizeof compile->about.format, "%s", compile->format->key);
    result = segment_finish(writer, &compile->about, err);
    compile->broken = result != 0;
    return result;
}

static struct segment_writer *start(struct compile *compile, const char *segment, struct err *err)
{
    struct segment_writer *writer = segment_start(segment, compile->seed, err);

    compile->broken = writer == NULL;
    if (writer != NULL && compile->for_now)
        segment_for_now(writer);
    return writer;
}

static int guess(struct compile *compile, const char *path, struct err *err)
{
    struct source *source = source_open(path, err);

    if (source == NULL)
        return -1;
    compile->format = format_guess(source, err);
    compile->guessed = true;
    source_close(source);
    return compile->format == NULL ? -1 : 0;
}

int compile_file(struct compile *compile, const char *path, const char *segment, struct err *err)
{
    struct segment_writer *writer;
    int result;

    if (compile->format == NULL && guess(compile, path, err) != 0)
        return -1;
    writer = start(compile, segment, err);
    if (writer == NULL)
        return -1;
    result = open_and_pass(compile, path, writer, err);
    if (result == 0 && segment_second_pass(writer)) {
        compile->progress = NULL; /* the bar has seen these octets */
        result = open_and_pass(compile, path, writer, err);
    }
    return finish(compile, writer, result, err);
}

int compile_source(struct compile *compile, struct source *source, const char *segment,
                   struct err *err)
{
    struct segment_writer *writer = start(compile, segment, err);

    if (writer == NULL)
        return -1;
    return finish(compile, writer, pass(compile, source, writer, err), err);
}
