/* snapshot_times.c - what of a profile changes with the time: steps of the stairs, hours of
 * presets, schedules, and what holds while the clock is wrong.
 *
 * A step begins at local midnight of the first day of the month after a birthday (7, 13, 16 and 18
 * years), since a profile knows a month and not a day. Hours of a preset close its cells Q; they
 * are for where somebody has said what time zone this is, and give way to a bedtime that the
 * profile has of its own. They and the schedules are periods of one timetable. */
#include <stdlib.h>
#include <string.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "policy/compiled.h"
#include "policy/when/timetable.h"
#include "policy/when/zone.h"
#include "policy/when/zones.h"

#define SPAN_S ((int64_t)400 * DATE_DAY_S)

static const uint8_t ages[BANDS] = {0, 7, 13, 16, 18}; /* that a band begins with */

/* The first instant of the month after the one in which somebody born in MONTH becomes AGE. */
static int64_t step_from(struct config_month month, unsigned age, const struct zone *zone)
{
    struct date date = {month.year + (int32_t)age, (uint8_t)(month.month + 1), 1};

    if (age == 0)
        return INT64_MIN;
    if (date.month > 12) {
        date.month = 1;
        date.year++;
    }
    return zone_instant(zone, (int64_t)date_days(date) * DATE_DAY_S);
}

static bool has_bedtime(const struct config_profile *profile)
{
    for (size_t i = 0; i < profile->schedule_count; i++) {
        if (strcmp(profile->schedules[i].name, "bedtime") == 0)
            return true;
    }
    return false;
}

/* The periods of one profile in the making. */
struct periods {
    struct timetable_period items[TIMETABLE_PERIODS_MAX];
    size_t count;
};

static uint64_t add_hours(struct periods *periods, const struct config_window *hours)
{
    if (hours->days == 0 || periods->count >= TIMETABLE_PERIODS_MAX)
        return 0;
    periods->items[periods->count] = (struct timetable_period){.windows = hours, .window_count = 1};
    return (uint64_t)1 << periods->count++;
}

static int make_steps(struct compiled_profile *profile, const struct zone *zone,
                      struct periods *periods, struct err *err)
{
    const struct config_profile *config = profile->config;
    struct compiled_times *times = profile->times;
    bool closes = zone != NULL && !has_bedtime(config);

    times->step_count = config->level_count > 0 ? config->level_count : 1;
    times->steps = calloc(times->step_count, sizeof *times->steps);
    if (times->steps == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for profile '%s'", config->name);
    if (config->level_count == 0) {
        times->steps[0] =
            (struct compiled_step){.from_s = INT64_MIN,
                                   .state = profile->state,
                                   .quota = config->quota,
                                   .hours = closes ? add_hours(periods, &config->hours) : 0};
        return 0;
    }
    for (size_t i = 0; i < config->level_count; i++) {
        const struct config_level *level = &config->levels[i];
        struct compiled_step *step = &times->steps[i];

        step->from_s = step_from(config->born, ages[level->band], zone);
        snapshot_compile_level(config, level, &step->state);
        step->quota = level->quota;
        step->hours = closes ? add_hours(periods, &level->hours) : 0;
    }
    return 0;
}

static uint32_t least_ttl(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* Adds to STRICT what STEP blocks. */
static void add_strict(struct compiled_state *strict, const struct compiled_step *step)
{
    const struct compiled_state *state = &step->state;

    strict->apply = mask_or(strict->apply, state->apply);
    if (step->hours != 0)
        strict->apply = mask_or(strict->apply, step->quota);
    strict->default_deny = strict->default_deny || state->default_deny;
    strict->admits_edu = strict->admits_edu && state->admits_edu;
    strict->bypass = strict->bypass || state->bypass;
    strict->safe_search |= state->safe_search;
    if (state->youtube > strict->youtube)
        strict->youtube = state->youtube;
    strict->max_ttl_s = least_ttl(strict->max_ttl_s, state->max_ttl_s);
}

/* Nobody who was born when a step has begun becomes younger: steps that were over when this program
 * was built do not count. */
static void make_strict(struct compiled_times *times, const struct config_profile *config)
{
    struct compiled_state *strict = &times->strict;
    size_t first = 0;

    while (first + 1 < times->step_count && times->steps[first + 1].from_s <= times->known_s)
        first++;
    *strict = times->steps[first].state;
    for (size_t i = first; i < times->step_count; i++)
        add_strict(strict, &times->steps[i]);
    for (size_t i = 0; i < config->schedule_count; i++) {
        const struct config_schedule *schedule = &config->schedules[i];

        if (schedule->action == SCHEDULE_BLOCK) {
            strict->apply = mask_or(strict->apply, schedule->targets);
            strict->active |= (uint64_t)1 << i;
            strict->all_blocked = strict->all_blocked || schedule->everything;
        }
        strict->offline = strict->offline || schedule->action == SCHEDULE_OFFLINE;
    }
    strict->apply = mask_without(strict->apply, strict->observe);
    strict->clock_unknown = true;
}

static int make_timetable(const struct snapshot *s, struct compiled_profile *profile,
                          const struct zone *zone, const struct periods *periods, struct err *err)
{
    const struct config *config = s->config;
    long calendar = profile->config->calendar;
    const struct timetable_options options = {
        .zone = zone,
        .calendar = calendar >= 0 && (size_t)calendar < config->calendar_count
                        ? &config->calendars[calendar]
                        : NULL,
        .periods = periods->items,
        .period_count = periods->count,
        .from_s = config->loaded_s - DATE_DAY_S,
        .until_s = config->loaded_s == 0 ? -DATE_DAY_S : config->loaded_s + SPAN_S,
    };

    if (periods->count == 0)
        return 0;
    profile->times->timetable = timetable_create(&options, err);
    return profile->times->timetable == NULL ? -1 : 0;
}

/* Tells whether anything of PROFILE can change with the time. */
static bool has_times(const struct config_profile *profile, const struct zone *zone)
{
    return profile->level_count > 0 || profile->schedule_count > 0 ||
           (zone != NULL && profile->hours.days != 0 && mask_any(profile->quota));
}

int snapshot_compile_times(struct snapshot *s, struct compiled_profile *profile, struct err *err)
{
    const struct config_profile *config = profile->config;
    struct periods periods = {.count = 0};
    const struct zone *zone;

    if (zones_of_profile(s->zones, s->config, config, &zone, err) != 0)
        return -1;
    if (!has_times(config, zone))
        return 0;
    profile->times = calloc(1, sizeof *profile->times);
    if (profile->times == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for profile '%s'", config->name);
    periods.count = timetable_schedules(config, periods.items);
    profile->times->schedules = periods.count == 0 ? 0 : UINT64_MAX >> (64 - periods.count);
    profile->times->zone = zone;
    profile->times->scope = s->next_scope;
    s->next_scope += (uint32_t)config->schedule_count;
    profile->times->known_s = s->config->clock_earliest_s;
    if (make_steps(profile, zone, &periods, err) != 0 ||
        make_timetable(s, profile, zone, &periods, err) != 0)
        return -1;
    make_strict(profile->times, config);
    return 0;
}

void snapshot_free_times(struct compiled_times *times)
{
    if (times == NULL)
        return;
    timetable_free(times->timetable);
    free(times->steps);
    free(times);
}
