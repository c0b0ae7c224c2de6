/* grant_request.c - a request's words to a grant, or to why not.
 *
 * Whoever asks is a parent or a teacher, so each refusal says what would do instead. What may be
 * granted is the taxonomy's: S3 by a guardian, one name at a time and for a time; S4, the
 * operator's and hotline lists by nobody, all with one word. The decision (policy/) holds itself to
 * the same rules; here they are told before anything is written. */
#include "resolver/daemon/grant_request.h"

#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "config/service.h"
#include "policy/decide.h"
#include "policy/snapshot.h"
#include "policy/who/device_key.h"
#include "policy/who/identify.h"
#include "resolver/daemon/asker.h"
#include "resolver/daemon/grant_time.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/unknown.h"
#include "resolver/wire/dns.h"

enum { KNOWN_MOST = 1024, CATEGORIES_MOST = 64 };

const char *const grant_effects[] = {
    [GRANT_ALLOW] = "allow",     [GRANT_DENY] = "deny", [GRANT_OFFLINE] = "offline",
    [GRANT_RELEASE] = "release", [GRANT_HOLD] = "hold", NULL};
const char *const grant_scopes[] = {[GRANT_EVERYBODY] = "everybody",
                                    [GRANT_GROUP] = "group",
                                    [GRANT_PROFILE] = "profile",
                                    [GRANT_DEVICE] = "device",
                                    NULL};
const char *const grant_whats[] = {
    [GRANT_NAME] = "name",       [GRANT_NAME_EXACT] = "exact", [GRANT_CATEGORY] = "category",
    [GRANT_SERVICE] = "service", [GRANT_ALL] = "all",          NULL};
const char *const grant_roles[] = {[GRANT_BY_USER] = "user",
                                   [GRANT_BY_TEACHER] = "teacher",
                                   [GRANT_BY_GUARDIAN] = "guardian",
                                   [GRANT_BY_OPERATOR] = "operator",
                                   NULL};

/* ---- for whom ---- */

static int find_profile(struct grant_request *r, const char *word, struct state_grant *grant,
                        struct err *err)
{
    const struct config *config = snapshot_config(r->snapshot);
    const char *known[KNOWN_MOST];
    size_t count = 0;

    r->profile = config_profile_find(config, word);
    for (size_t i = 0; r->profile < 0 && i < config->profile_count && count < KNOWN_MOST; i++)
        known[count++] = config->profiles[i].name;
    if (r->profile < 0)
        return unknown_word("profile", word, known, count, err);
    snprintf(grant->subject, sizeof grant->subject, "%s", word);
    return 0;
}

/* Returns the profile of group AT, or of one above; -1 for none. */
static long profile_of_group(const struct config *config, long at)
{
    for (size_t steps = 0; at >= 0 && steps <= config->group_count; steps++) {
        if (config->groups[at].profile >= 0)
            return config->groups[at].profile;
        at = config->groups[at].parent;
    }
    return -1;
}

static int find_group(struct grant_request *r, const char *word, struct state_grant *grant,
                      struct err *err)
{
    const struct config *config = snapshot_config(r->snapshot);
    long at = config_group_find(config, word);
    const char *known[KNOWN_MOST];
    size_t count = 0;

    for (size_t i = 0; at < 0 && i < config->group_count && count < KNOWN_MOST; i++)
        known[count++] = config->groups[i].name;
    if (at < 0)
        return unknown_word("group", word, known, count, err);
    r->profile = profile_of_group(config, at);
    snprintf(grant->subject, sizeof grant->subject, "%s", word);
    return 0;
}

/* A device that the configuration deploys. */
static bool find_config_device(struct grant_request *r, const char *word, struct state_grant *grant)
{
    const struct config *config = snapshot_config(r->snapshot);

    for (size_t i = 0; i < config->device_count; i++) {
        const struct config_device *device = &config->devices[i];

        if (strcmp(device->name, word) != 0)
            continue;
        grant->grant.subject = identify_config_id(device->name);
        snprintf(grant->subject, sizeof grant->subject, "%s", device->name);
        r->profile =
            device->profile >= 0 ? device->profile : profile_of_group(config, device->group);
        return true;
    }
    return false;
}

/* A device of the state file or the configuration, by its name or by what it is known by. */
static int find_device(struct grant_request *r, const char *word, struct state_grant *grant,
                       struct err *err)
{
    const struct config *config = snapshot_config(r->snapshot);
    struct state_device device;
    struct device_key key;
    int found = state_db_device_named(r->db, word, &device, err);

    if (found == 0 && find_config_device(r, word, grant))
        return 0;
    if (found == 0 && device_key_parse(word, &key) == 0)
        found = state_db_device_keyed(r->db, &key, &device, err);
    if (found < 0)
        return -1;
    if (found == 0)
        return unknown_device(r->db, config, word, err);
    grant->grant.subject = device.id;
    snprintf(grant->subject, sizeof grant->subject, "%s", device.name);
    r->profile = config_profile_find(config, device.profile);
    if (r->profile < 0)
        r->profile = profile_of_group(config, config_group_find(config, device.group));
    return 0;
}

static int find_everybody(struct grant_request *r, const char *word, struct state_grant *grant,
                          struct err *err)
{
    (void)r;
    (void)word;
    (void)grant;
    (void)err;
    return 0;
}

static const struct {
    const char *key;
    uint8_t scope;
    int (*find)(struct grant_request *request, const char *word, struct state_grant *grant,
                struct err *err);
} scopes[] = {
    {"profile",   GRANT_PROFILE,   find_profile  },
    {"device",    GRANT_DEVICE,    find_device   },
    {"group",     GRANT_GROUP,     find_group    },
    {"everybody", GRANT_EVERYBODY, find_everybody},
};

static void load_zone(struct grant_request *r)
{
    const struct config *config = snapshot_config(r->snapshot);
    const char *name = r->profile >= 0 && config->profiles[r->profile].zone != NULL
                           ? config->profiles[r->profile].zone
                           : config->zone;

    r->zone = grant_time_zone(name);
    if (r->zone != NULL)
        snprintf(r->zone_name, sizeof r->zone_name, "%s", name);
}

int grant_request_subject(struct grant_request *r, const json_t *body, struct state_grant *grant,
                          struct err *err)
{
    unsigned said = 0;

    r->profile = -1;
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        const json_t *value = json_object_get(body, scopes[i].key);

        if (value == NULL || json_is_false(value) || json_is_null(value))
            continue;
        if (++said > 1)
            break;
        grant->grant.scope = scopes[i].scope;
        if (scopes[i].scope != GRANT_EVERYBODY && !json_is_string(value))
            return err_set(err, ERR_USAGE, "'%s' is not a text", scopes[i].key);
        if (scopes[i].find(r, json_string_value(value), grant, err) != 0)
            return -1;
    }
    if (said != 1)
        return err_set(err, ERR_USAGE,
                       "say for whom: one of --profile P, --device D, --group G, --everybody");
    load_zone(r);
    return 0;
}

/* ---- by whom ---- */

static int find_word(const char *word, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

static int copy_text(const json_t *body, const char *key, char *to, size_t room, struct err *err)
{
    const char *text = message_text(body, key, err);

    if (err->code != ERR_NONE)
        return -1;
    if (text != NULL && strlen(text) >= room)
        return err_set(err, ERR_USAGE, "'%s' is longer than %zu octets", key, room - 1);
    if (text != NULL && !text_is_plain(text))
        return err_set(err, ERR_USAGE,
                       "'%s' is to be plain text, without control characters or blanks around",
                       key);
    snprintf(to, room, "%s", text != NULL ? text : "");
    return 0;
}

int grant_request_giver(const json_t *body, struct state_grant *grant, struct err *err)
{
    char role[CONFIG_WORD_MAX];
    int number;

    if (copy_text(body, "who", grant->who, sizeof grant->who, err) != 0 ||
        copy_text(body, "reason", grant->reason, sizeof grant->reason, err) != 0 ||
        copy_text(body, "as", role, sizeof role, err) != 0)
        return -1;
    number = role[0] == '\0' ? GRANT_BY_GUARDIAN : find_word(role, grant_roles);
    if (number < GRANT_BY_TEACHER)
        return err_set(err, ERR_USAGE, "no such role: '%.40s'; guardian, teacher or operator",
                       role);
    grant->grant.role = (uint8_t)number;
    return 0;
}

/* ---- on what ---- */

int grant_request_name(const char *text, struct state_grant *grant, struct err *err)
{
    bool exact = text[0] == '=';
    enum name_fault fault =
        name_from_host(&grant->grant.name, text + exact, strlen(text) - (size_t)exact);
    struct name name = name_of(&grant->grant.name);
    uint8_t starts[NAME_LABELS_MAX];

    grant->grant.what = exact ? GRANT_NAME_EXACT : GRANT_NAME;
    if (fault != NAME_OK)
        return err_set(err, ERR_USAGE, "not a name: '%.100s': %s", text, name_fault_text(fault));
    if (name_label_starts(&name, starts) < 2 && grant->grant.effect != GRANT_DENY)
        return err_set(err, ERR_REFUSED,
                       "'%.60s' is a whole top-level domain; name a site, such as video.example",
                       text);
    return 0;
}

static int read_category(const struct grant_request *r, const char *text, struct state_grant *grant,
                         struct err *err)
{
    const struct taxonomy *taxonomy = &snapshot_config(r->snapshot)->taxonomy;
    const struct category *category = taxonomy_find(taxonomy, text);
    const char *known[CATEGORIES_MOST];
    size_t count = 0;

    for (; count < taxonomy->count && count < CATEGORIES_MOST; count++)
        known[count] = taxonomy->categories[count].key;
    if (category == NULL)
        return unknown_word("category", text, known, count, err);
    grant->grant.what = GRANT_CATEGORY;
    snprintf(grant->target, sizeof grant->target, "%s", text);
    if (grant->grant.effect != GRANT_ALLOW || category->severity < SEVERITY_3)
        return 0;
    if (category->severity == SEVERITY_4)
        return err_set(err, ERR_REFUSED, "nobody lifts '%s': what is in it is illegal or mandated",
                       text);
    return err_set(err, ERR_REFUSED,
                   "'%s' does serious harm and is not opened as a whole; a guardian may allow one "
                   "name of it for a time: stairgate allow NAME --for 1h",
                   text);
}

static int read_service(const struct grant_request *r, const char *text, struct state_grant *grant,
                        struct err *err)
{
    const struct config *config = snapshot_config(r->snapshot);

    if (strlen(text) >= sizeof grant->target ||
        (service_own(config, text) == NULL && !service_is_builtin(text))) {
        return unknown_service(config, text, err);
    }
    grant->grant.what = GRANT_SERVICE;
    snprintf(grant->target, sizeof grant->target, "%s", text);
    return 0;
}

static int read_target(const struct grant_request *r, const json_t *body, struct state_grant *grant,
                       struct err *err)
{
    const char *name = message_text(body, "name", err);
    const char *category = message_text(body, "category", err);
    const char *service = message_text(body, "service", err);
    bool all = json_is_true(json_object_get(body, "all"));
    bool whole = grant->grant.effect == GRANT_OFFLINE || grant->grant.effect == GRANT_HOLD;

    if (err->code != ERR_NONE)
        return -1;
    grant->grant.what = GRANT_ALL;
    if ((name != NULL) + (category != NULL) + (service != NULL) + (all || whole) != 1)
        return err_set(err, ERR_USAGE, "say on what: one of NAME, --category C, --service S");
    if (name != NULL)
        return grant_request_name(name, grant, err);
    if (category != NULL)
        return read_category(r, category, grant, err);
    return service != NULL ? read_service(r, service, grant, err) : 0;
}

/* ---- may it be ---- */

void grant_request_decide(const struct grant_request *r, const struct state_grant *grant,
                          size_t profile, struct verdict *verdict)
{
    struct ask ask = {.name = name_of(&grant->grant.name),
                      .type = DNS_A,
                      .class = DNS_IN,
                      .wall_s = r->wall_s,
                      .forced_profile = (int)profile};

    decide_look(r->snapshot, &ask);
    policy_decide(r->snapshot, &ask, verdict, NULL);
}

static int check_grave(const struct state_grant *grant, struct err *err)
{
    struct name name = name_of(&grant->grant.name);
    char text[NAME_TEXT_MAX];

    name_to_text(&name, text);
    if (grant->grant.role < GRANT_BY_GUARDIAN)
        return err_set(err, ERR_REFUSED,
                       "'%.200s' is listed for serious harm: a guardian alone may allow it "
                       "(--as guardian)",
                       text);
    if (grant->grant.until_s == GRANT_FOREVER)
        return err_set(err, ERR_REFUSED,
                       "'%.200s' is listed for serious harm: it is allowed for a time only; say "
                       "--for or --until",
                       text);
    return 0;
}

/* It is told, so that it costs as `why` does. */
static int refuse_protected(const struct grant_request *r, const struct state_grant *grant,
                            struct err *err)
{
    const struct name name = name_of(&grant->grant.name);

    if (asker_pay(r->asker, &name, err) != 0)
        return -1;
    return err_set(err, ERR_REFUSED, "blocked by operator policy: nobody else can lift it");
}

/* Rules above grants, and what this giver may not lift, for one profile. */
static int check_for(const struct grant_request *r, const struct state_grant *grant, size_t profile,
                     struct err *err)
{
    const struct taxonomy *taxonomy = &snapshot_config(r->snapshot)->taxonomy;
    struct mask grave = taxonomy_severity_mask(taxonomy, SEVERITY_3);
    struct verdict verdict;

    grant_request_decide(r, grant, profile, &verdict);
    if (grant->grant.effect == GRANT_ALLOW && verdict.rule == RULE_OPERATOR)
        return refuse_protected(r, grant, err);
    if (grant->grant.effect == GRANT_DENY && verdict.rule == RULE_PIN)
        return err_set(err, ERR_REFUSED,
                       "pinned for everybody (%.200s): help is never blocked, so nothing was "
                       "changed",
                       verdict.reason);
    if (grant->grant.effect == GRANT_ALLOW && verdict.rule == RULE_CATEGORY &&
        mask_any(mask_and(verdict.matched, grave)))
        return check_grave(grant, err);
    return 0;
}

static int check_name(const struct grant_request *r, const struct state_grant *grant,
                      struct err *err)
{
    size_t count = snapshot_config(r->snapshot)->profile_count;

    if (grant->grant.what != GRANT_NAME && grant->grant.what != GRANT_NAME_EXACT)
        return 0;
    if (asker_pay(r->asker, NULL, err) != 0)
        return -1;
    if (r->profile >= 0)
        return check_for(r, grant, (size_t)r->profile, err);
    for (size_t i = 0; i < count; i++) {
        if (check_for(r, grant, i, err) != 0)
            return -1;
    }
    return 0;
}

/* A `pause` is an allow of everything. */
static int read_effect(const json_t *body, struct state_grant *grant, struct err *err)
{
    const char *word = message_text(body, "effect", err);
    int number = word != NULL ? find_word(word, grant_effects) : -1;

    if (number < 0 || number == GRANT_RELEASE)
        return err_set(err, ERR_USAGE, "'effect' is allow, deny, offline or hold");
    grant->grant.effect = (uint8_t)number;
    return 0;
}

static int check_hold(const struct grant_request *r, const struct state_grant *grant,
                      struct err *err)
{
    const struct config *config = snapshot_config(r->snapshot);

    if (grant->grant.effect != GRANT_HOLD)
        return 0;
    if (grant->grant.scope != GRANT_PROFILE)
        return err_set(err, ERR_USAGE, "a profile is held at its step: --profile P");
    if (config->profiles[r->profile].born.year == 0)
        return err_set(err, ERR_USAGE,
                       "profile '%s' has no month of birth (born), so that nothing steps up",
                       grant->subject);
    return 0;
}

int grant_request_read(struct grant_request *r, const json_t *body, struct state_grant *grant,
                       struct err *err)
{
    const char *for_text = message_text(body, "for", err);
    const char *until_text = message_text(body, "until", err);

    memset(grant, 0, sizeof *grant);
    if (err->code != ERR_NONE)
        return -1;
    if (read_effect(body, grant, err) != 0 || grant_request_subject(r, body, grant, err) != 0 ||
        grant_request_giver(body, grant, err) != 0 || read_target(r, body, grant, err) != 0 ||
        check_hold(r, grant, err) != 0)
        return -1;
    grant->grant.from_s = r->wall_s;
    if (grant_time_read(for_text, until_text,
                        grant->grant.effect == GRANT_HOLD ? GRANT_FOREVER : GRANT_DEFAULT_S,
                        r->wall_s, r->zone, &grant->grant.until_s, err) != 0)
        return -1;
    return check_name(r, grant, err);
}
