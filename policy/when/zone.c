/* zone.c - reads TZif files, and tells offsets.
 *
 * Problem: libc knows one zone for the process, and not whose file it reads; here each profile has
 * its own, and a file may be damaged or made to harm. Idea: a reader of our own that checks the
 * size of each block before it reads one octet of it, and keeps what a filter needs of it: the
 * instants and the offsets from each on. Abbreviations, the summer flag and the counts for
 * `standard/wall` are passed over; the footer's rule is zone_rule.c's.
 *
 * Dropped: mapping the files, which a system update replaces under us; and leap seconds: Unix time
 * has none, so times of files that count them ("right/") are moved back by what they count. */
#include "policy/when/zone.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/zone_file.h"
#include "policy/when/zone_rule.h"

enum {
    HEADER_OCTETS = 44,
    TYPE_OCTETS = 6,
    OFFSET_MOST = 26 * 3600, /* RFC 9636 §3.2: 25 hours to the west, 26 to the east */
};

struct zone {
    int64_t *times;   /* ascending */
    int32_t *offsets; /* each from its time on */
    size_t count;
    int32_t first; /* offset before the first of times */
    bool ruled;    /* from the last of times on */
    struct zone_rule rule;
};

/* The counts of a header, and where its block's parts stand (RFC 9636 §3.1, §3.2). */
struct block {
    uint32_t times, types, letters, leaps, walls, universals;
    size_t time_octets; /* of one: 4 in the first block, 8 in the second */
    const uint8_t *time_at, *index_at, *type_at, *leap_at;
    size_t length; /* of the block, without its header */
};

static int refuse(struct err *err, const char *why)
{
    return err_set(err, ERR_FORMAT, "not the file of a time zone: %s", why);
}

/* Reads the header at OCTETS and finds the parts behind it, all of which are there. */
static int read_header(const uint8_t *octets, size_t length, size_t time_octets,
                       struct block *block, struct err *err)
{
    uint64_t octets_needed;

    if (length < HEADER_OCTETS || memcmp(octets, "TZif", 4) != 0)
        return refuse(err, "no header");
    block->universals = load_be32(octets + 20);
    block->walls = load_be32(octets + 24);
    block->leaps = load_be32(octets + 28);
    block->times = load_be32(octets + 32);
    block->types = load_be32(octets + 36);
    block->letters = load_be32(octets + 40);
    block->time_octets = time_octets;
    octets_needed = (uint64_t)block->times * (time_octets + 1) +
                    (uint64_t)block->types * TYPE_OCTETS + block->letters +
                    (uint64_t)block->leaps * (time_octets + 4) + block->walls + block->universals;
    if (octets_needed > length - HEADER_OCTETS)
        return refuse(err, "shorter than its header says");
    block->length = (size_t)octets_needed;
    block->time_at = octets + HEADER_OCTETS;
    block->index_at = block->time_at + block->times * time_octets;
    block->type_at = block->index_at + block->times;
    block->leap_at = block->type_at + block->types * TYPE_OCTETS + block->letters;
    return 0;
}

static int check_counts(const struct block *block, struct err *err)
{
    if (block->types == 0 || block->letters == 0)
        return refuse(err, "no type of local time");
    if ((block->walls != 0 && block->walls != block->types) ||
        (block->universals != 0 && block->universals != block->types))
        return refuse(err, "counts that do not fit");
    return 0;
}

static int64_t load_time(const struct block *block, const uint8_t *at)
{
    if (block->time_octets == 4)
        return (int32_t)load_be32(at);
    return (int64_t)((uint64_t)load_be32(at) << 32 | load_be32(at + 4));
}

/* Reads the offset of type INDEX. */
static int read_type(const struct block *block, uint32_t index, int32_t *offset, struct err *err)
{
    const uint8_t *type = block->type_at + (size_t)index * TYPE_OCTETS;

    if (index >= block->types)
        return refuse(err, "a type that is not there");
    *offset = (int32_t)load_be32(type);
    if (*offset > OFFSET_MOST || *offset < -OFFSET_MOST)
        return refuse(err, "an offset of more than a day");
    return 0;
}

/* Returns TIME, which counts leap seconds, as Unix time; *LEAP moves on over those before it. */
static int64_t without_leaps(const struct block *block, int64_t time, uint32_t *leap)
{
    size_t octets = block->time_octets + 4;

    while (*leap < block->leaps && load_time(block, block->leap_at + *leap * octets) <= time)
        ++*leap;
    if (*leap == 0)
        return time;
    return time - (int32_t)load_be32(block->leap_at + (*leap - 1) * octets + block->time_octets);
}

static int read_times(struct zone *zone, const struct block *block, struct err *err)
{
    uint32_t leap = 0;

    if (read_type(block, 0, &zone->first, err) != 0)
        return -1;
    for (uint32_t i = 0; i < block->times; i++) {
        int64_t time = load_time(block, block->time_at + i * block->time_octets);

        if (time > INT64_MAX / 2 || time < INT64_MIN / 2)
            return refuse(err, "a time before or after all others");
        time = without_leaps(block, time, &leap);
        if (i > 0 && time <= zone->times[i - 1]) /* RFC 9636 §3.2 */
            return refuse(err, "times that do not ascend");
        zone->times[i] = time;
        if (read_type(block, block->index_at[i], &zone->offsets[i], err) != 0)
            return -1;
    }
    zone->count = block->times;
    return 0;
}

/* The footer is a line of its own behind the second block; an empty one says nothing. */
static int read_footer(struct zone *zone, const uint8_t *octets, size_t length, struct err *err)
{
    const uint8_t *end;

    if (length == 0 || octets[0] != '\n')
        return refuse(err, "no footer");
    end = memchr(octets + 1, '\n', length - 1);
    if (end == NULL)
        return refuse(err, "a footer without an end");
    if (end == octets + 1)
        return 0;
    if (zone_rule_read((const char *)octets + 1, (size_t)(end - octets) - 1, &zone->rule, err) != 0)
        return -1;
    zone->ruled = true;
    return 0;
}

/* Reads all of it into ZONE, which is zeroed. */
static int parse(struct zone *zone, const uint8_t *octets, size_t length, struct err *err)
{
    struct block block;
    bool second;

    if (read_header(octets, length, 4, &block, err) != 0)
        return -1;
    second = octets[4] >= '2'; /* RFC 9636 §3.1: a later version has what earlier ones have */
    if (second) {
        octets += HEADER_OCTETS + block.length;
        length -= HEADER_OCTETS + block.length;
        if (read_header(octets, length, 8, &block, err) != 0)
            return -1;
    }
    if (check_counts(&block, err) != 0)
        return -1;
    zone->times = calloc((size_t)block.times + 1, sizeof *zone->times);
    zone->offsets = calloc((size_t)block.times + 1, sizeof *zone->offsets);
    if (zone->times == NULL || zone->offsets == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for a time zone");
    if (read_times(zone, &block, err) != 0)
        return -1;
    octets += HEADER_OCTETS + block.length;
    length -= HEADER_OCTETS + block.length;
    return second ? read_footer(zone, octets, length, err) : 0;
}

struct zone *zone_parse(const uint8_t *octets, size_t length, struct err *err)
{
    struct zone *zone = calloc(1, sizeof *zone);

    if (zone == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for a time zone");
        return NULL;
    }
    if (parse(zone, octets, length, err) != 0) {
        zone_free(zone);
        return NULL;
    }
    return zone;
}

struct zone *zone_load(const char *name, struct err *err)
{
    struct zone *zone;
    uint8_t *octets;
    size_t length;

    if (zone_name_is_utc(name)) {
        zone = calloc(1, sizeof *zone);
        if (zone == NULL)
            err_set(err, ERR_MEMORY, "out of memory for a time zone");
        return zone;
    }
    octets = zone_file_read(name, &length, err);
    if (octets == NULL)
        return NULL;
    zone = zone_parse(octets, length, err);
    if (zone == NULL)
        err_before(err, name);
    free(octets);
    return zone;
}

void zone_free(struct zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->offsets);
    free(zone->times);
    free(zone);
}

/* Returns how many of the times are at or before WALL_S. */
static size_t count_before(const struct zone *zone, int64_t wall_s)
{
    size_t low = 0, high = zone->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->times[middle] <= wall_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset(const struct zone *zone, int64_t wall_s)
{
    size_t before;

    if (zone == NULL)
        return 0;
    before = count_before(zone, wall_s);
    if (before == zone->count && zone->ruled)
        return zone_rule_offset(&zone->rule, wall_s);
    return before == 0 ? zone->first : zone->offsets[before - 1];
}

int64_t zone_next_change(const struct zone *zone, int64_t wall_s)
{
    int32_t offset = zone_offset(zone, wall_s);

    if (zone == NULL)
        return INT64_MAX;
    for (size_t i = count_before(zone, wall_s); i < zone->count; i++) {
        if (zone_offset(zone, zone->times[i]) != offset)
            return zone->times[i];
        wall_s = zone->times[i];
    }
    return zone->ruled ? zone_rule_next(&zone->rule, wall_s) : INT64_MAX;
}

/* Clocks are at most some 26 hours off, so the instant is sought from 2 days before on. */
int64_t zone_instant(const struct zone *zone, int64_t local_s)
{
    enum { SOUGHT_S = 2 * 86400 };
    int64_t from = local_s - SOUGHT_S;

    for (;;) {
        int64_t next = zone_next_change(zone, from), instant = local_s - zone_offset(zone, from);

        if (instant < next)
            return instant > from ? instant : from;
        from = next;
    }
}
