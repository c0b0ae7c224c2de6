/* generation.h - from the segments in force to a numbered set; put in force; rolled back.
 *
 * A generation is made beside the others, checked whole, told to the store, and put in force by
 * renaming one link: a crash leaves the old or the new one. What a crash left undone (a set without
 * a row, a row whose link was not renamed) generation_heal finds and settles before anything else
 * is done. */
#ifndef BLOCKLIST_FEED_GENERATION_H
#define BLOCKLIST_FEED_GENERATION_H

#include <stddef.h>
#include <stdint.h>

#include "blocklist/feed/store.h"
#include "blocklist/set/builder.h"

struct config;
struct err;
struct store;

/* What a generation is made of, and what came of it. Zero but for what the caller fills. */
struct generation {
    const struct config *config;
    const struct store_segment *segments;
    size_t segment_count;
    const struct name
        *protected_names; /* no collision by hash with these: pins, popular names, protect files */
    size_t protected_count;
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;

    uint64_t number;              /* filled */
    uint64_t seed;                /* filled */
    char path[4096];              /* filled: the set, not in force yet */
    struct builder_result result; /* filled */
    struct store_segment *made; /* filled where segments had to be hashed anew: all of them, as the
                                   set has them. Owner: freed by publish and discard */
};

/* Settles what a run that was killed left, and removes segments, sets and incoming files that
 * nobody refers to. */
int generation_heal(struct store *store, const struct config *config, int64_t now_s,
                    struct err *err);

/* Builds GENERATION as the next number, with another seed where a protected name collides (segments
 * are hashed anew from their names), and checks every octet of it. Errors: -1 with ERR; nothing is
 * in force that was not. */
int generation_build(struct store *store, struct generation *generation, struct err *err);

/* Puts GENERATION in force for the reason WHY: row and `published` in the record, with everything
 * that a transaction of the caller's has so far, which is committed by it; then the links; then all
 * but the newest config->feeds.keep are forgotten. Tell the server afterwards. Errors: -1 with ERR;
 * the old one is in force, and what the caller's transaction had is undone. */
int generation_publish(struct store *store, struct generation *generation, const char *why,
                       int64_t now_s, struct err *err);

/* Tells whether the segments in force are others than those that the present generation was made
 * from, so that one is to be built: 1, 0, or -1 with ERR. */
int generation_wanted(struct store *store, struct err *err);

/* Removes segments, sets and incoming files that nobody refers to any more; what is half fetched of
 * a list of CONFIG stays. */
void generation_tidy(struct store *store, const struct config *config);

/* Removes a generation that was built and is not to be published. */
void generation_discard(struct generation *generation);

/* Puts generation NUMBER (0: the one before the present) in force again, with its segments as those
 * in force, and holds every list whose segments differ (store_list.rolled_back), so that the next
 * run does not bring back what was rolled back. Errors: -1 with ERR: ERR_NOT_FOUND, ERR_DIGEST (the
 * set is damaged); the present one stays. */
int generation_rollback(struct store *store, const struct config *config, uint64_t number,
                        int64_t now_s, struct err *err);

/* One line of a comparison. */
struct generation_change {
    const char *list, *part, *category;
    uint64_t before, after, added, removed; /* entries */
};

/* Compares generations A and B segment by segment, and calls EACH with every segment in which they
 * differ; NAMES (may be NULL) after it with each name that is listed in the one and not in the
 * other, where the list's class is public and its segment keeps its names. Where the two have
 * different seeds, `added` and `removed` are what the counts tell. Errors: -1 with ERR, or what
 * EACH or NAMES returned. */
int generation_diff(struct store *store, uint64_t a, uint64_t b,
                    int (*each)(void *context, const struct generation_change *change),
                    int (*names)(void *context, const struct generation_change *change,
                                 const char *name, bool added),
                    void *context, struct err *err);

#endif
