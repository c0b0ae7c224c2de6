/* snapshot_profiles.c - what each profile comes to, as a decision reads it. */
#include <stdlib.h>

#include "config/base/err.h"
#include "policy/compiled.h"
#include "policy/state/mark.h"

static void compile_state(const struct config_profile *profile, struct compiled_state *state)
{
    const struct mask bypass =
        mask_or(mask_bit(CATEGORY_BYPASS_DOH), mask_bit(CATEGORY_BYPASS_VPN));

    state->apply = mask_without(profile->block, profile->observe);
    state->observe = profile->observe;
    state->default_deny = profile->default_deny;
    state->admits_edu = true;
    state->max_ttl_s = profile->max_ttl_s;
    state->safe_search = profile->safe_search;
    state->youtube = profile->youtube;
    state->observe_all = profile->observe_all;
    state->bypass = mask_any(mask_and(state->apply, bypass));
    state->band = BANDS;
    state->preset = profile->preset;
}

int snapshot_compile_profiles(struct snapshot *s, struct err *err)
{
    const struct config *config = s->config;

    if (config->profile_count == 0 || config->default_profile >= config->profile_count)
        return err_set(err, ERR_CONFIG, "no default profile");
    s->profiles = calloc(config->profile_count, sizeof *s->profiles);
    if (s->profiles == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for %zu profiles", config->profile_count);
    s->profile_count = config->profile_count;
    s->default_profile = (uint32_t)config->default_profile;
    for (size_t i = 0; i < s->profile_count; i++) {
        s->profiles[i].config = &config->profiles[i];
        s->profiles[i].mark = mark_of(config->profiles[i].name);
        compile_state(&config->profiles[i], &s->profiles[i].state);
    }
    s->protected_bits = taxonomy_severity_mask(&config->taxonomy, SEVERITY_4);
    s->grave_bits = taxonomy_severity_mask(&config->taxonomy, SEVERITY_3);
    return 0;
}

void snapshot_free_profiles(struct snapshot *s)
{
    free(s->profiles);
}
