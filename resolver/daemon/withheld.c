#include "resolver/daemon/withheld.h"

#include <string.h>

#include "config/base/random.h"
#include "resolver/wire/dns.h"

static uint32_t any_below(uint32_t bound)
{
    struct random random = {0};

    return random_below(&random, bound);
}

void withheld_start(struct withheld *withheld, uint64_t mono_ms)
{
    *withheld = (struct withheld){.due_ms = mono_ms + 1 + any_below(WITHHELD_HOUR_MS)};
}

static uint64_t in_steps(uint64_t value)
{
    return value / WITHHELD_STEP * WITHHELD_STEP;
}

void withheld_tick(struct withheld *withheld, const struct core_withheld *total, uint64_t mono_ms)
{
    uint64_t blocks = total->chains, silenced = 0;

    if (mono_ms < withheld->due_ms)
        return;
    for (size_t i = 0; i < TRANSPORTS; i++) {
        blocks += total->blocks[i];
        silenced += total->silenced[i];
        withheld->queries[i] = in_steps(total->blocks[i] + total->silenced[i]);
    }
    withheld->blocks = in_steps(blocks);
    withheld->silenced = in_steps(silenced);
    withheld->due_ms = mono_ms + WITHHELD_HOUR_MS + any_below(WITHHELD_SPREAD_MS);
}

void withheld_show(const struct withheld *withheld, struct core_counters *sum)
{
    for (size_t i = 0; i < TRANSPORTS; i++) {
        sum->queries[i] += withheld->queries[i];
    }
    sum->blocked += withheld->blocks;
    sum->protected_blocks = withheld->blocks;
    sum->silenced = withheld->silenced;
    sum->dropped += withheld->silenced;
    memset(&sum->withheld, 0, sizeof sum->withheld);
}
