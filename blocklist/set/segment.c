/* segment.c - collects one source's names and keeps them apart by kind.
 *
 * The run a hash stands in says its kind, so an entry costs eight octets and nothing else;
 * operations other than listing are few and keep the hashes of their ancestors (exceptions.h). A
 * name listed under two kinds gets the wider one at the end. Dropped: one array of (hash, kind)
 * records, which costs 16 octets an entry with its padding; a hash table for duplicates, which
 * costs the same and misses the cache at each name. */
#include "blocklist/set/segment.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/segment_file.h"
#include "blocklist/set/segment_names.h"
#include "blocklist/set/terms_check.h"
#include "config/base/addr.h"
#include "config/base/err.h"

struct segment_writer *segment_start(const char *path, uint64_t seed, struct err *err)
{
    struct segment_writer *writer = calloc(1, sizeof *writer);

    if (writer == NULL) {
        err_set(err, ERR_MEMORY, "%s: out of memory", path);
        return NULL;
    }
    writer->path = strdup(path);
    if (writer->path == NULL) {
        err_set(err, ERR_MEMORY, "%s: out of memory", path);
        free(writer);
        return NULL;
    }
    writer->seed = seed;
    writer->key = siphash_key_from_seed(seed);
    return writer;
}

void segment_for_now(struct segment_writer *writer)
{
    writer->for_now = true;
}

const struct siphash_key *segment_key(const struct segment_writer *writer)
{
    return &writer->key;
}

int segment_keep_names(struct segment_writer *writer, struct err *err)
{
    must(writer->added == 0 && !writer->second);
    if (writer->names == NULL)
        writer->names = names_out_start(writer->path, err);
    return writer->names == NULL ? -1 : 0;
}

/* What is added, on its way. */
struct adding {
    const struct name *name;
    uint64_t hash;
    unsigned labels;
    enum entry_kind kind;
    int64_t terms; /* number in the table, -1 for none */
};

static int add_exception(struct segment_writer *writer, const struct adding *adding,
                         struct err *err)
{
    uint64_t chain[NAME_LABELS_MAX];
    const uint8_t *terms = NULL;

    if (writer->second)
        return 0;
    if (adding->terms >= 0)
        terms = terms_table_at(&writer->terms, (size_t)adding->terms);
    siphash_suffixes(&writer->key, adding->name, chain, NAME_LABELS_MAX);
    return exceptions_add(&writer->exceptions,
                          exception_head(adding->kind, adding->labels,
                                         (uint32_t)(adding->terms + 1), terms_drop(terms)),
                          chain, err);
}

/* Tells whether the source's own exceptions leave something of the listing. */
static bool survives(struct segment_writer *writer, const struct name *name, enum entry_kind *kind)
{
    uint64_t chain[NAME_LABELS_MAX];
    size_t labels = siphash_suffixes(&writer->key, name, chain, NAME_LABELS_MAX);

    return exceptions_effect(&writer->exceptions, chain, (unsigned)labels, kind) != EXCEPTION_DROPS;
}

static int push_termed(struct segment_writer *writer, const struct adding *adding, struct err *err)
{
    if (writer->termed_count == writer->termed_room) {
        size_t room = writer->termed_room == 0 ? 64 : writer->termed_room * 2;
        struct segment_termed *more;

        if (room > SEGMENT_TERMED_MAX)
            return err_set(err, ERR_LIMIT, "more than %d listings with terms in one list",
                           SEGMENT_TERMED_MAX);
        more = realloc(writer->termed, room * sizeof *more);
        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for listings with terms");
        writer->termed = more;
        writer->termed_room = room;
    }
    writer->termed[writer->termed_count++] =
        (struct segment_termed){adding->hash, (uint32_t)adding->terms, (uint32_t)adding->kind};
    return 0;
}

static bool is_important(const struct segment_writer *writer, int64_t terms)
{
    return terms >= 0 && terms_important(terms_table_at(&writer->terms, (size_t)terms));
}

static int add_listing(struct segment_writer *writer, struct adding *adding, struct err *err)
{
    unsigned labels = adding->labels;

    if (writer->second && !is_important(writer, adding->terms) &&
        !survives(writer, adding->name, &adding->kind))
        return 0;
    writer->depths[labels / 64] |= (uint64_t)1 << (labels % 64);
    writer->added++;
    if (adding->terms >= 0)
        return push_termed(writer, adding, err);
    return hashes_push(&writer->runs[adding->kind], adding->hash, err);
}

static int add(struct segment_writer *writer, struct adding *adding, enum entry_operation operation,
               struct err *err)
{
    if (adding->labels == 0 || adding->labels > NAME_LABELS_MAX)
        return err_set(err, ERR_USAGE, "the root cannot be listed");
    if (writer->names != NULL && !writer->second &&
        names_out_add(writer->names, adding->name, adding->kind, operation, adding->terms, err) !=
            0)
        return -1;
    return operation == ENTRY_EXCEPT ? add_exception(writer, adding, err)
                                     : add_listing(writer, adding, err);
}

int segment_add(struct segment_writer *writer, const struct name *name, uint64_t hash,
                unsigned labels, enum entry_kind kind, enum entry_operation operation,
                struct err *err)
{
    struct adding adding = {name, hash, labels, kind, -1};

    return add(writer, &adding, operation, err);
}

int segment_add_terms(struct segment_writer *writer, const struct name *name, uint64_t hash,
                      unsigned labels, enum entry_kind kind, enum entry_operation operation,
                      const struct terms *terms, struct err *err)
{
    struct adding adding = {name, hash, labels, kind, -1};

    if (terms_table_add(&writer->terms, terms, operation, &adding.terms, err) != 0)
        return -1;
    return add(writer, &adding, operation, err);
}

static int grow_prefixes(struct segment_writer *writer, struct err *err)
{
    size_t room = writer->prefix_room == 0 ? 64 : writer->prefix_room * 2;
    struct segment_prefix *more = realloc(writer->prefixes, room * sizeof *more);

    if (more == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for %zu address ranges", room);
    writer->prefixes = more;
    writer->prefix_room = room;
    return 0;
}

int segment_add_prefix(struct segment_writer *writer, const struct prefix *prefix,
                       enum entry_operation operation, struct err *err)
{
    struct segment_prefix *at;

    if (operation == ENTRY_EXCEPT && writer->second)
        return 0;
    if (prefix->addr.bits == 0 || prefix->length > prefix->addr.bits)
        return err_set(err, ERR_USAGE, "not an address range");
    if (writer->prefix_count == SEGMENT_PREFIXES_MAX)
        return err_set(err, ERR_LIMIT, "too many address ranges in one list");
    if (writer->prefix_count == writer->prefix_room && grow_prefixes(writer, err) != 0)
        return -1;
    at = &writer->prefixes[writer->prefix_count++];
    memset(at, 0, sizeof *at);
    memcpy(at->octets, prefix->addr.octets, sizeof at->octets);
    at->bits = prefix->addr.bits;
    at->length = prefix->length;
    at->operation = operation;
    if (operation == ENTRY_LIST)
        writer->added++;
    return 0;
}

static void forget_listings(struct segment_writer *writer)
{
    size_t kept = 0;

    for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
        writer->runs[kind].count = 0;
    for (size_t i = 0; i < writer->prefix_count; i++) {
        if (writer->prefixes[i].operation == ENTRY_EXCEPT)
            writer->prefixes[kept++] = writer->prefixes[i];
    }
    writer->prefix_count = kept;
    writer->termed_count = 0;
    memset(writer->depths, 0, sizeof writer->depths);
    writer->added = 0;
}

bool segment_second_pass(struct segment_writer *writer)
{
    if (writer->second || !writer->exceptions.drop)
        return false;
    /* Out of memory here shows in segment_finish, which refuses a writer without its table. */
    if (exceptions_sort(&writer->exceptions, NULL) != 0)
        return false;
    writer->second = true;
    forget_listings(writer);
    return true;
}

static int compare_prefixes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct segment_prefix));
}

static void sort_prefixes(struct segment_writer *writer)
{
    size_t kept = 0;

    if (writer->prefix_count == 0)
        return;
    qsort(writer->prefixes, writer->prefix_count, sizeof *writer->prefixes, compare_prefixes);
    for (size_t i = 1; i < writer->prefix_count; i++) {
        if (compare_prefixes(&writer->prefixes[i], &writer->prefixes[kept]) != 0)
            writer->prefixes[++kept] = writer->prefixes[i];
    }
    writer->prefix_count = kept + 1;
}

/* Moves what stands in both EXACT and BELOW to SUBTREE. Returns how many, -1 with ERR. */
static ssize_t widen_common(struct segment_writer *writer, struct err *err)
{
    struct hashes *exact = &writer->runs[ENTRY_EXACT], *below = &writer->runs[ENTRY_BELOW];
    size_t moved = 0;

    for (size_t i = 0, j = 0; i < exact->count && j < below->count;) {
        if (exact->items[i] == below->items[j]) {
            if (hashes_push(&writer->runs[ENTRY_SUBTREE], exact->items[i], err) != 0)
                return -1;
            moved++;
            i++;
            j++;
        } else if (exact->items[i] < below->items[j]) {
            i++;
        } else {
            j++;
        }
    }
    return (ssize_t)moved;
}

/* Takes out of RUN what stands in WIDER too; both are sorted. */
static void drop_covered(struct hashes *run, const struct hashes *wider)
{
    size_t kept = 0;

    for (size_t i = 0, j = 0; i < run->count; i++) {
        while (j < wider->count && wider->items[j] < run->items[i])
            j++;
        if (j == wider->count || wider->items[j] != run->items[i])
            run->items[kept++] = run->items[i];
    }
    run->count = kept;
}

static int settle_runs(struct segment_writer *writer, struct err *err)
{
    struct hashes *subtree = &writer->runs[ENTRY_SUBTREE];
    ssize_t widened;

    for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
        hashes_sort_unique(&writer->runs[kind]);
    widened = widen_common(writer, err);
    if (widened < 0)
        return -1;
    if (widened > 0)
        hashes_sort_unique(subtree);
    drop_covered(&writer->runs[ENTRY_EXACT], subtree);
    drop_covered(&writer->runs[ENTRY_BELOW], subtree);
    return 0;
}

static int compare_termed(const void *a, const void *b)
{
    const struct segment_termed *one = a, *other = b;

    if (one->hash != other->hash)
        return one->hash < other->hash ? -1 : 1;
    if (one->terms != other->terms)
        return one->terms < other->terms ? -1 : 1;
    return one->kind < other->kind ? -1 : one->kind > other->kind;
}

static void settle_termed(struct segment_writer *writer)
{
    size_t kept = 0;

    if (writer->termed_count == 0)
        return;
    qsort(writer->termed, writer->termed_count, sizeof *writer->termed, compare_termed);
    for (size_t i = 1; i < writer->termed_count; i++) {
        if (compare_termed(&writer->termed[i], &writer->termed[kept]) != 0)
            writer->termed[++kept] = writer->termed[i];
    }
    writer->termed_count = kept + 1;
}

/* Refuses a list that says so much of one name that whoever asks for it would wait. */
static int check_crowds(const struct segment_writer *writer, struct err *err)
{
    const size_t most = SEGMENT_TERMED_AT_NAME_MAX;

    for (size_t i = most; i < writer->termed_count; i++) {
        if (writer->termed[i].hash == writer->termed[i - most].hash)
            return err_set(err, ERR_LIMIT, "more than %zu listings of one name on different terms",
                           most);
    }
    for (size_t i = most; i < exceptions_count(&writer->exceptions); i++) {
        if (exception_hash(exceptions_record(&writer->exceptions, i)) ==
            exception_hash(exceptions_record(&writer->exceptions, i - most)))
            return err_set(err, ERR_LIMIT,
                           "more than %zu exceptions of one name on different terms", most);
    }
    return 0;
}

static uint64_t count_listed(const struct segment_writer *writer, uint64_t *prefixes)
{
    uint64_t names = writer->termed_count;

    for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
        names += writer->runs[kind].count;
    *prefixes = 0;
    for (size_t i = 0; i < writer->prefix_count; i++)
        *prefixes += writer->prefixes[i].operation == ENTRY_LIST;
    return names;
}

int segment_finish(struct segment_writer *writer, struct segment_about *about, struct err *err)
{
    uint64_t prefixes;
    int result = -1;

    if (writer->exceptions.drop && !writer->second) {
        err_set(err, ERR_USAGE, "%s: exceptions want a second pass over the source", writer->path);
        goto out;
    }
    if (settle_runs(writer, err) != 0 ||
        (!writer->second && exceptions_sort(&writer->exceptions, err) != 0))
        goto out;
    if (segment_join_records(writer, err) != 0)
        goto out;
    settle_termed(writer);
    if (check_crowds(writer, err) != 0)
        goto out;
    sort_prefixes(writer);
    if (!writer->counted) {
        about->names = count_listed(writer, &prefixes);
        about->duplicates = writer->added - about->names - prefixes;
    }
    result = segment_file_write(writer, about, err);
out:
    segment_abandon(writer);
    return result;
}

void segment_abandon(struct segment_writer *writer)
{
    if (writer == NULL)
        return;
    for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
        hashes_free(&writer->runs[kind]);
    exceptions_free(&writer->exceptions);
    terms_table_free(&writer->terms);
    names_out_end(writer->names);
    free(writer->termed);
    free(writer->prefixes);
    free(writer->path);
    free(writer);
}
