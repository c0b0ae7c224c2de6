/* welch.h - do two classes take the same time? As dudect asks it: Welch's t of two sets of timings,
 * whole and with the longest cropped, since what interrupts a measurement hides what is measured.
 */
#ifndef TESTS_BENCH_PARTS_WELCH_H
#define TESTS_BENCH_PARTS_WELCH_H

#include <stddef.h>
#include <stdint.h>

struct welch;

/* Beyond it two classes are told apart (Goodwill et al.; dudect takes it over). */
#define WELCH_MOST 4.5

/* Makes room for MOST timings; frees it. */
struct welch *welch_create(size_t most);
void welch_free(struct welch *welch);

/* Adds that something of CLASS_ (0 or 1) took TICKS. */
void welch_add(struct welch *welch, unsigned class_, uint64_t ticks);

/* What came of it. */
struct welch_result {
    size_t count[2];
    double mean[2]; /* of what is left where the longest twentieth is cropped */
    double t;       /* the one of the largest size, over all crops */
};

void welch_end(const struct welch *welch, struct welch_result *result);

#endif
