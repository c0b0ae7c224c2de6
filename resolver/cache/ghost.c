#include "resolver/cache/ghost.h"

enum { MARKS = GHOST_SET - 1 };

static uint16_t *find(const struct ghost *ghost, uint64_t mark, uint16_t *short_mark)
{
    uint64_t mixed = mark * 0x9e3779b97f4a7c15U; /* the owner's places come from the same bits */

    *short_mark = (uint16_t)(mixed >> 16) != 0 ? (uint16_t)(mixed >> 16) : 1;
    return ghost->sets[(mixed >> 32) * ghost->count >> 32];
}

void ghost_prefetch(const struct ghost *ghost, uint64_t mark)
{
    uint16_t short_mark;

    __builtin_prefetch(find(ghost, mark, &short_mark));
}

void ghost_add(struct ghost *ghost, uint64_t mark)
{
    uint16_t short_mark, *set = find(ghost, mark, &short_mark);

    set[0] = (uint16_t)(set[0] % MARKS + 1);
    set[set[0]] = short_mark;
}

bool ghost_take(struct ghost *ghost, uint64_t mark)
{
    uint16_t short_mark, *set = find(ghost, mark, &short_mark);

    for (size_t i = 1; i < GHOST_SET; i++) {
        if (set[i] == short_mark) {
            set[i] = 0;
            return true;
        }
    }
    return false;
}
