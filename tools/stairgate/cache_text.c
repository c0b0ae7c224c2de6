#include "tools/stairgate/cache_text.h"

#include <stdio.h>

#include "tools/stairgate/control_client.h"

static double mebibytes(const json_t *counts, const char *key)
{
    return (double)control_client_number(counts, key) / (1 << 20);
}

char *cache_text_memory(const json_t *counts, char *out)
{
    if (control_client_number(counts, "octets") == 0)
        snprintf(out, CACHE_TEXT_MAX, "off");
    else
        snprintf(out, CACHE_TEXT_MAX, "%lld answers in %.1f of %.1f MiB",
                 control_client_number(counts, "entries"), mebibytes(counts, "used"),
                 mebibytes(counts, "octets"));
    return out;
}

char *cache_text_answers(const json_t *counts, char *out)
{
    long long hits = control_client_number(counts, "hits"),
              all = hits + control_client_number(counts, "misses");

    snprintf(out, CACHE_TEXT_MAX, "%lld of %lld questions answered from it (%.1f %%)", hits, all,
             all > 0 ? 100.0 * (double)hits / (double)all : 0.0);
    return out;
}
