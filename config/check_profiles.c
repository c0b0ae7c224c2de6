/* check_profiles.c - profiles that do less than they seem to: those that nobody gets, lists that no
 * profile uses, hours without a clock, and one that is called like a preset. All are warnings. */
#include "config/check_profiles.h"

#include <string.h>

#include "config/check_forward.h"
#include "config/lists.h"
#include "config/service.h"
#include "config/walk.h"

static bool is_given(const struct config *config, size_t profile)
{
    if (config->default_profile == profile)
        return true;
    for (size_t i = 0; i < config->network_count; i++) {
        if (config->networks[i].profile == profile || config->networks[i].unknown == (long)profile)
            return true;
    }
    for (size_t i = 0; i < config->group_count; i++) {
        if (config->groups[i].profile == (long)profile)
            return true;
    }
    for (size_t i = 0; i < config->device_count; i++) {
        if (config->devices[i].profile == (long)profile)
            return true;
    }
    return false;
}

/* What PROFILE may ever ask the lists for: categories, and lists by name. */
static struct mask used_by(const struct config_profile *profile)
{
    struct mask used = mask_or(profile->quota, mask_or(profile->block, profile->observe));

    for (size_t i = 0; i < profile->schedule_count; i++) {
        if (profile->schedules[i].action == SCHEDULE_BLOCK)
            used = mask_or(used, profile->schedules[i].targets);
    }
    return used;
}

/* What profiles that somebody gets use; services are in no list. */
static struct mask used_categories(const struct config *config)
{
    struct mask used = {0}, lists = {0};

    for (size_t i = 0; i < config->profile_count; i++) {
        if (is_given(config, i))
            used = mask_or(used, used_by(&config->profiles[i]));
    }
    for (unsigned i = 0; i < config->tag_count; i++) {
        if (config->tags[i].is_list)
            lists = mask_or(lists, mask_bit(TAG_FIRST + i));
    }
    used.words[1] &= lists.words[1];
    return used;
}

bool config_uses_categories(const struct config *config)
{
    return mask_any(used_categories(config));
}

/* C56: lists that load and block for nobody are what newcomers get wrong, and nothing shows it. */
void warn_of_use(struct walk *walk)
{
    const struct config *config = walk->config;
    struct mask used = used_categories(config);

    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];

        if (!is_given(config, i) && profile->place.line != 0)
            problem_warn(walk->problems, profile->place,
                         "a profile that nobody gets: '%s'; name it in networks or default_profile",
                         profile->name);
    }
    if (config->set_public == NULL && mask_any(used))
        problem_warn(
            walk->problems, (struct config_place){0, 0},
            "nothing to block by: profiles block categories, but there are no lists; `stairgate "
            "lists catalogue` shows some, `stairgate lists add` adds one");
    if (config->set_public != NULL && !mask_any(used))
        problem_warn(
            walk->problems, check_place(config, "sets", "public"),
            "loaded, used by nobody: 'sets.public'; no profile that a client gets blocks a "
            "category");
    warn_of_lists(walk, used);
}

/* A profile of the file comes before a preset of the same name, which its writer may not know. */
void warn_of_namesakes(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct node *profiles = node_member(config->tree, "profiles");
    struct config_level level;

    for (size_t i = 0; i < config->profile_count; i++) {
        const char *name = config->profiles[i].name;
        const struct node *node = node_member(node_member(profiles, name), "extends");
        long meant = node == NULL ? -1 : config_profile_find(config, node->text);

        if (meant < 0 || (size_t)meant == i ||
            preset_find(&config->taxonomy, node->text, &level) != 0)
            continue;
        problem_warn(walk->problems, node->place,
                     "profile '%s' extends the profile '%s' at %u:%u, not the preset of that name; "
                     "if the preset is meant, call that profile something else",
                     name, node->text, config->profiles[meant].place.line,
                     config->profiles[meant].place.column);
    }
}
