/* explain_tags.c - services, single lists and safe sides, in words. */
#include <stdio.h>
#include <string.h>

#include "config/service.h"
#include "policy/compiled.h"
#include "policy/explain.h"
#include "policy/name_tree.h"
#include "policy/safe.h"
#include "policy/service.h"
#include "policy/snapshot.h"

/* Adds WORD to OUT, comma-separated; "-" stands for nothing yet. */
static void add_word(char *out, size_t room, const char *kind, const char *word)
{
    size_t used = strcmp(out, "-") == 0 ? 0 : strlen(out);

    snprintf(out + used, room - used, "%s%s%s", used == 0 ? "" : ",", kind, word);
}

char *explain_mask_text(const struct snapshot *snapshot, struct mask mask, char *out, size_t room)
{
    const struct config *config = snapshot_config(snapshot);

    taxonomy_mask_text(&config->taxonomy, mask, out, room);
    for (unsigned bit = TAG_FIRST; bit < MASK_BITS; bit++) {
        const struct config_tag *tag = mask_has(mask, bit) ? tag_of_bit(config, bit) : NULL;

        if (tag != NULL)
            add_word(out, room, tag->is_list ? "list " : "service ", tag->id);
    }
    return out;
}

void explain_services(const struct snapshot *snapshot, const struct ask *ask, struct explanation *e)
{
    const struct service *services[SERVICES_ON_PATH_MOST];
    struct tree_path path;
    size_t count;

    tree_walk(snapshot->tree, &ask->name, &path);
    count = service_find(snapshot, &path, services);
    snprintf(e->services, sizeof e->services, "-");
    for (size_t i = 0; i < count; i++)
        add_word(e->services, sizeof e->services, "", services[i]->id);
}

void explain_safe(const struct snapshot *snapshot, const struct ask *ask, struct explanation *e)
{
    const struct verdict asked = e->verdict;
    const struct safe_entry *entry;
    struct tree_path path;
    struct verdict target;
    size_t used = strlen(e->sentence);

    tree_walk(snapshot->tree, &ask->name, &path);
    entry = safe_find(snapshot, &path);
    policy_decide_alias(snapshot, ask, &asked.alias, &asked, &target);
    name_to_text(&asked.alias, e->target);
    e->target_blocked = target.action == VERDICT_BLOCK;
    if (target.rule == RULE_OPERATOR)
        name_lower(&e->met, &asked.alias);
    snprintf(e->sentence + used, sizeof e->sentence - used,
             "; safe search of '%.32s' leads to '%.256s'%s", entry != NULL ? entry->engine : "",
             e->target, e->target_blocked ? ", which is blocked itself" : "");
    snprintf(e->lift, sizeof e->lift,
             "allow '=%.256s' in profile '%s': a rule for this very name has it forwarded as it is",
             e->name, e->profile);
}
