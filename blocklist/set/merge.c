/* merge.c - a loser tree over the runs of all segments.
 *
 * Each inner node keeps the run that lost there, so that the next hash costs one comparison a
 * level, on the way from the leaf that moved to the root. Equal hashes leave in the order of the
 * runs, which is the order of feeds: an item's entries need no sort. Dropped: a binary heap, which
 * costs two comparisons a level; merging pairs of files, which writes everything several times. */
#include "blocklist/set/merge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/segment_file.h"
#include "blocklist/set/variants.h"
#include "config/base/err.h"

struct run {
    uint64_t hash;
    bool done;
    uint32_t entry;
    uint32_t terms; /* of a run of listings with terms: number of the feed's first; 0 for others */
    struct segment_stream stream;
};

/* A run in the tree, with its hash beside it: runs are large and lie far apart. */
struct player {
    uint64_t hash;
    uint32_t run;
};

struct merge {
    bool checked;
    size_t count, winner;
    struct run *runs;
    struct player *losers; /* [1..count) */
    uint32_t *entries;     /* of the present item */
    size_t room;           /* in entries */
};

static int advance(struct run *run, struct err *err)
{
    struct segment_stream *stream = &run->stream;

    if (stream->at == stream->held) {
        int more = segment_stream_fill(stream, err);

        if (more < 0)
            return -1;
        run->done = more == 0;
        run->hash = UINT64_MAX;
        if (run->done)
            return 0;
    }
    if (__builtin_expect(run->terms == 0, 1)) {
        run->hash = segment_stream_take(stream);
    } else {
        struct segment_termed termed = segment_stream_take_termed(stream);

        run->hash = termed.hash;
        run->entry = SET_ENTRY(run->terms + termed.terms, ENTRY_LIST, termed.kind);
    }
    return 0;
}

static struct player player_of(const struct merge *merge, size_t run)
{
    return (struct player){merge->runs[run].hash, (uint32_t)run};
}

/* Tells who leaves first; a run at its end has the greatest hash and stands behind all others. */
static inline bool before(const struct merge *merge, struct player a, struct player b)
{
    bool a_done, b_done;

    if (__builtin_expect(a.hash != b.hash, 1))
        return a.hash < b.hash;
    a_done = merge->runs[a.run].done;
    b_done = merge->runs[b.run].done;
    return a_done != b_done ? b_done : a.run < b.run;
}

/* Lets the run at LEAF climb; whoever wins at the root is the next. The outcome of a round is a
 * coin toss, so the two change places by arithmetic and not by a branch. */
static void replay(struct merge *merge, size_t leaf)
{
    struct player winner = player_of(merge, leaf);

    for (size_t node = (leaf + merge->count) / 2; node > 0; node /= 2) {
        struct player *loser = &merge->losers[node];
        uint64_t swap = -(uint64_t)before(merge, *loser, winner);
        uint64_t hash = (loser->hash ^ winner.hash) & swap;
        uint32_t run = (loser->run ^ winner.run) & (uint32_t)swap;

        loser->hash ^= hash;
        winner.hash ^= hash;
        loser->run ^= run;
        winner.run ^= run;
    }
    merge->winner = winner.run;
}

/* Plays the first round from the leaves (count to 2 count - 1) up. */
static int first_round(struct merge *merge, struct err *err)
{
    uint32_t *winners = calloc(2 * merge->count, sizeof *winners);

    if (winners == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for the merge");
    for (size_t i = 0; i < merge->count; i++)
        winners[merge->count + i] = (uint32_t)i;
    for (size_t node = merge->count - 1; node > 0; node--) {
        uint32_t left = winners[2 * node], right = winners[2 * node + 1];
        bool first = before(merge, player_of(merge, left), player_of(merge, right));

        winners[node] = first ? left : right;
        merge->losers[node] = player_of(merge, first ? right : left);
    }
    merge->winner = merge->count == 1 ? 0 : winners[1];
    free(winners);
    return 0;
}

static int add_run(struct merge *merge, const struct segment *segment, enum segment_section section,
                   uint32_t entry, uint32_t terms, struct err *err)
{
    struct run *run = &merge->runs[merge->count];

    if (segment->parts[section].count == 0)
        return 0;
    if (segment_stream_start(&run->stream, segment, section, merge->checked, err) != 0)
        return -1;
    merge->count++;
    run->entry = entry;
    run->terms = terms;
    run->done = false;
    return advance(run, err);
}

/* Runs stand in the order of their variants, so that the entries of an item rise: first all without
 * terms, then those with, feed by feed. */
static int add_runs(struct merge *merge, struct segment *const *segments,
                    const struct variants *variants, struct err *err)
{
    for (size_t feed = 0; feed < variants->feeds; feed++) {
        for (unsigned kind = 0; kind < ENTRY_KINDS; kind++) {
            if (add_run(merge, segments[feed], (enum segment_section)(SEGMENT_SUBTREE + kind),
                        SET_ENTRY(feed, ENTRY_LIST, kind), 0, err) != 0)
                return -1;
        }
    }
    for (size_t feed = 0; feed < variants->feeds; feed++) {
        if (add_run(merge, segments[feed], SEGMENT_TERMED, 0, variants->base[feed], err) != 0)
            return -1;
    }
    return 0;
}

static int allocate(struct merge *merge, size_t most, struct err *err)
{
    /* The digest's state inside a run wants its own alignment. */
    merge->runs = aligned_alloc(_Alignof(struct run), (most + 1) * sizeof *merge->runs);
    merge->losers = calloc(most + 1, sizeof *merge->losers);
    merge->room = most + 1;
    merge->entries = calloc(merge->room, sizeof *merge->entries);
    if (merge->runs == NULL || merge->losers == NULL || merge->entries == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for the merge");
    memset(merge->runs, 0, (most + 1) * sizeof *merge->runs);
    return 0;
}

struct merge *merge_start(struct segment *const *segments, const struct variants *variants,
                          bool checked, struct err *err)
{
    struct merge *merge = calloc(1, sizeof *merge);
    int result;

    if (merge == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for the merge");
        return NULL;
    }
    merge->checked = checked;
    result = allocate(merge, variants->feeds * (ENTRY_KINDS + 1), err);
    if (result == 0)
        result = add_runs(merge, segments, variants, err);
    if (result == 0 && merge->count > 0)
        result = first_round(merge, err);
    if (result == 0)
        return merge;
    merge_end(merge);
    return NULL;
}

/* One run may give one hash several times, on different terms. */
static int grow_entries(struct merge *merge, struct err *err)
{
    uint32_t *more = realloc(merge->entries, 2 * merge->room * sizeof *more);

    if (more == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for the merge");
    merge->entries = more;
    merge->room *= 2;
    return 0;
}

int merge_next(struct merge *merge, struct merge_item *item, struct err *err)
{
    size_t count = 0;

    if (merge->count == 0 || merge->runs[merge->winner].done)
        return 0;
    item->hash = merge->runs[merge->winner].hash;
    do {
        struct run *run = &merge->runs[merge->winner];

        if (count == merge->room && grow_entries(merge, err) != 0)
            return -1;
        merge->entries[count++] = run->entry;
        if (advance(run, err) != 0)
            return -1;
        replay(merge, merge->winner);
    } while (merge->runs[merge->winner].hash == item->hash && !merge->runs[merge->winner].done);
    item->entries = merge->entries;
    item->count = count;
    return 1;
}

void merge_end(struct merge *merge)
{
    if (merge == NULL)
        return;
    for (size_t i = 0; i < merge->count; i++)
        segment_stream_end(&merge->runs[i].stream);
    free(merge->runs);
    free(merge->losers);
    free(merge->entries);
    free(merge);
}
