/* Categories of the operator's, and who gets which profile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/walk.h"

enum { KNOWN_MAX = 256 }; /* words to choose a "did you mean" from */

void read_site_categories(struct walk *walk, const struct option *option, const struct node *node,
                          void *base)
{
    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct option_site site = {.text = NULL};
        struct err err;

        walk_item(walk, option, item, &site);
        if (item->kind == NODE_MAPPING && taxonomy_add(&walk->config->taxonomy, item->key->text,
                                                       site.text != NULL ? site.text : "",
                                                       (enum severity)site.severity, &err) != 0)
            problem_add(walk->problems, item->key->place, "%s", err.text);
        free(site.text);
    }
}

long config_profile_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->profile_count; i++) {
        if (strcmp(config->profiles[i].name, name) == 0)
            return (long)i;
    }
    return -1;
}

void read_profile(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    const struct config *config = walk->config;
    long found = config_profile_find(config, node->text);
    const char *known[KNOWN_MAX];
    size_t index = (size_t)found, count = 0;

    if (found >= 0) {
        memcpy(option_field(option, base), &index, sizeof index);
        return;
    }
    for (; count < config->profile_count && count < KNOWN_MAX; count++)
        known[count] = config->profiles[count].name;
    problem_unknown(walk->problems, node->place, "unknown profile", node->text, known, count);
}

static void read_one_network(struct walk *walk, const struct option *option,
                             const struct node *node)
{
    struct config *config = walk->config;
    struct option_network entry = {.profile = 0, .unknown = -1};
    size_t before = config->network_count;
    bool prefix = node_member(node, "prefix") != NULL;
    bool interface = node_member(node, "interface") != NULL;
    bool listen = node_member(node, "listen") != NULL;

    walk_item(walk, option, node, &entry);
    for (size_t i = before; i < config->network_count; i++) {
        config->networks[i].profile = entry.profile;
        config->networks[i].unknown = entry.unknown;
    }
    if (node->kind != NODE_MAPPING)
        return;
    if (prefix + interface + listen > 1)
        problem_add(walk->problems, node->place,
                    "a network has a prefix, an interface or a listener, not several; write an "
                    "entry for each");
    else if (!prefix && !interface && !listen)
        problem_add(walk->problems, node->place, "missing key: 'prefix', 'interface' or 'listen'");
}

void read_networks(struct walk *walk, const struct option *option, const struct node *node,
                   void *base)
{
    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next)
        read_one_network(walk, option, item);
}

void read_zones(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct config_zone *zone =
            walk_append(walk, option_field(option, base), option_count(option, base), sizeof *zone);

        if (zone == NULL)
            return;
        zone->place = item->place;
        walk_item(walk, option, item, zone);
    }
}

const char *config_network_word(const struct config_network *network)
{
    if (network->interface[0] != '\0')
        return "interface";
    return network->listen.addr.bits != 0 ? "listen" : "prefix";
}

const char *config_network_text(const struct config_network *network, char *out)
{
    if (network->interface[0] != '\0')
        return network->interface;
    if (network->listen.addr.bits == 0)
        return prefix_to_text(&network->prefix, out);
    return network->listen.port == 0 ? addr_to_text(&network->listen.addr, out)
                                     : endpoint_to_text(&network->listen, out);
}
