/* hashes.c - grows by mremap, sorts by digits.
 *
 * Problem: tens of millions of hashes must be sorted in the memory they already take. Idea: hashes
 * are spread evenly, so one in-place pass by the upper eight bits leaves parts of known size, and
 * within a part the next bits nearly are the order. Repeated or chosen values may not be spread:
 * such a part is sorted digit by digit in place, which is slower and bounded. Dropped: qsort (three
 * times slower), a second array of the same size. */
#include "blocklist/set/hashes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "config/base/err.h"

enum { FIRST_ROOM = 1 << 13, SMALL = 48, DIGITS = 256, PART_BITS_MAX = 14, PART_MOST = 1 << 20 };
enum { HUGE_PAGES_FROM = 1 << 23 };

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
    /* Huge pages save most of the page faults, and misses when digits are scattered. */
    if (room * sizeof *hashes->items >= HUGE_PAGES_FROM)
        madvise(items, room * sizeof *hashes->items, MADV_HUGEPAGE);
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

/* Counts the digits at SHIFT and fills where each digit's part begins and ends. */
static void measure(const uint64_t *items, size_t count, int shift, size_t heads[DIGITS],
                    size_t ends[DIGITS])
{
    size_t at = 0;

    memset(heads, 0, DIGITS * sizeof *heads);
    for (size_t i = 0; i < count; i++)
        heads[items[i] >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        ends[digit] = at + heads[digit];
        heads[digit] = at;
        at = ends[digit];
    }
}

/* Sorts by the digit at SHIFT and those below it, in place whatever the items are. */
static void sort_digit(uint64_t *items, size_t count, int shift)
{
    size_t heads[DIGITS], ends[DIGITS];

    if (count <= SMALL) {
        sort_small(items, count);
        return;
    }
    measure(items, count, shift, heads, ends);
    permute(items, heads, ends, shift);
    if (shift == 0)
        return;
    for (size_t digit = 0, begin = 0; digit < DIGITS; begin = ends[digit++])
        sort_digit(items + begin, ends[digit] - begin, shift - 8);
}

/* What one part is sorted with: a copy of it, and where each of its digits begins. */
struct desk {
    uint64_t *items;
    size_t room;
    uint32_t starts[(1 << PART_BITS_MAX) + 1];
};

/* Sorts items that share their upper 8 bits and are spread evenly below: scatters them by as many
 * bits as leave some eight items together, then orders neighbours. Returns false, with nothing
 * done, where they are not spread like hashes. */
static bool sort_even(struct desk *desk, uint64_t *items, size_t count, int shared)
{
    unsigned bits = 1;
    size_t at = 0, most = 0;

    while (bits < PART_BITS_MAX && count >> bits > 8)
        bits++;
    memset(desk->starts, 0, sizeof *desk->starts << bits);
    for (size_t i = 0; i < count; i++)
        desk->starts[items[i] << shared >> (64 - bits)]++;
    for (size_t digit = 0; digit < (size_t)1 << bits; digit++) {
        size_t held = desk->starts[digit];

        most = held > most ? held : most;
        desk->starts[digit] = (uint32_t)at;
        at += held;
    }
    if (most > 64 + 8 * (count >> bits))
        return false;
    for (size_t i = 0; i < count; i++)
        desk->items[desk->starts[items[i] << shared >> (64 - bits)]++] = items[i];
    memcpy(items, desk->items, count * sizeof *items);
    sort_small(items, count);
    return true;
}

static void sort_part(struct desk *desk, uint64_t *items, size_t count, int shared)
{
    if (count <= SMALL)
        sort_small(items, count);
    else if (count > desk->room || !sort_even(desk, items, count, shared))
        sort_digit(items, count, shared == 0 ? 56 : 48);
}

/* One pass in place makes 256 parts that fit the cache; each is then sorted with a copy of itself
 * alone, which keeps the peak of memory and avoids waiting for one item before the next. */
static void sort_all(struct desk *desk, uint64_t *items, size_t count)
{
    size_t heads[DIGITS], ends[DIGITS];

    if (count <= desk->room) {
        sort_part(desk, items, count, 0);
        return;
    }
    measure(items, count, 56, heads, ends);
    permute(items, heads, ends, 56);
    for (size_t digit = 0, begin = 0; digit < DIGITS; begin = ends[digit++])
        sort_part(desk, items + begin, ends[digit] - begin, 8);
}

static void sort(struct hashes *hashes)
{
    struct desk *desk = malloc(sizeof *desk);
    size_t part = hashes->count / DIGITS + hashes->count / DIGITS / 4 + 4096;

    if (desk != NULL) {
        desk->room = part < PART_MOST ? part : PART_MOST;
        desk->items = malloc(desk->room * sizeof *desk->items);
    }
    if (desk != NULL && desk->items != NULL)
        sort_all(desk, hashes->items, hashes->count);
    else
        sort_digit(hashes->items, hashes->count, 56);
    if (desk != NULL)
        free(desk->items);
    free(desk);
}

size_t hashes_sort_unique(struct hashes *hashes)
{
    size_t kept = 0, dropped;

    if (hashes->count == 0)
        return 0;
    sort(hashes);
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
