/* check_sealed.c - the section `sealed` against the rest of the config.
 *
 * The problem: a key beside the set that it seals protects nothing, a canary that something else
 * blocks or opens proves nothing, and two operators who are one person are no two. The idea: one
 * function a rule, as in check.c. */
#include <string.h>

#include "config/base/data.h"
#include "config/check_forward.h"
#include "config/country.h"
#include "config/lists.h"
#include "config/sealed.h"
#include "config/walk.h"

enum { PATHS_MOST = 8 };

static struct config_place place_in_sealed(const struct config *config, const char *option)
{
    return check_place(config, "sealed", option);
}

static const struct config_list *first_sealed(const struct config *config)
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (config_list_is_sealed(&config->lists[i]))
            return &config->lists[i];
    }
    return NULL;
}

static void check_key(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct config_list *list = first_sealed(config);

    if (config->sealed.key != NULL ||
        node_member(node_member(config->tree, "sealed"), "key") != NULL)
        return;
    if (list != NULL)
        problem_add(walk->problems, list->place,
                    "missing key: 'sealed.key', under which a list of class %s is kept: '%s'; "
                    "`stairgate set key FILE` makes one",
                    option_classes[list->class_], list->id);
    else if (config->set_hotline != NULL)
        problem_add(walk->problems, check_place(config, "sets", "hotline"),
                    "missing key: 'sealed.key', under which 'sets.hotline' was sealed");
}

/* Nobody can tell from a sealed set that no hotline list is in it. */
static void check_tier(struct walk *walk)
{
    const struct config *config = walk->config;

    if (config->tier == TIER_ROUTER &&
        node_member(node_member(config->tree, "sets"), "hotline") != NULL)
        problem_add(walk->problems, check_place(config, "sets", "hotline"),
                    "no sealed set goes to 'tier: router': whoever holds the box holds key and "
                    "file");
}

/* A path that must be nobody else's. */
struct own_path {
    const char *option, *path;
    struct config_place place;
};

static size_t own_paths(const struct config *config, struct own_path paths[PATHS_MOST])
{
    const struct own_path all[] = {
        {"sets.public",             config->set_public,       check_place(config, "sets",                                      "public")},
        {"sets.hotline",                         config->set_hotline,                                    check_place(config,           "sets", "hotline")},
        {"state.path",               config->state_path,                                       check_place(config,                                              "state",                                                         "path")},
        {"feeds.dir",                  config->feeds.dir,                                   check_place(config,        "feeds","dir")},
        {"control.operator",       config->control_operator,check_place(config,"control",                                                      "operator")},
        {"control.portal",config->control_portal,            check_place(config,                           "control",      "portal")},
        {"sealed.key",          config->sealed.key,                  place_in_sealed(config,       "key")              },
        {"sealed.evidence_key",                         config->sealed.evidence_key,
         place_in_sealed(config,                             "evidence_key")                                },
    };

    memcpy(paths, all, sizeof all);
    return sizeof all / sizeof *all;
}

/* Reports where the last of PATHS[0..OWN] is the path of one before it. */
static void check_own_path(struct walk *walk, const struct own_path *paths, size_t own)
{
    for (size_t i = 0; i < own; i++) {
        if (paths[i].path != NULL && paths[own].path != NULL &&
            strcmp(paths[i].path, paths[own].path) == 0)
            problem_add(walk->problems, paths[own].place, "one path for two things: '%s' and '%s'",
                        paths[own].option, paths[i].option);
    }
}

/* Tells whether PATH is DIR or in it. */
static bool is_within(const char *path, const char *dir)
{
    size_t length = dir != NULL ? strlen(dir) : 0;

    return path != NULL && length > 0 && strncmp(path, dir, length) == 0 &&
           (path[length] == '/' || path[length] == '\0' || dir[length - 1] == '/');
}

static void check_paths(struct walk *walk)
{
    const struct config *config = walk->config;
    struct own_path paths[PATHS_MOST];
    size_t count = own_paths(config, paths);

    check_own_path(walk, paths, count - 2);
    check_own_path(walk, paths, count - 1);
    if (is_within(config->sealed.key, config->feeds.dir))
        problem_add(walk->problems, place_in_sealed(config, "key"),
                    "'sealed.key' is in 'feeds.dir', beside the set that it seals: whoever copies "
                    "the one has the other; keep it elsewhere");
}

/* Runs put other files into feeds.dir and take them away; two lists in one folder would take each
 * other's deliveries. */
static void check_inboxes(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct node *lists = node_member(config->tree, "lists");

    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];
        struct config_place place = list->inbox == NULL
                                        ? list->place
                                        : list_place(node_member(lists, list->id), NULL, "inbox");

        if (is_within(list->inbox, config->feeds.dir))
            problem_add(walk->problems, place,
                        "'inbox' is in 'feeds.dir', which is the runs' own; keep it elsewhere");
        for (size_t k = 0; list->inbox != NULL && k < i; k++) {
            if (config->lists[k].inbox != NULL && strcmp(config->lists[k].inbox, list->inbox) == 0)
                problem_add(walk->problems, place, "one inbox for two lists: '%s' and '%s'",
                            list->id, config->lists[k].id);
        }
    }
}

static void report_canary(struct walk *walk, const struct name *other, const char *why)
{
    char text[NAME_TEXT_MAX];

    problem_add(walk->problems, place_in_sealed(walk->config, "canary"),
                "a canary that proves nothing: %s '%.120s'; choose another name of your own", why,
                name_to_text(other, text));
}

static void check_canary_pin(struct walk *walk, const struct name *canary, const struct name *pin)
{
    if (name_is_below_or_at(canary, pin) || name_is_below_or_at(pin, canary))
        report_canary(walk, pin, "nothing may block the pin");
}

static void check_canary_pins(struct walk *walk, const struct name *canary)
{
    const struct country *country = walk->config->country;
    struct data_reader row;
    struct name_buf pin;

    if (data_open(&row, "pins") == 0) {
        while (data_next(&row)) {
            struct name name;

            if (name_from_host(&pin, row.fields[0], strlen(row.fields[0])) != NAME_OK)
                continue;
            name = name_of(&pin);
            check_canary_pin(walk, canary, &name);
        }
    }
    for (size_t i = 0; country != NULL && i < country->pin_count; i++) {
        struct name name = name_of(&country->pins[i].name);

        check_canary_pin(walk, canary, &name);
    }
}

static void check_canary(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct config_rules *deny = &config->operator_deny;
    struct name canary = name_of(&config->sealed.canary);

    if (canary.length == 0)
        return;
    check_canary_pins(walk, &canary);
    for (size_t i = 0; i < deny->count; i++) {
        struct name name = name_of(&deny->items[i].name);
        bool same = name_equal(&canary, &name);

        if (deny->items[i].cover == COVER_EXACT   ? same
            : deny->items[i].cover == COVER_BELOW ? !same && name_is_below_or_at(&canary, &name)
                                                  : name_is_below_or_at(&canary, &name))
            report_canary(walk, &name, "'operator.deny' blocks it too, by");
    }
}

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void check_operators(struct walk *walk)
{
    const struct config_sealed *sealed = &walk->config->sealed;

    for (size_t i = 0; i < sealed->operator_count; i++) {
        const struct config_operator *own = &sealed->operators[i];

        if (own->user == NULL && own->public_key == NULL)
            problem_add(walk->problems, own->place,
                        "an operator whom nothing proves: '%s'; name a 'user' of this machine, or "
                        "a 'key' of minisign",
                        own->name);
        for (const struct config_operator *other = sealed->operators; other < own; other++) {
            bool user = same_text(own->user, other->user);

            if (user || same_text(own->public_key, other->public_key))
                problem_add(walk->problems, own->place,
                            "two operators with one %s: '%s' and '%s'; lifting takes two people",
                            user ? "user" : "key", own->name, other->name);
        }
    }
}

void check_sealed(struct walk *walk)
{
    static void (*const rules[])(struct walk *) = {check_key,     check_tier,   check_paths,
                                                   check_inboxes, check_canary, check_operators};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](walk);
}

static bool has_hotline(const struct config *config)
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (config->lists[i].class_ == LIST_HOTLINE)
            return true;
    }
    return false;
}

void warn_of_sealed(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct config_sealed *sealed = &config->sealed;
    const struct node *hotline = node_member(node_member(config->tree, "sets"), "hotline");

    if (has_hotline(config) && sealed->canary.length == 0)
        problem_warn(walk->problems, place_in_sealed(config, NULL),
                     "nothing proves that hotline lists are in force: name a 'sealed.canary'");
    if (sealed->operator_count == 1)
        problem_warn(walk->problems, sealed->operators[0].place,
                     "nobody can lift an entry: it takes two, and 'sealed.operators' has one");
    if (sealed->budget_hits == 0)
        problem_warn(walk->problems, place_in_sealed(config, "budget"),
                     "no budget: whoever asks long enough learns what 'operator.deny', legal and "
                     "hotline lists hold");
    if (hotline != NULL && config_has_sealed_lists(config) &&
        !is_within(config->set_hotline, config->feeds.dir))
        problem_warn(walk->problems, hotline->place,
                     "legal and hotline lists are made into '%.200s/" CONFIG_SEALED_FOLDER
                     "/" CONFIG_SET_CURRENT
                     "', which is not what 'sets.hotline' names; leave 'sets.hotline' out",
                     config->feeds.dir);
}
