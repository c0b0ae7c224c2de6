/* What groups and devices come to. */
#include <string.h>

#include "config/shower.h"
#include "config/walk.h"

void show_groups(struct show *show, const struct option *option, const struct node *node,
                 const void *base)
{
    const struct config *config = show_config(show);

    (void)base;
    for (size_t i = 0; i < config->group_count; i++) {
        const struct config_group *group = &config->groups[i];

        show_item(show, option, group->name, node_member(node, group->name), group);
    }
    if (config->group_count == 0)
        show_emit(show, option, node);
}

void show_group(struct show *show, const struct option *option, const struct node *node,
                const void *base)
{
    const struct config *config = show_config(show);
    long group;

    (void)node;
    memcpy(&group, show_field(option, base), sizeof group);
    if (group >= 0 && (size_t)group < config->group_count)
        show_add(show, config->groups[group].name);
}

void show_devices(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    const struct config *config = show_config(show);

    (void)base;
    for (size_t i = 0; i < config->device_count; i++) {
        const struct config_device *device = &config->devices[i];

        show_item(show, option, device->name, node_member(node, device->name), device);
    }
    if (config->device_count == 0)
        show_emit(show, option, node);
}

void show_device_keys(struct show *show, const struct option *option, const struct node *node,
                      const void *base)
{
    const struct device_key *keys;
    char text[DEVICE_KEY_TEXT_MAX];

    (void)node;
    memcpy(&keys, show_field(option, base), sizeof keys);
    for (size_t i = 0; i < show_length(option, base); i++)
        show_add(show, device_key_text(&keys[i], text));
}
