/* snapshot_profiles.c - what each profile comes to, as a decision reads it. */
#include <stdlib.h>

#include "config/base/err.h"
#include "policy/compiled.h"
#include "policy/state/mark.h"
#include "policy/when/zones.h"

void snapshot_compile_level(const struct config_profile *profile, const struct config_level *level,
                            struct compiled_state *state)
{
    const struct mask bypass =
        mask_or(mask_bit(CATEGORY_BYPASS_DOH), mask_bit(CATEGORY_BYPASS_VPN));

    state->apply = mask_without(level->block, profile->observe);
    state->warn = mask_and(level->warn, state->apply);
    state->observe = profile->observe;
    state->default_deny = level->default_deny;
    state->admits_edu = !level->closed_to_edu;
    state->max_ttl_s = level->max_ttl_s;
    state->observe_all = profile->observe_all;
    state->band = level->band;
    state->preset = level->preset;
    if (profile->observe_all)
        return; /* nothing changes for the client */
    state->safe_search = level->safe_search;
    state->youtube = level->youtube;
    state->bypass = mask_any(mask_and(state->apply, bypass));
}

/* A profile that does not grow is a level itself. */
static struct config_level level_of(const struct config_profile *profile)
{
    struct config_level level = {.band = profile->band,
                                 .block = profile->block,
                                 .quota = profile->quota,
                                 .warn = profile->warn,
                                 .default_deny = profile->default_deny,
                                 .closed_to_edu = profile->closed_to_edu,
                                 .max_ttl_s = profile->max_ttl_s,
                                 .safe_search = profile->safe_search,
                                 .youtube = profile->youtube,
                                 .hours = profile->hours};

    return level;
}

int snapshot_compile_profiles(struct snapshot *s, struct err *err)
{
    const struct config *config = s->config;

    if (config->profile_count == 0 || config->default_profile >= config->profile_count)
        return err_set(err, ERR_CONFIG, "no default profile");
    s->profiles = calloc(config->profile_count, sizeof *s->profiles);
    if (s->profiles == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for %zu profiles", config->profile_count);
    s->zones = zones_create(err);
    if (s->zones == NULL)
        return -1;
    s->profile_count = config->profile_count;
    s->next_scope = TREE_PROFILE + (uint32_t)s->profile_count;
    s->default_profile = (uint32_t)config->default_profile;
    for (size_t i = 0; i < s->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];
        struct config_level level = level_of(profile);

        s->profiles[i].config = profile;
        s->profiles[i].mark = mark_of(profile->name);
        snapshot_compile_level(profile, &level, &s->profiles[i].state);
        s->profiles[i].state.preset = profile->preset;
        if (snapshot_compile_times(s, &s->profiles[i], err) != 0)
            return -1;
    }
    s->protected_bits = taxonomy_severity_mask(&config->taxonomy, SEVERITY_4);
    s->grave_bits = taxonomy_severity_mask(&config->taxonomy, SEVERITY_3);
    return 0;
}

void snapshot_free_profiles(struct snapshot *s)
{
    for (size_t i = 0; i < s->profile_count; i++)
        snapshot_free_times(s->profiles[i].times);
    free(s->profiles);
    zones_free(s->zones);
}
