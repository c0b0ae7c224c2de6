/* The octets of a list. Lists come plain or packed, from disk or as a file of an archive, and the
 * parsers shall not know. A stack of levels (levels.h) undoes what they are packed in; where it
 * turns out to be an archive, its members are looked through once to choose one, and the stack is
 * built again up to that one. So an archive is unpacked twice, and nothing of it is kept. */
#include "blocklist/format/source.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/format/levels.h"
#include "blocklist/format/octets.h"
#include "blocklist/format/webpage.h"
#include "config/base/err.h"

enum { NAMED_MAX = 5, NAME_SHOWN = 40 };

struct source {
    source_read_fn *read;
    void *context;
    struct octets octets;
    struct levels levels;
    struct bundle *bundle;
    const char *member;
    char *path; /* of the member that it is */
    uint64_t refused;
    const char *first_refused;
    bool ended;
    void (*progress)(void *context, uint64_t octets);
    void *progress_context;
    uint64_t told; /* octets of the file that progress knows of */
    crypto_generichash_state digest;
};

static struct source *make(struct err *err)
{
    struct source *source = calloc(1, sizeof *source);

    if (source == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    source->octets.fd = -1;
    crypto_generichash_init(&source->digest, NULL, 0, SOURCE_DIGEST_OCTETS);
    return source;
}

static int open_bundle(struct source *source, struct err *err)
{
    struct levels *levels = &source->levels;

    source->bundle =
        bundle_open(levels->archive, level_read, levels_top(levels), &levels->limits, err);
    return source->bundle == NULL ? -1 : 0;
}

/* What is known of an archive's files while one is chosen. */
struct choice {
    unsigned files, fitting; /* how many, and how many of them are named as wanted */
    unsigned wanted;         /* which file that is, from 0 */
    char names[NAMED_MAX * (NAME_SHOWN + 2) + 8];
};

/* Adds PATH to CHOICE's names, printable and cut. */
static void add_name(struct choice *choice, const char *path)
{
    size_t used = strlen(choice->names);
    char *at = choice->names + used;

    if (choice->files > NAMED_MAX)
        return;
    snprintf(at, sizeof choice->names - used, "%s%.*s", used > 0 ? ", " : "", (int)NAME_SHOWN,
             path);
    for (; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~')
            *at = '?';
    }
    if (choice->files == NAMED_MAX)
        snprintf(at, sizeof choice->names - (size_t)(at - choice->names), "%s", "...");
}

/* Tells whether PATH is WANTED, or ends so from a slash on. */
static bool fits(const char *path, const char *wanted)
{
    size_t length = strlen(path), end = strlen(wanted);

    if (length < end || strcmp(path + length - end, wanted) != 0)
        return false;
    return length == end || path[length - end - 1] == '/';
}

static void see_file(struct choice *choice, const char *path, const char *wanted)
{
    if (wanted == NULL || fits(path, wanted)) {
        if (choice->fitting++ == 0)
            choice->wanted = choice->files;
    }
    choice->files++;
    add_name(choice, path);
}

static int judge(const struct choice *choice, const char *wanted, struct err *err)
{
    if (choice->fitting == 1)
        return 0;
    if (choice->files == 0)
        return err_set(err, ERR_FORMAT, "an archive with no file in it");
    if (wanted == NULL)
        return err_set(err, ERR_FORMAT, "an archive with %u files; say which with `member`: %s",
                       choice->files, choice->names);
    return err_set(err, ERR_FORMAT, "%s `%.60s` in the archive; it holds %s",
                   choice->fitting == 0 ? "no file" : "more than one file", wanted, choice->names);
}

/* Looks the archive through and fills CHOICE. */
static int choose(struct source *source, struct choice *choice, struct err *err)
{
    struct member member;
    int more = 0;

    if (open_bundle(source, err) != 0)
        return -1;
    while ((more = bundle_next(source->bundle, &member, err)) > 0) {
        if (member.kind == MEMBER_FILE)
            see_file(choice, member.path, source->member);
    }
    source->refused = bundle_refused(source->bundle, &source->first_refused);
    bundle_close(source->bundle);
    source->bundle = NULL;
    return more < 0 ? -1 : judge(choice, source->member, err);
}

/* Builds the levels again, up to file WANTED of the archive. */
static int climb_to(struct source *source, unsigned wanted, struct err *err)
{
    struct source_limits limits = source->levels.limits;
    struct member member;
    unsigned seen = 0;

    levels_end(&source->levels);
    source->octets.at = 0;
    if (levels_start(&source->levels, &limits, octets_read, &source->octets, err) != 0 ||
        open_bundle(source, err) != 0)
        return -1;
    do {
        int more = bundle_next(source->bundle, &member, err);

        if (more <= 0)
            return more < 0 ? -1 : err_set(err, ERR_FORMAT, "the archive changed under our hands");
    } while (member.kind != MEMBER_FILE || seen++ != wanted);
    source->path = strdup(member.path);
    if (source->path == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    return levels_add(&source->levels, bundle_read, source->bundle, err);
}

/* Makes SOURCE, whose octets are open, ready to be read. */
static int climb(struct source *source, const struct source_options *options, struct err *err)
{
    static const struct source_options none;
    struct choice choice = {.files = 0};
    struct level *top;

    if (options == NULL)
        options = &none;
    source->member = options->member;
    if (levels_start(&source->levels, &options->limits, octets_read, &source->octets, err) != 0)
        return -1;
    if (source->levels.archive != BUNDLE_NONE &&
        (choose(source, &choice, err) != 0 || climb_to(source, choice.wanted, err) != 0))
        return -1;
    top = levels_top(&source->levels);
    source->read = level_read;
    source->context = top;
    return webpage_refuse(top->first, top->held, err);
}

static struct source *open_or_close(struct source *source, int opened,
                                    const struct source_options *options, struct err *err)
{
    if (opened == 0 && climb(source, options, err) == 0)
        return source;
    source_close(source);
    return NULL;
}

struct source *source_open_as(const char *path, const struct source_options *options,
                              struct err *err)
{
    struct source *source = make(err);

    if (source == NULL)
        return NULL;
    return open_or_close(source, octets_open(&source->octets, path, err), options, err);
}

struct source *source_open(const char *path, struct err *err)
{
    return source_open_as(path, NULL, err);
}

struct source *source_open_fd(int fd, struct err *err)
{
    struct source *source = make(err);

    if (source == NULL) {
        close(fd);
        return NULL;
    }
    return open_or_close(source, octets_open_fd(&source->octets, fd, err), NULL, err);
}

struct source *source_open_memory_as(const void *data, size_t length,
                                     const struct source_options *options, struct err *err)
{
    struct source *source = make(err);

    if (source == NULL)
        return NULL;
    octets_open_memory(&source->octets, data, length);
    return open_or_close(source, 0, options, err);
}

struct source *source_open_memory(const void *data, size_t length, struct err *err)
{
    return source_open_memory_as(data, length, NULL, err);
}

struct source *source_open_reader(source_read_fn *read, void *context, struct err *err)
{
    struct source *source = make(err);

    if (source == NULL)
        return NULL;
    source->read = read;
    source->context = context;
    return source;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    levels_end(&source->levels);
    bundle_close(source->bundle);
    octets_close(&source->octets);
    free(source->path);
    free(source);
}

/* Tells progress of the octets of the file that were read since the last time. */
static void tell(struct source *source)
{
    uint64_t at = source->octets.at;

    if (source->progress != NULL && at > source->told)
        source->progress(source->progress_context, at - source->told);
    source->told = at;
}

ssize_t source_read(struct source *source, void *data, size_t room, struct err *err)
{
    ssize_t got;

    if (source->ended)
        return 0;
    got = source->read(source->context, data, room, err);
    tell(source);
    if (got <= 0) {
        source->ended = true;
        return got;
    }
    crypto_generichash_update(&source->digest, data, (unsigned long long)got);
    return got;
}

void source_digest(const struct source *source, uint8_t digest[SOURCE_DIGEST_OCTETS])
{
    crypto_generichash_state state = source->digest;

    crypto_generichash_final(&state, digest, SOURCE_DIGEST_OCTETS);
}

void source_watch(struct source *source, void (*progress)(void *context, uint64_t octets),
                  void *context)
{
    source->progress = progress;
    source->progress_context = context;
    source->told = 0;
}

const char *source_member(const struct source *source)
{
    return source->path;
}

uint64_t source_refused(const struct source *source, const char **why)
{
    *why = source->first_refused;
    return source->refused;
}
