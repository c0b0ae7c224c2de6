/* histogram.h - times in nanoseconds, counted in buckets of 1/64 of their power of two, so that a
 * quantile is right to 2 % and adding one is a few instructions. */
#ifndef TESTS_BENCH_PARTS_HISTOGRAM_H
#define TESTS_BENCH_PARTS_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 64 * 40 };

struct histogram {
    uint64_t count;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Counts NS in. */
void histogram_add(struct histogram *histogram, uint64_t ns);

/* Returns what SHARE (0 to 1) of the times lie below, in microseconds; 0 where there are none. */
double histogram_us(const struct histogram *histogram, double share);

#endif
