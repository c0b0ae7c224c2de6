/* sealed_reader_child.c - the process that reads a legal or hotline list.
 *
 * The problem: the list must be parsed by the same parsers as any other, which keep pieces of it in
 * memory of their own and put pieces of it into what they say. The idea: nothing they say is passed
 * on (only which kind of fault it was, and the line), all memory of the process is locked, freed
 * memory is overwritten at once, and the list itself is wiped before the process tells that it is
 * done. Entries go straight into seals, one for each salt, which hold hashes. What an entry is:
 * blocklist/format/sealing.h. */
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "blocklist/feed/reader_child.h"
#include "blocklist/feed/sealed_memory.h"
#include "blocklist/feed/sealed_reader.h"
#include "blocklist/format/format.h"
#include "blocklist/format/sealing.h"
#include "blocklist/format/source.h"
#include "blocklist/format/suffixes.h"
#include "blocklist/format/watch.h"
#include "blocklist/format/webpage.h"
#include "blocklist/sealed/seal.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/random.h"
#include "config/base/siphash.h"
#include "config/config.h"

struct child {
    const struct sealed_reader_request *request;
    struct sealed_reader_result *result;
    uint64_t seed; /* of the parsers' own hashes, which leave with the process */
    struct suffixes *suffixes;
    struct watch *watch;
    struct seal *seals[SEALED_READER_SALTS];
    struct source_options from;
    struct sealing sealing;
    bool own; /* the message is of our own making, and may be told */
};

/* ---- the reading ---- */

static struct source *open_list(void *context, struct err *err)
{
    struct child *child = context;
    const struct sealed_memory *memory = child->request->memory;

    return source_open_memory_as(memory->octets, memory->length, &child->from, err);
}

static int start_seals(struct child *child, struct err *err)
{
    const struct sealed_reader_request *request = child->request;

    for (size_t i = 0; i < request->out_count; i++) {
        child->seals[i] = seal_start(request->key, request->outs[i].salt, err);
        if (child->seals[i] == NULL)
            return -1;
    }
    return 0;
}

static int read_list(struct child *child, struct err *err)
{
    const struct config_list *list = child->request->list;
    int result;

    child->sealing = (struct sealing){
        .suffixes = child->suffixes,
        .seed = child->seed,
        .rules = {.tld = list->tld,
                  .private_suffixes = list->private_suffixes,
                  .match = list->match,
                  .column = list->column},
        .granularity = list->granularity,
        .divert = list->url_action == LIST_URL_DIVERT && list->dns_use_permitted,
        .entries_most = child->request->config->feeds.entries_most,
        .format = strcmp(list->format, "auto") == 0 ? NULL : format_find(list->format),
        .seal = child->seals[0],
        .also = child->seals[1],
        .watch = child->watch,
    };
    child->own = false;
    result = sealing_read(&child->sealing, open_list, child, err);
    child->result->report = child->sealing.report;
    child->result->pages = child->sealing.pages;
    return result;
}

/* ---- what came of it ---- */

static int judge(struct child *child, struct err *err)
{
    const struct report *report = &child->result->report;
    struct report pages = *report;

    child->own = true;
    child->result->entries = seal_count(child->seals[0]);
    if (child->result->entries + child->result->pages == 0)
        return err_set(err, ERR_GATE, "no entry in %" PRIu64 " lines; the last good list stays",
                       report->lines);
    pages.exact += child->result->pages; /* understood, so taken, though nothing blocks by them */
    return report_judge(&pages, err);
}

static void find(const struct child *child)
{
    const struct sealed_reader_request *request = child->request;
    struct sealed_reader_result *result = child->result;

    for (size_t i = 0; i < request->protected_count; i++) {
        uint64_t *first = i < request->pin_count ? &result->pin_line : &result->protect_line;
        uint64_t line = watch_line(child->watch, i);

        if (line != 0 && (*first == 0 || line < *first))
            *first = line;
    }
    result->canary_seen = request->list->gate.canary != NULL &&
                          watch_line(child->watch, request->protected_count) != 0;
}

static int write_parts(const struct child *child, struct err *err)
{
    const struct sealed_reader_request *request = child->request;

    for (size_t i = 0; i < request->out_count; i++) {
        if (request->outs[i].path != NULL &&
            seal_write(child->seals[i], request->key, request->outs[i].path,
                       (uint64_t)request->signed_s, request->now_s, err) != 0)
            return -1;
    }
    return 0;
}

/* Names to look for: the protected ones and the publisher's canary behind them. */
static int make_watch(struct child *child, struct err *err)
{
    const struct sealed_reader_request *request = child->request;
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
    child->watch = watch_create(names, count, child->seed, err);
    free(names);
    return child->watch == NULL ? -1 : 0;
}

static int prepare(struct child *child, struct err *err)
{
    const struct sealed_reader_request *request = child->request;
    const struct config_feeds *feeds = &request->config->feeds;
    struct siphash_key key;
    struct random random = {0};
    struct err cause = {0};

    child->own = true;
    child->seed = random_u64(&random);
    key = siphash_key_from_seed(child->seed);
    child->from = (struct source_options){
        .limits = {.packed_most = feeds->size_most,
                   .unpacked_most = feeds->unpacked_most,
                   .ratio_most = feeds->ratio_most},
        .member = request->list->member,
    };
    if (sealed_memory_process(err) != 0)
        return -1;
    child->suffixes = suffixes_load(request->suffixes_path, &key, &cause);
    if (child->suffixes == NULL)
        return err_set(err, cause.code, "%s: %s", request->suffixes_path, cause.text);
    return make_watch(child, err);
}

static int read_all(struct child *child, struct err *err)
{
    if (prepare(child, err) != 0 || start_seals(child, err) != 0)
        return -1;
    if (read_list(child, err) != 0 || judge(child, err) != 0)
        return -1;
    find(child);
    if (child->request->full != NULL)
        child->request->full();
    return write_parts(child, err);
}

/* Says what was wrong without a word of the parsers', who quote what they read. */
static void rephrase(const struct child *child, struct err *err)
{
    uint64_t line = child->sealing.report.lines;

    if (child->own)
        return;
    if (err->code == ERR_MEMORY)
        err_set(err, ERR_MEMORY,
                "out of memory that may be locked; the last good list stays; " SEALED_MEMORY_CURE);
    else if (err->code == ERR_LIMIT)
        err_set(err, ERR_LIMIT,
                "over a bound of feeds.limits near line %" PRIu64 "; the last good list stays",
                line);
    else if (strncmp(err->text, WEBPAGE_TEXT, sizeof WEBPAGE_TEXT - 1) == 0)
        err_set(err, ERR_FORMAT, WEBPAGE_TEXT "; the last good list stays");
    else
        err_set(err, err->code == ERR_NONE ? ERR_FORMAT : err->code,
                "cannot be read as format %s, near line %" PRIu64
                ": cut short, damaged, or of another format; the last good list stays",
                child->request->list->format, line);
}

/* The signals of the run are not ours; a process that fails leaves nothing of its memory. */
static void become(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
    if (dup2(fd, STDERR_FILENO + 1) < 0 || close_range(STDERR_FILENO + 2, ~0U, 0) != 0)
        _exit(1);
#ifdef M_PERTURB
    mallopt(M_PERTURB, 0x5a); /* freed memory is overwritten */
#endif
}

_Noreturn void sealed_reader_child(const struct sealed_reader_request *request, int fd)
{
    struct sealed_reader_message message = {.magic = SEALED_READER_MAGIC};
    struct child child = {.request = request, .result = &message.result};
    struct err err = {0};
    int result;

    become(fd);
    reader_confine(request->config);
    if (request->entered != NULL)
        request->entered();
    result = read_all(&child, &err);
    if (result != 0) {
        rephrase(&child, &err);
        message.code = (uint32_t)(err.code == ERR_NONE ? ERR_SYSTEM : err.code);
        memcpy(message.text, err.text, sizeof message.text);
    }
    for (size_t i = 0; i < SEALED_READER_SALTS; i++)
        seal_end(child.seals[i]);
    sodium_memzero(request->memory->octets, request->memory->length);
    _exit(file_write(STDERR_FILENO + 1, &message, sizeof message, "pipe", &err) == 0 ? 0 : 1);
}
