#include <string.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/set_walk.h"
#include "blocklist/set/terms_check.h"
#include "config/base/addr.h"
#include "config/base/bytes.h"

static void fill(const struct set *set, uint32_t entry, unsigned depth, struct set_witness *witness)
{
    const uint8_t *terms = set_entry_terms(set, entry);
    uint32_t feed = set_entry_feed(set, entry);

    memset(witness, 0, sizeof *witness);
    witness->feed = set_feed_id(set, feed);
    set_category(set, set_feed_category(set, feed), &witness->category, NULL);
    witness->labels = (uint8_t)depth;
    witness->exact = SET_ENTRY_KIND(entry) == ENTRY_EXACT;
    witness->exception = SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT;
    witness->observed = set_feed_observed(set, feed);
    if (terms == NULL)
        return;
    witness->limited = terms_limited(terms);
    witness->important = terms_important(terms);
    witness->action = terms[0];
}

static size_t fill_all(struct set_walk *walk, struct set_witness *witnesses, size_t most)
{
    size_t count = 0;
    uint32_t entry;
    unsigned depth;

    while (count < most && set_walk_next(walk, &entry, &depth))
        fill(walk->set, entry, depth, &witnesses[count++]);
    return count;
}

size_t set_witnesses(const struct set *set, const struct name *name, struct set_witness *witnesses,
                     size_t most)
{
    struct set_probe probe;
    struct set_walk walk;

    set_hash(set, name, &probe);
    set_walk_start(&walk, set, &probe, WALK_ANY_TYPE);
    return fill_all(&walk, witnesses, most);
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

uint32_t set_row_of_addr(const struct set *set, const struct addr *addr, unsigned *length)
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
    uint32_t row = set_row_of_addr(set, addr, &length);

    memset(hit, 0, sizeof *hit);
    if (row == 0)
        return;
    hit->terms = set->rows[row].terms[1];
    if (!mask_any(set->rows[row].add[1]))
        return;
    hit->mask = set->rows[row].add[1];
    hit->row = row;
    hit->labels = (uint8_t)length;
}

size_t set_witnesses_addr(const struct set *set, const struct addr *addr,
                          struct set_witness *witnesses, size_t most)
{
    struct set_walk walk;
    unsigned length = 0;
    size_t count;

    set_walk_start_row(&walk, set, set_row_of_addr(set, addr, &length), WALK_ANY_TYPE);
    count = fill_all(&walk, witnesses, most);
    for (size_t i = 0; i < count; i++)
        witnesses[i].labels = (uint8_t)length;
    return count;
}
