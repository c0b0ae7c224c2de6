#include "config/check_forward.h"

#include <stdlib.h>
#include <string.h>

#include "config/walk.h"

static int compare_zones(const void *a, const void *b)
{
    const struct config_zone *x = *(const struct config_zone *const *)a;
    const struct config_zone *y = *(const struct config_zone *const *)b;
    int order = x->name.length - y->name.length;

    if (order == 0)
        order = memcmp(x->name.wire, y->name.wire, x->name.length);
    return order != 0 ? order : (x > y) - (x < y); /* the order of the file */
}

static void report_zone_twice(struct walk *walk, const struct config_zone *a,
                              const struct config_zone *b)
{
    struct name one = name_of(&a->name), other = name_of(&b->name);
    char text[NAME_TEXT_MAX];

    if (name_equal(&one, &other))
        problem_add(walk->problems, b->place,
                    "two zones with one name: '%.256s'; the other is at %u:%u",
                    name_to_text(&other, text), a->place.line, a->place.column);
}

void check_zones(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct config_zone **order = calloc(config->zone_count + 1, sizeof *order);

    if (order == NULL)
        return;
    for (size_t i = 0; i < config->zone_count; i++)
        order[i] = &config->zones[i];
    qsort(order, config->zone_count, sizeof *order, compare_zones);
    for (size_t i = 1; i < config->zone_count; i++)
        report_zone_twice(walk, order[i - 1], order[i]);
    free(order);
}

void check_cache(struct walk *walk)
{
    const struct config *config = walk->config;

    if (config->cache_octets > 0 && config->cache_octets < CONFIG_CACHE_LEAST)
        problem_add(walk->problems, check_place(config, "cache", "size"),
                    "'cache.size' is too small: a cache takes at least %dMiB; 0B keeps none",
                    CONFIG_CACHE_LEAST >> 20);
    if (config->cache_min_ttl_s > config->cache_max_ttl_s)
        problem_add(walk->problems, check_place(config, "cache", NULL),
                    "'cache.min_ttl' is longer than 'cache.max_ttl', so that no answer can keep "
                    "both");
}

/* Nobody else is asked for what it holds. */
void warn_of_zones(struct walk *walk)
{
    const struct config *config = walk->config;
    char text[NAME_TEXT_MAX];

    for (size_t i = 0; i < config->zone_count; i++) {
        struct name name = name_of(&config->zones[i].name);

        if (config->zones[i].upstream_count == 0)
            problem_warn(
                walk->problems, config->zones[i].place,
                "a zone that nobody can be asked about: '%.256s'; its 'upstreams' is empty",
                name_to_text(&name, text));
    }
}

static void warn_without_cache(struct walk *walk)
{
    static const char *const names[] = {"min_ttl", "max_ttl", "negative_ttl", "stale", "prefetch"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct config_place place = check_place(walk->config, "cache", names[i]);

        if (place.line != 0)
            problem_warn(walk->problems, place,
                         "without effect: 'cache.%s'; 'cache.size' says that nothing is kept",
                         names[i]);
    }
}

void warn_of_cache(struct walk *walk)
{
    const struct config *config = walk->config;

    if (config->cache_octets == 0) {
        warn_without_cache(walk);
        return;
    }
    if (config->cache_negative_ttl_s > config->cache_max_ttl_s &&
        check_place(config, "cache", "negative_ttl").line != 0)
        problem_warn(walk->problems, check_place(config, "cache", "negative_ttl"),
                     "without effect: 'cache.negative_ttl' is longer than 'cache.max_ttl'");
}

/* Returns the zone that holds every name of RULE, or NULL. */
static const struct config_zone *zone_of(const struct config *config,
                                         const struct config_rule *rule)
{
    struct name name = name_of(&rule->name);

    for (size_t i = 0; i < config->zone_count; i++) {
        struct name zone = name_of(&config->zones[i].name);

        if (name_is_below_or_at(&name, &zone))
            return &config->zones[i];
    }
    return NULL;
}

void warn_of_guard(struct walk *walk)
{
    const struct config *config = walk->config;
    char text[NAME_TEXT_MAX];

    if (!config->rebind_guard && config->rebind_allow.count > 0)
        problem_warn(walk->problems, config->rebind_allow.items[0].place,
                     "without effect: 'rebind_allow'; 'rebind_guard' is off");
    for (size_t i = 0; config->rebind_guard && i < config->rebind_allow.count; i++) {
        const struct config_rule *rule = &config->rebind_allow.items[i];
        const struct config_zone *zone = zone_of(config, rule);
        struct name name = name_of(&rule->name);

        if (zone != NULL)
            problem_warn(walk->problems, rule->place,
                         "without effect: '%.256s' in 'rebind_allow'; the zone at %u:%u holds it, "
                         "and its servers may say what they like",
                         name_to_text(&name, text), zone->place.line, zone->place.column);
    }
}

void warn_of_room(struct walk *walk)
{
    const struct config *config = walk->config;
    struct config_place place = check_place(config, "queries", "upstream_in_flight");

    if (place.line != 0 && config->upstream_in_flight > config->queries_in_flight)
        problem_warn(walk->problems, place,
                     "without effect: 'queries.upstream_in_flight' is more than "
                     "'queries.in_flight', all that a worker has");
}
