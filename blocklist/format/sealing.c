/* What a list of legal or hotline class becomes. The difference to compile.c: entries go to memory
 * alone; a page is never its host; an exception or a narrowed rule, which a table of hashes cannot
 * hold, is counted as refused and not guessed at; and what a reader says of a broken source, which
 * may quote it, is replaced by the number of the line.
 *
 * The source is read once without a sink behind it, so that nothing of a list that turns out to be
 * broken or too long stays in the seal, and then for good. */
#include "blocklist/format/sealing.h"

#include <inttypes.h>
#include <string.h>

#include "blocklist/format/format.h"
#include "blocklist/format/source.h"
#include "blocklist/format/watch.h"
#include "blocklist/format/webpage.h"
#include "blocklist/sealed/seal.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/siphash.h"

struct job {
    struct sealing *sealing;
    struct intake intake;
    struct sink sink;
    bool dry;
};

/* Counts one more in COUNTER, which is one of JOB's two. */
static int count(struct job *job, uint64_t *counter, struct err *err)
{
    const struct sealing *sealing = job->sealing;

    (*counter)++;
    if (sealing->entries_most > 0 && sealing->entries + sealing->pages > sealing->entries_most)
        return err_set(err, ERR_LIMIT, "more than %" PRIu64 " entries", job->sealing->entries_most);
    return 0;
}

static void watch_host(const struct job *job, const struct name *host)
{
    uint64_t chain[NAME_LABELS_MAX];
    size_t labels = siphash_suffixes(&job->intake.key, host, chain, NAME_LABELS_MAX);

    if (labels > 0)
        watch_see(job->sealing->watch,
                  &(struct watched){chain[labels - 1], (unsigned)labels, ENTRY_EXACT, ENTRY_LIST,
                                    NULL, job->intake.report.lines});
}

static int take_page(void *context, const struct name *host, struct err *err)
{
    struct job *job = context;
    const struct sealing *sealing = job->sealing;

    if (count(job, &job->sealing->pages, err) != 0)
        return -1;
    if (job->dry || !sealing->divert || host == NULL)
        return 0;
    if (sealing->watch != NULL)
        watch_host(job, host);
    if (seal_divert(sealing->seal, host, err) != 0)
        return -1;
    return sealing->also == NULL ? 0 : seal_divert(sealing->also, host, err);
}

static int refuse(struct job *job, enum reason reason)
{
    intake_refuse(&job->intake, reason);
    return 0;
}

static const enum cover covers[ENTRY_KINDS] = {
    [ENTRY_SUBTREE] = COVER_SUBTREE, [ENTRY_EXACT] = COVER_EXACT, [ENTRY_BELOW] = COVER_BELOW};

static int take_name(void *context, const struct name *name, uint64_t hash, unsigned labels,
                     enum entry_kind kind, enum entry_operation operation,
                     const struct terms *terms, struct err *err)
{
    struct job *job = context;
    const struct sealing *sealing = job->sealing;

    if (operation == ENTRY_EXCEPT)
        return refuse(job, REASON_EXCEPTION);
    if (sealing->granularity == LIST_URL)
        return take_page(job, name, err);
    if (sealing->granularity == LIST_IP)
        return refuse(job, REASON_OTHER_SYNTAX);
    /* A list of exact names says nothing of a name by what is below it. */
    if (terms != NULL || (sealing->granularity == LIST_DOMAIN_EXACT && kind == ENTRY_BELOW))
        return refuse(job, REASON_MODIFIER);
    if (sealing->granularity == LIST_DOMAIN_EXACT)
        kind = ENTRY_EXACT;
    if (count(job, &job->sealing->entries, err) != 0)
        return -1;
    if (job->dry)
        return 0;
    if (sealing->watch != NULL)
        watch_see(sealing->watch,
                  &(struct watched){hash, labels, kind, operation, NULL, job->intake.report.lines});
    if (seal_name(sealing->seal, name, covers[kind], err) != 0)
        return -1;
    return sealing->also == NULL ? 0 : seal_name(sealing->also, name, covers[kind], err);
}

static int take_prefix(void *context, const struct prefix *prefix, enum entry_operation operation,
                       struct err *err)
{
    struct job *job = context;

    if (operation == ENTRY_EXCEPT)
        return refuse(job, REASON_EXCEPTION);
    if (job->sealing->granularity == LIST_URL)
        return take_page(job, NULL, err);
    if (count(job, &job->sealing->entries, err) != 0)
        return -1;
    if (job->dry)
        return 0;
    if (seal_prefix(job->sealing->seal, prefix, err) != 0)
        return -1;
    return job->sealing->also == NULL ? 0 : seal_prefix(job->sealing->also, prefix, err);
}

static int hide(const struct job *job, struct err *err)
{
    if (err->code != ERR_FORMAT && err->code != ERR_CONFIG && err->code != ERR_USAGE)
        return -1;
    return err_set(err, ERR_FORMAT, "cannot be read as %s: broken near line %" PRIu64,
                   job->sealing->format->key, job->intake.report.lines);
}

/* What is said of a source that cannot be opened may quote a page, or the names of an archive's
 * files. */
static struct source *open_quietly(sealing_open_fn *open, void *context, struct err *err)
{
    struct source *source = open(context, err);

    if (source != NULL || err->code != ERR_FORMAT)
        return source;
    if (strncmp(err->text, WEBPAGE_TEXT, sizeof WEBPAGE_TEXT - 1) == 0)
        err_set(err, ERR_FORMAT, WEBPAGE_TEXT);
    else
        err_set(err, ERR_FORMAT,
                "a broken packing, or an archive without one file that could be meant");
    return NULL;
}

static int pass(struct job *job, bool dry, sealing_open_fn *open, void *context, struct err *err)
{
    struct source *source = open_quietly(open, context, err);
    int result;

    if (source == NULL)
        return -1;
    job->dry = dry;
    job->sealing->entries = job->sealing->pages = 0;
    result = format_read(job->sealing->format, source, &job->intake, err);
    job->sealing->report = job->intake.report;
    source_close(source);
    return result == 0 ? 0 : hide(job, err);
}

static int guess(struct sealing *sealing, sealing_open_fn *open, void *context, struct err *err)
{
    struct source *source = open_quietly(open, context, err);

    if (source == NULL)
        return -1;
    sealing->format = format_guess(source, err);
    source_close(source);
    if (sealing->format != NULL)
        return 0;
    /* A list of nothing but pages speaks for no format. */
    if (err->code == ERR_FORMAT && strcmp(err->text, FORMAT_NONE_FITS) == 0)
        sealing->format = format_find("plain");
    return sealing->format != NULL ? 0 : -1;
}

int sealing_read(struct sealing *sealing, sealing_open_fn *open, void *context, struct err *err)
{
    struct job job = {.sealing = sealing};
    int result;

    if (sealing->format == NULL && guess(sealing, open, context, err) != 0)
        return -1;
    job.sink = (struct sink){&job, take_name, take_prefix, take_page};
    job.intake.rules = sealing->rules;
    if (sealing->granularity == LIST_DOMAIN_EXACT)
        job.intake.rules.match = MATCH_EXACT;
    job.intake.suffixes = sealing->suffixes;
    job.intake.key = siphash_key_from_seed(sealing->seed);
    job.intake.sink = &job.sink;
    result = pass(&job, true, open, context, err);
    if (result == 0)
        result = pass(&job, false, open, context, err);
    format_end(sealing->format, &job.intake);
    return result;
}
