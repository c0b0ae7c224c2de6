/* The problem: before a list is put in force an operator wants to see what it would hit; and a list
 * of names that were asked for is what nobody should have. The idea: a table that is small, in
 * memory, without clients, for a time that was asked for, and wiped after it; of many names the
 * frequent ones stay, which are the ones that break something (Metwally et al., Space-Saving: a
 * newcomer takes the place and the count of the rarest).
 *
 * Dropped: a file; a table for each worker, which would have to be merged to be read. */
#include "resolver/observed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

struct slot {
    uint64_t count;
    struct name_buf name;
};

struct observed {
    pthread_mutex_t lock;
    uint64_t until_ms; /* read relaxed without the lock */
    size_t used;
    struct slot slots[OBSERVED_NAMES_MOST];
};

struct observed *observed_create(struct err *err)
{
    struct observed *observed = calloc(1, sizeof *observed);

    if (observed == NULL) {
        err_set(err, ERR_MEMORY, "no memory for observed names");
        return NULL;
    }
    pthread_mutex_init(&observed->lock, NULL);
    return observed;
}

void observed_free(struct observed *observed)
{
    if (observed == NULL)
        return;
    observed_start(observed, 0);
    pthread_mutex_destroy(&observed->lock);
    free(observed);
}

/* Under the lock. */
static void wipe(struct observed *observed, uint64_t until_ms)
{
    explicit_bzero(observed->slots, observed->used * sizeof *observed->slots);
    observed->used = 0;
    __atomic_store_n(&observed->until_ms, until_ms, __ATOMIC_RELAXED);
}

void observed_start(struct observed *observed, uint64_t until_ms)
{
    pthread_mutex_lock(&observed->lock);
    wipe(observed, until_ms);
    pthread_mutex_unlock(&observed->lock);
}

void observed_forget(struct observed *observed)
{
    pthread_mutex_lock(&observed->lock);
    wipe(observed, observed->until_ms);
    pthread_mutex_unlock(&observed->lock);
}

uint64_t observed_left_ms(const struct observed *observed, uint64_t now_ms)
{
    uint64_t until_ms = __atomic_load_n(&observed->until_ms, __ATOMIC_RELAXED);

    return until_ms > now_ms ? until_ms - now_ms : 0;
}

void observed_tidy(struct observed *observed, uint64_t now_ms)
{
    pthread_mutex_lock(&observed->lock);
    if (observed->until_ms <= now_ms)
        wipe(observed, 0);
    pthread_mutex_unlock(&observed->lock);
}

static bool is_same(const struct name_buf *buf, const struct name *name)
{
    return buf->length == name->length && memcmp(buf->wire, name->wire, name->length) == 0;
}

/* Returns the slot of NAME: its own, an unused one, or the rarest, whose count it takes over. */
static struct slot *slot_of(struct observed *observed, const struct name *name)
{
    struct slot *rarest = observed->slots;

    for (size_t i = 0; i < observed->used; i++) {
        if (is_same(&observed->slots[i].name, name))
            return &observed->slots[i];
        if (observed->slots[i].count < rarest->count)
            rarest = &observed->slots[i];
    }
    if (observed->used < OBSERVED_NAMES_MOST)
        rarest = &observed->slots[observed->used++];
    memcpy(rarest->name.wire, name->wire, name->length);
    rarest->name.length = (uint8_t)name->length;
    return rarest;
}

void observed_note(struct observed *observed, const struct name *name, uint64_t now_ms)
{
    if (observed_left_ms(observed, now_ms) == 0 || pthread_mutex_trylock(&observed->lock) != 0)
        return;
    slot_of(observed, name)->count++;
    pthread_mutex_unlock(&observed->lock);
}

static int compare_counts(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;

    return x->count == y->count ? 0 : x->count < y->count ? 1 : -1;
}

size_t observed_each(struct observed *observed, uint64_t now_ms,
                     void (*see)(void *context, const struct name *name, uint64_t count),
                     void *context)
{
    size_t count;

    observed_tidy(observed, now_ms);
    pthread_mutex_lock(&observed->lock);
    qsort(observed->slots, observed->used, sizeof *observed->slots, compare_counts);
    count = observed->used;
    for (size_t i = 0; i < count; i++) {
        struct name name = name_of(&observed->slots[i].name);

        see(context, &name, observed->slots[i].count);
    }
    pthread_mutex_unlock(&observed->lock);
    return count;
}
