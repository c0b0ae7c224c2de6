#include "policy/who/device_signs.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROBES_MOST = 32 };

static size_t slot_of(uint32_t id, uint32_t probe)
{
    /* Knuth's multiplier spreads ids that follow each other. */
    return ((id * 2654435761u >> 16) + probe) % DEVICE_SIGNS_MOST;
}

/* Tells whether the slot at OWNER is ID's, after taking it where it was nobody's. */
static bool take(uint32_t *owner, uint32_t id)
{
    uint32_t nobody = 0;

    return __atomic_load_n(owner, __ATOMIC_RELAXED) == id ||
           __atomic_compare_exchange_n(owner, &nobody, id, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED) ||
           nobody == id;
}

void device_signs_add(struct device_signs *signs, uint32_t id)
{
    for (uint32_t probe = 0; id != 0 && probe < PROBES_MOST; probe++) {
        size_t slot = slot_of(id, probe);

        if (!take(&signs->slots[slot].id, id))
            continue;
        __atomic_add_fetch(&signs->slots[slot].count, 1, __ATOMIC_RELAXED);
        return;
    }
}

uint32_t device_signs_count(const struct device_signs *signs, uint32_t id)
{
    for (uint32_t probe = 0; id != 0 && probe < PROBES_MOST; probe++) {
        size_t slot = slot_of(id, probe);

        if (__atomic_load_n(&signs->slots[slot].id, __ATOMIC_RELAXED) == id)
            return __atomic_load_n(&signs->slots[slot].count, __ATOMIC_RELAXED);
    }
    return 0;
}
