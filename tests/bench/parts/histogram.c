#include <stddef.h>

#include "tests/bench/parts/histogram.h"

enum { PARTS = 64, PARTS_POWER = 6 };

static size_t bucket_of(uint64_t ns)
{
    unsigned power;
    size_t at;

    if (ns < 2 * PARTS)
        return (size_t)(ns / 2);
    power = 63U - (unsigned)__builtin_clzll(ns);
    at = (power - PARTS_POWER) * PARTS + (size_t)(ns >> (power - PARTS_POWER)) - PARTS;
    return at < HISTOGRAM_BUCKETS ? at : HISTOGRAM_BUCKETS - 1;
}

/* The lower edge of bucket AT. */
static double bucket_us(size_t at)
{
    size_t power = at / PARTS + PARTS_POWER;

    if (at < PARTS)
        return (double)at * 2e-3;
    return (double)((uint64_t)(PARTS + at % PARTS) << (power - PARTS_POWER)) * 1e-3;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
    histogram->buckets[bucket_of(ns)]++;
    histogram->count++;
}

double histogram_us(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)((double)histogram->count * share), seen = 0;

    for (size_t at = 0; at < HISTOGRAM_BUCKETS; at++) {
        seen += histogram->buckets[at];
        if (seen > wanted)
            return bucket_us(at);
    }
    return 0;
}
