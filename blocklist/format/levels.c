#include "blocklist/format/levels.h"

#include <string.h>

#include "blocklist/format/packing.h"
#include "config/base/err.h"

struct level *levels_top(struct levels *levels)
{
    return &levels->level[levels->count - 1];
}

static int check_limits(const struct level *level, struct err *err)
{
    const struct levels *levels = level->levels;
    const struct source_limits *limits = &levels->limits;
    uint64_t packed = levels->level[0].given;

    if (level == levels->level && level->given > limits->packed_most)
        return err_set(err, ERR_LIMIT, "over %llu octets, which is the most for a list as it comes",
                       (unsigned long long)limits->packed_most);
    /* The lowest one is what it unpacks to as well, where it is not packed. */
    if ((level != levels->level || levels->plain) && level->given > limits->unpacked_most)
        return err_set(err, ERR_LIMIT, "over %llu octets once unpacked, which is the most",
                       (unsigned long long)limits->unpacked_most);
    if (level != levels->level && level->given > SOURCE_RATIO_FROM &&
        level->given / limits->ratio_most > packed)
        return err_set(err, ERR_LIMIT, "a decompression bomb: over %u times its packed size",
                       (unsigned)limits->ratio_most);
    return 0;
}

/* Reads from below LEVEL's first octets, counted. */
static ssize_t read_below(struct level *level, void *data, size_t room, struct err *err)
{
    ssize_t got = level->read(level->context, data, room, err);

    if (got <= 0)
        return got;
    level->given += (uint64_t)got;
    return check_limits(level, err) != 0 ? -1 : got;
}

ssize_t level_read(void *context, void *data, size_t room, struct err *err)
{
    struct level *level = context;
    size_t count = level->held - level->at;

    if (count == 0)
        return read_below(level, data, room, err);
    count = count < room ? count : room;
    memcpy(data, level->first + level->at, count);
    level->at += count;
    return (ssize_t)count;
}

/* Fills LEVEL's first octets. */
static int look(struct level *level, struct err *err)
{
    while (level->held < LEVEL_FIRST_OCTETS) {
        ssize_t got =
            read_below(level, level->first + level->held, LEVEL_FIRST_OCTETS - level->held, err);

        if (got < 0)
            return -1;
        if (got == 0)
            break;
        level->held += (size_t)got;
    }
    return 0;
}

static int push(struct levels *levels, source_read_fn *read, void *context,
                struct unpacker *unpacker, struct err *err)
{
    struct level *level = &levels->level[levels->count];

    memset(level, 0, sizeof *level);
    level->levels = levels;
    level->read = read;
    level->context = context;
    level->unpacker = unpacker;
    levels->count++;
    return look(level, err);
}

/* Adds a level for each packing that the uppermost turns out to be. */
static int climb(struct levels *levels, struct err *err)
{
    for (;;) {
        struct level *top = levels_top(levels);
        const struct packing *packing;
        struct unpacker *unpacker;

        if (packing_find(top->first, top->held, &packing, err) != 0)
            return -1;
        levels->archive = bundle_find(top->first, top->held);
        levels->plain = levels->count == 1 && packing == NULL;
        if (packing == NULL)
            return 0;
        if (levels->count == LEVELS_MAX)
            return err_set(err, ERR_FORMAT, "packed over %d times", LEVELS_MAX - 1);
        unpacker = unpacker_start(packing, level_read, top, err);
        if (unpacker == NULL || push(levels, unpacker_read, unpacker, unpacker, err) != 0)
            return -1;
    }
}

int levels_start(struct levels *levels, const struct source_limits *limits, source_read_fn *read,
                 void *context, struct err *err)
{
    levels->count = 0;
    levels->archive = BUNDLE_NONE;
    levels->plain = false;
    levels->limits = *limits;
    if (levels->limits.packed_most == 0)
        levels->limits.packed_most = UINT64_MAX;
    if (levels->limits.unpacked_most == 0)
        levels->limits.unpacked_most = SOURCE_OCTETS_MAX;
    if (levels->limits.ratio_most == 0)
        levels->limits.ratio_most = SOURCE_RATIO_MAX;
    return push(levels, read, context, NULL, err) != 0 ? -1 : climb(levels, err);
}

int levels_add(struct levels *levels, source_read_fn *read, void *context, struct err *err)
{
    if (levels->count == LEVELS_MAX)
        return err_set(err, ERR_FORMAT, "packed over %d times", LEVELS_MAX - 1);
    if (push(levels, read, context, NULL, err) != 0 || climb(levels, err) != 0)
        return -1;
    if (levels->archive != BUNDLE_NONE)
        return err_set(err, ERR_FORMAT, "an archive in an archive, which is not read");
    return 0;
}

void levels_end(struct levels *levels)
{
    while (levels->count > 0)
        unpacker_end(levels->level[--levels->count].unpacker);
}
