#include "resolver/daemon/lack.h"

#include <inttypes.h>
#include <string.h>

#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/daemon/message.h"

/* Returns the categories that SET holds, as bits of TAXONOMY. */
static struct mask listed_bits(const struct set *set, const struct taxonomy *taxonomy)
{
    struct mask bits = {
        {0, 0}
    };
    const char *key;
    uint64_t names;

    for (unsigned i = 0; set_category(set, i, &key, &names); i++) {
        const struct category *category = taxonomy_find(taxonomy, key);

        if (category != NULL && names > 0)
            bits = mask_or(bits, mask_bit(category->bit));
    }
    return bits;
}

/* Returns the categories that some client's profile blocks or observes. */
static struct mask used_bits(const struct config *config)
{
    const struct config_profile *profile = &config->profiles[config->default_profile];
    struct mask bits = mask_or(profile->block, profile->observe);

    for (size_t i = 0; i < config->network_count; i++) {
        profile = &config->profiles[config->networks[i].profile];
        bits = mask_or(bits, mask_or(profile->block, profile->observe));
    }
    return bits;
}

static void look_for_users(const struct snapshot *snapshot, struct err *lack)
{
    const struct config *config = snapshot_config(snapshot);
    const struct set *set = snapshot_listed(snapshot);
    struct set_info info;

    set_info(set, &info);
    if (info.names > 0 &&
        !mask_any(mask_and(listed_bits(set, &config->taxonomy), used_bits(config))))
        err_set(lack, ERR_CONFIG,
                "%" PRIu64 " names loaded, used by nobody: no client gets a profile that blocks "
                "what the lists hold",
                info.names);
}

static void look_for_upstreams(const struct snapshot *snapshot, struct err *lack)
{
    if (snapshot_config(snapshot)->upstream_count == 0)
        err_set(lack, ERR_CONFIG,
                "no upstream is configured: only blocked and local names are answered");
}

static void look_for_fallback(const struct snapshot *snapshot, struct err *lack)
{
    if (snapshot_fallback(snapshot) != NULL)
        *lack = *snapshot_fallback(snapshot);
}

/* What lacks first is told before all of these; that may be the public set. */
static void look_for_sealed(const struct snapshot *snapshot, struct err *lack)
{
    const struct err *sealed = snapshot_sealed_lack(snapshot);

    if (sealed != NULL && strcmp(sealed->text, snapshot_lack(snapshot)->text) != 0)
        *lack = *sealed;
}

/* Each by a stable word, for logs and monitors. */
static const struct {
    const char *event;
    void (*look)(const struct snapshot *snapshot, struct err *lack);
} looks[] = {
    {"unused_lists",  look_for_users    },
    {"no_upstream",   look_for_upstreams},
    {"previous_set",  look_for_fallback },
    {"no_sealed_set", look_for_sealed   },
};

void lack_add_all(json_t *warnings, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        struct err lack = {.code = ERR_NONE};

        looks[i].look(snapshot, &lack);
        if (lack.code == ERR_NONE)
            continue;
        message_add_error(warnings, &lack, NULL);
        json_object_set_new(json_array_get(warnings, json_array_size(warnings) - 1), "event",
                            json_string(looks[i].event));
    }
}
