/* ghost.h - the marks of what was pushed out lately, so that what comes back is known again.
 *
 * Sets of 31 marks of 16 bits in one cache line, each set a small queue: the newest pushes out the
 * oldest. Two names share a mark and a set once in some 2000 times, which costs nothing but a
 * place. Used under its owner's lock. */
#ifndef RESOLVER_CACHE_GHOST_H
#define RESOLVER_CACHE_GHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GHOST_SET = 32 };

struct ghost {
    uint16_t (*sets)[GHOST_SET]; /* zeroed memory of the owner; the first of each is its cursor */
    size_t count;
};

/* Asks for the memory of MARK's set. */
void ghost_prefetch(const struct ghost *ghost, uint64_t mark);

/* Notes MARK. */
void ghost_add(struct ghost *ghost, uint64_t mark);

/* Tells whether MARK was noted, and forgets it. */
bool ghost_take(struct ghost *ghost, uint64_t mark);

#endif
