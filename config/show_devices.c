/* What groups and devices come to. They stand in the tree in the order that they were read in, so
 * that the nodes of thousands are not looked for by name. */
#include <string.h>

#include "config/shower.h"
#include "config/walk.h"

void show_groups(struct show *show, const struct option *option, const struct node *node,
                 const void *base)
{
    const struct config *config = show_config(show);
    const struct node *item = node == NULL ? NULL : node->first;

    (void)base;
    for (size_t i = 0; i < config->group_count; i++) {
        show_item(show, option, config->groups[i].name, item, &config->groups[i]);
        item = item == NULL ? NULL : item->next;
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
    const struct node *item = node == NULL ? NULL : node->first;

    (void)base;
    for (size_t i = 0; i < config->device_count; i++) {
        show_item(show, option, config->devices[i].name, item, &config->devices[i]);
        item = item == NULL ? NULL : item->next;
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
