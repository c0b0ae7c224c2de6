#include "blocklist/set/hashes.h"

#include <string.h>
#include <sys/mman.h>

#include "config/base/err.h"

enum { FIRST_ROOM = 1 << 13, SMALL = 48, DIGITS = 256 };

int hashes_grow(struct hashes *hashes, struct err *err)
{
    size_t room = hashes->room == 0 ? FIRST_ROOM : hashes->room * 2;
    void *items;

    if (room > SIZE_MAX / 16)
        return err_set(err, ERR_MEMORY, "too many names for the address space");
    if (hashes->room == 0)
        items = mmap(NULL, room * sizeof *hashes->items, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    else
        items = mremap(hashes->items, hashes->room * sizeof *hashes->items,
                       room * sizeof *hashes->items, MREMAP_MAYMOVE);
    if (items == MAP_FAILED)
        return err_set(err, ERR_MEMORY, "out of memory for %zu names", room);
    hashes->items = items;
    hashes->room = room;
    return 0;
}

static void sort_small(uint64_t *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t item = items[i];
        size_t at = i;

        for (; at > 0 && items[at - 1] > item; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Moves each item to the part of its digit, cycle by cycle; HEADS move to the ends of the parts. */
static void permute(uint64_t *items, size_t heads[DIGITS], const size_t ends[DIGITS], int shift)
{
    for (size_t digit = 0; digit < DIGITS; digit++) {
        while (heads[digit] < ends[digit]) {
            uint64_t item = items[heads[digit]];
            size_t wants = item >> shift & (DIGITS - 1);

            while (wants != digit) {
                uint64_t other = items[heads[wants]];

                items[heads[wants]++] = item;
                item = other;
                wants = item >> shift & (DIGITS - 1);
            }
            items[heads[digit]++] = item;
        }
    }
}

/* Most significant digit first: hashes are uniform, so three levels leave parts of a few items. */
static void sort_digit(uint64_t *items, size_t count, int shift)
{
    size_t heads[DIGITS] = {0}, ends[DIGITS], at = 0;

    if (count <= SMALL) {
        sort_small(items, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        heads[items[i] >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        ends[digit] = at + heads[digit];
        heads[digit] = at;
        at = ends[digit];
    }
    permute(items, heads, ends, shift);
    if (shift == 0)
        return;
    for (size_t digit = 0, begin = 0; digit < DIGITS; begin = ends[digit++])
        sort_digit(items + begin, ends[digit] - begin, shift - 8);
}

size_t hashes_sort_unique(struct hashes *hashes)
{
    size_t kept = 0, dropped;

    if (hashes->count == 0)
        return 0;
    sort_digit(hashes->items, hashes->count, 56);
    for (size_t i = 1; i < hashes->count; i++) {
        if (hashes->items[i] != hashes->items[kept])
            hashes->items[++kept] = hashes->items[i];
    }
    dropped = hashes->count - kept - 1;
    hashes->count = kept + 1;
    return dropped;
}

void hashes_free(struct hashes *hashes)
{
    if (hashes->room > 0)
        munmap(hashes->items, hashes->room * sizeof *hashes->items);
    memset(hashes, 0, sizeof *hashes);
}
