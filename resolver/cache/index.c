#include "resolver/cache/index.h"

bool slot_claim(struct slot *slot, uint64_t word)
{
    uint64_t now = slot_load(slot);

    while (index_is_same(now, word) && (now & INDEX_CLAIMED) == 0) {
        if (atomic_compare_exchange_weak_explicit(&slot->word, &now, now | INDEX_CLAIMED,
                                                  memory_order_acq_rel, memory_order_acquire))
            return true;
    }
    return false;
}

struct slot *index_find(const struct index *index, uint64_t hash, uint64_t place)
{
    struct slot *pair = index_pair(index, hash);

    for (size_t i = 0; i < INDEX_PAIR; i++) {
        uint64_t word = slot_load(&pair[i]);

        if ((word & INDEX_PLACE) == place && word != 0)
            return &pair[i];
    }
    return NULL;
}

struct slot *index_room(const struct index *index, uint64_t hash)
{
    struct slot *lines[] = {index_home(index, hash), index_sister(index_home(index, hash))};
    struct slot *least = NULL;
    uint64_t least_worth = 0;

    for (size_t i = 0; i < INDEX_PAIR; i++) {
        struct slot *slot = lines[i / INDEX_LINE] + i % INDEX_LINE;
        uint64_t word = slot_load(slot), worth = word & (INDEX_USES | INDEX_MAIN);

        if (word == 0)
            return slot;
        if (least == NULL || worth < least_worth) {
            least = slot;
            least_worth = worth;
        }
    }
    return least;
}

void slot_move(struct slot *slot, uint64_t place, uint64_t keep, uint64_t minus)
{
    uint64_t word = slot_load(slot);

    while (!atomic_compare_exchange_weak_explicit(&slot->word, &word,
                                                  ((word & keep) - minus) | place,
                                                  memory_order_acq_rel, memory_order_acquire))
        ;
}
