/* Categories of the operator's, presets, profiles, and who gets which. */
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

enum { PRESET_NAME, PRESET_BAND, PRESET_LETTERS, PRESET_DEFAULT, PRESET_MAX_TTL };

int preset_find(const struct taxonomy *taxonomy, const char *name, struct preset *preset)
{
    struct data_reader row;
    uint64_t max_ttl_ms;

    if (data_open(&row, "presets") != 0)
        return -1;
    while (data_next(&row)) {
        unsigned band = (unsigned)(row.fields[PRESET_BAND][0] - 'A');

        if (strcmp(row.fields[PRESET_NAME], name) != 0 || band >= BANDS ||
            text_duration_ms(row.fields[PRESET_MAX_TTL], &max_ttl_ms) != 0)
            continue;
        preset->block = taxonomy_band_mask(taxonomy, (enum band)band, row.fields[PRESET_LETTERS]);
        preset->default_deny = strcmp(row.fields[PRESET_DEFAULT], "deny") == 0;
        preset->max_ttl_s = (uint32_t)(max_ttl_ms / 1000);
        return 0;
    }
    return -1;
}

static void report_preset(struct walk *walk, const struct node *node)
{
    static const char what[] = "unknown preset";
    char names[KNOWN_MAX][CONFIG_WORD_MAX];
    const char *known[KNOWN_MAX];
    struct data_reader row;
    size_t count = 0;

    if (data_open(&row, "presets") != 0)
        return;
    while (count < KNOWN_MAX && data_next(&row)) {
        snprintf(names[count], sizeof names[count], "%.63s", row.fields[PRESET_NAME]);
        known[count] = names[count];
        count++;
    }
    problem_unknown(walk->problems, node->place, what, node->text, known, count);
}

void read_preset(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    struct config_profile *profile = base;
    struct preset preset;

    (void)option;
    if (preset_find(&walk->config->taxonomy, node->text, &preset) != 0) {
        report_preset(walk, node);
        return;
    }
    snprintf(profile->preset, sizeof profile->preset, "%s", node->text);
    profile->block = preset.block;
    profile->default_deny = preset.default_deny;
    profile->max_ttl_s = preset.max_ttl_s;
}

static void report_both(struct walk *walk, const struct node *node, struct mask both)
{
    char text[160];

    if (mask_any(both))
        problem_add(walk->problems, node->key->place,
                    "profile '%.63s' blocks and unblocks the same: '%s'", node->key->text,
                    taxonomy_mask_text(&walk->config->taxonomy, both, text, sizeof text));
}

static void read_one_profile(struct walk *walk, const struct option *option,
                             const struct node *node, struct config_profile *out)
{
    struct option_profile read = {
        .profile = {.style = walk->config->block_style,
                    .block_ttl_s = walk->config->block_ttl_s,
                    .place = node->key->place}
    };
    struct config_profile *profile = &read.profile;

    snprintf(profile->name, sizeof profile->name, "%.63s", node->key->text);
    walk_item(walk, option, node, &read);
    report_both(walk, node, mask_and(read.more, read.unblock));
    profile->block = mask_without(mask_or(profile->block, read.more), read.unblock);
    profile->block = mask_without(profile->block, profile->observe);
    *out = *profile;
}

void read_profiles(struct walk *walk, const struct option *option, const struct node *node,
                   void *base)
{
    struct config *config = walk->config;
    char quote[PROBLEM_QUOTE_MAX];

    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct config_profile *profile =
            walk_append(walk, &config->profiles, &config->profile_count, sizeof *profile);
        size_t length = strlen(item->key->text);

        if (profile == NULL)
            return;
        if (length == 0 || length >= CONFIG_WORD_MAX || !problem_is_plain(item->key->text))
            problem_add(walk->problems, item->key->place,
                        "a profile's name is plain text of 1 to %d octets: %s", CONFIG_WORD_MAX - 1,
                        problem_quote(item->key->text, quote));
        read_one_profile(walk, option, item, profile);
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
    struct option_network entry = {.profile = 0};
    size_t before = config->network_count;
    bool prefix = node_member(node, "prefix") != NULL;
    bool interface = node_member(node, "interface") != NULL;

    walk_item(walk, option, node, &entry);
    for (size_t i = before; i < config->network_count; i++)
        config->networks[i].profile = entry.profile;
    if (node->kind != NODE_MAPPING)
        return;
    if (prefix && interface)
        problem_add(walk->problems, node->place,
                    "a network has a prefix or an interface, not both; write two entries");
    else if (!prefix && !interface)
        problem_add(walk->problems, node->place, "missing key: 'prefix' or 'interface'");
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
