/* schedule.c - the readers of what holds at certain hours.
 *
 * The problem: a schedule that says less than its writer thinks is worse than none: two actions of
 * which one is passed over, hours without an action, hours in nobody's zone. The idea: each
 * schedule has exactly one action, something that it is about and at least one window, and each
 * profile with one has a zone; whatever else is refused with what to write. `bedtime` is the
 * schedule that every house has, in one line: it becomes one of the others.
 *
 * Dropped: hours in UTC, or in the machine's zone, where no zone is written: a router's is mostly
 * wrong, and nobody sees it until the clocks change. */
#include "config/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/options_schedule.h"
#include "config/shower.h"
#include "config/walk.h"
#include "config/window.h"

/* With room for what presets add, within the bits of a timetable. */
enum { SCHEDULES_MOST = 48, WINDOWS_MOST = 32 };

void read_windows(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    struct option_schedule *read = base;
    struct config_schedule *schedule = &read->schedule;
    char fault[WINDOW_FAULT_MAX];

    FOR_TEXTS(item)
    {
        struct config_window window, *added;

        if (window_read(item->text, read->weekend, &window, fault) != 0) {
            problem_add(walk->problems, item->place, "%s", fault);
            continue;
        }
        if (schedule->window_count == WINDOWS_MOST) {
            problem_add(walk->problems, item->place, "more than %d windows of hours", WINDOWS_MOST);
            return;
        }
        added = walk_append(walk, &schedule->windows, &schedule->window_count, sizeof *added);
        if (added != NULL)
            *added = window;
    }
    if (node_item_first(node) == NULL)
        problem_add(walk->problems, node->place, "no hours: '%s'; write some, or leave it out",
                    option->name);
}

static void clear_schedule(struct config_schedule *schedule)
{
    free(schedule->windows);
    free(schedule->names.items);
    memset(schedule, 0, sizeof *schedule);
}

/* Takes the schedule called NAME out of PROFILE, which may have it from the one that it extends. */
static void drop_schedule(struct config_profile *profile, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < profile->schedule_count; i++) {
        if (strcmp(profile->schedules[i].name, name) == 0)
            clear_schedule(&profile->schedules[i]);
        else
            profile->schedules[kept++] = profile->schedules[i];
    }
    profile->schedule_count = kept;
}

/* Adds a schedule called NAME to PROFILE, in the place of one of that name. */
static struct config_schedule *put_schedule(struct walk *walk, struct config_profile *profile,
                                            const char *name, struct config_place place)
{
    struct config_schedule *added;

    drop_schedule(profile, name);
    if (profile->schedule_count == SCHEDULES_MOST) {
        problem_add(walk->problems, place, "more than %d schedules", SCHEDULES_MOST);
        return NULL;
    }
    added = walk_append(walk, &profile->schedules, &profile->schedule_count, sizeof *added);
    if (added == NULL)
        return NULL;
    snprintf(added->name, sizeof added->name, "%.63s", name);
    added->place = place;
    return added;
}

void read_bedtime(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    struct config_profile *profile = base;
    struct config_schedule *schedule;
    struct option_schedule read = {.weekend = calendar_weekend(walk->config, profile->calendar)};

    if (node_item_first(node) == NULL) { /* [] */
        if (node->place.line != 0)       /* as a person wrote, not by default */
            drop_schedule(profile, SCHEDULE_BEDTIME);
        return;
    }
    schedule = put_schedule(walk, profile, SCHEDULE_BEDTIME, node->place);
    if (schedule == NULL)
        return;
    read.schedule = *schedule;
    read_windows(walk, option, node, &read);
    *schedule = read.schedule;
    schedule->action = SCHEDULE_OFFLINE;
}

/* What does serious harm is opened by a person, for one name and a time (taxonomy, S3). */
static void check_allowed(struct walk *walk, const struct node *node, struct mask allowed)
{
    const struct mask grave = mask_and(allowed, taxonomy_grave_mask(&walk->config->taxonomy));
    char text[160];

    if (mask_any(grave))
        problem_add(walk->problems, node->key->place,
                    "schedule '%.63s' opens what does serious harm: '%s'; it may open names of it "
                    "('names'), not all",
                    node->key->text,
                    taxonomy_mask_text(&walk->config->taxonomy, grave, text, sizeof text));
}

/* Sets the action of READ by which of its keys NODE has. */
static void set_action(struct walk *walk, const struct node *node, struct option_schedule *read)
{
    struct config_schedule *schedule = &read->schedule;
    const bool has[] = {
        [SCHEDULE_BLOCK] = node_member(node, "block") != NULL,
        [SCHEDULE_ALLOW] = node_member(node, "allow") != NULL,
        [SCHEDULE_OFFLINE] = read->offline,
    };

    if (has[SCHEDULE_BLOCK] + has[SCHEDULE_ALLOW] + has[SCHEDULE_OFFLINE] != 1)
        problem_add(walk->problems, node->key->place,
                    "schedule '%.63s' must have exactly one of 'block', 'allow' and 'offline: yes'",
                    node->key->text);
    schedule->action = has[SCHEDULE_BLOCK]   ? SCHEDULE_BLOCK
                       : has[SCHEDULE_ALLOW] ? SCHEDULE_ALLOW
                                             : SCHEDULE_OFFLINE;
    check_allowed(walk, node, read->allow);
    schedule->targets = mask_or(schedule->targets, mask_or(read->block, read->allow));
    schedule->in_terms = read->only == ONLY_TERMS;
    schedule->in_holidays = read->only == ONLY_HOLIDAYS;
}

/* Options of a schedule that say what it is about. */
static bool has_targets(const struct config_schedule *schedule)
{
    return mask_any(schedule->targets) || schedule->names.count > 0 || schedule->everything;
}

static void check_one(struct walk *walk, const struct node *node,
                      const struct config_schedule *schedule, const struct config_profile *profile)
{
    if (schedule->action == SCHEDULE_OFFLINE && has_targets(schedule))
        problem_add(walk->problems, node->key->place,
                    "schedule '%.63s' is offline and names what it is about; offline is about "
                    "everything",
                    node->key->text);
    else if (schedule->action != SCHEDULE_OFFLINE && !has_targets(schedule))
        problem_add(walk->problems, node->key->place,
                    "schedule '%.63s' is about nothing; name categories, 'services', 'lists', "
                    "'names', or 'everything: yes'",
                    node->key->text);
    if ((schedule->in_terms || schedule->in_holidays) && profile->calendar < 0)
        problem_add(walk->problems, node->key->place,
                    "schedule '%.63s' goes by terms or holidays, and its profile has no 'calendar'",
                    node->key->text);
}

static void check_name(struct walk *walk, const struct node *node)
{
    if (walk_title(walk, "schedule", node) && strcmp(node->key->text, SCHEDULE_BEDTIME) == 0)
        problem_add(walk->problems, node->key->place,
                    "a schedule cannot be called '%s': that is an option of its own, beside "
                    "'schedules'",
                    node->key->text);
}

void read_schedules(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    struct config_profile *profile = base;

    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct option_schedule read = {.weekend =
                                           calendar_weekend(walk->config, profile->calendar)};
        struct config_schedule *schedule;
        size_t before = walk->problems->errors;

        check_name(walk, item);
        schedule = put_schedule(walk, profile, item->key->text, item->key->place);
        if (schedule == NULL)
            return;
        read.schedule = *schedule;
        walk_item(walk, option, item, &read);
        if (item->kind == NODE_MAPPING)
            set_action(walk, item, &read);
        *schedule = read.schedule;
        if (walk->problems->errors == before) /* half a schedule would be reported twice */
            check_one(walk, item, schedule, profile);
    }
}

void check_schedules(struct walk *walk)
{
    const struct config *config = walk->config;

    if (config->zone != NULL ||
        node_member(config->tree, "zone") != NULL) /* if it is wrong, that is said */
        return;
    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];
        const struct node *node = node_member(node_member(config->tree, "profiles"), profile->name);

        if (profile->schedule_count > 0 && profile->zone == NULL &&
            node_member(node, "zone") == NULL)
            problem_add(walk->problems, profile->schedules[0].place,
                        "hours on nobody's clock: profile '%s'; write `zone: Europe/Berlin`, or "
                        "the zone that it is in, at the top of the file or in the profile",
                        profile->name);
    }
}

void schedules_free(struct config_profile *profile)
{
    for (size_t i = 0; i < profile->schedule_count; i++)
        clear_schedule(&profile->schedules[i]);
    free(profile->schedules);
}

static void add_windows(struct show *show, const struct config_schedule *schedule)
{
    char text[WINDOW_TEXT_MAX];

    for (size_t i = 0; i < schedule->window_count; i++)
        show_add(show, window_to_text(&schedule->windows[i], text));
}

void show_windows(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    const struct option_schedule *shown = base;

    (void)option;
    (void)node;
    add_windows(show, &shown->schedule);
}

void show_bedtime(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    const struct config_profile *profile = base;

    (void)option;
    (void)node;
    for (size_t i = 0; i < profile->schedule_count; i++) {
        if (strcmp(profile->schedules[i].name, SCHEDULE_BEDTIME) == 0)
            add_windows(show, &profile->schedules[i]);
    }
}

void show_schedules(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const struct config_profile *profile = base;
    bool any = false;

    for (size_t i = 0; i < profile->schedule_count; i++) {
        const struct config_schedule *schedule = &profile->schedules[i];
        struct option_schedule shown = {
            .schedule = *schedule,
            .offline = schedule->action == SCHEDULE_OFFLINE,
            .only = schedule->in_terms      ? ONLY_TERMS
                    : schedule->in_holidays ? ONLY_HOLIDAYS
                                            : ONLY_ALWAYS,
        };

        if (strcmp(schedule->name, SCHEDULE_BEDTIME) == 0)
            continue;
        any = true;
        if (schedule->action == SCHEDULE_BLOCK)
            shown.block = schedule->targets;
        else
            shown.allow = schedule->targets;
        show_item(show, option, schedule->name, node_member(node, schedule->name), &shown);
    }
    if (!any)
        show_emit(show, option, node);
}
