#include "blocklist/set/variants.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/segment_file.h"
#include "config/base/err.h"

static size_t count_terms(struct segment *const *segments, size_t count)
{
    size_t total = 0;

    for (size_t feed = 0; feed < count; feed++)
        total += terms_table_count(&segments[feed]->terms);
    return total;
}

int variants_make(struct variants *variants, struct segment *const *segments, size_t count,
                  struct err *err)
{
    size_t terms = count_terms(segments, count), at = 0;

    if (terms > SET_VARIANTS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d different terms in one set", SET_VARIANTS_MAX);
    variants->feeds = count;
    variants->count = count + terms;
    variants->base = calloc(count + 1, sizeof *variants->base);
    variants->feed_of = calloc(terms + 1, sizeof *variants->feed_of);
    variants->terms = calloc(terms + 1, sizeof *variants->terms);
    variants->categories = calloc(count + 1, 1);
    variants->observed = calloc(count + 1, sizeof *variants->observed);
    if (variants->base == NULL || variants->feed_of == NULL || variants->terms == NULL ||
        variants->categories == NULL || variants->observed == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for terms");
    for (size_t feed = 0; feed < count; feed++) {
        const struct terms_table *table = &segments[feed]->terms;

        variants->observed[feed] = segments[feed]->about.observe;
        variants->base[feed] = (uint32_t)(count + at);
        for (size_t i = 0; i < terms_table_count(table); i++, at++) {
            variants->feed_of[at] = (uint32_t)feed;
            variants->terms[at] = terms_table_at(table, i);
        }
    }
    return 0;
}

void variants_free(struct variants *variants)
{
    free(variants->base);
    free(variants->feed_of);
    free(variants->terms);
    free(variants->categories);
    free(variants->observed);
    memset(variants, 0, sizeof *variants);
}
