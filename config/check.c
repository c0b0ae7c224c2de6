/* Problem: a config can be right line by line and wrong as a whole: it asks itself, gives one
 * client two profiles, or protects nobody although it looks as if it did.
 *
 * Idea: one function a rule, all of them run, none changes the config. What cannot be meant is an
 * error; what may be meant but leaves somebody without what they expect is a warning. Doubles are
 * found by sorting pointers, since an ISP has many thousands of prefixes. */
#include <stdlib.h>
#include <string.h>

#include "config/check_forward.h"
#include "config/check_profiles.h"
#include "config/check_trust.h"
#include "config/device.h"
#include "config/lists.h"
#include "config/listener.h"
#include "config/schedule.h"
#include "config/sealed.h"
#include "config/walk.h"

enum { COMPARISONS_MAX = 10000000 }; /* of networks with clients.allow: a tenth of a second */
enum { TYPE_CNAME = 5 };             /* RFC 1035 §3.2.2 */

struct config_place check_place(const struct config *config, const char *section,
                                const char *option)
{
    const struct node *node = node_member(config->tree, section);

    if (node != NULL && option != NULL)
        node = node_member(node, option);
    return node != NULL ? node->place : (struct config_place){0, 0};
}

static void check_own(struct walk *walk, const struct config_upstream *upstream)
{
    const struct config_listener *own =
        listener_is_own(walk->config, &upstream->endpoint, walk->system);
    char text[ADDR_TEXT_MAX], listener[ADDR_TEXT_MAX];

    if (own == NULL || upstream->place.line == 0)
        return;
    endpoint_to_text(&upstream->endpoint, text);
    endpoint_to_text(&own->endpoint, listener);
    if (own->place.line != 0)
        problem_add(walk->problems, upstream->place,
                    "an upstream that is our own listener: '%s'; '%s' is at %u:%u", text, listener,
                    own->place.line, own->place.column);
    else
        problem_add(walk->problems, upstream->place,
                    "an upstream that is our own listener: '%s'; '%s' is what we listen on by "
                    "default",
                    text, listener);
}

/* Reports the first upstream that is one too many. */
static void check_count(struct walk *walk, size_t before, const struct config_upstream *upstreams,
                        size_t count)
{
    if (before <= CONFIG_UPSTREAMS_MOST && before + count > CONFIG_UPSTREAMS_MOST)
        problem_add(walk->problems, upstreams[CONFIG_UPSTREAMS_MOST - before].place,
                    "more than %d upstreams, with those of zones", CONFIG_UPSTREAMS_MOST);
}

static void check_upstreams(struct walk *walk)
{
    const struct config *config = walk->config;
    size_t before = config->upstream_count;

    for (size_t i = 0; i < config->upstream_count; i++)
        check_own(walk, &config->upstreams[i]);
    check_count(walk, 0, config->upstreams, before);
    if (config->zone_count > CONFIG_UPSTREAMS_MOST)
        problem_add(walk->problems, config->zones[CONFIG_UPSTREAMS_MOST].place,
                    "more than %d zones", CONFIG_UPSTREAMS_MOST);
    for (size_t z = 0; z < config->zone_count; z++) {
        check_count(walk, before, config->zones[z].upstreams, config->zones[z].upstream_count);
        before += config->zones[z].upstream_count;
        for (size_t i = 0; i < config->zones[z].upstream_count; i++)
            check_own(walk, &config->zones[z].upstreams[i]);
    }
}

struct placed_endpoint {
    const struct endpoint *endpoint;
    struct config_place place;
};

static void check_twice(struct walk *walk, const char *what, const struct placed_endpoint *a,
                        const struct placed_endpoint *b)
{
    char text[ADDR_TEXT_MAX];

    if (a->endpoint->port == b->endpoint->port &&
        addr_equal(&a->endpoint->addr, &b->endpoint->addr))
        problem_add(walk->problems, b->place, "%s written twice: '%s'; the other is at %u:%u", what,
                    endpoint_to_text(b->endpoint, text), a->place.line, a->place.column);
}

static void check_servers(struct walk *walk, const struct config_upstream *servers, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct config_upstream *b = &servers[i];

        for (const struct config_upstream *a = servers; a < b; a++)
            check_twice(walk, "upstream", &(struct placed_endpoint){&a->endpoint, a->place},
                        &(struct placed_endpoint){&b->endpoint, b->place});
    }
}

/* All lists are a handful long. */
static void check_endpoints(struct walk *walk)
{
    const struct config *config = walk->config;

    for (size_t i = 1; i < config->listener_count; i++) {
        const struct config_listener *b = &config->listeners[i];

        for (const struct config_listener *a = config->listeners; a < b; a++)
            check_twice(walk, "listener", &(struct placed_endpoint){&a->endpoint, a->place},
                        &(struct placed_endpoint){&b->endpoint, b->place});
    }
    if (config->upstreams_file == NULL)
        check_servers(walk, config->upstreams, config->upstream_count);
    for (size_t i = 0; i < config->zone_count; i++)
        check_servers(walk, config->zones[i].upstreams, config->zones[i].upstream_count);
}

static int compare_places(struct config_place a, struct config_place b)
{
    if (a.line != b.line)
        return a.line < b.line ? -1 : 1;
    return (a.column > b.column) - (a.column < b.column);
}

static int compare_rules(const void *a, const void *b)
{
    const struct config_rule *x = *(const struct config_rule *const *)a;
    const struct config_rule *y = *(const struct config_rule *const *)b;
    int order = x->name.length - y->name.length;

    if (order == 0)
        order = memcmp(x->name.wire, y->name.wire, x->name.length);
    if (order == 0)
        order = (int)x->cover - (int)y->cover;
    return order != 0 ? order : compare_places(x->place, y->place);
}

static void report_rule_twice(struct walk *walk, const struct config_rule *a,
                              const struct config_rule *b)
{
    static const char *const signs[] = {"=", "*.", ""};
    struct name name = name_of(&b->name);
    char text[NAME_TEXT_MAX];

    if (name.length == a->name.length && memcmp(name.wire, a->name.wire, name.length) == 0 &&
        a->cover == b->cover)
        problem_add(walk->problems, b->place,
                    "two rules for the very same name: '%s%.120s'; the other is at %u:%u",
                    signs[b->cover], name_to_text(&name, text), a->place.line, a->place.column);
}

/* C05: exact, below and subtree may stand at one name, since which one decides is clear; the same
 * cover twice, be it once in allow and once in deny, is not. */
static void check_rules(struct walk *walk, const struct config_rules *first,
                        const struct config_rules *second)
{
    size_t count = first->count + second->count;
    const struct config_rule **order = calloc(count + 1, sizeof *order);

    if (order == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        order[i] = i < first->count ? &first->items[i] : &second->items[i - first->count];
    qsort(order, count, sizeof *order, compare_rules);
    for (size_t i = 1; i < count; i++)
        report_rule_twice(walk, order[i - 1], order[i]);
    free(order);
}

static void check_all_rules(struct walk *walk)
{
    static const struct config_rules none = {NULL, 0};
    const struct config *config = walk->config;

    check_rules(walk, &config->operator_deny, &none);
    check_rules(walk, &config->rebind_allow, &none);
    for (size_t i = 0; i < config->profile_count; i++)
        check_rules(walk, &config->profiles[i].allow, &config->profiles[i].deny);
}

static int compare_who(const struct config_network *x, const struct config_network *y)
{
    int order = strcmp(x->interface, y->interface);

    if (order == 0)
        order = x->prefix.addr.bits - y->prefix.addr.bits;
    if (order == 0)
        order = x->prefix.length - y->prefix.length;
    if (order == 0)
        order = memcmp(x->prefix.addr.octets, y->prefix.addr.octets, 16);
    if (order == 0 && x->prefix.addr.scope != y->prefix.addr.scope)
        order = x->prefix.addr.scope < y->prefix.addr.scope ? -1 : 1;
    if (order == 0)
        order = x->listen.addr.bits - y->listen.addr.bits;
    if (order == 0)
        order = memcmp(x->listen.addr.octets, y->listen.addr.octets, 16);
    if (order == 0 && x->listen.addr.scope != y->listen.addr.scope)
        order = x->listen.addr.scope < y->listen.addr.scope ? -1 : 1;
    if (order == 0)
        order = x->listen.port - y->listen.port;
    return order;
}

static int compare_networks(const void *a, const void *b)
{
    const struct config_network *x = *(const struct config_network *const *)a;
    const struct config_network *y = *(const struct config_network *const *)b;
    int order = compare_who(x, y);

    return order != 0 ? order : compare_places(x->place, y->place);
}

static void report_network_twice(struct walk *walk, const struct config_network *a,
                                 const struct config_network *b)
{
    const struct config_profile *profiles = walk->config->profiles;
    static const char *const words[] = {"interface", "prefix", "listener"};
    const char *what = words[b->interface[0] != '\0' ? 0 : b->listen.addr.bits == 0 ? 1 : 2];
    char text[ADDR_TEXT_MAX];
    const char *who = config_network_text(b, text);

    if (a->profile == b->profile)
        problem_add(walk->problems, b->place, "%s written twice: '%s'; the other is at %u:%u", what,
                    who, a->place.line, a->place.column);
    else if (a->profile < walk->config->profile_count && b->profile < walk->config->profile_count)
        problem_add(walk->problems, b->place,
                    "one %s with two profiles: '%s'; it has '%s' here and '%s' at %u:%u", what, who,
                    profiles[b->profile].name, profiles[a->profile].name, a->place.line,
                    a->place.column);
}

static void check_networks(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct config_network **order = calloc(config->network_count + 1, sizeof *order);

    if (order == NULL)
        return;
    for (size_t i = 0; i < config->network_count; i++)
        order[i] = &config->networks[i];
    qsort(order, config->network_count, sizeof *order, compare_networks);
    for (size_t i = 1; i < config->network_count; i++) {
        if (compare_who(order[i - 1], order[i]) == 0)
            report_network_twice(walk, order[i - 1], order[i]);
    }
    free(order);
}

static void check_paths(struct walk *walk, const char *section, const char *const names[2],
                        const char *const paths[2])
{
    if (paths[0] != NULL && paths[1] != NULL && strcmp(paths[0], paths[1]) == 0)
        problem_add(walk->problems, check_place(walk->config, section, names[1]),
                    "one path for two things: '%s.%s' and '%s.%s'", section, names[1], section,
                    names[0]);
}

/* The portal's socket and the operator's differ in what they permit; the hotline set's rights are
 * not the public one's. */
static void check_all_paths(struct walk *walk)
{
    const struct config *config = walk->config;

    check_paths(walk, "control", (const char *const[]){"operator", "portal"},
                (const char *const[]){config->control_operator, config->control_portal});
    check_paths(walk, "sets", (const char *const[]){"public", "hotline"},
                (const char *const[]){config->set_public, config->set_hotline});
}

static void check_times(struct walk *walk)
{
    const struct config *config = walk->config;

    if (config->upstream_deadline_ms < config->upstream_timeout_ms)
        problem_add(walk->problems, check_place(config, "queries", NULL),
                    "'queries.deadline' is shorter than 'queries.timeout', so that no upstream is "
                    "waited for as long");
}

static void warn_of_reach(struct walk *walk)
{
    const struct config *config = walk->config;
    struct config_place allow = check_place(config, "clients", "allow");

    if (config->listener_count == 0)
        problem_warn(walk->problems, check_place(config, "listen", NULL),
                     "nobody can ask: 'listen' is empty");
    if (config->clients_allow_count == 0)
        problem_warn(walk->problems, allow, "nobody is served: 'clients.allow' is empty");
    for (size_t i = 0; i < config->clients_allow_count; i++) {
        if (config->clients_allow[i].length == 0)
            problem_warn(
                walk->problems, allow,
                "an open resolver: 'clients.allow' holds every address; strangers will use "
                "it against others");
    }
}

static bool overlap(const struct prefix *a, const struct prefix *b)
{
    return a->length <= b->length ? prefix_holds(a, &b->addr) : prefix_holds(b, &a->addr);
}

static bool is_served(const struct config *config, const struct prefix *prefix)
{
    for (size_t i = 0; i < config->clients_allow_count; i++) {
        if (overlap(&config->clients_allow[i], prefix))
            return true;
    }
    return false;
}

/* A profile for a subnet with public addresses, which the default of clients.allow does not hold:
 * its clients would be refused, not filtered. */
static void warn_of_refused(struct walk *walk)
{
    const struct config *config = walk->config;
    char text[ADDR_TEXT_MAX];

    if (config->clients_allow_count == 0 ||
        config->network_count > COMPARISONS_MAX / config->clients_allow_count)
        return;
    for (size_t i = 0; i < config->network_count; i++) {
        const struct config_network *network = &config->networks[i];

        if (network->interface[0] == '\0' && network->listen.addr.bits == 0 &&
            !is_served(config, &network->prefix))
            problem_warn(walk->problems, network->place,
                         "a network that is not served: '%s'; add it to clients.allow",
                         prefix_to_text(&network->prefix, text));
    }
}

static bool is_local(const struct config *config, const struct name *name)
{
    for (size_t i = 0; i < config->record_count; i++) {
        struct name own = name_of(&config->records[i].name);

        if (name_equal(&own, name))
            return true;
    }
    return false;
}

/* A client gets the alias alone, and a stub resolver makes no address of that. */
static void warn_of_aliases(struct walk *walk)
{
    const struct config *config = walk->config;
    char text[NAME_TEXT_MAX];

    for (size_t i = 0; i < config->record_count; i++) {
        const struct config_record *record = &config->records[i];
        struct name target = {record->rdata, record->rdata_length};

        if (record->type == TYPE_CNAME && !is_local(config, &target))
            problem_warn(walk->problems, record->place,
                         "not built yet: an alias of a name that is no local record: '%s'; write "
                         "its addresses here, or clients get the alias alone",
                         name_to_text(&target, text));
    }
}

static void (*const errors[])(struct walk *) = {check_upstreams, check_endpoints, check_all_rules,
                                                check_networks,  check_groups,    check_devices,
                                                check_all_paths, check_times,     check_zones,
                                                check_cache,     check_schedules, check_sealed};
static void (*const warnings[])(struct walk *) = {
    warn_of_use,   warn_of_reach, warn_of_refused, warn_of_aliases,   warn_of_zones, warn_of_cache,
    warn_of_guard, warn_of_room,  warn_of_trust,   warn_of_namesakes, warn_of_sealed};

void check_config(struct walk *walk)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        errors[i](walk);
    if (walk->problems->errors > 0) /* a warning about half a config would be noise */
        return;
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++)
        warnings[i](walk);
}
