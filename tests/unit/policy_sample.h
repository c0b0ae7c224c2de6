/* Configurations and questions for the tests of policy/, made without YAML. */
#ifndef TESTS_UNIT_POLICY_SAMPLE_H
#define TESTS_UNIT_POLICY_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/ask.h"
#include "policy/decide.h"
#include "policy/snapshot.h"

enum { SAMPLE_TTL_S = 10, SAMPLE_A = 1, SAMPLE_AAAA = 28, SAMPLE_IN = 1 };

static inline struct name_buf sample_name(const char *text)
{
    struct name_buf buf;

    must(name_from_text(&buf, text, strlen(text)) == NAME_OK);
    return buf;
}

/* Makes room for one more item of SIZE in *ITEMS and returns it, zeroed. */
static inline void *sample_grow(void **items, size_t *count, size_t size)
{
    char *more = realloc(*items, (*count + 1) * size);

    must(more != NULL);
    *items = more;
    memset(more + *count * size, 0, size);
    return more + (*count)++ * size;
}
#define SAMPLE_ADD(items, count) sample_grow((void **)&(items), &(count), sizeof *(items))

/* A config that serves everybody, with the profiles `kid` (0, the default) and `adult` (1). */
static inline struct config *sample_config(void)
{
    static const char *const names[] = {"kid", "adult"};
    struct config *config = calloc(1, sizeof *config);

    must(config != NULL && taxonomy_load(&config->taxonomy, NULL) == 0);
    config->path = strdup("family.yaml");
    for (size_t i = 0; i < 2; i++) {
        struct config_profile *profile = SAMPLE_ADD(config->profiles, config->profile_count);

        memcpy(profile->name, names[i], strlen(names[i]) + 1);
        profile->block_ttl_s = SAMPLE_TTL_S;
        profile->place = (struct config_place){(unsigned)i + 10, 3};
    }
    for (size_t i = 0; i < 2; i++) {
        struct prefix *prefix = SAMPLE_ADD(config->clients_allow, config->clients_allow_count);

        must(prefix_from_text(prefix, i == 0 ? "0.0.0.0/0" : "::/0") == 0);
    }
    config->special_test_forward = true;
    return config;
}

/* Adds TEXT to RULES: `x` the subtree, `=x` that name alone, `*.x` what is below it. */
static inline void sample_rule(struct config_rules *rules, const char *text, unsigned line)
{
    struct config_rule *rule = SAMPLE_ADD(rules->items, rules->count);

    rule->cover = COVER_SUBTREE;
    if (text[0] == '=') {
        rule->cover = COVER_EXACT;
        text++;
    } else if (text[0] == '*') {
        rule->cover = COVER_BELOW;
        text += 2;
    }
    rule->name = sample_name(text);
    rule->place = (struct config_place){line, 5};
}

static inline void sample_record(struct config *config, const char *name, uint16_t type)
{
    struct config_record *record = SAMPLE_ADD(config->records, config->record_count);

    record->name = sample_name(name);
    record->type = type;
    record->ttl_s = 300;
    record->rdata_length = 4;
    record->rdata = calloc(4, 1);
    record->place = (struct config_place){30, 5};
}

static inline void sample_network(struct config *config, const char *prefix, size_t profile)
{
    struct config_network *network = SAMPLE_ADD(config->networks, config->network_count);

    must(prefix_from_text(&network->prefix, prefix) == 0);
    network->profile = profile;
    network->unknown = -1;
    network->place = (struct config_place){20 + (unsigned)config->network_count, 3};
}

static inline struct mask sample_bits(const struct config *config, const char *key)
{
    const struct category *category = taxonomy_find(&config->taxonomy, key);

    must(category != NULL);
    return mask_bit(category->bit);
}

/* Compiles CONFIG with two empty sets. */
static inline struct snapshot *sample_snapshot(struct config *config)
{
    struct err err = {.code = ERR_NONE};
    struct snapshot *snapshot =
        snapshot_create(config, set_open_empty(&err), sealed_open_empty(&err), &err);

    must(snapshot != NULL);
    return snapshot;
}

/* A question of 192.0.2.10 for NAME, kept in BUF. */
static inline struct ask sample_ask(struct name_buf *buf, const char *name, uint16_t type)
{
    struct ask ask;

    memset(&ask, 0, sizeof ask);
    *buf = sample_name(name);
    ask.name = name_of(buf);
    ask.type = type;
    ask.class = SAMPLE_IN;
    ask.forced_profile = ASK_NO_PROFILE;
    must(addr_from_text(&ask.client, "192.0.2.10") == 0);
    return ask;
}

#endif
