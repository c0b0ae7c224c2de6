/* The problem: workers read the snapshot for every batch, a reload replaces it, and nobody may wait
 * for anybody. The idea: each reader writes into a cache line of its own which generation it began
 * to read (0 when outside); the writer swaps the pointer first and raises the generation after.
 *
 * Why that is enough: all of these are sequentially consistent. A reader announces generation g,
 * then loads the pointer. If it gets the old snapshot, its load came before the writer's swap, so
 * its announcement did too, and g is at most the old snapshot's generation: the writer, which looks
 * after its swap, sees that number (or that the reader has left since). A number that was read a
 * moment too early is smaller and only keeps the old snapshot longer.
 *
 * Dropped: reference counts (every worker would write the same line), and waking idle workers to
 * pass an epoch (one that is outside has nothing to pass). */
#include "resolver/daemon/publish.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "config/base/err.h"

enum { CACHE_LINE = 64, OUTSIDE = 0 };

struct reader {
    _Alignas(CACHE_LINE) _Atomic uint64_t generation; /* that it reads, or OUTSIDE */
};

struct retired {
    struct retired *next;
    struct snapshot *snapshot;
    uint64_t generation; /* the last in which a reader could get it */
};

struct publish {
    _Atomic(struct snapshot *) current;
    _Atomic uint64_t generation;
    bool (*release)(struct snapshot *snapshot);
    struct retired *retired;
    unsigned readers;
    struct reader *reader;
};

struct publish *publish_create(unsigned readers, bool (*release)(struct snapshot *snapshot),
                               struct err *err)
{
    struct publish *publish = calloc(1, sizeof *publish);

    if (publish == NULL)
        goto out;
    publish->reader = aligned_alloc(CACHE_LINE, (readers + 1) * sizeof *publish->reader);
    if (publish->reader == NULL)
        goto out;
    for (unsigned i = 0; i < readers; i++)
        atomic_init(&publish->reader[i].generation, OUTSIDE);
    publish->readers = readers;
    publish->release = release;
    return publish;
out:
    free(publish);
    err_set(err, ERR_MEMORY, "no memory for %u snapshot readers", readers);
    return NULL;
}

static void release_whole(const struct publish *publish, struct snapshot *snapshot)
{
    while (!publish->release(snapshot))
        continue;
}

void publish_destroy(struct publish *publish)
{
    struct snapshot *current;

    if (publish == NULL)
        return;
    while (publish->retired != NULL) {
        struct retired *next = publish->retired->next;

        release_whole(publish, publish->retired->snapshot);
        free(publish->retired);
        publish->retired = next;
    }
    current = atomic_load(&publish->current);
    if (current != NULL)
        release_whole(publish, current);
    free(publish->reader);
    free(publish);
}

uint64_t publish_swap(struct publish *publish, struct snapshot *snapshot, struct err *err)
{
    uint64_t generation = atomic_load(&publish->generation);
    struct retired *retired = malloc(sizeof *retired);

    if (retired == NULL) {
        release_whole(publish, snapshot);
        err_set(err, ERR_MEMORY, "no memory to retire a snapshot");
        return 0;
    }
    retired->snapshot = atomic_exchange(&publish->current, snapshot);
    retired->generation = generation;
    atomic_store(&publish->generation, generation + 1);
    if (retired->snapshot == NULL) {
        free(retired);
    } else {
        retired->next = publish->retired;
        publish->retired = retired;
    }
    return generation + 1;
}

/* Returns the oldest generation that a reader may be in; UINT64_MAX when all are outside. */
static uint64_t oldest_read(const struct publish *publish)
{
    uint64_t oldest = UINT64_MAX;

    for (unsigned i = 0; i < publish->readers; i++) {
        uint64_t generation = atomic_load(&publish->reader[i].generation);

        if (generation != OUTSIDE && generation < oldest)
            oldest = generation;
    }
    return oldest;
}

size_t publish_reclaim(struct publish *publish)
{
    uint64_t oldest = oldest_read(publish);
    struct retired **link = &publish->retired;
    size_t left = 0;

    while (*link != NULL) {
        struct retired *retired = *link;

        if (retired->generation < oldest && publish->release(retired->snapshot)) {
            *link = retired->next;
            free(retired);
        } else {
            link = &retired->next;
            left++;
        }
    }
    return left;
}

const struct snapshot *publish_enter(struct publish *publish, unsigned reader)
{
    _Atomic uint64_t *own;

    must(reader < publish->readers);
    own = &publish->reader[reader].generation;
    /* A visit in a visit would end the outer one, whose snapshot could then be freed in use. */
    must(atomic_load_explicit(own, memory_order_relaxed) == OUTSIDE);
    atomic_store(own, atomic_load(&publish->generation));
    return atomic_load(&publish->current);
}

void publish_leave(struct publish *publish, unsigned reader)
{
    must(reader < publish->readers);
    atomic_store_explicit(&publish->reader[reader].generation, OUTSIDE, memory_order_release);
}

const struct snapshot *publish_current(const struct publish *publish)
{
    return atomic_load(&publish->current);
}

uint64_t publish_generation(const struct publish *publish)
{
    return atomic_load(&publish->generation);
}
