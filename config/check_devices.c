/* What groups and devices of a config must not be. */
#include <stdlib.h>
#include <string.h>

#include "config/device.h"
#include "config/walk.h"

/* A decision climbs no further. */
enum { GROUPS_DEEP = 16 };

void check_groups(struct walk *walk)
{
    const struct config *config = walk->config;

    for (size_t i = 0; i < config->group_count; i++) {
        const struct config_group *group = &config->groups[i];
        long above = group->parent;
        unsigned depth = 1;

        for (; above >= 0 && above != (long)i && depth <= GROUPS_DEEP; depth++)
            above = config->groups[above].parent;
        if (above == (long)i)
            problem_add(walk->problems, group->place, "a group that is in itself: '%s'",
                        group->name);
        else if (above < 0 && depth > GROUPS_DEEP)
            problem_add(walk->problems, group->place, "a group in more than %d others: '%s'",
                        GROUPS_DEEP - 1, group->name);
    }
}

struct known {
    const struct device_key *key;
    const struct config_device *device;
};

static int compare(const void *x, const void *y)
{
    const struct known *a = x, *b = y;
    int order = memcmp(a->key, b->key, sizeof *a->key);

    if (order != 0)
        return order;
    if (a->device != b->device) /* those of one config, in its order */
        return a->device < b->device ? -1 : 1;
    return a->key < b->key ? -1 : a->key > b->key;
}

static void report_twice(struct walk *walk, const struct known *first, const struct known *second)
{
    char text[DEVICE_KEY_TEXT_MAX];

    problem_add(walk->problems, second->device->place,
                "a key twice: '%s' of device '%s'; device '%s' at %u:%u has it",
                device_key_text(second->key, text), second->device->name, first->device->name,
                first->device->place.line, first->device->place.column);
}

void check_devices(struct walk *walk)
{
    const struct config *config = walk->config;
    struct known *all;
    size_t count = 0;

    for (size_t i = 0; i < config->device_count; i++)
        count += config->devices[i].key_count;
    all = calloc(count + 1, sizeof *all);
    if (all == NULL)
        return;
    count = 0;
    for (size_t i = 0; i < config->device_count; i++) {
        const struct config_device *device = &config->devices[i];

        if (device->key_count == 0 && walk->problems->errors == 0)
            problem_add(walk->problems, device->place, "a device without keys: '%s'", device->name);
        for (size_t k = 0; k < device->key_count; k++)
            all[count++] = (struct known){&device->keys[k], device};
    }
    qsort(all, count, sizeof *all, compare);
    for (size_t i = 1; i < count; i++) {
        if (memcmp(all[i - 1].key, all[i].key, sizeof *all[i].key) == 0)
            report_twice(walk, &all[i - 1], &all[i]);
    }
    free(all);
}
