/* gate.c - the rules by which a result is held.
 *
 * Each rule is one function in a table; the first that objects is the reason. Sizes are compared
 * part by part: a collection of seventy categories that loses one hardly shrinks as a whole, yet
 * that category would be open. Protected names count only where the segments in force do not have
 * them already, since the operator has lived with those.
 *
 * Dropped: to judge by which names came and went. Publishers reorganise their lists, and what then
 * looks like an attack is Tuesday; size, canary and protected names catch what breaks homes. */
#include "blocklist/feed/gate.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "blocklist/feed/place.h"
#include "blocklist/set/segment_kept.h"
#include "config/base/err.h"
#include "config/base/name.h"

#define CURE "look at it, then: stairgate lists accept %s"

static int judge_least(const struct gate_case *gate, struct err *err)
{
    const char *id = gate->list->id;
    uint64_t entries = store_segments_entries(gate->result->segments, gate->result->segment_count);

    if (entries >= gate->list->gate.min_entries)
        return 0;
    return err_set(err, ERR_GATE,
                   "%s: only %" PRIu64 " entries, fewer than gate.min_entries %" PRIu32 "; " CURE,
                   id, entries, gate->list->gate.min_entries, id);
}

static int judge_canary(const struct gate_case *gate, struct err *err)
{
    const char *id = gate->list->id, *canary = gate->list->gate.canary;

    if (canary == NULL || gate->result->canary_seen)
        return 0;
    return err_set(err, ERR_GATE,
                   "%s: its canary is absent: '%s' (gate.canary), so this is another list or half "
                   "of it; " CURE,
                   id, canary, id);
}

static const struct store_segment *find_part(const struct reader_result *result, const char *part)
{
    for (size_t i = 0; i < result->segment_count; i++) {
        if (strcmp(result->segments[i].part, part) == 0)
            return &result->segments[i];
    }
    return NULL;
}

/* Tells whether PART is still asked for: a part that the operator took out of the config is not
 * missed. */
static bool is_wanted(const struct config_list *list, const char *part)
{
    if (part[0] == '\0')
        return list->part_count == 0;
    for (size_t i = 0; i < list->part_count; i++) {
        if (strcmp(list->parts[i].name, part) == 0)
            return true;
    }
    return false;
}

/* Says that PART of the list, or the list, went from BEFORE to AFTER entries. */
static int sizes(const struct gate_case *gate, const char *part, uint64_t before, uint64_t after,
                 struct err *err)
{
    const struct config_gate *bounds = &gate->list->gate;
    const char *id = gate->list->id, *colon = part[0] == '\0' ? "" : ": part ";

    if (after < before && (double)(before - after) * 100 > (double)before * bounds->shrink_percent)
        return err_set(err, ERR_GATE,
                       "%s%s%s: shrank from %" PRIu64 " entries to %" PRIu64
                       ", more than gate.shrink %" PRIu32 " %%; " CURE,
                       id, colon, part, before, after, bounds->shrink_percent, id);
    if (after > before + GATE_SLACK &&
        (double)(after - before) * 100 > (double)before * bounds->growth_percent)
        return err_set(err, ERR_GATE,
                       "%s%s%s: grew from %" PRIu64 " entries to %" PRIu64
                       ", more than gate.growth %" PRIu32 " %%; " CURE,
                       id, colon, part, before, after, bounds->growth_percent, id);
    return 0;
}

static int judge_sizes(const struct gate_case *gate, struct err *err)
{
    const char *id = gate->list->id;

    for (size_t i = 0; i < gate->before_count; i++) {
        const struct store_segment *old = &gate->before[i];
        const struct store_segment *new = find_part(gate->result, old->part);

        if (new == NULL && !is_wanted(gate->list, old->part))
            continue;
        if (new == NULL && old->entries > 0)
            return err_set(err, ERR_GATE, "%s: part %s is gone, it had %" PRIu64 " entries; " CURE,
                           id, old->part, old->entries, id);
        if (new != NULL && sizes(gate, old->part, old->entries, new->entries, err) != 0)
            return -1;
    }
    return 0;
}

static bool listed_before(const struct gate_case *gate, const struct name *name)
{
    char path[PLACE_PATH_MAX];
    bool listed = false;
    struct err ignored;

    for (size_t i = 0; i < gate->before_count && !listed; i++) {
        struct segment *segment =
            segment_open(place_segment(gate->dir, gate->before[i].file, path), &ignored);

        if (segment == NULL)
            continue;
        listed = segment_contains(segment, name, &ignored) > 0;
        segment_close(segment);
    }
    return listed;
}

static int judge_protected(const struct gate_case *gate, struct err *err)
{
    size_t count = gate->result->finding_count;
    const char *id = gate->list->id;
    char text[NAME_TEXT_MAX];

    for (size_t i = 0; i < count && i < READER_FINDINGS_MAX; i++) {
        const struct reader_finding *finding = &gate->result->findings[i];
        const struct name *name = &gate->protected_names[finding->name];

        if (listed_before(gate, name))
            continue;
        name_to_text(name, text);
        return err_set(err, ERR_GATE, "%s: line %" PRIu64 " lists '%.120s', %s; " CURE, id,
                       finding->line, text,
                       finding->name < gate->pin_count
                           ? "which is pinned: help is never blocked anyway, but a list that tries "
                             "to is suspicious"
                           : "which a file of feeds.protect names",
                       id);
    }
    return 0;
}

int gate_judge(const struct gate_case *gate, struct err *err)
{
    static int (*const rules[])(const struct gate_case *, struct err *) = {
        judge_least, judge_canary, judge_protected, judge_sizes};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i](gate, err) != 0)
            return -1;
    }
    return 0;
}
