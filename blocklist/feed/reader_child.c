/* reader_child.c - a reader's process: confine, read, put segments in place, tell.
 *
 * Segments are written under names that say which process makes them, and get their own names,
 * which say what is in them, when all parts of the list are there: whoever dies before leaves
 * nothing that anybody would take for a result. The parent removes what stays under the first. */
#include "blocklist/feed/reader_child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/format/compile.h"
#include "blocklist/format/format.h"
#include "blocklist/format/parts.h"
#include "blocklist/format/ut1.h"
#include "blocklist/format/suffixes.h"
#include "blocklist/format/watch.h"
#include "blocklist/set/layout.h"
#include "blocklist/set/segment_file.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/siphash.h"
#include "config/config.h"

struct child {
    const struct reader_request *request;
    struct suffixes *suffixes;
    struct watch *watch;
    struct reader_head head;
    struct reader_segment *segments;
};

static const char *const class_words[] = {"public", "partner", "legal", "hotline"};

static void unfinished(const struct child *child, size_t number, char path[PLACE_PATH_MAX])
{
    char file[READER_PREFIX_MAX + 24];

    snprintf(file, sizeof file, "new.%ld.%zu", (long)getpid(), number);
    place_segment(child->request->dir, file, path);
}

static void describe(const struct config_list *list, const char *part, const char *category,
                     struct segment_about *about)
{
    memset(about, 0, sizeof *about);
    snprintf(about->feed, sizeof about->feed, "%s%s%s", list->id, part[0] == '\0' ? "" : "/", part);
    snprintf(about->feed_class, sizeof about->feed_class, "%s", class_words[list->class_]);
    snprintf(about->category, sizeof about->category, "%s", category);
    about->observe = list->observe;
    if (list->licence != NULL)
        snprintf(about->licence, sizeof about->licence, "%s", list->licence);
    if (list->attribution != NULL)
        snprintf(about->attribution, sizeof about->attribution, "%s", list->attribution);
}

/* Takes over what the header of the file at PATH says. */
static int inspect(const char *path, struct reader_segment *segment, struct err *err)
{
    uint8_t header[SEGMENT_HEADER_OCTETS];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return err_system(err, "%s: cannot open", path);
    got = pread(fd, header, sizeof header, 0);
    if (got == (ssize_t)sizeof header)
        memcpy(segment->digest, header + SEGMENT_AT_DIGEST, sizeof segment->digest);
    else
        err_system(err, "%s: cannot read its header", path);
    close(fd);
    return got == (ssize_t)sizeof header ? 0 : -1;
}

static void add_report(struct report *all, const struct report *one)
{
    all->lines += one->lines;
    all->blank += one->blank;
    all->comments += one->comments;
    all->subtree += one->subtree;
    all->exact += one->exact;
    all->exceptions += one->exceptions;
    all->prefixes += one->prefixes;
    for (size_t i = 0; i < REASONS; i++) {
        all->refused[i] += one->refused[i];
        if (all->first_line[i] == 0)
            all->first_line[i] = one->first_line[i];
    }
}

/* What reading CATEGORY of the list, or all of it, needs. */
static struct compile compile_for(const struct child *child, const char *part, const char *category)
{
    const struct config_list *list = child->request->list;
    const struct config_feeds *feeds = &child->request->config->feeds;
    bool exact = list->granularity == LIST_DOMAIN_EXACT;
    struct compile compile = {
        .suffixes = child->suffixes,
        .seed = child->request->seed,
 /* What may be read by whoever reads the file keeps its names, for another seed. */
        .keep_names = list->class_ == LIST_PUBLIC,
        .rules = {.tld = list->tld,
                  .private_suffixes = list->private_suffixes,
                  .match = exact ? MATCH_EXACT : list->match,
                  .rewrites = list->rewrites,
                  .column = list->column},
        .from = {.limits = {.packed_most = feeds->size_most,
                            .unpacked_most = feeds->unpacked_most,
                            .ratio_most = feeds->ratio_most},
                  .member = list->member                    },
        .entries_most = feeds->entries_most,
        .watch = child->watch,
        .format = strcmp(list->format, "auto") == 0 ? NULL : format_find(list->format)
    };

    describe(list, part, category, &compile.about);
    return compile;
}

/* Notes the segment that COMPILE made of PART, number NUMBER. */
static int keep(struct child *child, size_t number, const struct compile *compile, const char *part,
                struct err *err)
{
    struct reader_segment *segment = &child->segments[number];
    char path[PLACE_PATH_MAX];

    unfinished(child, number, path);
    snprintf(segment->part, sizeof segment->part, "%s", part);
    segment->about = compile->about;
    segment->entries = compile->about.names + compile->report.exceptions + compile->report.prefixes;
    add_report(&child->head.report, &compile->report);
    if (inspect(path, segment, err) != 0)
        return -1;
    place_segment_name(child->request->list->id, part, segment->digest, segment->file,
                       sizeof segment->file);
    return 0;
}

static int read_whole(struct child *child, struct err *err)
{
    struct compile compile = compile_for(child, "", child->request->list->category);
    char path[PLACE_PATH_MAX];

    child->head.segment_count = 1;
    unfinished(child, 0, path);
    if (compile_file(&compile, child->request->path, path, err) == 0)
        return keep(child, 0, &compile, "", err);
    if (compile.format == NULL && strcmp(err->text, FORMAT_NONE_FITS) == 0)
        reader_explain(&compile.from, child->request->path, err);
    return -1;
}

/* Of PARTS[0..COUNT), which are the table's, keeps those that the tree has and is to block or allow
 * by; scans TREE for it. */
static int keep_present(const struct child *child, struct config_list_part *parts, size_t *count,
                        struct ut1_tree *tree, struct err *err)
{
    struct compile compile = compile_for(child, "", "");
    int result = ut1_scan(tree, child->request->path, &compile.from.limits, err);
    size_t kept = 0;

    for (size_t i = 0; i < *count && result == 0; i++) {
        const struct ut1_category *category = ut1_find(tree, parts[i].name);

        if (category == NULL || category->key[0] == '\0')
            continue;
        parts[kept] = parts[i];
        memcpy(parts[kept++].category, category->key, sizeof category->key);
    }
    *count = kept;
    if (result == 0 && kept == 0)
        return err_set(err, ERR_FORMAT, "none of the categories that we know is in it");
    return result;
}

/* Fills *PARTS (the caller frees) with what is to be read, and TREE where the table has the parts.
 */
static int choose_parts(const struct child *child, struct config_list_part **parts, size_t *count,
                        struct ut1_tree *tree, struct err *err)
{
    const struct config_list *list = child->request->list;

    *count = list->part_count;
    *parts = calloc(list->part_count, sizeof **parts);
    if (*parts == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    memcpy(*parts, list->parts, list->part_count * sizeof **parts);
    return list->parts_by_table ? keep_present(child, *parts, count, tree, err) : 0;
}

/* Compiles CHOSEN[0..COUNT), with PATHS as room for where their segments stand; of TREE, if that is
 * not empty. */
static int compile_chosen(struct child *child, const struct config_list_part *chosen, size_t count,
                          char (*paths)[PLACE_PATH_MAX], struct ut1_tree *tree, struct err *err)
{
    struct compile_part *parts = calloc(count, sizeof *parts);
    int result;

    if (parts == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    child->head.segment_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        unfinished(child, i, paths[i]);
        parts[i] = (struct compile_part){
            .name = chosen[i].name,
            .segment = paths[i],
            .compile = compile_for(child, chosen[i].name, chosen[i].category)};
    }
    result = compile_parts(parts, count, child->request->path, tree->count > 0 ? tree : NULL, err);
    for (size_t i = 0; i < count && result == 0; i++)
        result = keep(child, i, &parts[i].compile, chosen[i].name, err);
    free(parts);
    return result;
}

static int read_parts(struct child *child, struct err *err)
{
    char(*paths)[PLACE_PATH_MAX] = NULL;
    struct config_list_part *chosen = NULL;
    struct ut1_tree tree = {.count = 0};
    size_t count = 0;
    int result = choose_parts(child, &chosen, &count, &tree, err);

    if (result == 0) {
        paths = calloc(count, sizeof *paths);
        result = paths == NULL ? err_set(err, ERR_MEMORY, "out of memory")
                               : compile_chosen(child, chosen, count, paths, &tree, err);
    }
    ut1_free(&tree);
    free(paths);
    free(chosen);
    return result;
}

/* Makes the watch for the protected names, and the canary behind them. */
static int watch(struct child *child, struct err *err)
{
    const struct reader_request *request = child->request;
    const char *canary = request->list->gate.canary;
    size_t count = request->protected_count;
    struct name *names = calloc(count + 1, sizeof *names);
    struct name_buf buf;

    if (names == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (count > 0)
        memcpy(names, request->protected_names, count * sizeof *names);
    if (canary != NULL && name_from_host(&buf, canary, strlen(canary)) == NAME_OK)
        names[count++] = name_of(&buf);
    child->watch = watch_create(names, count, request->seed, err);
    free(names);
    return child->watch == NULL ? -1 : 0;
}

/* Tells which watched names were seen. */
static void tell_seen(struct child *child)
{
    const struct reader_request *request = child->request;
    struct reader_head *head = &child->head;

    for (size_t i = 0; i < request->protected_count; i++) {
        uint64_t line = watch_line(child->watch, i);

        if (line == 0)
            continue;
        if (head->finding_count < READER_FINDINGS_MAX) {
            head->findings[head->finding_count].name = (uint32_t)i;
            head->findings[head->finding_count].line = line;
        }
        head->finding_count++;
    }
    head->canary_seen = request->list->gate.canary != NULL &&
                        watch_line(child->watch, request->protected_count) != 0;
}

/* Gives all segments, which are durable, their own names, and makes those durable. */
static int put_in_place(const struct child *child, struct err *err)
{
    char from[PLACE_PATH_MAX], to[PLACE_PATH_MAX];
    int fd, result;

    for (size_t i = 0; i < child->head.segment_count; i++) {
        unfinished(child, i, from);
        place_segment(child->request->dir, child->segments[i].file, to);
        if (rename(from, to) != 0)
            return err_system(err, "%s: cannot put it in place", to);
    }
    place_segment(child->request->dir, "", to);
    fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    result = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0)
        close(fd);
    return result == 0 ? 0 : err_system(err, "%s: cannot make it durable", to);
}

static int read_list(struct child *child, struct err *err)
{
    const struct reader_request *request = child->request;
    struct siphash_key key = siphash_key_from_seed(request->seed);

    child->segments = calloc(READER_SEGMENTS_MAX, sizeof *child->segments);
    if (child->segments == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    child->suffixes = suffixes_load(request->suffixes_path, &key, err);
    if (child->suffixes == NULL) {
        struct err cause = *err;

        return err_set(err, cause.code, "%s: %s%s", request->suffixes_path, cause.text,
                       cause.code == ERR_NOT_FOUND ? "; the package publicsuffix has that list"
                                                   : "");
    }
    if (request->list->part_count > READER_SEGMENTS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d parts", READER_SEGMENTS_MAX);
    if (watch(child, err) != 0 ||
        (request->list->part_count > 0 ? read_parts : read_whole)(child, err) != 0)
        return -1;
    tell_seen(child);
    return put_in_place(child, err);
}

_Noreturn void reader_child(const struct reader_request *request, int fd)
{
    struct child child = {.request = request, .head = {.magic = READER_MAGIC}};
    struct err err = {0};
    int result;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
    if (dup2(fd, STDERR_FILENO + 1) < 0 || close_range(STDERR_FILENO + 2, ~0U, 0) != 0)
        _exit(1);
    reader_confine(request->config);
    if (request->entered != NULL)
        request->entered();
    result = read_list(&child, &err);
    if (result != 0) {
        child.head.code = (uint32_t)(err.code == ERR_NONE ? ERR_SYSTEM : err.code);
        child.head.segment_count = 0;
        memcpy(child.head.text, err.text, sizeof child.head.text);
    }
    fd = STDERR_FILENO + 1;
    if (file_write(fd, &child.head, sizeof child.head, "pipe", &err) != 0 ||
        (child.head.segment_count > 0 &&
         file_write(fd, child.segments, child.head.segment_count * sizeof *child.segments, "pipe",
                    &err) != 0))
        _exit(1);
    _exit(0);
}
