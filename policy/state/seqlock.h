/* seqlock.h - one writer, any readers, nobody waits: a reader reads again what was written
 * meanwhile.
 *
 * What is protected is read and written by the atomics of this file alone, so that a read that will
 * be thrown away is no data race (C11 §5.1.2.4). Who has seen a word of a later change has seen the
 * odd sequence before it: no fence is needed, which thread sanitizers would not understand. */
#ifndef POLICY_STATE_SEQLOCK_H
#define POLICY_STATE_SEQLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct seqlock {
    uint64_t sequence; /* odd while it is written */
};

static inline uint64_t seqlock_read_begin(const struct seqlock *lock)
{
    uint64_t sequence;

    while (((sequence = __atomic_load_n(&lock->sequence, __ATOMIC_ACQUIRE)) & 1) != 0)
        ;
    return sequence;
}

/* Tells whether what was read since BEGIN is to be read again. */
static inline bool seqlock_read_again(const struct seqlock *lock, uint64_t begin)
{
    return __atomic_load_n(&lock->sequence, __ATOMIC_RELAXED) != begin;
}

static inline void seqlock_write_begin(struct seqlock *lock)
{
    __atomic_store_n(&lock->sequence, lock->sequence + 1, __ATOMIC_RELAXED);
}

static inline void seqlock_write_end(struct seqlock *lock)
{
    __atomic_store_n(&lock->sequence, lock->sequence + 1, __ATOMIC_RELEASE);
}

#define SEQLOCK_LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define SEQLOCK_STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELEASE)

#endif
