#include "blocklist/feed/sealed_gate.h"

#include <inttypes.h>
#include <stddef.h>

#include "blocklist/feed/gate.h"
#include "blocklist/feed/sealed_reader.h"
#include "config/base/err.h"
#include "config/config.h"

#define CURE "ask the publisher, then: stairgate lists accept %s"

static uint64_t size_of(const struct sealed_reader_result *result)
{
    return result->entries + result->pages;
}

static int judge_pins(const struct sealed_gate *gate, struct err *err)
{
    const struct sealed_reader_result *result = gate->result;
    const char *id = gate->list->id;

    if (result->pin_line != 0)
        return err_set(err, ERR_GATE,
                       "%s: line %" PRIu64 " covers a pinned name; the last good list stays, and "
                       "nothing lets this one through: tell the publisher",
                       id, result->pin_line);
    if (result->protect_line != 0)
        return err_set(err, ERR_GATE,
                       "%s: line %" PRIu64 " covers a name that a file of feeds.protect has; the "
                       "last good list stays: tell the publisher, or take the name out of the file",
                       id, result->protect_line);
    return 0;
}

static int judge_least(const struct sealed_gate *gate, struct err *err)
{
    const char *id = gate->list->id;
    uint64_t size = size_of(gate->result);

    if (gate->waited || size >= gate->list->gate.min_entries)
        return 0;
    return err_set(err, ERR_GATE,
                   "%s: only %" PRIu64 " entries, fewer than gate.min_entries %" PRIu32 "; " CURE,
                   id, size, gate->list->gate.min_entries, id);
}

static int judge_canary(const struct sealed_gate *gate, struct err *err)
{
    const char *id = gate->list->id;

    if (gate->waited || gate->list->gate.canary == NULL || gate->result->canary_seen)
        return 0;
    return err_set(
        err, ERR_GATE,
        "%s: the name of gate.canary is absent, so this is another list or half of it; " CURE, id,
        id);
}

static int judge_size(const struct sealed_gate *gate, struct err *err)
{
    const struct config_gate *bounds = &gate->list->gate;
    const char *id = gate->list->id;
    uint64_t before = gate->before, after = size_of(gate->result);

    if (gate->waited || before == 0)
        return 0;
    if (after < before && (double)(before - after) * 100 > (double)before * bounds->shrink_percent)
        return err_set(err, ERR_GATE,
                       "%s: shrank from %" PRIu64 " entries to %" PRIu64
                       ", more than gate.shrink %" PRIu32 " %%; " CURE,
                       id, before, after, bounds->shrink_percent, id);
    if (after > before + GATE_SLACK &&
        (double)(after - before) * 100 > (double)before * bounds->growth_percent)
        return err_set(err, ERR_GATE,
                       "%s: grew from %" PRIu64 " entries to %" PRIu64
                       ", more than gate.growth %" PRIu32 " %%; " CURE,
                       id, before, after, bounds->growth_percent, id);
    return 0;
}

int sealed_gate_judge(const struct sealed_gate *gate, struct err *err)
{
    static int (*const rules[])(const struct sealed_gate *,
                                struct err *) = {judge_pins, judge_least, judge_canary, judge_size};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i](gate, err) != 0)
            return -1;
    }
    return 0;
}
