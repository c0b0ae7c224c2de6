/* profile_inherit.c - the profiles, each behind the one that it extends.
 *
 * A profile that extends another of the file begins as a copy of it, and what is written in it is
 * put on top: single values replace, lists of categories and names are added. So one is read when
 * what it extends has been, wherever that stands; who extends himself by way of others is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/schedule.h"
#include "config/walk.h"
#include "config/window.h"

enum state { UNREAD, READING, READ };

/* The profiles of one file in the making. */
struct inherit {
    struct walk *walk;
    const struct option *option;
    const struct node **nodes; /* by index */
    uint8_t *states;           /* enum state */
};

static void report_both(struct walk *walk, const struct node *node, struct mask both)
{
    char text[160];

    if (mask_any(both))
        problem_add(walk->problems, node->key->place,
                    "profile '%.63s' blocks and unblocks the same: '%s'", node->key->text,
                    taxonomy_mask_text(&walk->config->taxonomy, both, text, sizeof text));
}

static void report_cells(struct walk *walk, const struct node *node, struct mask both)
{
    char text[160];

    if (mask_any(both))
        problem_add(walk->problems, node->key->place,
                    "profile '%.63s' has one category in two of block, quota and warn: '%s'",
                    node->key->text,
                    taxonomy_mask_text(&walk->config->taxonomy, both, text, sizeof text));
}

/* The user of a device may be a child: what is S3 is a guardian's to open, S4 nobody's. */
static void report_grave(struct walk *walk, const struct node *node, struct mask warn)
{
    const struct mask grave = mask_and(warn, taxonomy_grave_mask(&walk->config->taxonomy));
    char text[160];

    if (mask_any(grave))
        problem_add(walk->problems, node->key->place,
                    "profile '%.63s' lets the user of a device pass a warning of serious harm: "
                    "'%s'; write it in 'block', and `stairgate allow NAME --for 1h` opens one name",
                    node->key->text,
                    taxonomy_mask_text(&walk->config->taxonomy, grave, text, sizeof text));
}

static void check_cells(struct walk *walk, const struct node *node,
                        const struct option_profile *own)
{
    const struct mask block = own->more, quota = own->quota, warn = own->warn;

    report_grave(walk, node, warn);
    report_both(walk, node, mask_and(mask_or(mask_or(block, quota), warn), own->unblock));
    report_cells(walk, node, mask_or(mask_and(block, mask_or(quota, warn)), mask_and(quota, warn)));
}

/* Makes the list whose pointer is at ITEMS and length at LENGTH one of copies of COUNT items of
 * SIZE octets at FROM; it can grow by walk_append. */
static void copy_items(struct walk *walk, const void *from, size_t count, size_t size, void *items,
                       size_t *length)
{
    static void *const none;

    memcpy(items, &none, sizeof none);
    *length = 0;
    for (size_t i = 0; i < count; i++) {
        void *item = walk_append(walk, items, length, size);

        if (item == NULL)
            return;
        memcpy(item, (const char *)from + i * size, size);
    }
}

static void copy_rules(struct walk *walk, const struct config_rules *from, struct config_rules *to)
{
    copy_items(walk, from->items, from->count, sizeof *from->items, &to->items, &to->count);
}

static void copy_schedule(struct walk *walk, const struct config_schedule *from,
                          struct config_schedule *to)
{
    *to = *from;
    copy_rules(walk, &from->names, &to->names);
    copy_items(walk, from->windows, from->window_count, sizeof *from->windows, &to->windows,
               &to->window_count);
}

/* Makes PROFILE a copy of FROM that owns what it points to. */
static void copy(struct walk *walk, const struct config_profile *from,
                 struct config_profile *profile)
{
    *profile = *from;
    copy_rules(walk, &from->allow, &profile->allow);
    copy_rules(walk, &from->deny, &profile->deny);
    profile->zone = from->zone != NULL ? walk_copy(walk, from->zone) : NULL;
    copy_items(walk, from->levels, from->level_count, sizeof *from->levels, &profile->levels,
               &profile->level_count);
    profile->schedules = NULL;
    profile->schedule_count = 0;
    for (size_t i = 0; i < from->schedule_count; i++) {
        struct config_schedule *schedule =
            walk_append(walk, &profile->schedules, &profile->schedule_count, sizeof *schedule);

        if (schedule != NULL)
            copy_schedule(walk, &from->schedules[i], schedule);
    }
}

/* Has `weekend` and `weekdays` in hours, the inherited ones too, mean those of PROFILE's own
 * calendar. */
static void settle_windows(const struct config *config, struct config_profile *profile)
{
    uint8_t weekend = calendar_weekend(config, profile->calendar);

    for (size_t i = 0; i < profile->schedule_count; i++) {
        for (size_t k = 0; k < profile->schedules[i].window_count; k++)
            window_settle(&profile->schedules[i].windows[k], weekend);
    }
}

static bool is_same(const struct config_rule *a, const struct config_rule *b)
{
    struct name x = name_of(&a->name), y = name_of(&b->name);

    return a->cover == b->cover && name_equal(&x, &y);
}

/* Takes out of RULES those before INHERITED that stand on the very name of one of NEWER, from
 * its INHERITED_NEWER on. */
static void drop_replaced(struct config_rules *rules, size_t *inherited,
                          const struct config_rules *newer, size_t inherited_newer)
{
    size_t kept = 0;

    for (size_t i = 0; i < rules->count; i++) {
        bool replaced = false;

        for (size_t k = inherited_newer; i < *inherited && k < newer->count && !replaced; k++)
            replaced = is_same(&rules->items[i], &newer->items[k]);
        if (!replaced)
            rules->items[kept++] = rules->items[i];
    }
    *inherited -= rules->count - kept;
    rules->count = kept;
}

static void read_own(struct inherit *inherit, size_t index, const struct config_profile *parent)
{
    struct walk *walk = inherit->walk;
    const struct node *node = inherit->nodes[index];
    struct config_profile *out = &walk->config->profiles[index];
    struct option_profile read = {.profile = *out};
    struct config_profile *profile = &read.profile;
    size_t allowed, denied;

    if (parent != NULL)
        copy(walk, parent, profile);
    memcpy(profile->name, out->name, sizeof profile->name);
    profile->extends[0] = '\0';
    profile->place = out->place;
    allowed = profile->allow.count;
    denied = profile->deny.count;
    walk_item(walk, inherit->option, node, &read);
    check_cells(walk, node, &read);
    levels_finish(&read, node);
    settle_windows(walk->config, profile);
    drop_replaced(&profile->allow, &allowed, &profile->deny, denied);
    drop_replaced(&profile->deny, &denied, &profile->allow, allowed);
    *out = *profile;
}

static long parent_of(const struct inherit *inherit, size_t index)
{
    const struct node *node = node_member(inherit->nodes[index], "extends");

    if (node == NULL || node->kind != NODE_SCALAR ||
        strcmp(node->text, inherit->walk->config->profiles[index].name) == 0)
        return -1;
    return config_profile_find(inherit->walk->config, node->text);
}

/* Reads the profile INDEX, and those that it stands on before it. */
static void read_chain(struct inherit *inherit, size_t index)
{
    const struct config *config = inherit->walk->config;
    long parent = parent_of(inherit, index);

    inherit->states[index] = READING;
    if (parent >= 0 && inherit->states[parent] == UNREAD)
        read_chain(inherit, (size_t)parent);
    if (parent >= 0 && inherit->states[parent] == READING) {
        problem_add(inherit->walk->problems, node_member(inherit->nodes[index], "extends")->place,
                    "a profile that extends itself by way of others: '%s'",
                    config->profiles[index].name);
        parent = -1;
    }
    read_own(inherit, index, parent >= 0 ? &config->profiles[parent] : NULL);
    inherit->states[index] = READ;
}

/* Adds a profile called as NODE's key, with nothing in it yet. */
static bool add_profile(struct walk *walk, const struct node *node)
{
    struct config *config = walk->config;
    struct config_profile *profile =
        walk_append(walk, &config->profiles, &config->profile_count, sizeof *profile);

    if (profile == NULL)
        return false;
    walk_title(walk, "profile", node);
    snprintf(profile->name, sizeof profile->name, "%.63s", node->key->text);
    profile->style = config->block_style;
    profile->block_ttl_s = config->block_ttl_s;
    profile->calendar = -1;
    profile->place = node->key->place;
    return true;
}

void read_profiles(struct walk *walk, const struct option *option, const struct node *node,
                   void *base)
{
    struct inherit inherit = {.walk = walk, .option = option};
    size_t count = 0, index = 0;

    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        if (!add_profile(walk, item))
            return;
        count++;
    }
    inherit.nodes = calloc(count + 1, sizeof *inherit.nodes);
    inherit.states = calloc(count + 1, sizeof *inherit.states);
    if (inherit.nodes == NULL || inherit.states == NULL)
        problem_add(walk->problems, node->place, "out of memory");
    else {
        for (const struct node *item = node->first; item != NULL; item = item->next)
            inherit.nodes[index++] = item;
        for (index = 0; index < count; index++) {
            if (inherit.states[index] == UNREAD)
                read_chain(&inherit, index);
        }
    }
    free(inherit.states);
    free(inherit.nodes);
}
