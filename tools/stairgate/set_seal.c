/* stairgate set seal | key: lists of names to a set that nobody reads without its key.
 *
 * What feeds bring is sealed by `stairgate lists sync`; this is for lists that a person has on the
 * disk, and for tests. Whatever is wrong with a line is told by number and reason. */
#include "tools/stairgate/set_seal.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "blocklist/format/format.h"
#include "blocklist/format/sealing.h"
#include "blocklist/format/source.h"
#include "blocklist/format/suffixes.h"
#include "blocklist/sealed/seal.h"
#include "blocklist/sealed/sealed.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/base/siphash.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"

enum { JSON_SCHEMA = 1, SEED = 0 };

struct job {
    const char *key_path, *out, *psl_path;
    struct name_buf canary;
    struct sealing sealing; /* what holds for each list */
    bool json;
    struct sealed_key *key;
    struct suffixes *suffixes;
    struct sealed_info info; /* of the set before, then of the new one */
    json_t *lists;
};

enum letter { KEY = 1, OUT, GRANULARITY, FORMAT, DIVERT, CANARY, PSL, JSON };

static const struct option known[] = {
    {"key",         required_argument, NULL, KEY        },
    {"out",         required_argument, NULL, OUT        },
    {"granularity", required_argument, NULL, GRANULARITY},
    {"format",      required_argument, NULL, FORMAT     },
    {"divert",      no_argument,       NULL, DIVERT     },
    {"canary",      required_argument, NULL, CANARY     },
    {"psl",         required_argument, NULL, PSL        },
    {"json",        no_argument,       NULL, JSON       },
    {NULL,          0,                 NULL, 0          },
};

static int read_granularity(struct job *job, const char *word, struct err *err)
{
    static const char *const words[] = {[LIST_DOMAIN] = "domain",
                                        [LIST_DOMAIN_EXACT] = "exact",
                                        [LIST_URL] = "url",
                                        [LIST_IP] = "ip"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        job->sealing.granularity = (enum list_granularity)i;
        return 0;
    }
    return err_set(err, ERR_USAGE, "no such granularity: '%s'; domain, exact, url or ip", word);
}

static int read_format(struct job *job, const char *word, struct err *err)
{
    job->sealing.format = format_find(word);
    if (job->sealing.format == NULL ||
        (job->sealing.format->line == NULL && job->sealing.format->read == NULL))
        return err_set(err, ERR_USAGE, "no such format: '%s'", word);
    return 0;
}

static int read_option(struct job *job, enum letter letter, const char *value, struct err *err)
{
    switch (letter) {
    case KEY:
        job->key_path = value;
        return 0;
    case OUT:
        job->out = value;
        return 0;
    case GRANULARITY:
        return read_granularity(job, value, err);
    case FORMAT:
        return read_format(job, value, err);
    case DIVERT:
        job->sealing.divert = true;
        return 0;
    case CANARY:
        if (name_from_host(&job->canary, value, strlen(value)) == NAME_OK)
            return 0;
        return err_set(err, ERR_USAGE, "no name: '--canary %s'", value);
    case PSL:
        job->psl_path = value;
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

    while ((letter = getopt_long(argc, argv, "o:", known, NULL)) != -1) {
        if (letter == '?')
            return err_set(err, ERR_USAGE, "%s", ""); /* getopt_long has said it */
        if (read_option(job, letter == 'o' ? OUT : (enum letter)letter, optarg, err) != 0)
            return -1;
    }
    if (job->key_path == NULL)
        return err_set(err, ERR_USAGE, "under which key? give --key FILE");
    if (job->out == NULL)
        return err_set(err, ERR_USAGE, "where to? give -o FILE");
    if (optind == argc && job->canary.length == 0)
        return err_set(err, ERR_USAGE, "from what? give at least one list");
    return 0;
}

static json_t *refused_json(const struct report *report)
{
    json_t *object = json_object();

    for (size_t i = 0; i < REASONS; i++)
        if (report->refused[i] > 0)
            json_object_set_new(object, reason_key((enum reason)i),
                                json_pack("{s:I, s:I}", "items", (json_int_t)report->refused[i],
                                          "first_line", (json_int_t)report->first_line[i]));
    return object;
}

static void tell(const struct job *job, const char *path, const struct sealing *sealing)
{
    const struct report *report = &sealing->report;

    if (job->json) {
        json_array_append_new(
            job->lists, json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "file", path, "format",
                                  sealing->format->key, "lines", (json_int_t)report->lines, "taken",
                                  (json_int_t)sealing->entries, "pages", (json_int_t)sealing->pages,
                                  "refused", refused_json(report)));
        return;
    }
    printf("%s: %s, %" PRIu64 " lines, %" PRIu64 " taken, %" PRIu64 " of pages%s\n", path,
           sealing->format->key, report->lines, sealing->entries, sealing->pages,
           sealing->divert ? "" : ", which no name stands for");
    for (size_t i = 0; i < REASONS; i++)
        if (report->refused[i] > 0)
            printf("  refused %8" PRIu64 "  %s, first in line %" PRIu64 "\n", report->refused[i],
                   reason_text((enum reason)i), report->first_line[i]);
}

static struct source *open_list(void *context, struct err *err)
{
    return source_open(context, err);
}

static int seal_list(const struct job *job, char *path, struct err *err)
{
    struct sealing sealing = job->sealing;

    if (sealing_read(&sealing, open_list, path, err) != 0)
        return err_before(err, path);
    tell(job, path, &sealing);
    return sealing.entries > 0 || sealing.pages > 0
               ? 0
               : err_set(err, ERR_GATE, "%s: nothing in it could be taken", path);
}

/* Finds the number of the set that this one replaces. */
static int look_at_old(struct job *job, struct err *err)
{
    if (sealed_file_info(job->out, &job->info, err) == 0 || err->code == ERR_NOT_FOUND)
        return 0;
    return -1; /* something else stands there, and stays */
}

static int load(struct job *job, struct err *err)
{
    struct siphash_key seed = siphash_key_from_seed(SEED);

    job->key = sealed_key_read(job->key_path, err);
    if (job->key == NULL || look_at_old(job, err) != 0)
        return -1;
    job->suffixes = suffixes_load(job->psl_path, &seed, err);
    if (job->suffixes == NULL)
        return err_before(err, job->psl_path);
    job->sealing.suffixes = job->suffixes;
    return 0;
}

static int seal(struct job *job, char **lists, int count, struct err *err)
{
    uint8_t salt[SEALED_SALT_OCTETS];
    int result = 0;

    seal_salt_new(salt);
    job->sealing.seal = seal_start(job->key, salt, err);
    if (job->sealing.seal == NULL)
        return -1;
    for (int i = 0; i < count && result == 0; i++)
        result = seal_list(job, lists[i], err);
    if (result == 0 && job->canary.length > 0) {
        struct name canary = name_of(&job->canary);

        result = seal_canary(job->sealing.seal, &canary, err);
    }
    if (result == 0)
        result = seal_write(job->sealing.seal, job->key, job->out, job->info.number + 1,
                            (int64_t)time(NULL), err);
    seal_end(job->sealing.seal);
    return result == 0 ? sealed_file_info(job->out, &job->info, err) : -1;
}

static int fail(const struct job *job, const struct err *err)
{
    if (err->text[0] == '\0')
        return command_usage(set_seal_run);
    if (job->json)
        json_out_print(json_pack("{s:i, s:b, s:{s:s, s:s}}", "schema", JSON_SCHEMA, "ok", 0,
                                 "error", "code", err_word(err->code), "text", err->text));
    else
        fprintf(stderr, "stairgate: set seal: %s\n", err->text);
    return err->code == ERR_USAGE     ? EXIT_USAGE
           : err->code == ERR_REFUSED ? EXIT_REFUSED
                                      : EXIT_FAILED;
}

static void tell_done(const struct job *job)
{
    if (job->json)
        json_out_print(json_pack("{s:i, s:b, s:s, s:I, s:I, s:I, s:O}", "schema", JSON_SCHEMA, "ok",
                                 1, "file", job->out, "number", (json_int_t)job->info.number,
                                 "entries", (json_int_t)job->info.entries, "octets",
                                 (json_int_t)job->info.octets, "lists", job->lists));
    else
        printf("%s: number %" PRIu64 ", %" PRIu64 " entries, %" PRIu64 " octets\n", job->out,
               job->info.number, job->info.entries, job->info.octets);
}

int set_seal_run(int argc, char **argv)
{
    struct job job = {.psl_path = SUFFIXES_FILE, .lists = json_array()};
    struct err err = {0};
    int code = EXIT_DONE;

    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* what is read here is in no core dump */
    if (read_options(&job, argc, argv, &err) != 0 || load(&job, &err) != 0 ||
        seal(&job, argv + optind, argc - optind, &err) != 0)
        code = fail(&job, &err);
    else
        tell_done(&job);
    suffixes_free(job.suffixes);
    sealed_key_free(job.key);
    json_decref(job.lists);
    return code;
}

int set_key_run(int argc, char **argv)
{
    bool json = false;
    int first = json_out_option(argc, argv, &json);
    struct err err;

    if (first < 0 || json || argc - first != 1)
        return command_usage(set_key_run);
    if (sealed_key_make(argv[first], &err) != 0) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        return err.code == ERR_DUPLICATE ? EXIT_REFUSED : EXIT_FAILED;
    }
    printf("%s: a new key; keep a copy apart from the sets, which are lost without it\n",
           argv[first]);
    return EXIT_DONE;
}

int set_seal_refuse(const char *path, struct err *err)
{
    if (!sealed_file_is(path))
        return 0;
    return err_set(err, ERR_REFUSED,
                   "%s: a sealed set, of which size, version and time are all that is told", path);
}
