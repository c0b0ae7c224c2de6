/* nodes.c - exceptions of many feeds, resolved to rows.
 *
 * Problem: `mask = (mask & ~clear) | add` works on categories, exceptions on feeds: one category
 * may be supplied by several feeds, and only the bits that no other feed supplies may go. Idea: for
 * each exception name E walk its ancestors, top first, and keep per feed whether it still reaches
 * E. `clear` is what the feeds that leave at E supplied, less what those that stay supply. A
 * segment already dropped the listings at and below its own exceptions, so a feed that has left
 * comes back only below a scoped one. Masks know no terms: listings with any and exceptions for
 * some types are entries, and nothing else here. An exception that removes nothing gets no entry.
 * Dropped: keeping feeds in the masks (too wide for the query path), and expanding the listings
 * below an exception (unbounded). */
#include "blocklist/set/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/merge.h"
#include "blocklist/set/rows.h"
#include "blocklist/set/segment_file.h"
#include "blocklist/set/variants.h"
#include "config/base/err.h"

/* A name that is an exception or above one. */
struct node {
    uint64_t hash;
    const uint64_t *record; /* of an exception at it; NULL where it is an ancestor only */
    size_t first;           /* listings seen, in `listed` */
    uint32_t count;
    uint32_t lift_first, lift_count; /* in `lifts` */
    int64_t row;                     /* -1 for none */
};

/* One feed's exception. */
struct lift {
    uint64_t hash;
    const uint64_t *record;
    uint32_t entry;
};

struct nodes {
    const struct variants *variants;
    struct node *items;
    size_t count, next;
    struct lift *lifts;
    size_t lift_count;
    struct hashes listed; /* entries, one a word */
    struct reach *reach;  /* by feed, for nodes_resolve */
    uint32_t *row_entries;
    size_t room; /* in row_entries */
};

/* What of one feed reaches an exception name from above. */
struct reach {
    bool names;  /* something that it lists without terms, not lifted since */
    bool terms;  /* something that it lists with terms */
    bool leaves; /* an exception takes it back here */
};

static int compare_lifts(const void *a, const void *b)
{
    const struct lift *one = a, *other = b;

    if (one->hash != other->hash)
        return one->hash < other->hash ? -1 : 1;
    return one->entry < other->entry ? -1 : one->entry > other->entry;
}

static int collect_lifts(struct nodes *nodes, struct segment *const *segments, struct err *err)
{
    size_t total = 0, count = nodes->variants->feeds;

    for (size_t feed = 0; feed < count; feed++)
        total += exceptions_count(&segments[feed]->exceptions);
    nodes->lifts = calloc(total + 1, sizeof *nodes->lifts);
    if (nodes->lifts == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for exceptions");
    for (size_t feed = 0; feed < count; feed++) {
        const struct exceptions *exceptions = &segments[feed]->exceptions;

        for (size_t i = 0; i < exceptions_count(exceptions); i++) {
            const uint64_t *record = exceptions_record(exceptions, i);

            nodes->lifts[nodes->lift_count++] = (struct lift){
                exception_hash(record), record,
                SET_ENTRY(variants_number(nodes->variants, feed, exception_terms(record)),
                          ENTRY_EXCEPT, exception_kind(record))};
        }
    }
    qsort(nodes->lifts, nodes->lift_count, sizeof *nodes->lifts, compare_lifts);
    return 0;
}

static int collect_hashes(struct nodes *nodes, struct hashes *hashes, struct err *err)
{
    for (size_t i = 0; i < nodes->lift_count; i++) {
        const uint64_t *record = nodes->lifts[i].record;

        for (unsigned depth = 1; depth <= exception_labels(record); depth++) {
            if (hashes_push(hashes, record[depth], err) != 0)
                return -1;
        }
    }
    hashes_sort_unique(hashes);
    return 0;
}

static int make_nodes(struct nodes *nodes, struct err *err)
{
    struct hashes hashes = {NULL, 0, 0};
    int result = collect_hashes(nodes, &hashes, err);
    size_t lift = 0;

    nodes->items = calloc(hashes.count + 1, sizeof *nodes->items);
    if (nodes->items == NULL)
        result = err_set(err, ERR_MEMORY, "out of memory for exceptions");
    for (size_t i = 0; i < hashes.count && result == 0; i++) {
        struct node *node = &nodes->items[nodes->count++];

        node->hash = hashes.items[i];
        node->row = -1;
        node->lift_first = (uint32_t)lift;
        for (; lift < nodes->lift_count && nodes->lifts[lift].hash == node->hash; lift++)
            node->record = nodes->lifts[lift].record;
        node->lift_count = (uint32_t)lift - node->lift_first;
    }
    hashes_free(&hashes);
    return result;
}

struct nodes *nodes_create(struct segment *const *segments, const struct variants *variants,
                           struct err *err)
{
    struct nodes *nodes = calloc(1, sizeof *nodes);

    if (nodes == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for exceptions");
        return NULL;
    }
    nodes->variants = variants;
    nodes->reach = calloc(variants->feeds + 1, sizeof *nodes->reach);
    if (nodes->reach != NULL && collect_lifts(nodes, segments, err) == 0 &&
        make_nodes(nodes, err) == 0)
        return nodes;
    err_set(err, ERR_MEMORY, "out of memory for exceptions");
    nodes_destroy(nodes);
    return NULL;
}

void nodes_destroy(struct nodes *nodes)
{
    if (nodes == NULL)
        return;
    free(nodes->items);
    free(nodes->lifts);
    free(nodes->reach);
    free(nodes->row_entries);
    hashes_free(&nodes->listed);
    free(nodes);
}

int nodes_see(struct nodes *nodes, const struct merge_item *item, struct err *err)
{
    struct node *node;

    while (nodes->next < nodes->count && nodes->items[nodes->next].hash < item->hash)
        nodes->next++;
    if (nodes->next == nodes->count || nodes->items[nodes->next].hash != item->hash)
        return 0;
    node = &nodes->items[nodes->next];
    node->first = nodes->listed.count;
    node->count = (uint32_t)item->count;
    for (size_t i = 0; i < item->count; i++) {
        if (hashes_push(&nodes->listed, item->entries[i], err) != 0)
            return -1;
    }
    return node->lift_count > 0;
}

static struct node *find(const struct nodes *nodes, uint64_t hash)
{
    size_t low = 0, high = nodes->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (nodes->items[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    must(low < nodes->count && nodes->items[low].hash == hash);
    return &nodes->items[low];
}

static struct reach *reach_of(const struct nodes *nodes, uint32_t entry)
{
    return &nodes->reach[variants_feed(nodes->variants, SET_ENTRY_VARIANT(entry))];
}

/* Tells whether the exception LIFT takes back listings without terms: one with a scope is about
 * listings that have it too. */
static bool takes_back(const struct nodes *nodes, const struct lift *lift)
{
    uint32_t variant = SET_ENTRY_VARIANT(lift->entry);

    return variants_for_all_types(nodes->variants, variant) &&
           variants_scope(nodes->variants, variant) == 0;
}

/* Takes an ancestor of the exception name into account: first what is taken back there, then what
 * is listed there, which only a scoped exception leaves. */
static void pass_ancestor(struct nodes *nodes, const struct node *node)
{
    for (uint32_t i = 0; i < node->lift_count; i++) {
        const struct lift *lift = &nodes->lifts[node->lift_first + i];

        if (SET_ENTRY_KIND(lift->entry) != ENTRY_EXACT && takes_back(nodes, lift))
            reach_of(nodes, lift->entry)->names = false;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        uint32_t entry = (uint32_t)nodes->listed.items[node->first + i];
        struct reach *reach = reach_of(nodes, entry);

        if (SET_ENTRY_KIND(entry) == ENTRY_EXACT)
            continue;
        if (SET_ENTRY_VARIANT(entry) >= nodes->variants->feeds)
            reach->terms = true;
        else
            reach->names = true;
    }
}

/* Returns the categories of the feeds that reach NODE from above and leave, less those of the feeds
 * that stay, looking at its exceptions of any kind but EXCEPT_KIND. */
static struct mask leaving(const struct nodes *nodes, const struct node *node,
                           enum entry_kind except_kind)
{
    const struct variants *variants = nodes->variants;
    struct mask left = {
        {0, 0}
    };
    struct mask stay = left;

    for (size_t feed = 0; feed < variants->feeds; feed++)
        nodes->reach[feed].leaves = false;
    for (uint32_t i = 0; i < node->lift_count; i++) {
        const struct lift *lift = &nodes->lifts[node->lift_first + i];

        if (SET_ENTRY_KIND(lift->entry) != except_kind)
            reach_of(nodes, lift->entry)->leaves |= takes_back(nodes, lift);
    }
    for (size_t feed = 0; feed < variants->feeds; feed++) {
        struct mask bit = mask_bit(variants->categories[feed]);

        if (!nodes->reach[feed].names || variants->observed[feed])
            continue;
        if (nodes->reach[feed].leaves)
            left = mask_or(left, bit);
        else
            stay = mask_or(stay, bit);
    }
    return mask_without(left, stay);
}

/* Tells whether the exception LIFT has an entry: it takes something back from above, or may do so
 * below, where nobody looks. */
static bool has_entry(const struct nodes *nodes, const struct lift *lift)
{
    uint32_t variant = SET_ENTRY_VARIANT(lift->entry);
    const struct reach *reach = reach_of(nodes, lift->entry);

    if (variants_terms(nodes->variants, variant) != NULL &&
        !variants_scoped(nodes->variants, variant))
        return true;
    return reach->terms || (reach->names && variants_scope(nodes->variants, variant) == 0);
}

/* Merges NODE's listings with those of its exceptions that have an entry; returns how many. */
static size_t list_entries(struct nodes *nodes, const struct node *node)
{
    const uint64_t *listed = nodes->listed.items + node->first;
    uint32_t at = 0;
    size_t count = 0;

    for (uint32_t i = 0; i < node->lift_count; i++) {
        const struct lift *lift = &nodes->lifts[node->lift_first + i];

        if (!has_entry(nodes, lift))
            continue;
        while (at < node->count && listed[at] < lift->entry)
            nodes->row_entries[count++] = (uint32_t)listed[at++];
        nodes->row_entries[count++] = lift->entry;
    }
    while (at < node->count)
        nodes->row_entries[count++] = (uint32_t)listed[at++];
    return count;
}

static int make_room(struct nodes *nodes, size_t room, struct err *err)
{
    uint32_t *more;

    if (room <= nodes->room)
        return 0;
    more = realloc(nodes->row_entries, 2 * room * sizeof *more);
    if (more == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for exceptions");
    nodes->row_entries = more;
    nodes->room = 2 * room;
    return 0;
}

static int resolve(struct nodes *nodes, struct node *node, struct rows *rows, struct err *err)
{
    unsigned labels = exception_labels(node->record);
    size_t count;

    if (make_room(nodes, (size_t)node->count + node->lift_count, err) != 0)
        return -1;
    memset(nodes->reach, 0, nodes->variants->feeds * sizeof *nodes->reach);
    for (unsigned depth = 1; depth < labels; depth++)
        pass_ancestor(nodes, find(nodes, node->record[depth]));
    count = list_entries(nodes, node);
    if (count == 0)
        return 0;
    node->row =
        rows_intern_clearing(rows, nodes->row_entries, count, leaving(nodes, node, ENTRY_BELOW),
                             leaving(nodes, node, ENTRY_EXACT), err);
    return node->row < 0 ? -1 : 1;
}

int nodes_resolve(struct nodes *nodes, struct rows *rows, uint64_t *names, struct err *err)
{
    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = &nodes->items[i];
        int got = node->lift_count == 0 ? 0 : resolve(nodes, node, rows, err);

        if (got < 0)
            return -1;
        if (got > 0) {
            rows_at(rows, (size_t)node->row)->names++;
            ++*names;
        }
    }
    return 0;
}

bool nodes_next(struct nodes *nodes, uint64_t *hash, uint32_t *row)
{
    for (; nodes->next < nodes->count; nodes->next++) {
        const struct node *node = &nodes->items[nodes->next];

        if (node->row < 0)
            continue;
        nodes->next++;
        *hash = node->hash;
        *row = (uint32_t)node->row;
        return true;
    }
    return false;
}

void nodes_rewind(struct nodes *nodes)
{
    nodes->next = 0;
}
