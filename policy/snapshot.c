/* snapshot.c - config and sets compiled into tables that a decision only reads.
 *
 * Everything a query might need is worked out here, once for each reload: masks of each profile,
 * one tree of all names that rules stand on (name_tree.h), prefix tables (who/network.h), the
 * built-in special names and pins. The tree points into the config and into the tables, which the
 * snapshot owns and never changes. Interface names are resolved now and then, since interfaces come
 * and go; one that is not there has index 0 and fits no query. */
#include "policy/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/base/random.h"
#include "policy/compiled.h"
#include "policy/group.h"
#include "policy/safe.h"
#include "policy/service.h"

static int out_of_memory(struct err *err)
{
    err_set(err, ERR_MEMORY, "out of memory for the configuration");
    return -1;
}

static int add_rules(struct tree_builder *builder, const struct config_rules *rules,
                     struct tree_rule like, struct err *err)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct name name = name_of(&rules->items[i].name);
        struct tree_rule rule = like;

        rule.item += (uint32_t)i;
        rule.cover = (uint8_t)rules->items[i].cover;
        if (tree_add(builder, &name, &rule, err) != 0)
            return -1;
    }
    return 0;
}

static int add_profiles(struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    for (size_t i = 0; i < s->profile_count; i++) {
        const struct config_profile *profile = s->profiles[i].config;
        struct tree_rule allow = {.scope = TREE_PROFILE + (uint32_t)i};
        struct tree_rule deny = {
            .scope = allow.scope, .item = (uint32_t)profile->allow.count, .deny = true};

        if (add_rules(builder, &profile->allow, allow, err) != 0 ||
            add_rules(builder, &profile->deny, deny, err) != 0)
            return -1;
    }
    return 0;
}

/* Names of schedules count while their schedule is in force: each has a scope of its own. */
static int add_schedules(struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    for (size_t i = 0; i < s->profile_count; i++) {
        const struct config_profile *profile = s->profiles[i].config;

        for (size_t k = 0; k < profile->schedule_count; k++) {
            const struct config_schedule *schedule = &profile->schedules[k];
            struct tree_rule like = {.scope = s->profiles[i].times->scope + (uint32_t)k,
                                     .deny = schedule->action == SCHEDULE_BLOCK};

            if (add_rules(builder, &schedule->names, like, err) != 0)
                return -1;
        }
    }
    return 0;
}

static int compare_records(const void *x, const void *y)
{
    const struct config_record *a = *(const struct config_record *const *)x;
    const struct config_record *b = *(const struct config_record *const *)y;
    int order;

    if (a->name.length != b->name.length)
        return a->name.length < b->name.length ? -1 : 1;
    order = memcmp(a->name.wire, b->name.wire, a->name.length);
    if (order != 0)
        return order;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return a < b ? -1 : a > b; /* the order of the file */
}

static int sort_records(struct snapshot *s, struct err *err)
{
    size_t count = s->config->record_count;

    s->records = calloc(count + 1, sizeof(const struct config_record *));
    s->record_names = calloc(count + 1, sizeof *s->record_names);
    if (s->records == NULL || s->record_names == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < count; i++)
        s->records[i] = &s->config->records[i];
    qsort(s->records, count, sizeof(const struct config_record *), compare_records);
    return 0;
}

static int add_records(struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    if (sort_records(s, err) != 0)
        return -1;
    for (size_t i = 0; i < s->config->record_count; i++) {
        struct name name = name_of(&s->records[i]->name);
        struct tree_rule rule = {
            .scope = TREE_LOCAL, .item = (uint32_t)s->record_name_count, .cover = COVER_EXACT};

        if (i > 0) {
            struct name before = name_of(&s->records[i - 1]->name);

            if (name_equal(&before, &name)) {
                s->record_names[s->record_name_count - 1].count++;
                continue;
            }
        }
        s->record_names[s->record_name_count++] = (struct compiled_name){(uint32_t)i, 1};
        if (tree_add(builder, &name, &rule, err) != 0)
            return -1;
    }
    return 0;
}

static bool special_applies(const struct config *config, const struct special *special)
{
    if (special->when == SPECIAL_TEST_OFF)
        return !config->special_test_forward;
    return special->when != SPECIAL_SINGLE_OFF || !config->special_single_forward;
}

static int add_specials(struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    if (special_load(&s->specials, &s->special_count, err) != 0)
        return -1;
    for (size_t i = 0; i < s->special_count; i++) {
        const struct special *special = &s->specials[i];
        struct name name = name_of(&special->name);
        struct tree_rule rule = {.scope = TREE_SPECIAL,
                                 .item = (uint32_t)i,
                                 .cover =
                                     special->cover == SPECIAL_EXACT ? COVER_EXACT : COVER_SUBTREE};

        if (!special_applies(s->config, special))
            continue;
        if (special->cover == SPECIAL_SINGLE)
            s->single = special;
        else if (tree_add(builder, &name, &rule, err) != 0)
            return -1;
    }
    return 0;
}

static int add_pins(struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    if (pin_load(&s->pins, &s->pin_count, s->config->country, err) != 0)
        return -1;
    for (size_t i = 0; i < s->pin_count; i++) {
        struct name name = name_of(&s->pins[i].name);
        struct tree_rule rule = {.scope = TREE_PIN, .item = (uint32_t)i, .cover = COVER_SUBTREE};

        if (tree_add(builder, &name, &rule, err) != 0)
            return -1;
    }
    return 0;
}

static int add_zones(struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    for (size_t i = 0; i < s->config->zone_count; i++) {
        struct name name = name_of(&s->config->zones[i].name);
        struct tree_rule rule = {.scope = TREE_ZONE, .item = (uint32_t)i, .cover = COVER_SUBTREE};

        if (tree_add(builder, &name, &rule, err) != 0)
            return -1;
    }
    return 0;
}

/* Top-level domains that houses use for themselves and that are nobody's outside (RFC 6762 appendix
 * G): where the upstream is the house's own router it names devices there, and no stranger can. */
static int add_inside(struct tree_builder *builder, struct err *err)
{
    static const char *const names[] = {"\3lan",     "\4home",      "\4corp",
                                        "\7private", "\10internal", "\10intranet"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct name name = {(const uint8_t *)names[i], strlen(names[i]) + 1};
        struct tree_rule rule = {.scope = TREE_REBIND, .cover = COVER_SUBTREE};

        if (tree_add(builder, &name, &rule, err) != 0)
            return -1;
    }
    return 0;
}

static int compile_names(struct snapshot *s, struct err *err)
{
    struct tree_builder *builder = tree_start();
    struct tree_rule rebind = {.scope = TREE_REBIND};

    if (builder == NULL)
        return out_of_memory(err);
    if (add_rules(builder, &s->config->rebind_allow, rebind, err) != 0 ||
        add_inside(builder, err) != 0 || add_records(s, builder, err) != 0 ||
        add_zones(s, builder, err) != 0 || add_specials(s, builder, err) != 0 ||
        add_pins(s, builder, err) != 0 || service_add_names(s, builder, err) != 0 ||
        safe_add_names(s, builder, err) != 0 || add_profiles(s, builder, err) != 0 ||
        add_schedules(s, builder, err) != 0 || add_schedules(s, builder, err) != 0) {
        tree_abandon(builder);
        return -1;
    }
    s->tree = tree_build(builder, err);
    return s->tree == NULL ? -1 : 0;
}

/* A group's number is its place in one config, and means another zone in the next: what is kept and
 * what is in flight goes by the mark. */
static int mark_groups(struct snapshot *s, struct err *err)
{
    const struct config *config = s->config;
    const struct name root = {(const uint8_t *)"", 1};

    s->group_marks = calloc(config->zone_count + 1, sizeof *s->group_marks);
    if (s->group_marks == NULL)
        return out_of_memory(err);
    s->group_marks[0] = group_mark(&root, config->upstreams, config->upstream_count);
    for (size_t i = 0; i < config->zone_count; i++) {
        const struct config_zone *zone = &config->zones[i];
        struct name name = name_of(&zone->name);

        s->group_marks[i + 1] = group_mark(&name, zone->upstreams, zone->upstream_count);
    }
    return 0;
}

struct snapshot *snapshot_create(struct config *config, struct set *listed, struct sealed *sealed,
                                 struct err *err)
{
    struct snapshot *s = calloc(1, sizeof *s);
    struct random random = {.left = 0};

    if (s == NULL) {
        out_of_memory(err);
        config_free(config);
        set_close(listed);
        sealed_close(sealed);
        return NULL;
    }
    s->id = random_u64(&random);
    s->config = config;
    s->listed = listed;
    s->sealed = sealed;
    if (snapshot_compile_profiles(s, err) != 0 || service_load(s, err) != 0 ||
        safe_load(s, err) != 0 || snapshot_tag_lists(s, err) != 0 ||
        snapshot_compile_operator(s, err) != 0 || snapshot_compile_marks(s, err) != 0 ||
        snapshot_compile_who(s, err) != 0 || compile_names(s, err) != 0 ||
        mark_groups(s, err) != 0) {
        snapshot_free(s);
        return NULL;
    }
    return s;
}

void snapshot_free(struct snapshot *s)
{
    if (s == NULL)
        return;
    free(s->group_marks);
    name_tree_free(s->tree);
    free(s->record_names);
    free(s->records);
    free(s->pins);
    free(s->specials);
    snapshot_free_who(s);
    snapshot_free_profiles(s);
    snapshot_free_marks(s);
    safe_free(s);
    service_free(s);
    snapshot_free_operator(s);
    set_close(s->listed);
    config_free(s->config);
    free(s);
}

bool snapshot_release(struct snapshot *s)
{
    if (set_shrink(s->listed))
        return false;
    snapshot_free(s);
    return true;
}

uint64_t snapshot_id(const struct snapshot *s)
{
    return s->id;
}

long snapshot_group(const struct snapshot *s, uint32_t mark)
{
    for (size_t i = 0; i <= s->config->zone_count; i++) {
        if (s->group_marks[i] == mark)
            return (long)i;
    }
    return -1;
}

const struct err *snapshot_lack(const struct snapshot *s)
{
    return s->lack.code == ERR_NONE ? NULL : &s->lack;
}

/* Tells whether a set with NEXT loses what one with NOW has, which is of the file BEFORE, NULL for
 * none. */
static bool loses(const struct compiled_lack *next, const struct compiled_lack *now,
                  const char *before)
{
    if (next->is_previous)
        return before != NULL && !now->is_lacking && !now->is_previous;
    return next->is_lacking && !now->is_lacking && !(next->awaits_first && before == NULL);
}

const struct err *snapshot_loss(const struct snapshot *next, const struct snapshot *now)
{
    if (loses(&next->listed_lack, &now->listed_lack, now->config->set_public))
        return &next->listed_lack.why;
    if (loses(&next->sealed_lack, &now->sealed_lack, now->config->set_hotline))
        return &next->sealed_lack.why;
    return NULL;
}

const struct err *snapshot_sealed_lack(const struct snapshot *s)
{
    return s->sealed_lack.is_lacking ? &s->sealed_lack.why : NULL;
}

const struct err *snapshot_fallback(const struct snapshot *s)
{
    return s->fallback.code == ERR_NONE ? NULL : &s->fallback;
}

bool snapshot_listed_is_previous(const struct snapshot *s)
{
    return s->listed_is_previous;
}

const struct config *snapshot_config(const struct snapshot *s)
{
    return s->config;
}

const struct set *snapshot_listed(const struct snapshot *s)
{
    return s->listed;
}

const struct sealed *snapshot_sealed(const struct snapshot *s)
{
    return s->sealed;
}
