#include "tests/bench/parts/welch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

struct timing {
    uint64_t ticks;
    unsigned class_;
};

struct welch {
    struct timing *timings;
    size_t count, most;
};

struct welch *welch_create(size_t most)
{
    struct welch *welch = calloc(1, sizeof *welch);

    must(welch != NULL);
    welch->timings = calloc(most, sizeof *welch->timings);
    welch->most = most;
    must(welch->timings != NULL);
    return welch;
}

void welch_free(struct welch *welch)
{
    free(welch->timings);
    free(welch);
}

void welch_add(struct welch *welch, unsigned class_, uint64_t ticks)
{
    must(welch->count < welch->most);
    welch->timings[welch->count++] = (struct timing){ticks, class_};
}

static int compare(const void *x, const void *y)
{
    const struct timing *a = x, *b = y;

    return a->ticks < b->ticks ? -1 : a->ticks > b->ticks;
}

/* Mean and variance of each class in the first COUNT of SORTED. */
static void moments(const struct timing *sorted, size_t count, size_t counts[2], double mean[2],
                    double variance[2])
{
    memset(counts, 0, 2 * sizeof *counts);
    mean[0] = mean[1] = variance[0] = variance[1] = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned class_ = sorted[i].class_;
        double delta = (double)sorted[i].ticks - mean[class_];

        mean[class_] += delta / (double)++counts[class_];
        variance[class_] += delta * ((double)sorted[i].ticks - mean[class_]);
    }
    for (unsigned i = 0; i < 2; i++)
        variance[i] = counts[i] < 2 ? 0 : variance[i] / (double)(counts[i] - 1);
}

static double t_of(const size_t counts[2], const double mean[2], const double variance[2])
{
    double error = 0;

    for (unsigned i = 0; i < 2; i++)
        error += counts[i] == 0 ? 0 : variance[i] / (double)counts[i];
    return error > 0 ? (mean[0] - mean[1]) / sqrt(error) : 0;
}

void welch_end(const struct welch *welch, struct welch_result *result)
{
    static const unsigned kept[] = {100, 99, 95, 90, 75, 50}; /* of a hundred */
    struct timing *sorted = calloc(welch->count, sizeof *sorted);

    must(sorted != NULL);
    memcpy(sorted, welch->timings, welch->count * sizeof *sorted);
    qsort(sorted, welch->count, sizeof *sorted, compare);
    result->t = 0;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        double mean[2], variance[2], t;
        size_t counts[2];

        moments(sorted, welch->count * kept[i] / 100, counts, mean, variance);
        t = t_of(counts, mean, variance);
        if (fabs(t) > fabs(result->t))
            result->t = t;
        if (kept[i] == 100)
            memcpy(result->count, counts, sizeof counts);
        if (kept[i] == 95)
            memcpy(result->mean, mean, sizeof mean);
    }
    free(sorted);
}
