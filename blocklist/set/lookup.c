/* lookup.c - from a name to its categories, on the path of every query.
 *
 * A clean name costs its hash and one cache line for each suffix depth that the set uses; nothing
 * here allocates, and every number from the file is compared with a bound before it is an index.
 * The masks alone decide; the row's entries are read only where an exception was passed, to say
 * which suffix is the longest that still lists the name. */
#include <string.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/set_walk.h"
#include "config/base/bytes.h"

/* The escapes are sorted by their whole hash. */
static uint32_t find_escape(const struct set *set, uint64_t hash)
{
    const struct set_part *escapes = &set->parts[SET_ESCAPES];
    uint64_t low = 0, high = escapes->count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const uint8_t *at = escapes->at + middle * SET_ESCAPE_OCTETS;
        uint64_t found = load_le64(at);

        if (found == hash)
            return load_le32(at + 8);
        if (found < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

uint32_t set_row_of(const struct set *set, uint64_t hash)
{
    uint32_t row = set_lines_find(&set->lines, hash);

    if (__builtin_expect(row == 0, 1))
        return 0;
    if (row == set->escape)
        row = find_escape(set, hash);
    return row < set->row_count ? row : 0;
}

void set_hash(const struct set *set, const struct name *name, struct set_probe *probe)
{
    uint8_t starts[NAME_LABELS_MAX];
    struct siphash state;
    size_t labels;

    probe->count = 0;
    probe->labels = 0;
    if (set->deepest == 0)
        return;
    labels = name_label_starts(name, starts);
    probe->labels = (uint8_t)labels;
    probe->count = (uint8_t)(labels < set->deepest ? labels : set->deepest);
    siphash_start(&state, &set->key);
    for (unsigned depth = 1; depth <= probe->count; depth++) {
        const uint8_t *label = name->wire + starts[labels - depth];

        siphash_octets(&state, label, (size_t)label[0] + 1);
        if (set_depth_used(set, depth))
            probe->hashes[depth - 1] = siphash_finish(&state);
    }
}

/* One probe in eight goes on to the next line: it comes along, while the memory is being waited for
 * anyway. */
void set_prefetch(const struct set *set, const struct set_probe *probe)
{
    for (unsigned depth = 1; depth <= probe->count; depth++) {
        if (set_depth_used(set, depth)) {
            const uint8_t *line =
                set->lines.octets +
                line_place(probe->hashes[depth - 1], set->lines.count).line * LINE_OCTETS;

            __builtin_prefetch(line);
            __builtin_prefetch(line + LINE_OCTETS);
        }
    }
}

/* An exception was passed: finds the longest suffix that lists the name all the same. */
static void settle(const struct set *set, const struct set_probe *probe, struct set_hit *hit)
{
    struct set_walk walk;
    uint32_t entry;
    unsigned depth;

    hit->labels = 0;
    hit->row = 0;
    set_walk_start(&walk, set, probe, WALK_PLAIN);
    while (set_walk_next(&walk, &entry, &depth)) {
        if (SET_ENTRY_OPERATION(entry) == ENTRY_LIST) {
            hit->labels = (uint8_t)depth;
            hit->row = walk.rows[depth];
            return;
        }
    }
}

void set_find(const struct set *set, const struct set_probe *probe, struct set_hit *hit)
{
    bool lifted = false;

    memset(hit, 0, sizeof *hit);
    for (unsigned depth = 1; depth <= probe->count; depth++) {
        bool here = depth == probe->labels;
        const struct set_row *row;
        uint32_t number;

        if (!set_depth_used(set, depth))
            continue;
        number = set_row_of(set, probe->hashes[depth - 1]);
        if (number == 0)
            continue;
        row = &set->rows[number];
        hit->mask = mask_or(mask_without(hit->mask, row->clear[here]), row->add[here]);
        hit->terms |= row->terms[here];
        lifted |= row->lifts;
        if (mask_any(row->add[here])) {
            hit->labels = (uint8_t)depth;
            hit->row = number;
        }
    }
    if (!mask_any(hit->mask))
        hit->row = hit->labels = 0;
    else if (lifted)
        settle(set, probe, hit);
}

void set_lookup(const struct set *set, const struct name *name, struct set_hit *hit)
{
    struct set_probe probe;

    set_hash(set, name, &probe);
    set_prefetch(set, &probe);
    set_find(set, &probe, hit);
}
