#include "blocklist/set/exceptions.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/layout.h"
#include "config/base/err.h"

int exceptions_add(struct exceptions *exceptions, uint64_t head, const uint64_t *chain,
                   struct err *err)
{
    size_t start = exceptions->words.count;
    unsigned labels = exception_labels(&head);

    if (labels == 0 || labels > NAME_LABELS_MAX)
        return 0;
    if (start + labels + 1 > SEGMENT_EXCEPTION_WORDS_MAX)
        return err_set(err, ERR_LIMIT, "too many exceptions in one list");
    if (hashes_push(&exceptions->words, head, err) != 0)
        return -1;
    for (unsigned i = 0; i < labels; i++) {
        if (hashes_push(&exceptions->words, chain[i], err) != 0)
            return -1;
    }
    exceptions->depths[labels / 64] |= (uint64_t)1 << (labels % 64);
    exceptions->drop |= exception_drops(&head);
    return hashes_push(&exceptions->starts, start, err);
}

static int compare_records(const void *a, const void *b, void *words)
{
    const uint64_t *first = (const uint64_t *)words + *(const uint64_t *)a;
    const uint64_t *second = (const uint64_t *)words + *(const uint64_t *)b;
    uint64_t one = exception_hash(first), other = exception_hash(second);

    if (one != other)
        return one < other ? -1 : 1;
    if (exception_terms(first) != exception_terms(second))
        return exception_terms(first) < exception_terms(second) ? -1 : 1;
    return exception_kind(first) < exception_kind(second)
               ? -1
               : exception_kind(first) > exception_kind(second);
}

/* Joins records of one hash and the same terms into the first of them. */
static void join_repeated(struct exceptions *exceptions)
{
    uint64_t *words = exceptions->words.items, *starts = exceptions->starts.items;
    size_t kept = 0;

    for (size_t i = 1; i < exceptions->starts.count; i++) {
        uint64_t *last = words + starts[kept], *record = words + starts[i];

        if (exception_hash(last) != exception_hash(record) ||
            exception_terms(last) != exception_terms(record)) {
            starts[++kept] = starts[i];
            continue;
        }
        last[0] = (last[0] & ~(uint64_t)3) |
                  (uint64_t)entry_kind_join(exception_kind(last), exception_kind(record));
    }
    if (exceptions->starts.count > 0)
        exceptions->starts.count = kept + 1;
}

static int make_table(struct exceptions *exceptions, struct err *err)
{
    size_t slots = 16;

    while (slots < 2 * exceptions->starts.count)
        slots *= 2;
    free(exceptions->table);
    exceptions->table = calloc(slots, sizeof *exceptions->table);
    if (exceptions->table == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for exceptions");
    exceptions->slots = slots;
    for (size_t i = 0; i < exceptions->starts.count; i++) {
        const uint64_t *record = exceptions_record(exceptions, i);
        size_t at = exception_hash(record) & (slots - 1);

        if (!exception_drops(record))
            continue;
        while (exceptions->table[at] != 0)
            at = (at + 1) & (slots - 1);
        exceptions->table[at] = (uint32_t)(i + 1);
    }
    return 0;
}

int exceptions_sort(struct exceptions *exceptions, struct err *err)
{
    if (exceptions->starts.count > 0)
        qsort_r(exceptions->starts.items, exceptions->starts.count,
                sizeof *exceptions->starts.items, compare_records, exceptions->words.items);
    join_repeated(exceptions);
    return make_table(exceptions, err);
}

/* An exception of KIND at the very name of a listing of *LISTING. */
static enum exception_effect effect_here(enum entry_kind kind, enum entry_kind *listing)
{
    if (kind == ENTRY_SUBTREE || kind == *listing)
        return EXCEPTION_DROPS;
    if (*listing == ENTRY_SUBTREE)
        *listing = kind == ENTRY_EXACT ? ENTRY_BELOW : ENTRY_EXACT;
    return EXCEPTION_KEEPS;
}

/* What the exceptions at the name with HASH do: HERE says that it is the listing's own. */
static enum exception_effect effect_at(const struct exceptions *exceptions, uint64_t hash,
                                       bool here, enum entry_kind *listing)
{
    size_t at = hash & (exceptions->slots - 1);

    for (; exceptions->table[at] != 0; at = (at + 1) & (exceptions->slots - 1)) {
        const uint64_t *record = exceptions_record(exceptions, exceptions->table[at] - 1);
        enum entry_kind kind = exception_kind(record);

        if (exception_hash(record) != hash)
            continue;
        if (here ? effect_here(kind, listing) == EXCEPTION_DROPS : kind != ENTRY_EXACT)
            return EXCEPTION_DROPS;
    }
    return EXCEPTION_KEEPS;
}

enum exception_effect exceptions_effect(const struct exceptions *exceptions, const uint64_t *chain,
                                        unsigned labels, enum entry_kind *kind)
{
    for (unsigned depth = 1; depth <= labels; depth++) {
        if ((exceptions->depths[depth / 64] >> (depth % 64) & 1) != 0 &&
            effect_at(exceptions, chain[depth - 1], depth == labels, kind) == EXCEPTION_DROPS)
            return EXCEPTION_DROPS;
    }
    return EXCEPTION_KEEPS;
}

size_t exceptions_find(const struct exceptions *exceptions, uint64_t hash)
{
    size_t low = 0, high = exceptions->starts.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (exception_hash(exceptions_record(exceptions, middle)) < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void exceptions_free(struct exceptions *exceptions)
{
    hashes_free(&exceptions->words);
    hashes_free(&exceptions->starts);
    free(exceptions->table);
    memset(exceptions, 0, sizeof *exceptions);
}
