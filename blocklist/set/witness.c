#include <string.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/set_file.h"
#include "config/base/addr.h"
#include "config/base/bytes.h"

static void fill(const struct set *set, uint32_t entry, unsigned depth, struct set_witness *witness)
{
    struct set_feed feed;

    memset(witness, 0, sizeof *witness);
    if (!set_feed(set, SET_ENTRY_FEED(entry), &feed))
        return;
    witness->feed = feed.id;
    witness->category = feed.category;
    witness->labels = (uint8_t)depth;
    witness->exact = SET_ENTRY_KIND(entry) == ENTRY_EXACT;
    witness->exception = SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT;
}

/* Appends what ROWS[DEPTH] says to WITNESSES, which holds COUNT. */
static size_t add_row(const struct set *set, const uint32_t *rows, unsigned depth, unsigned labels,
                      struct set_witness *witnesses, size_t room)
{
    size_t count = 0;

    for (uint32_t i = 0; i < set_row_entries(set, rows[depth]) && count < room; i++) {
        uint32_t entry = set_row_entry(set, rows[depth], i);

        if (!set_entry_applies(entry, depth, labels))
            continue;
        if (SET_ENTRY_OPERATION(entry) == ENTRY_LIST &&
            set_feed_lifted(set, rows, depth, labels, SET_ENTRY_FEED(entry)))
            continue;
        fill(set, entry, depth, &witnesses[count++]);
    }
    return count;
}

size_t set_witnesses(const struct set *set, const struct name *name, struct set_witness *witnesses,
                     size_t most)
{
    uint32_t rows[NAME_LABELS_MAX + 1];
    struct set_probe probe;
    size_t count = 0;

    memset(rows, 0, sizeof rows);
    set_hash(set, name, &probe);
    for (unsigned depth = 1; depth <= probe.count; depth++) {
        if (set_depth_used(set, depth))
            rows[depth] = set_row_of(set, probe.hashes[depth - 1]);
    }
    for (unsigned depth = probe.count; depth > 0; depth--) {
        if (rows[depth] != 0)
            count += add_row(set, rows, depth, probe.labels, witnesses + count, most - count);
    }
    return count;
}

/* Finds the range of exactly LENGTH bits around ADDR; returns its row or 0. */
static uint32_t find_range(const struct set *set, const struct addr *addr, unsigned length)
{
    const struct set_part *prefixes = &set->parts[SET_PREFIXES];
    uint64_t low = 0, high = prefixes->count;
    uint8_t key[18] = {0};

    /* family, address, length: the order of the section */
    key[0] = addr->bits;
    memcpy(key + 1, addr->octets, length / 8);
    if (length % 8 != 0)
        key[1 + length / 8] =
            (uint8_t)(addr->octets[length / 8] & (uint8_t)(0xff00U >> (length % 8)));
    key[17] = (uint8_t)length;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const uint8_t *at = prefixes->at + middle * SET_PREFIX_OCTETS;
        int order = at[SET_PREFIX_AT_BITS] - key[0];

        if (order == 0)
            order = memcmp(at, key + 1, 16);
        if (order == 0)
            order = at[SET_PREFIX_AT_LENGTH] - key[17];
        if (order == 0)
            return load_le32(at + SET_PREFIX_AT_ROW) + 1;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* Returns the longest length of BITS or fewer that LENGTHS has, -1 for none. */
static int next_length(const uint64_t *lengths, int bits)
{
    if (bits < 0)
        return -1;
    for (int word = bits / 64, top = bits % 64; word >= 0; word--, top = 63) {
        uint64_t left = lengths[word] & UINT64_MAX >> (63 - top);

        if (left != 0)
            return word * 64 + 63 - __builtin_clzll(left);
    }
    return -1;
}

/* Returns the row of the longest range around ADDR and its *LENGTH, 0 for none. */
static uint32_t longest_range(const struct set *set, const struct addr *addr, unsigned *length)
{
    const uint64_t *lengths = set->prefix_lengths[addr->bits == 128];

    if (addr->bits == 0)
        return 0;
    for (int bits = addr->bits; (bits = next_length(lengths, bits)) >= 0; bits--) {
        uint32_t found = find_range(set, addr, (unsigned)bits);

        *length = (unsigned)bits;
        if (found != 0)
            return found - 1 < set->row_count ? found - 1 : 0;
    }
    return 0;
}

void set_lookup_addr(const struct set *set, const struct addr *addr, struct set_hit *hit)
{
    unsigned length = 0;
    uint32_t row = longest_range(set, addr, &length);

    memset(hit, 0, sizeof *hit);
    if (row == 0 || !mask_any(set->rows[row].add[1]))
        return;
    hit->mask = set->rows[row].add[1];
    hit->row = row;
    hit->labels = (uint8_t)length;
}

size_t set_witnesses_addr(const struct set *set, const struct addr *addr,
                          struct set_witness *witnesses, size_t most)
{
    uint32_t rows[2] = {0, 0};
    unsigned length = 0;
    size_t count;

    rows[1] = longest_range(set, addr, &length);
    count = rows[1] == 0 ? 0 : add_row(set, rows, 1, 1, witnesses, most);
    for (size_t i = 0; i < count; i++)
        witnesses[i].labels = (uint8_t)length;
    return count;
}
