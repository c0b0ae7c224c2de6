/* Groups and devices that the operator deploys by the config, and the listeners of networks. */
#include "config/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/walk.h"

enum { KNOWN_MAX = 256 }; /* words to choose a "did you mean" from */

/* A group may be in one that stands below it in the file: names first. */
static void name_groups(struct walk *walk, const struct node *node)
{
    struct config *config = walk->config;

    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct config_group *group =
            walk_append(walk, &config->groups, &config->group_count, sizeof *group);

        if (group == NULL)
            return;
        walk_title(walk, "group", item);
        snprintf(group->name, sizeof group->name, "%.63s", item->key->text);
        group->place = item->key->place;
        group->parent = group->profile = -1;
    }
}

static int compare_names(const void *x, const void *y)
{
    const struct config_group *const *a = x, *const *b = y;

    return strcmp((*a)->name, (*b)->name);
}

/* An ISP has a group for each line and names it in each device. */
static void sort_groups(struct walk *walk)
{
    struct config *config = walk->config;

    config->groups_by_name = calloc(config->group_count + 1, sizeof *config->groups_by_name);
    if (config->groups_by_name == NULL) {
        problem_add(walk->problems, (struct config_place){0, 0}, "out of memory");
        return;
    }
    for (size_t i = 0; i < config->group_count; i++)
        config->groups_by_name[i] = &config->groups[i];
    qsort(config->groups_by_name, config->group_count, sizeof *config->groups_by_name,
          compare_names);
}

void read_groups(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    size_t i = 0;

    (void)base;
    name_groups(walk, node);
    sort_groups(walk);
    for (const struct node *item = node->first; item != NULL && i < walk->config->group_count;
         item = item->next, i++)
        walk_item(walk, option, item, &walk->config->groups[i]);
}

static int compare_name(const void *name, const void *y)
{
    const struct config_group *const *group = y;

    return strcmp(name, (*group)->name);
}

long config_group_find(const struct config *config, const char *name)
{
    const struct config_group **found = NULL;

    if (config->group_count > 0 && config->groups_by_name != NULL)
        found = bsearch(name, config->groups_by_name, config->group_count,
                        sizeof *config->groups_by_name, compare_name);
    return found == NULL ? -1 : *found - config->groups;
}

void read_group(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    const struct config *config = walk->config;
    long found = config_group_find(config, node->text);
    const char *known[KNOWN_MAX];
    size_t count = 0;

    if (found >= 0) {
        memcpy(option_field(option, base), &found, sizeof found);
        return;
    }
    for (; count < config->group_count && count < KNOWN_MAX; count++)
        known[count] = config->groups[count].name;
    problem_unknown(walk->problems, node->place, "unknown group", node->text, known, count);
}

void read_device_keys(struct walk *walk, const struct option *option, const struct node *node,
                      void *base)
{
    FOR_TEXTS(item)
    {
        struct device_key key, *added;
        char quote[PROBLEM_QUOTE_MAX];

        if (device_key_parse(item->text, &key) != 0) {
            problem_add(walk->problems, item->place,
                        "not a MAC, address, prefix or cpe:NAME of a device: %s; such as "
                        "00:00:5e:00:53:0a",
                        problem_quote(item->text, quote));
            continue;
        }
        added = walk_append(walk, option_field(option, base), option_count(option, base),
                            sizeof *added);
        if (added != NULL)
            *added = key;
    }
}

void read_devices(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    struct config *config = walk->config;

    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct config_device *device =
            walk_append(walk, &config->devices, &config->device_count, sizeof *device);

        if (device == NULL)
            return;
        walk_title(walk, "device", item);
        snprintf(device->name, sizeof device->name, "%.63s", item->key->text);
        device->place = item->key->place;
        device->group = device->profile = -1;
        walk_item(walk, option, item, device);
    }
}

void read_network_listeners(struct walk *walk, const struct option *option, const struct node *node,
                            void *base)
{
    struct config *config = walk->config;

    (void)base;
    FOR_TEXTS(item)
    {
        struct config_network *network;
        struct endpoint listen;

        if (endpoint_from_text(&listen, item->text, 0) != 0 || addr_is_any(&listen.addr)) {
            walk_wrong(walk, option, item);
            continue;
        }
        network = walk_append(walk, &config->networks, &config->network_count, sizeof *network);
        if (network == NULL)
            return;
        network->listen = listen;
        network->place = item->place;
    }
}

void devices_of_config_free(struct config *config)
{
    for (size_t i = 0; i < config->device_count; i++)
        free(config->devices[i].keys);
    free(config->devices);
    free(config->groups_by_name);
    free(config->groups);
}
