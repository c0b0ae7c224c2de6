/* Problem: one broken line in a config must not cost an operator one restart each; a config that
 * loads must mean what it says.
 *
 * Idea: text to tree (tree.c), tree to structs by the table of options (walk.c and the readers),
 * then the rules that look at several options at once (check.c), each of them collecting problems
 * instead of stopping. What holds an error is thrown away whole: there is no half config. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/country.h"
#include "config/device.h"
#include "config/lists.h"
#include "config/schedule.h"
#include "config/sealed.h"
#include "config/upstreams_system.h"
#include "config/walk.h"

enum { CONFIG_FILE_MAX = 16 << 20, WORKERS_MOST = 64 };

static void finish_defaults(struct walk *walk, bool upstreams_named)
{
    struct config *config = walk->config;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->workers == 0)
        config->workers = processors < 1              ? 1
                          : processors > WORKERS_MOST ? WORKERS_MOST
                                                      : (unsigned)processors;
    if (config->default_profile == SIZE_MAX && config->profile_count == 1)
        config->default_profile = 0;
    else if (config->default_profile == SIZE_MAX &&
             node_member(config->tree, "default_profile") == NULL)
        problem_add(walk->problems, (struct config_place){0, 0},
                    "missing key: 'default_profile'; say which of the %zu profiles everybody else "
                    "gets",
                    config->profile_count);
    if (!upstreams_named && walk->system)
        upstreams_system(config, UPSTREAMS_RESOLV_CONF, UPSTREAMS_SYSTEMD);
}

static void read_tree(struct walk *walk)
{
    struct config *config = walk->config;
    const struct node *root = config->tree;

    if (root != NULL && node_is_null(root))
        root = NULL;
    if (root != NULL && root->kind != NODE_MAPPING) {
        problem_add(walk->problems, root->place, "a config is a mapping, such as `listen: [...]`");
        return;
    }
    walk_mapping(walk, options_config, root, config);
    country_apply(walk);
    if (root == NULL || root->kind == NODE_MAPPING)
        finish_defaults(walk, node_member(root, "upstreams") != NULL);
    lists_finish(walk);
    if (walk->system && config->hosts_file != NULL)
        hosts_read(walk);
    records_finish(walk);
    check_config(walk);
}

static struct config *parse(const char *path, const char *text, size_t length, bool system,
                            struct config_problems *out)
{
    struct config *config = calloc(1, sizeof *config);
    struct problems problems;
    struct walk walk = {config, &problems, system};
    struct err err;

    problem_start(&problems, out, path);
    if (config == NULL || (config->path = strdup(path)) == NULL) {
        problem_add(&problems, (struct config_place){0, 0}, "out of memory");
    } else if (taxonomy_load(&config->taxonomy, &err) != 0) {
        problem_add(&problems, (struct config_place){0, 0}, "%s", err.text);
    } else if (tree_parse(&config->tree, text, length, &problems) == 0) {
        config->default_profile = SIZE_MAX;
        config->clock_earliest_s = STAIRGATE_BUILT_S;
        config->loaded_s = system ? (int64_t)time(NULL) : 0;
        read_tree(&walk);
    }
    problem_finish(&problems);
    if (problems.errors == 0)
        return config;
    config_free(config);
    return NULL;
}

struct config *config_parse(const char *path, const char *text, size_t length,
                            struct config_problems *problems)
{
    return parse(path, text, length, false, problems);
}

struct config *config_load_text(const char *path, const char *text, size_t length,
                                struct config_problems *problems)
{
    return parse(path, text, length, true, problems);
}

struct config *config_load(const char *path, struct config_problems *problems)
{
    struct problems list;
    struct config *config;
    size_t length;
    struct err err;
    char *text = file_read(path, CONFIG_FILE_MAX, &length, &err);

    if (text == NULL) {
        problem_start(&list, problems, path);
        problem_add(&list, (struct config_place){0, 0}, "%s", err.text);
        problems->items[0] = err; /* it names the file itself */
        problem_finish(&list);
        return NULL;
    }
    config = parse(path, text, length, true, problems);
    free(text);
    return config;
}

static void free_profiles(struct config *config)
{
    for (size_t i = 0; i < config->profile_count; i++) {
        free(config->profiles[i].allow.items);
        free(config->profiles[i].deny.items);
        free(config->profiles[i].levels);
        free(config->profiles[i].zone);
        schedules_free(&config->profiles[i]);
    }
    free(config->profiles);
}

static void free_services(struct config *config)
{
    for (size_t i = 0; i < config->service_count; i++)
        free(config->services[i].names.items);
    free(config->services);
    free(config->tags);
    free(config->safe_maps);
}

static void free_records(struct config *config)
{
    for (size_t i = 0; i < config->record_count; i++)
        free(config->records[i].rdata);
    free(config->records);
}

static void free_zones(struct config *config)
{
    for (size_t i = 0; i < config->zone_count; i++)
        free(config->zones[i].upstreams);
    free(config->zones);
}

static void free_texts(struct config *config)
{
    char *texts[] = {config->path,
                     config->upstreams_file,
                     config->hosts_file,
                     config->set_public,
                     config->set_hotline,
                     config->control_operator,
                     config->control_portal,
                     config->user,
                     config->server_id,
                     config->server_version,
                     config->state_path,
                     config->zone,
                     config->responsible_name,
                     config->responsible_contact};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    free_profiles(config);
    free_services(config);
    calendars_free(config);
    free_records(config);
    free_zones(config);
    free_texts(config);
    lists_free(config);
    sealed_free(config);
    country_free(config->country);
    devices_of_config_free(config);
    free(config->operator_deny.items);
    free(config->rebind_allow.items);
    free(config->networks);
    free(config->upstreams);
    free(config->clients_allow);
    free(config->trusted_forwarders);
    free(config->proxies);
    free(config->listeners);
    tree_free(config->tree);
    free(config);
}

const char *block_style_word(enum block_style style)
{
    return option_styles[style];
}
