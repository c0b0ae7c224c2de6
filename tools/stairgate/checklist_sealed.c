#include "tools/stairgate/checklist_sealed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "blocklist/sealed/deadlines.h"
#include "blocklist/sealed/sealed.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "tools/stairgate/json_out.h"

enum { PATH_ROOM = 4096, TIME_ROOM = 32 };

/* Without such lists there is nothing to look at, which checklist_sealed_set tells already. */
static bool is_needless(const struct config *config, struct checklist_finding *finding)
{
    if (config->set_hotline != NULL)
        return false;
    finding->state = CHECKLIST_NOT_NEEDED;
    snprintf(finding->text, sizeof finding->text, "no legal or hotline list");
    return true;
}

void checklist_sealed_set(const struct config *config, const json_t *status,
                          struct checklist_finding *finding)
{
    struct sealed_info info;
    char made[TIME_ROOM];
    struct err err = {.code = ERR_NONE};

    (void)status;
    if (config->set_hotline == NULL && config->tier == TIER_ROUTER) {
        finding->state = CHECKLIST_NOT_NEEDED;
        snprintf(finding->text, sizeof finding->text,
                 "tier router: whoever holds the box would hold the list; the provider's resolver "
                 "blocks these");
    } else if (config->set_hotline == NULL) {
        checklist_gap(finding, "no hotline list");
    } else if (sealed_file_info(config->set_hotline, &info, &err) != 0) {
        checklist_gap(finding, "%.200s", err.text);
    } else {
        snprintf(finding->text, sizeof finding->text, "%" PRIu64 " entries, made %s", info.entries,
                 text_from_time(info.made_s, made));
    }
}

/* Who may not look at the key's folder cannot tell whether it is there; the server can. */
void checklist_sealed_key(const struct config *config, const json_t *status,
                          struct checklist_finding *finding)
{
    const char *path = config->sealed.key;
    struct stat info;

    (void)status;
    if (is_needless(config, finding))
        return;
    if (path == NULL) {
        checklist_gap(finding, "no key");
        return;
    }
    snprintf(finding->text, sizeof finding->text, "%.200s", path);
    if (path[0] != '/' || stat(path, &info) != 0) {
        if (path[0] == '/' && errno == ENOENT)
            checklist_gap(finding, "%.200s: it is not there", path);
        return;
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        checklist_gap(finding, "%.200s: others may read it", path);
}

void checklist_sealed_canary(const struct config *config, const json_t *status,
                             struct checklist_finding *finding)
{
    const json_t *last = json_object_get(json_object_get(status, "canary"), "last");
    const char *at = json_string_value(json_object_get(last, "at"));
    const char *result = json_string_value(json_object_get(last, "result"));
    const char *text = json_string_value(json_object_get(last, "text"));

    if (is_needless(config, finding))
        return;
    if (config->sealed.canary.length == 0)
        checklist_gap(finding, "no canary");
    else if (status == NULL)
        checklist_gap(finding, "no server answers, so nobody asks for it");
    else if (at == NULL || result == NULL || text == NULL)
        checklist_gap(finding, "not asked for yet");
    else if (strcmp(result, "ok") != 0)
        checklist_gap(finding, "asked at %.40s: %.150s", at, text);
    else
        snprintf(finding->text, sizeof finding->text, "asked at %.40s: %.150s", at, text);
}

static void look_at_deadline(const struct deadline *deadline, enum deadline_class class_,
                             int64_t now_s, struct checklist_finding *finding)
{
    char left[TIME_ROOM];
    size_t used = strlen(finding->text);
    int64_t left_s = deadline->due_s - now_s;

    if (!deadline->known || deadline->due_s == 0)
        return;
    text_from_duration((uint64_t)llabs(left_s) * 1000, left);
    if (left_s < 0)
        checklist_gap(finding, "%s lists are %s late", deadline_word(class_), left);
    else if (finding->state == CHECKLIST_DONE)
        snprintf(finding->text + used, sizeof finding->text - used, "%s%s: %s left",
                 used > 0 ? ", " : "", deadline_word(class_), left);
}

void checklist_sealed_deadline(const struct config *config, const json_t *status,
                               struct checklist_finding *finding)
{
    struct deadline deadlines[DEADLINE_CLASSES];
    char path[PATH_ROOM];
    struct err err;

    (void)status;
    if (is_needless(config, finding))
        return;
    if (!config_has_sealed_lists(config)) {
        finding->state = CHECKLIST_NOT_NEEDED;
        snprintf(finding->text, sizeof finding->text, "the set is made by hand");
        return;
    }
    for (size_t i = 0; i < config->list_count; i++) {
        if (config_list_is_sealed(&config->lists[i]) && config->lists[i].deadline_s == 0)
            checklist_gap(finding, "list %s has no deadline", config->lists[i].id);
    }
    snprintf(path, sizeof path, "%.4000s/sealed/" DEADLINES_FILE,
             config->feeds.dir != NULL ? config->feeds.dir : "");
    if (deadlines_read(deadlines, path, &err) != 0) {
        checklist_gap(finding, "never fetched");
        return;
    }
    for (int i = 0; i < DEADLINE_CLASSES; i++)
        look_at_deadline(&deadlines[i], (enum deadline_class)i, (int64_t)time(NULL), finding);
}

void checklist_sealed_operators(const struct config *config, const json_t *status,
                                struct checklist_finding *finding)
{
    const struct config_sealed *sealed = &config->sealed;
    size_t used = 0;

    (void)status;
    if (is_needless(config, finding))
        return;
    if (sealed->operator_count < 2) {
        checklist_gap(finding, "%zu of the two who lift a wrong entry", sealed->operator_count);
        return;
    }
    for (size_t i = 0; i < sealed->operator_count && used < sizeof finding->text - 1; i++)
        used += (size_t)snprintf(finding->text + used, sizeof finding->text - used, "%s%.60s",
                                 i > 0 ? ", " : "", sealed->operators[i].name);
}

void checklist_sealed_budget(const struct config *config, const json_t *status,
                             struct checklist_finding *finding)
{
    const struct config_sealed *sealed = &config->sealed;
    char per[TIME_ROOM];

    (void)status;
    if (sealed->budget_hits == 0)
        checklist_gap(finding, "no budget");
    else
        snprintf(finding->text, sizeof finding->text, "%u names in %s", sealed->budget_hits,
                 text_from_duration((uint64_t)sealed->budget_per_s * 1000, per));
}

void checklist_sealed_evidence(const struct config *config, const json_t *status,
                               struct checklist_finding *finding)
{
    (void)status;
    if (!is_needless(config, finding) && config->sealed.evidence_key == NULL)
        checklist_gap(finding, "no key to sign it");
}
