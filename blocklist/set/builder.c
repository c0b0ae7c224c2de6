/* builder.c - the two passes from segments to a set.
 *
 * Problem: an id is one octet, so the commonest rows must be known before the first name is
 * written, and memory must not grow with the names. Idea: merge the sorted segments twice. The
 * first pass counts names and rows, and collects what stands above exceptions; the second writes
 * the lines as one forward stream, since a hash's line grows with the hash. Everything else is
 * small and is written behind them. Dropped: keeping the merged names between the passes (nine
 * octets a name more than the segments already take on disk); ids in order of appearance (rare rows
 * would take the short ones). */
#include "blocklist/set/builder.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/build.h"
#include "blocklist/set/line.h"
#include "blocklist/set/lines.h"
#include "blocklist/set/merge.h"
#include "blocklist/set/nodes.h"
#include "blocklist/set/rows.h"
#include "blocklist/set/segment_file.h"
#include "blocklist/set/set_out.h"
#include "config/base/bytes.h"
#include "config/base/err.h"

enum { PROGRESS_STEP = 1 << 16 };

static void report(struct build *build, uint64_t more)
{
    const struct builder_options *options = build->options;
    uint64_t before = build->done;

    build->done += more;
    if (options->progress != NULL && before / PROGRESS_STEP != build->done / PROGRESS_STEP)
        options->progress(options->context, build->done, 2 * build->entries);
}

static int name_category(struct build *build, size_t feed, struct err *err)
{
    const char *key = build->segments[feed]->about.category;
    size_t number = 0;

    while (number < build->category_count && strcmp(build->categories[number], key) != 0)
        number++;
    if (number == SET_CATEGORIES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d categories in one set", SET_CATEGORIES_MAX);
    if (number == build->category_count)
        build->categories[build->category_count++] = key;
    build->variants.categories[feed] = (uint8_t)number;
    return 0;
}

static int check_segment(const struct build *build, size_t feed, struct err *err)
{
    const struct segment *segment = build->segments[feed];

    if (segment->seed != build->options->seed)
        return err_set(err, ERR_FORMAT, "%s: made with seed %llu, not %llu", segment->path,
                       (unsigned long long)segment->seed, (unsigned long long)build->options->seed);
    for (size_t i = 0; i < feed; i++) {
        if (strcmp(build->segments[i]->about.feed, segment->about.feed) == 0)
            return err_set(err, ERR_DUPLICATE, "two sources are called '%s'", segment->about.feed);
    }
    return 0;
}

static int open_segments(struct build *build, const char *const *paths, size_t count,
                         struct err *err)
{
    if (count > SET_FEEDS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d feeds in one set", SET_FEEDS_MAX);
    build->segments = calloc(count + 1, sizeof(struct segment *));
    if (build->segments == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for segments");
    for (size_t feed = 0; feed < count; feed++) {
        build->segments[feed] = segment_open(paths[feed], err);
        if (build->segments[feed] == NULL)
            return -1;
        build->segment_count++;
        if (check_segment(build, feed, err) != 0)
            return -1;
        build->entries += segment_count_listings(build->segments[feed]);
    }
    if (variants_make(&build->variants, build->segments, count, err) != 0)
        return -1;
    for (size_t feed = 0; feed < count; feed++) {
        if (name_category(build, feed, err) != 0)
            return -1;
    }
    return 0;
}

static int count_item(struct build *build, const struct merge_item *item, struct err *err)
{
    int excepted = nodes_see(build->nodes, item, err);
    int64_t row;

    if (excepted != 0)
        return excepted < 0 ? -1 : 0; /* its row is known only when all ancestors are */
    row = rows_intern(build->rows, item->entries, item->count, err);
    if (row < 0)
        return -1;
    rows_at(build->rows, (size_t)row)->names++;
    build->names++;
    return 0;
}

static int first_pass(struct build *build, struct err *err)
{
    struct merge *merge = merge_start(build->segments, &build->variants, false, err);
    struct merge_item item;
    int more = merge == NULL ? -1 : 1;

    while (more > 0) {
        more = merge_next(merge, &item, err);
        if (more > 0 && count_item(build, &item, err) != 0)
            more = -1;
        if (more > 0)
            report(build, item.count);
    }
    merge_end(merge);
    return more;
}

/* Sixteen bits where a twentieth of the names would escape from eight: an escape costs 16 octets,
 * the wider ids 0.8 a name. */
static void choose_ids(struct build *build)
{
    uint64_t escaping = 0;

    for (size_t id = LINE_ESCAPE_8; id < rows_count(build->rows); id++)
        escaping += rows_at(build->rows, build->order[id])->names;
    build->id_bits = escaping * 20 > build->names ? 16 : 8;
}

static void choose_lines(struct build *build)
{
    unsigned slots = build->id_bits == 8 ? LINE_SLOTS_8 : LINE_SLOTS_16;
    uint64_t wanted = lines_wanted(build->names, slots), kept = build->keep_lines;

    build->lines = wanted;
    if (kept == 0)
        return;
    if (wanted <= kept && wanted >= kept - kept / 4)
        build->lines = kept;
    else if (wanted > kept && wanted < kept + kept / 10)
        build->lines = kept + kept / 10 + 1;
}

static int add_name(struct build *build, struct lines *lines, uint64_t hash, uint32_t row,
                    struct err *err)
{
    uint32_t id = rows_at(build->rows, row)->id;
    unsigned escape = build->id_bits == 8 ? LINE_ESCAPE_8 : LINE_ESCAPE_16;

    if (id >= escape) {
        if (hashes_push(&build->escapes, hash, err) != 0 ||
            hashes_push(&build->escapes, id, err) != 0)
            return -1;
        id = escape;
    }
    return lines_add(lines, hash, id, err);
}

/* The stream of names in the second pass: the merge, and between its hashes the exception names. */
struct second {
    struct build *build;
    struct lines lines;
    bool pending; /* an exception name waits */
    uint64_t hash;
    uint32_t row;
    size_t protected_at;
};

static int write_name(struct second *second, uint64_t hash, uint32_t row, struct err *err)
{
    protect_see(second->build, &second->protected_at, hash);
    return add_name(second->build, &second->lines, hash, row, err);
}

/* Writes the exception names below LIMIT, and the one at it. Returns 1 where that one was, 0, or -1
 * with ERR. */
static int write_exceptions(struct second *second, uint64_t limit, struct err *err)
{
    while (second->pending && second->hash <= limit) {
        uint64_t hash = second->hash;

        if (write_name(second, hash, second->row, err) != 0)
            return -1;
        second->pending = nodes_next(second->build->nodes, &second->hash, &second->row);
        if (hash == limit)
            return 1;
    }
    return 0;
}

static int write_item(struct second *second, const struct merge_item *item, struct err *err)
{
    int done = write_exceptions(second, item->hash, err);
    int64_t row;

    if (done != 0)
        return done < 0 ? -1 : 0;
    row = rows_intern(second->build->rows, item->entries, item->count, err);
    return row < 0 ? -1 : write_name(second, item->hash, (uint32_t)row, err);
}

static int write_names(struct second *second, struct merge *merge, struct err *err)
{
    struct merge_item item;
    int more = 1;

    nodes_rewind(second->build->nodes);
    second->pending = nodes_next(second->build->nodes, &second->hash, &second->row);
    while (more > 0) {
        more = merge_next(merge, &item, err);
        if (more > 0 && write_item(second, &item, err) != 0)
            more = -1;
        if (more > 0)
            report(second->build, item.count);
    }
    if (more == 0 && write_exceptions(second, UINT64_MAX, err) < 0)
        more = -1;
    return more;
}

static int second_pass(struct build *build, struct err *err)
{
    struct second second;
    struct merge *merge = NULL;
    int result = -1;

    memset(&second, 0, sizeof second);
    second.build = build;
    if (set_out_begin(build->out, SET_NAMES, true, err) != 0 ||
        lines_start(&second.lines, build->out, build->lines,
                    build->id_bits == 8 ? LINE_SLOTS_8 : LINE_SLOTS_16, err) != 0)
        goto out;
    merge = merge_start(build->segments, &build->variants, true, err);
    if (merge == NULL || write_names(&second, merge, err) != 0 ||
        lines_finish(&second.lines, &build->stored, err) != 0)
        goto out;
    build->spill = second.lines.spill;
    set_out_end(build->out, build->stored);
    result = 0;
out:
    merge_end(merge);
    lines_end(&second.lines);
    return result;
}

static void fill_header(struct build *build)
{
    uint8_t *header = set_out_header(build->out);
    uint64_t depths[2] = {0, 0};

    for (size_t i = 0; i < build->segment_count; i++) {
        depths[0] |= build->segments[i]->depths[0];
        depths[1] |= build->segments[i]->depths[1];
    }
    store_le64(header + SET_AT_SEED, build->options->seed);
    store_le64(header + SET_AT_NAMES, build->names);
    store_le64(header + SET_AT_LINES, build->lines);
    store_le64(header + SET_AT_STORED, build->stored);
    store_le32(header + SET_AT_SPILL, build->spill);
    header[SET_AT_SLOTS] = build->id_bits == 8 ? LINE_SLOTS_8 : LINE_SLOTS_16;
    header[SET_AT_ID_BITS] = (uint8_t)build->id_bits;
    store_le64(header + SET_AT_DEPTHS, depths[0]);
    store_le64(header + SET_AT_DEPTHS + 8, depths[1]);
}

/* Everything that must be known before the first octet is written. */
static int prepare(struct build *build, struct err *err)
{
    build->nodes = nodes_create(build->segments, &build->variants, err);
    build->rows = rows_create(&build->variants, err);
    if (build->nodes == NULL || build->rows == NULL || protect_collect(build, err) != 0)
        return -1;
    if (first_pass(build, err) != 0 ||
        nodes_resolve(build->nodes, build->rows, &build->names, err) != 0 ||
        prefixes_build(&build->prefixes, build->segments, build->segment_count, build->rows, err) !=
            0 ||
        rows_settle(build->rows, &build->order, err) != 0)
        return -1;
    rows_keep(build);
    choose_ids(build);
    choose_lines(build);
    return 0;
}

static int write_set(struct build *build, struct builder_result *result, struct err *err)
{
    build->out = set_out_create(build->options->out, err);
    if (build->out == NULL || second_pass(build, err) != 0 || sections_write(build, err) != 0)
        return -1;
    fill_header(build);
    if (set_out_finish(build->out, &result->octets, err) != 0 || protect_prove(build, err) != 0 ||
        set_out_commit(build->out, err) != 0)
        return -1;
    result->names = build->names;
    result->prefixes = build->prefixes.count;
    result->rows = rows_count(build->rows);
    result->seed = build->options->seed;
    return 0;
}

static void release(struct build *build)
{
    set_out_close(build->out);
    free(build->prefixes.items);
    hashes_free(&build->protected);
    hashes_free(&build->escapes);
    free(build->listed);
    free(build->order);
    rows_destroy(build->rows);
    nodes_destroy(build->nodes);
    for (size_t i = 0; i < build->segment_count; i++)
        segment_close(build->segments[i]);
    free(build->segments);
    variants_free(&build->variants);
}

int builder_merge(const char *const *paths, size_t count, const struct builder_options *options,
                  struct builder_result *result, struct err *err)
{
    struct build build;
    int status = -1;

    memset(&build, 0, sizeof build);
    build.options = options;
    build.keep_lines = options->keep_lines;
    if (open_segments(&build, paths, count, err) == 0 && prepare(&build, err) == 0)
        status = write_set(&build, result, err);
    release(&build);
    return status;
}
