/* policy/service.c, policy/safe.c, blocklist/set/set_tag.c: names by what they are, not by a list
 * of others; and lists by their name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/data.h"
#include "config/safe_search.h"
#include "config/service.h"
#include "policy/compiled.h"
#include "policy/decide.h"
#include "policy/service.h"
#include "policy/state/mark.h"
#include "policy_sample.h"
#include "sample_set.h"

enum { KID, ADULT };

static const struct sample_feed feeds[] = {
    {.feed = "study",
     .category = "games",
     .names = {"list.example", "=exact.example", "@free.list.example", "typed.example;type=A",
               "acts.example;drop"}                                                             },
    {.feed = "study/part", .category = "chat",   .names = {"part.example"}                      },
    {.feed = "other",      .category = "games",  .names = {"other.example", "free.list.example"}},
    {.feed = "watched",    .category = "?games", .names = {"seen.example"}                      },
};

static void tag(struct config *config, const char *id, bool is_list)
{
    struct config_tag *tag = SAMPLE_ADD(config->tags, config->tag_count);

    snprintf(tag->id, sizeof tag->id, "%s", id);
    tag->is_list = is_list;
}

static void map(struct config *config, const char *engine, const char *name, const char *strict)
{
    struct config_safe_map *added = SAMPLE_ADD(config->safe_maps, config->safe_map_count);

    snprintf(added->engine, sizeof added->engine, "%s", engine);
    added->name = sample_name(name);
    if (strict != NULL)
        added->strict = sample_name(strict);
}

/* kid blocks the lists study and watched, and the service club. */
static struct snapshot *make(void)
{
    struct config *config = sample_config();
    struct config_service *club = SAMPLE_ADD(config->services, config->service_count);
    struct err err;
    struct snapshot *snapshot;

    snprintf(club->id, sizeof club->id, "club");
    sample_rule(&club->names, "club.example", 50);
    tag(config, "study", true);
    tag(config, "watched", true);
    tag(config, "club", false);
    for (unsigned bit = TAG_FIRST; bit < TAG_FIRST + 3; bit++)
        config->profiles[KID].block = mask_or(config->profiles[KID].block, mask_bit(bit));
    config->profiles[KID].safe_search = SAFE_SEARCH_ALL;
    sample_rule(&config->profiles[KID].allow, "led.example", 60);
    sample_rule(&config->profiles[KID].allow, "=named.led.example", 61);
    config->safe_ttl_s = 300;
    map(config, "seek", "www.led.example", "safe.example");
    map(config, "seek", "named.led.example", "safe.example");
    map(config, "seek", "ring.example", "www.led.example");
    snapshot =
        snapshot_create(config, sample_set(feeds, sizeof feeds / sizeof *feeds, &config->taxonomy),
                        sealed_open_empty(&err), &err);
    assert_non_null(snapshot);
    return snapshot;
}

static struct verdict decide(const struct snapshot *snapshot, const char *name, int profile)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, 1);
    struct verdict verdict;

    ask.forced_profile = profile;
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

static bool blocks(const struct snapshot *snapshot, const char *name, int profile)
{
    return decide(snapshot, name, profile).action == VERDICT_BLOCK;
}

static void a_list_is_blocked_by_its_name_whatever_its_category(void **state)
{
    struct snapshot *snapshot = make();
    static const char *const listed[] = {"list.example", "x.list.example", "exact.example",
                                         "part.example", "acts.example"};
    static const char *const open[] = {"free.list.example", "x.exact.example", "other.example",
                                       "seen.example",      "typed.example",   "clean.example"};

    (void)state;
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        assert_true(blocks(snapshot, listed[i], KID));
        assert_false(blocks(snapshot, listed[i], ADULT));
    }
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        assert_false(blocks(snapshot, open[i], KID));
    snapshot_free(snapshot);
}

static void an_exception_below_keeps_nxdomain_from_being_said(void **state)
{
    struct snapshot *snapshot = make();
    struct config_profile *kid = (struct config_profile *)&snapshot_config(snapshot)->profiles[KID];

    (void)state;
    kid->style = BLOCK_NXDOMAIN;
    assert_int_equal(decide(snapshot, "list.example", KID).style, BLOCK_NODATA);
    assert_int_equal(decide(snapshot, "club.example", KID).style, BLOCK_NXDOMAIN);
    snapshot_free(snapshot);
}

static void a_name_has_the_marks_of_all_services_above_it(void **state)
{
    struct snapshot *snapshot = make();
    const struct service *found[SERVICES_ON_PATH_MOST];
    struct name_buf buf = sample_name("www.club.example");
    struct name name = name_of(&buf);
    struct tree_path path;

    (void)state;
    tree_walk(snapshot->tree, &name, &path);
    assert_int_equal(service_find(snapshot, &path, found), 1);
    assert_int_equal(found[0]->mark, mark_of("club"));
    buf = sample_name("example");
    name = name_of(&buf);
    tree_walk(snapshot->tree, &name, &path);
    assert_int_equal(service_find(snapshot, &path, found), 0);
    assert_true(compiled_find_mark(&snapshot->service_marks, mark_of("youtube")) >= 0);
    snapshot_free(snapshot);
}

static void only_a_rule_for_the_very_name_lifts_a_safe_side(void **state)
{
    struct snapshot *snapshot = make();
    struct verdict led = decide(snapshot, "www.led.example", KID);

    (void)state;
    assert_int_equal(led.rule, RULE_OWN_ALLOW);
    assert_int_equal(led.transform & TRANSFORM_ALIAS, TRANSFORM_ALIAS);
    assert_int_equal(led.ttl_s, 300);
    assert_int_equal(decide(snapshot, "named.led.example", KID).transform & TRANSFORM_ALIAS, 0);
    assert_int_equal(decide(snapshot, "www.led.example", ADULT).transform & TRANSFORM_ALIAS, 0);
    assert_int_equal(decide(snapshot, "x.www.led.example", KID).transform & TRANSFORM_ALIAS, 0);
    snapshot_free(snapshot);
}

static void an_alias_that_leads_to_another_engine_is_none(void **state)
{
    struct snapshot *snapshot = make();
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "ring.example", 1);
    struct verdict asked, target;

    (void)state;
    ask.forced_profile = KID;
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, &asked, NULL);
    assert_int_equal(asked.transform & TRANSFORM_ALIAS, TRANSFORM_ALIAS);
    policy_decide_alias(snapshot, &ask, &asked.alias, &asked, &target);
    assert_int_equal(target.action, VERDICT_BLOCK);
    snapshot_free(snapshot);
}

static void every_row_of_the_tables_is_whole_and_of_a_known_category(void **state)
{
    struct taxonomy taxonomy;
    struct data_reader row;
    size_t services = 0, engines = 0;

    (void)state;
    assert_int_equal(taxonomy_load(&taxonomy, NULL), 0);
    assert_int_equal(data_open(&row, "services"), 0);
    while (service_next(&row)) {
        assert_non_null(taxonomy_find(&taxonomy, row.fields[SERVICE_CATEGORY]));
        assert_int_equal(row.count, SERVICE_COLUMNS);
        services++;
    }
    assert_true(services >= 60);
    assert_int_equal(data_open(&row, "safesearch"), 0);
    for (; data_next(&row); engines++) {
        assert_int_equal(row.count, SAFE_COLUMNS);
        assert_true(strcmp(row.fields[SAFE_SIGNED], "yes") == 0 ||
                    strcmp(row.fields[SAFE_SIGNED], "no") == 0 ||
                    strcmp(row.fields[SAFE_SIGNED], "unknown") == 0);
    }
    assert_true(engines > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_blocked_by_its_name_whatever_its_category),
        cmocka_unit_test(an_exception_below_keeps_nxdomain_from_being_said),
        cmocka_unit_test(a_name_has_the_marks_of_all_services_above_it),
        cmocka_unit_test(only_a_rule_for_the_very_name_lifts_a_safe_side),
        cmocka_unit_test(an_alias_that_leads_to_another_engine_is_none),
        cmocka_unit_test(every_row_of_the_tables_is_whole_and_of_a_known_category),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
