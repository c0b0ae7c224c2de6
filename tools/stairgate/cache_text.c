#include "tools/stairgate/cache_text.h"

#include <stdio.h>

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static double mebibytes(const json_t *counts, const char *key)
{
    return (double)number_of(counts, key) / (1 << 20);
}

char *cache_text_memory(const json_t *counts, char *out)
{
    if (number_of(counts, "octets") == 0)
        snprintf(out, CACHE_TEXT_MAX, "off");
    else
        snprintf(out, CACHE_TEXT_MAX, "%lld answers in %.1f of %.1f MiB",
                 number_of(counts, "entries"), mebibytes(counts, "used"),
                 mebibytes(counts, "octets"));
    return out;
}

char *cache_text_answers(const json_t *counts, char *out)
{
    long long hits = number_of(counts, "hits"), all = hits + number_of(counts, "misses");

    snprintf(out, CACHE_TEXT_MAX, "%lld of %lld questions answered from it (%.1f %%)", hits, all,
             all > 0 ? 100.0 * (double)hits / (double)all : 0.0);
    return out;
}
