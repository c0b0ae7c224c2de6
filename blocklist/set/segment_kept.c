/* segment_kept.c - questions to a segment that was kept.
 *
 * Whether a name is listed is found by halving each run in the file, since a gate asks for a few
 * thousand names and a run may have ten million; what two segments differ in, by reading both as
 * the builder does. */
#include "blocklist/set/segment_kept.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/set/segment_file.h"
#include "blocklist/set/terms_check.h"
#include "config/base/addr.h"
#include "config/base/err.h"

enum { BLOCK = 4096 };

const struct segment_about *segment_about(const struct segment *segment)
{
    return &segment->about;
}

uint64_t segment_seed(const struct segment *segment)
{
    return segment->seed;
}

uint64_t segment_count_listings(const struct segment *segment)
{
    uint64_t names = segment->parts[SEGMENT_TERMED].count;

    for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
        names += segment->parts[SEGMENT_SUBTREE + kind].count;
    return names;
}

uint64_t segment_entries(const struct segment *segment)
{
    return segment_count_listings(segment) + segment->prefix_count +
           exceptions_count(&segment->exceptions);
}

static int verify_run(const struct segment *segment, enum segment_section section, struct err *err)
{
    struct segment_stream stream;
    int more = segment_stream_start(&stream, segment, section, false, err);

    if (more == 0) {
        do
            more = segment_stream_fill(&stream, err);
        while (more > 0);
    }
    segment_stream_end(&stream);
    return more;
}

static int ignore_name(void *context, const struct segment_name *name)
{
    (void)context;
    (void)name;
    return 0;
}

int segment_verify(const struct segment *segment, struct err *err)
{
    for (unsigned section = SEGMENT_SUBTREE; section <= SEGMENT_BELOW; section++) {
        if (verify_run(segment, (enum segment_section)section, err) != 0)
            return -1;
    }
    if (verify_run(segment, SEGMENT_TERMED, err) != 0)
        return -1;
    return segment_has_names(segment) ? segment_names_each(segment, ignore_name, NULL, err) : 0;
}

/* Finds where HASH stands in a run of elements of WIDTH octets, by halving the file down to half a
 * block, and reads the block that begins there or shortly before. Returns the elements read, -1
 * with ERR. */
static ssize_t read_around(const struct segment *segment, const struct segment_part *part,
                           size_t width, uint64_t hash, uint8_t block[BLOCK], struct err *err)
{
    uint64_t low = 0, high = part->count, left;

    while (high - low > BLOCK / width / 2) {
        uint64_t middle = low + (high - low) / 2;
        uint8_t octets[8];

        if (segment_read_at(segment, part->offset + middle * width, octets, sizeof octets, err) !=
            0)
            return -1;
        if (load_le64(octets) < hash)
            low = middle;
        else
            high = middle;
    }
    left = part->count - low < BLOCK / width ? part->count - low : BLOCK / width;
    if (segment_read_at(segment, part->offset + low * width, block, (size_t)left * width, err) != 0)
        return -1;
    return (ssize_t)left;
}

/* Tells whether a run of hashes has HASH: 1, 0, -1 with ERR. */
static int run_has(const struct segment *segment, enum entry_kind kind, uint64_t hash,
                   struct err *err)
{
    const struct segment_part *part = &segment->parts[SEGMENT_SUBTREE + kind];
    uint8_t block[BLOCK];
    ssize_t count = read_around(segment, part, 8, hash, block, err);

    for (ssize_t i = 0; i < count; i++) {
        if (load_le64(block + 8 * i) == hash)
            return 1;
    }
    return count < 0 ? -1 : 0;
}

/* What was found on the way down to a name. */
struct found {
    bool listed;    /* by a listing that exceptions lift */
    bool important; /* by one that only scoped ones lift */
    unsigned scope; /* of one with a scope; SCOPE_MANY where there are several */
};

enum { SCOPE_MANY = UINT16_MAX + 1 };

/* Notes a listing with the terms at AT. */
static void note_termed(const uint8_t *at, struct found *found)
{
    unsigned scope = terms_scope(at);

    if (scope != 0)
        found->scope = found->scope == 0 || found->scope == scope ? scope : SCOPE_MANY;
    else if (terms_important(at))
        found->important = true;
    else
        found->listed = true;
}

/* Looks for listings with terms of HASH, which is the name's own if HERE: for the first hundred
 * that one name has. */
static int look_for_termed(const struct segment *segment, uint64_t hash, bool here,
                           struct found *found, struct err *err)
{
    const struct segment_part *part = &segment->parts[SEGMENT_TERMED];
    uint8_t block[BLOCK];
    ssize_t count =
        part->count == 0 ? 0 : read_around(segment, part, SEGMENT_TERMED_OCTETS, hash, block, err);

    for (ssize_t i = 0; i < count; i++) {
        const uint8_t *at = block + SEGMENT_TERMED_OCTETS * i;
        uint64_t word = load_le64(at + 8);

        if (load_le64(at) != hash || word >> 8 >= terms_table_count(&segment->terms) ||
            ((word & 3) != ENTRY_SUBTREE && ((word & 3) == ENTRY_EXACT) != here))
            continue;
        note_termed(terms_table_at(&segment->terms, word >> 8), found);
    }
    return count < 0 ? -1 : 0;
}

static int look_for_listings(const struct segment *segment, uint64_t hash, bool here,
                             struct found *found, struct err *err)
{
    int subtree = run_has(segment, ENTRY_SUBTREE, hash, err);
    int other = run_has(segment, here ? ENTRY_EXACT : ENTRY_BELOW, hash, err);

    if (subtree < 0 || other < 0)
        return -1;
    found->listed |= subtree > 0 || other > 0;
    return look_for_termed(segment, hash, here, found, err);
}

/* Lets the exception with the terms at AT (NULL for none) take back what was found above it. */
static void take_back(const uint8_t *at, struct found *found)
{
    unsigned scope = terms_scope(at);

    if (at != NULL && terms_limited(at))
        return;
    if (scope == 0 || scope == found->scope)
        found->scope = 0;
    if (scope == 0)
        found->listed = false;
    if (scope == 0 && terms_scoped(at))
        found->important = false;
}

/* Lets the exceptions at HASH take back what was found above it. */
static void look_for_exceptions(const struct segment *segment, uint64_t hash, bool here,
                                struct found *found)
{
    for (size_t i = exceptions_find(&segment->exceptions, hash);
         i < exceptions_count(&segment->exceptions); i++) {
        const uint64_t *record = exceptions_record(&segment->exceptions, i);
        uint32_t terms = exception_terms(record);

        if (exception_hash(record) != hash)
            return;
        if (exception_kind(record) != ENTRY_SUBTREE &&
            (exception_kind(record) == ENTRY_EXACT) != here)
            continue;
        take_back(terms == 0 ? NULL : terms_table_at(&segment->terms, terms - 1), found);
    }
}

int segment_contains(const struct segment *segment, const struct name *name, struct err *err)
{
    struct siphash_key key = siphash_key_from_seed(segment->seed);
    uint64_t chain[NAME_LABELS_MAX];
    size_t labels = siphash_suffixes(&key, name, chain, NAME_LABELS_MAX);
    struct found found = {false, false, 0};

    for (size_t depth = 1; depth <= labels; depth++) {
        bool here = depth == labels;

        if ((segment->depths[depth / 64] >> (depth % 64) & 1) == 0)
            continue;
        look_for_exceptions(segment, chain[depth - 1], here, &found);
        if (look_for_listings(segment, chain[depth - 1], here, &found, err) != 0)
            return -1;
    }
    return found.listed || found.important || found.scope != 0;
}

/* One run of two segments, side by side. */
struct pair {
    struct segment_stream streams[2];
    struct segment_termed heads[2];
    bool have[2];
};

/* Takes the next element of the stream on SIDE. */
static int step(struct pair *pair, size_t side, struct err *err)
{
    struct segment_stream *stream = &pair->streams[side];
    int more = 1;

    if (stream->segment == NULL)
        return 0;
    if (stream->at == stream->held)
        more = segment_stream_fill(stream, err);
    pair->have[side] = more > 0;
    if (more <= 0)
        return more;
    if (stream->width == SEGMENT_TERMED_OCTETS)
        pair->heads[side] = segment_stream_take_termed(stream);
    else
        pair->heads[side].hash = segment_stream_take(stream);
    return 0;
}

struct comparing {
    const struct segment *sides[2];
    int (*each)(void *context, uint64_t hash, enum entry_kind kind, bool added);
    void *context;
    struct segment_changes *changes;
    struct err *err;
};

static int start_pair(const struct comparing *comparing, enum segment_section section,
                      struct pair *pair)
{
    memset(pair, 0, sizeof *pair);
    for (size_t side = 0; side < 2; side++) {
        if (comparing->sides[side] != NULL &&
            segment_stream_start(&pair->streams[side], comparing->sides[side], section, false,
                                 comparing->err) != 0)
            return -1;
    }
    return step(pair, 0, comparing->err) != 0 || step(pair, 1, comparing->err) != 0 ? -1 : 0;
}

/* Orders the heads of PAIR; terms are numbered by each segment for itself, so those at one place of
 * the order are compared by what they say. */
static int order(const struct comparing *comparing, const struct pair *pair)
{
    const struct segment_termed *a = &pair->heads[0], *b = &pair->heads[1];

    if (!pair->have[0] || !pair->have[1])
        return pair->have[0] ? -1 : 1;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (pair->streams[0].width != SEGMENT_TERMED_OCTETS)
        return 0;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return terms_compare(terms_table_at(&comparing->sides[0]->terms, a->terms),
                         terms_table_at(&comparing->sides[1]->terms, b->terms));
}

static int tell(const struct comparing *comparing, const struct segment_termed *head,
                enum entry_kind kind, bool added)
{
    if (added)
        comparing->changes->added++;
    else
        comparing->changes->removed++;
    return comparing->each == NULL ? 0
                                   : comparing->each(comparing->context, head->hash, kind, added);
}

static int compare_run(const struct comparing *comparing, enum segment_section section)
{
    struct pair pair;
    int result = start_pair(comparing, section, &pair);

    while (result == 0 && (pair.have[0] || pair.have[1])) {
        int sign = order(comparing, &pair);
        size_t side = sign > 0;
        enum entry_kind kind = section == SEGMENT_TERMED
                                   ? (enum entry_kind)pair.heads[side].kind
                                   : (enum entry_kind)(section - SEGMENT_SUBTREE);

        if (sign != 0)
            result = tell(comparing, &pair.heads[side], kind, side == 1);
        if (sign <= 0 && result == 0)
            result = step(&pair, 0, comparing->err);
        if (sign >= 0 && result == 0)
            result = step(&pair, 1, comparing->err);
    }
    segment_stream_end(&pair.streams[0]);
    segment_stream_end(&pair.streams[1]);
    return result;
}

/* Counts the elements of two sorted arrays that only one has; ORDER_OF compares element I of the
 * one with element K of the other. */
static void count_differences(const struct comparing *comparing, const size_t counts[2],
                              int (*order_of)(const struct comparing *comparing, size_t i,
                                              size_t k))
{
    size_t at[2] = {0, 0};

    while (at[0] < counts[0] || at[1] < counts[1]) {
        int sign = at[0] == counts[0]   ? 1
                   : at[1] == counts[1] ? -1
                                        : order_of(comparing, at[0], at[1]);

        comparing->changes->removed += sign < 0;
        comparing->changes->added += sign > 0;
        at[0] += sign <= 0;
        at[1] += sign >= 0;
    }
}

static int order_prefixes(const struct comparing *comparing, size_t i, size_t k)
{
    return memcmp(&comparing->sides[0]->prefixes[i], &comparing->sides[1]->prefixes[k],
                  sizeof(struct segment_prefix));
}

/* An exception whose terms alone changed counts as the same. */
static int order_exceptions(const struct comparing *comparing, size_t i, size_t k)
{
    const uint64_t *a = exceptions_record(&comparing->sides[0]->exceptions, i);
    const uint64_t *b = exceptions_record(&comparing->sides[1]->exceptions, k);

    if (exception_hash(a) != exception_hash(b))
        return exception_hash(a) < exception_hash(b) ? -1 : 1;
    return (int)exception_kind(a) - (int)exception_kind(b);
}

static void compare_small(const struct comparing *comparing)
{
    size_t prefixes[2] = {0, 0}, exceptions[2] = {0, 0};

    for (size_t side = 0; side < 2; side++) {
        if (comparing->sides[side] == NULL)
            continue;
        prefixes[side] = comparing->sides[side]->prefix_count;
        exceptions[side] = exceptions_count(&comparing->sides[side]->exceptions);
    }
    count_differences(comparing, prefixes, order_prefixes);
    count_differences(comparing, exceptions, order_exceptions);
}

int segment_compare(const struct segment *before, const struct segment *after,
                    int (*each)(void *context, uint64_t hash, enum entry_kind kind, bool added),
                    void *context, struct segment_changes *changes, struct err *err)
{
    const struct comparing comparing = {
        {before, after},
        each, context, changes, err
    };
    int result = 0;

    memset(changes, 0, sizeof *changes);
    if (before != NULL && after != NULL && before->seed != after->seed)
        return err_set(err, ERR_USAGE, "%s and %s have different seeds", before->path, after->path);
    changes->before = before == NULL ? 0 : segment_entries(before);
    changes->after = after == NULL ? 0 : segment_entries(after);
    for (unsigned section = SEGMENT_SUBTREE; section <= SEGMENT_BELOW && result == 0; section++)
        result = compare_run(&comparing, (enum segment_section)section);
    if (result == 0)
        result = compare_run(&comparing, SEGMENT_TERMED);
    compare_small(&comparing);
    return result;
}

struct again {
    struct segment_writer *writer;
    struct err *err;
};

static int add_again(void *context, const struct segment_name *name)
{
    const struct again *again = context;
    uint64_t chain[NAME_LABELS_MAX];
    size_t labels =
        siphash_suffixes(segment_key(again->writer), &name->name, chain, NAME_LABELS_MAX);

    if (name->terms == NULL)
        return segment_add(again->writer, &name->name, chain[labels - 1], name->labels, name->kind,
                           name->operation, again->err);
    return segment_add_terms(again->writer, &name->name, chain[labels - 1], name->labels,
                             name->kind, name->operation, name->terms, again->err);
}

static int add_prefixes(const struct segment *segment, struct segment_writer *writer,
                        struct err *err)
{
    for (size_t i = 0; i < segment->prefix_count; i++) {
        const struct segment_prefix *from = &segment->prefixes[i];
        struct prefix prefix;

        memset(&prefix, 0, sizeof prefix);
        memcpy(prefix.addr.octets, from->octets, sizeof from->octets);
        prefix.addr.bits = from->bits;
        prefix.length = from->length;
        if (segment_add_prefix(writer, &prefix, (enum entry_operation)from->operation, err) != 0)
            return -1;
    }
    return 0;
}

static int pass(const struct segment *segment, struct segment_writer *writer, struct err *err)
{
    struct again again = {writer, err};

    if (segment_names_each(segment, add_again, &again, err) != 0)
        return -1;
    return add_prefixes(segment, writer, err);
}

int segment_rehash(const char *from, const char *to, uint64_t seed, struct err *err)
{
    struct segment *segment = segment_open(from, err);
    struct segment_writer *writer = segment == NULL ? NULL : segment_start(to, seed, err);
    struct segment_about about;
    int result = -1;

    if (writer == NULL)
        goto out;
    about = segment->about;
    writer->counted = true;
    if (segment_keep_names(writer, err) != 0 || pass(segment, writer, err) != 0 ||
        (segment_second_pass(writer) && pass(segment, writer, err) != 0)) {
        segment_abandon(writer);
        goto out;
    }
    result = segment_finish(writer, &about, err);
out:
    segment_close(segment);
    return result;
}
