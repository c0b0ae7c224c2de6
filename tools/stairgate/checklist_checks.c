/* The problem: a checklist that is ticked by hand is ticked once. The idea: each item names a check
 * on the config that is in use, and says of which profile or list it fails, so that a gap can be
 * closed. What a config cannot tell is not judged here: whether somebody answers at that address,
 * whether a list is good.
 *
 * A profile counts as a child's where it extends a preset of the bands A to D, or follows a month
 * of birth. Dropped: guessing by its name. */
#include "tools/stairgate/checklist_checks.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/store.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "config/country.h"
#include "tools/stairgate/checklist_sealed.h"

typedef void check_run(const struct config *config, struct checklist_finding *finding);

void checklist_gap(struct checklist_finding *finding, const char *format, ...)
{
    size_t used = finding->state == CHECKLIST_GAP ? strlen(finding->text) : 0;
    va_list arguments;

    finding->state = CHECKLIST_GAP;
    if (used > 0 && used < sizeof finding->text - 3)
        used += (size_t)snprintf(finding->text + used, sizeof finding->text - used, ", ");
    va_start(arguments, format);
    vsnprintf(finding->text + used, sizeof finding->text - used, format, arguments);
    va_end(arguments);
}

static void say(struct checklist_finding *finding, const char *text)
{
    snprintf(finding->text, sizeof finding->text, "%.200s", text);
}

static void check_always(const struct config *config, struct checklist_finding *finding)
{
    (void)config;
    (void)finding;
}

static void check_not_built(const struct config *config, struct checklist_finding *finding)
{
    (void)config;
    finding->state = CHECKLIST_NOT_BUILT;
}

/* ---- policies ---- */

static void check_responsible(const struct config *config, struct checklist_finding *finding)
{
    if (config->responsible_name == NULL)
        checklist_gap(finding, "no name");
    if (config->responsible_contact == NULL)
        checklist_gap(finding, "no contact");
    if (finding->state == CHECKLIST_DONE)
        snprintf(finding->text, sizeof finding->text, "%.100s, %.100s", config->responsible_name,
                 config->responsible_contact);
}

static void check_country(const struct config *config, struct checklist_finding *finding)
{
    if (config->country == NULL)
        checklist_gap(finding, "no country");
    else
        say(finding, config->country->name);
}

static void check_country_known(const struct config *config, struct checklist_finding *finding)
{
    unsigned all, known;

    if (config->country == NULL) {
        checklist_gap(finding, "no country");
        return;
    }
    known = country_known(config->country, &all);
    if (known < all)
        checklist_gap(finding, "%u of %u known of %s", known, all, config->country->name);
}

static void check_state(const struct config *config, struct checklist_finding *finding)
{
    if (config->state_path == NULL)
        checklist_gap(finding, "no state file");
    else
        say(finding, config->state_path);
}

/* ---- csam ---- */

static void check_hotline(const struct config *config, struct checklist_finding *finding)
{
    if (config->country == NULL || config->country->hotline.name == NULL)
        checklist_gap(finding, "no hotline");
    else
        say(finding, config->country->hotline.name);
}

/* ---- age ---- */

static bool is_grown_up(const struct config_profile *profile)
{
    return profile->born.year == 0 && strcmp(profile->preset, "legal_only") == 0;
}

static bool is_childs(const struct config_profile *profile)
{
    return profile->born.year != 0 || (profile->preset[0] != '\0' && !is_grown_up(profile));
}

/* Of band D, or older where a month of birth decides. */
static bool is_nearly_grown_up(const struct config_profile *profile)
{
    return strcmp(profile->preset, "upper_sec") == 0 || profile->born.year != 0;
}

static void check_presets(const struct config *config, struct checklist_finding *finding)
{
    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];

        if (!is_grown_up(profile) && !is_childs(profile))
            checklist_gap(finding, "profile %s follows no preset", profile->name);
    }
}

static void check_stranger(const struct config *config, struct checklist_finding *finding)
{
    const struct config_profile *profile = &config->profiles[config->default_profile];

    if (!is_childs(profile))
        checklist_gap(finding, "everybody else gets profile %s", profile->name);
    for (size_t i = 0; i < config->network_count; i++) {
        const struct config_network *network = &config->networks[i];

        if (network->unknown >= 0 && !is_childs(&config->profiles[network->unknown]))
            checklist_gap(finding, "unknown devices get profile %s",
                          config->profiles[network->unknown].name);
    }
}

static void check_lists(const struct config *config, struct checklist_finding *finding)
{
    struct set_info info;
    struct set *set;
    struct err err;

    if (config->set_public == NULL) {
        checklist_gap(finding, "no lists");
        return;
    }
    set = set_open(config->set_public, &config->taxonomy, &err);
    if (set == NULL) {
        checklist_gap(finding, "no lists in force yet");
        return;
    }
    set_info(set, &info);
    if (info.names == 0)
        checklist_gap(finding, "the lists in force are empty");
    else
        snprintf(finding->text, sizeof finding->text, "%llu names", (unsigned long long)info.names);
    set_close(set);
}

static void check_list_ages(const struct config *config, struct store *store,
                            struct checklist_finding *finding)
{
    int64_t now_s = (int64_t)time(NULL);

    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];
        struct store_list known;
        struct err err;

        if (!config_list_is_fetched(list) || store_get_list(store, list->id, &known, &err) != 0)
            continue;
        if (known.fetched_s == 0)
            checklist_gap(finding, "list %s was never fetched", list->id);
        else if (due_stale(list, &known, now_s))
            checklist_gap(finding, "list %s is stale", list->id);
    }
}

static void check_fresh(const struct config *config, struct checklist_finding *finding)
{
    struct store *store;
    struct err err;

    if (config->list_count == 0) {
        checklist_gap(finding,
                      config->set_public != NULL ? "a set file that nobody renews" : "no lists");
        return;
    }
    if (!config->feeds.timer)
        say(finding, "feeds.timer is off: something else must run `stairgate lists sync`");
    store = store_open(config->feeds.dir, STORE_READ, 0, &err);
    if (store == NULL) {
        checklist_gap(finding, "never fetched");
        return;
    }
    check_list_ages(config, store, finding);
    store_close(store);
}

/* Whether searches are safe: where a month of birth decides, up to the last step of a child. */
static bool is_safe(const struct config_profile *profile)
{
    for (size_t i = 0; i < profile->level_count; i++) {
        if (profile->levels[i].band < BAND_E && profile->levels[i].safe_search == 0)
            return false;
    }
    return profile->level_count > 0 || profile->safe_search != 0;
}

static void check_safe_search(const struct config *config, struct checklist_finding *finding)
{
    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];

        if (is_childs(profile) && !is_safe(profile))
            checklist_gap(finding, "profile %s", profile->name);
    }
}

static void check_youtube(const struct config *config, struct checklist_finding *finding)
{
    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];

        if (is_childs(profile) && !is_nearly_grown_up(profile) && profile->youtube == YOUTUBE_OFF)
            checklist_gap(finding, "profile %s", profile->name);
    }
}

static void check_zone(const struct config *config, struct checklist_finding *finding)
{
    if (config->zone == NULL)
        checklist_gap(finding, "no zone: presets' hours have no effect");
    else
        say(finding, config->zone);
}

static void check_bypass(const struct config *config, struct checklist_finding *finding)
{
    const struct mask bypass =
        mask_or(mask_bit(CATEGORY_BYPASS_DOH), mask_bit(CATEGORY_BYPASS_VPN));

    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];

        if (is_childs(profile) && mask_any(mask_without(bypass, profile->block)))
            checklist_gap(finding, "profile %s", profile->name);
    }
}

/* ---- educate, positive ---- */

static void check_helplines(const struct config *config, struct checklist_finding *finding)
{
    if (config->country == NULL || config->country->helpline_count == 0)
        checklist_gap(finding, "no helpline");
    else
        say(finding, config->country->helplines[0].name);
}

static bool has_page(const struct country *country, const char *language)
{
    for (size_t i = 0; i < country->page_count; i++) {
        if (strcmp(country->pages[i].language, language) == 0)
            return true;
    }
    return false;
}

static void check_languages(const struct config *config, struct checklist_finding *finding)
{
    const struct country *country = config->country;

    if (country == NULL || country->language_count == 0) {
        checklist_gap(finding, "no languages");
        return;
    }
    for (size_t i = 0; i < country->language_count; i++) {
        if (!has_page(country, country->languages[i].tag))
            checklist_gap(finding, "no words in %s", country->languages[i].tag);
    }
}

static bool has_positive_list(const struct config *config)
{
    const char *key = taxonomy_bit(&config->taxonomy, CATEGORY_EDU_POSITIVE)->key;

    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];

        if (strcmp(list->category, key) == 0)
            return true;
        for (size_t k = 0; k < list->part_count; k++) {
            if (strcmp(list->parts[k].category, key) == 0)
                return true;
        }
    }
    return false;
}

static void check_positive(const struct config *config, struct checklist_finding *finding)
{
    for (size_t i = 0; i < config->profile_count; i++) {
        if (config->profiles[i].default_deny && !has_positive_list(config))
            checklist_gap(finding, "profile %s opens nothing but its own names",
                          config->profiles[i].name);
    }
}

/* What the preset itself blocks of the distracting (ads, tracking, cheating) is the taxonomy's
 * word, and no gap. */
static void check_proportion(const struct config *config, struct checklist_finding *finding)
{
    const struct mask light = mask_or(taxonomy_severity_mask(&config->taxonomy, SEVERITY_0),
                                      taxonomy_severity_mask(&config->taxonomy, SEVERITY_1));
    const struct mask usual = taxonomy_band_mask(&config->taxonomy, BAND_D, "BW");
    char text[160];

    for (size_t i = 0; i < config->profile_count; i++) {
        const struct config_profile *profile = &config->profiles[i];
        struct mask more = mask_without(mask_and(profile->block, light), usual);

        if (strcmp(profile->preset, "upper_sec") == 0 && mask_any(more))
            checklist_gap(finding, "profile %s blocks %s", profile->name,
                          taxonomy_mask_text(&config->taxonomy, more, text, sizeof text));
    }
}

static void check_licence(const struct config *config, struct checklist_finding *finding)
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (config->lists[i].licence == NULL)
            checklist_gap(finding, "list %s", config->lists[i].id);
    }
}

/* One of the two: by the config alone, or by what the server says as well. */
static const struct {
    const char *key;
    check_run *run;
    checklist_sealed_check *sealed;
} checks[] = {
    {"always",        check_always,        NULL                      },
    {"not_built",     check_not_built,     NULL                      },
    {"responsible",   check_responsible,   NULL                      },
    {"country",       check_country,       NULL                      },
    {"country_known", check_country_known, NULL                      },
    {"state",         check_state,         NULL                      },
    {"hotline_set",   NULL,                checklist_sealed_set      },
    {"sealed_key",    NULL,                checklist_sealed_key      },
    {"canary",        NULL,                checklist_sealed_canary   },
    {"deadline",      NULL,                checklist_sealed_deadline },
    {"operators",     NULL,                checklist_sealed_operators},
    {"budget",        NULL,                checklist_sealed_budget   },
    {"evidence",      NULL,                checklist_sealed_evidence },
    {"hotline",       check_hotline,       NULL                      },
    {"presets",       check_presets,       NULL                      },
    {"stranger",      check_stranger,      NULL                      },
    {"lists",         check_lists,         NULL                      },
    {"fresh",         check_fresh,         NULL                      },
    {"safe_search",   check_safe_search,   NULL                      },
    {"youtube",       check_youtube,       NULL                      },
    {"zone",          check_zone,          NULL                      },
    {"bypass",        check_bypass,        NULL                      },
    {"helplines",     check_helplines,     NULL                      },
    {"languages",     check_languages,     NULL                      },
    {"positive",      check_positive,      NULL                      },
    {"proportion",    check_proportion,    NULL                      },
    {"licence",       check_licence,       NULL                      },
};

int checklist_check(const char *key, const struct config *config, const json_t *status,
                    struct checklist_finding *finding)
{
    memset(finding, 0, sizeof *finding);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (strcmp(checks[i].key, key) != 0)
            continue;
        if (checks[i].run != NULL)
            checks[i].run(config, finding);
        else
            checks[i].sealed(config, status, finding);
        return 0;
    }
    return -1;
}
