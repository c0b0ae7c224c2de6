/* Zones with servers of their own, and what is guarded because it is not theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "config/base/random.h"
#include "policy_sample.h"
#include "sample_set.h"

enum { KID, ADULT };
enum { TYPE_SOA = 6, TYPE_PTR = 12, TYPE_DS = 43 };

#define PINNED "childline.org.uk"

static void sample_zone(struct config *config, const char *name)
{
    struct config_zone *zone = SAMPLE_ADD(config->zones, config->zone_count);

    zone->name = sample_name(name);
    zone->place = (struct config_place){90 + (unsigned)config->zone_count, 3};
}

/* Groups 1 to 6. */
static struct config *zones(void)
{
    struct config *config = sample_config();

    sample_zone(config, "school.internal");
    sample_zone(config, "lab.school.internal");
    sample_zone(config, "168.192.in-addr.arpa");
    sample_zone(config, "local");
    sample_zone(config, "printer");
    sample_zone(config, "corp.example");
    config->rebind_guard = true;
    return config;
}

static struct verdict decide(const struct snapshot *snapshot, const char *name, uint16_t type)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, type);
    struct verdict verdict;

    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

static void a_zone_is_asked_of_its_own_servers_and_nothing_else_is(void **state)
{
    static const struct {
        const char *name;
        uint16_t type;
        uint32_t group;
        uint8_t labels;
    } rows[] = {
        {"school.internal",           SAMPLE_A, 1, 2},
        {"www.school.internal",       SAMPLE_A, 1, 2},
        {"lab.school.internal",       SAMPLE_A, 2, 3},
        {"a.b.lab.school.internal",   SAMPLE_A, 2, 3},
        {"collab.school.internal",    SAMPLE_A, 1, 2},
 /* C30: what would else be answered here */
        {"20.1.168.192.in-addr.arpa", TYPE_PTR, 3, 4},
        {"168.192.in-addr.arpa",      TYPE_SOA, 3, 4},
        {"tv.local",                  SAMPLE_A, 4, 1},
        {"local",                     SAMPLE_A, 4, 1},
        {"printer",                   SAMPLE_A, 5, 1},
        {"x.printer",                 SAMPLE_A, 5, 1},
    };
    struct snapshot *snapshot = sample_snapshot(zones());

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(snapshot, rows[i].name, rows[i].type);

        if (v.upstream_group != rows[i].group)
            fail_msg("%s goes to group %u", rows[i].name, v.upstream_group);
        assert_int_equal(v.rule, RULE_LOCAL);
        assert_int_equal(v.action, VERDICT_FORWARD);
        assert_int_equal(v.labels, rows[i].labels);
        assert_int_equal(v.place.line, 90 + rows[i].group);
        assert_int_equal(v.ede[0], VERDICT_NO_EDE);
    }
    assert_int_equal(decide(snapshot, "notschool.internal", SAMPLE_A).upstream_group, 0);
    assert_int_equal(decide(snapshot, "internal", SAMPLE_A).action, VERDICT_ANSWER);
    assert_int_equal(decide(snapshot, "other.example", SAMPLE_A).rule, RULE_DEFAULT);
    assert_int_equal(decide(snapshot, "1.0.16.172.in-addr.arpa", TYPE_PTR).rule, RULE_SPECIAL);
    snapshot_free(snapshot);
}

static void a_local_record_stands_above_the_zone_around_it(void **state)
{
    struct config *config = zones();
    struct snapshot *snapshot;

    (void)state;
    sample_record(config, "school.internal", SAMPLE_A);
    sample_record(config, "nas.school.internal", SAMPLE_A);
    snapshot = sample_snapshot(config);
    assert_int_equal(decide(snapshot, "school.internal", SAMPLE_A).action, VERDICT_ANSWER);
    assert_int_equal(decide(snapshot, "nas.school.internal", SAMPLE_A).action, VERDICT_ANSWER);
    assert_int_equal(decide(snapshot, "nas.school.internal", SAMPLE_AAAA).action, VERDICT_ANSWER);
    assert_int_equal(decide(snapshot, "x.nas.school.internal", SAMPLE_A).upstream_group, 1);
    assert_int_equal(decide(snapshot, "www.school.internal", SAMPLE_A).upstream_group, 1);
    snapshot_free(snapshot);
}

/* Rule 3: the first match wins; only rule 2 stands above. */
static void a_zone_stands_above_own_rules_and_categories_but_not_the_operators(void **state)
{
    static const struct sample_feed feeds[] = {
        {"one", "gambling",    {"bet.corp.example"}  },
        {"two", "legal_order", {"order.corp.example"}}
    };
    struct config *config = zones();
    struct set *listed = sample_set(feeds, 2, &config->taxonomy);
    struct snapshot *snapshot;
    struct err err;

    (void)state;
    config->profiles[KID].block = sample_bits(config, "gambling");
    config->profiles[KID].default_deny = true;
    config->profiles[KID].max_ttl_s = 60;
    sample_rule(&config->profiles[KID].deny, "denied.corp.example", 50);
    sample_rule(&config->operator_deny, "gone.corp.example", 60);
    snapshot = snapshot_create(config, listed, sealed_open_empty(&err), &err);
    assert_non_null(snapshot);
    assert_int_equal(decide(snapshot, "bet.corp.example", SAMPLE_A).upstream_group, 6);
    assert_int_equal(decide(snapshot, "denied.corp.example", SAMPLE_A).upstream_group, 6);
    assert_int_equal(decide(snapshot, "denied.corp.example", SAMPLE_A).max_ttl_s, 60);
    assert_int_equal(decide(snapshot, "gone.corp.example", SAMPLE_A).rule, RULE_OPERATOR);
    assert_int_equal(decide(snapshot, "order.corp.example", SAMPLE_A).rule, RULE_OPERATOR);
    assert_int_equal(decide(snapshot, "other.example", SAMPLE_A).action, VERDICT_BLOCK);
    snapshot_free(snapshot);
}

/* RFC 4035 §3.1.4.1 */
static void the_ds_of_a_zone_is_asked_of_its_parent(void **state)
{
    struct snapshot *snapshot = sample_snapshot(zones());

    (void)state;
    assert_int_equal(decide(snapshot, "school.internal", TYPE_DS).upstream_group, 0);
    assert_int_equal(decide(snapshot, "school.internal", TYPE_DS).action, VERDICT_FORWARD);
    assert_int_equal(decide(snapshot, "lab.school.internal", TYPE_DS).upstream_group, 1);
    assert_int_equal(decide(snapshot, "lab.school.internal", TYPE_DS).labels, 2);
    assert_int_equal(decide(snapshot, "x.school.internal", TYPE_DS).upstream_group, 1);
    assert_int_equal(decide(snapshot, "168.192.in-addr.arpa", TYPE_DS).upstream_group, 0);
    assert_int_equal(decide(snapshot, "printer", TYPE_DS).upstream_group, 0);
    snapshot_free(snapshot);
}

/* RFC 8020 §2: NXDOMAIN for a name would deny the zone below it. */
static void no_name_above_a_zone_is_said_not_to_exist(void **state)
{
    struct config *config = zones();
    struct snapshot *snapshot;
    struct verdict v;

    (void)state;
    sample_zone(config, "a.b.home.arpa");
    sample_zone(config, "deep.under.example");
    config->profiles[KID].style = BLOCK_NXDOMAIN;
    sample_rule(&config->profiles[KID].deny, "under.example", 50);
    snapshot = sample_snapshot(config);
    v = decide(snapshot, "b.home.arpa", SAMPLE_A);
    assert_int_equal(v.answer, ANSWER_NODATA);
    assert_int_equal(decide(snapshot, "c.home.arpa", SAMPLE_A).answer, ANSWER_NXDOMAIN);
    v = decide(snapshot, "under.example", SAMPLE_A);
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_int_equal(v.style, BLOCK_NODATA);
    assert_int_equal(decide(snapshot, "x.under.example", SAMPLE_A).style, BLOCK_NXDOMAIN);
    snapshot_free(snapshot);
    config = zones();
    sample_zone(config, "deep.under.example");
    snapshot = sample_snapshot(config);
    v = decide(snapshot, "under.example", SAMPLE_A);
    assert_true((v.transform & TRANSFORM_NAME_EXISTS) != 0);
    v = decide(snapshot, "beside.example", SAMPLE_A);
    assert_true((v.transform & TRANSFORM_NAME_EXISTS) == 0);
    snapshot_free(snapshot);
}

static void what_goes_outside_is_guarded_unless_the_operator_says_otherwise(void **state)
{
    static const struct {
        const char *name;
        bool guarded;
    } rows[] = {
        {"other.example",       true },
        {"allowed.example",     true },
        {"www." PINNED,         false},
        {"www.school.internal", false},
        {"tv.devices.example",  false},
        {"devices.example",     true },
        {"blocklist.example",   false},
        {"x.blocklist.example", false},
        {"x.exactly.example",   true },
        {"exactly.example",     false},
 /* nobody's outside */
        {"nas.lan",             false},
        {"pc.corp.internal",    false},
        {"nas.lan.example",     true },
        {"x.wlan",              true },
    };
    struct config *config = zones();
    struct snapshot *snapshot;

    (void)state;
    sample_rule(&config->profiles[KID].allow, "allowed.example", 40);
    sample_rule(&config->rebind_allow, "*.devices.example", 70);
    sample_rule(&config->rebind_allow, "blocklist.example", 71);
    sample_rule(&config->rebind_allow, "=exactly.example", 72);
    snapshot = sample_snapshot(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(snapshot, rows[i].name, SAMPLE_A);

        assert_int_equal(v.action, VERDICT_FORWARD);
        if (((v.transform & TRANSFORM_REBIND_GUARD) != 0) != rows[i].guarded)
            fail_msg("%s", rows[i].name);
    }
    snapshot_free(snapshot);
    config = zones();
    config->rebind_guard = false;
    snapshot = sample_snapshot(config);
    assert_int_equal(decide(snapshot, "other.example", SAMPLE_A).transform, 0);
    snapshot_free(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_is_asked_of_its_own_servers_and_nothing_else_is),
        cmocka_unit_test(a_local_record_stands_above_the_zone_around_it),
        cmocka_unit_test(a_zone_stands_above_own_rules_and_categories_but_not_the_operators),
        cmocka_unit_test(the_ds_of_a_zone_is_asked_of_its_parent),
        cmocka_unit_test(no_name_above_a_zone_is_said_not_to_exist),
        cmocka_unit_test(what_goes_outside_is_guarded_unless_the_operator_says_otherwise),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
