/* policy/decide.c: what each style says of each type, extended errors, what exists beside. */
#include <sodium.h>

#include "decide_sample.h"

/* C15 and the table of extended errors: what each style says of each type. */
static void styles_carry_their_extended_errors(void **state)
{
    static const struct {
        enum block_style style;
        uint16_t type, second;
    } rows[] = {
        {BLOCK_NODATA,   SAMPLE_A,    VERDICT_NO_EDE},
        {BLOCK_NULL,     SAMPLE_A,    4             },
        {BLOCK_NULL,     SAMPLE_AAAA, 4             },
        {BLOCK_NULL,     TYPE_TXT,    VERDICT_NO_EDE},
        {BLOCK_REFUSED,  SAMPLE_A,    VERDICT_NO_EDE},
        {BLOCK_NXDOMAIN, SAMPLE_A,    VERDICT_NO_EDE},
    };
    const struct hits listed = {{"gambling"}, false}, none = {{0}, false};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot = full_snapshot(rows[i].style);
        struct verdict v = decide(snapshot, "b.ads.example", rows[i].type, KID, &listed);

        assert_int_equal(v.style, rows[i].style);
        assert_int_equal(v.ttl_s, SAMPLE_TTL_S);
        assert_int_equal(v.ede[0], 17);
        assert_int_equal(v.ede[1], rows[i].second);
        v = decide(snapshot, "www.order.example", rows[i].type, KID, &none); /* in no style */
        assert_int_equal(v.style, BLOCK_NODATA);
        assert_int_equal(v.ede[0], 15);
        assert_int_equal(v.ede[1], VERDICT_NO_EDE);
        snapshot_free(snapshot);
    }
}

static void nxdomain_is_given_only_where_all_below_is_blocked(void **state)
{
    static const struct {
        const char *name;
        enum block_style style;
    } rows[] = {
        {"tree.example",        BLOCK_NODATA  }, /* as below half.tree.example */
        {"b.tree.example",      BLOCK_NXDOMAIN},
        {"one.example",         BLOCK_NODATA  }, /* an exact rule: x.one.example passes */
        {"shop.example",        BLOCK_NODATA  }, /* help.shop.example is allowed */
        {"a.shop.example",      BLOCK_NXDOMAIN},
        {"intra.example",       BLOCK_NODATA  }, /* a record below */
        {"org.uk",              BLOCK_NODATA  }, /* pins below */
        {"open.shut.example",   BLOCK_NXDOMAIN}, /* only the other profile allows what is below */
        {"half.tree.example",   BLOCK_NODATA  }, /* what is below it is allowed */
        {"b.help.shop.example", BLOCK_NXDOMAIN},
    };
    const struct hits none = {{0}, false};
    struct config *config = sample_config();
    struct config_profile *kid = &config->profiles[KID];
    struct snapshot *snapshot;

    (void)state;
    kid->style = BLOCK_NXDOMAIN;
    sample_rule(&kid->deny, "tree.example", 1);
    sample_rule(&kid->deny, "x.tree.example", 2);
    sample_rule(&kid->allow, "*.half.tree.example", 10);
    sample_rule(&kid->deny, "=one.example", 3);
    sample_rule(&kid->deny, "shop.example", 4);
    sample_rule(&kid->allow, "=help.shop.example", 5);
    sample_rule(&kid->deny, "intra.example", 6);
    sample_record(config, "gate.intra.example", SAMPLE_A);
    sample_rule(&kid->deny, "org.uk", 7);
    sample_rule(&kid->deny, "shut.example", 8);
    sample_rule(&config->profiles[ADULT].allow, "a.open.shut.example", 9);
    snapshot = sample_snapshot(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(snapshot, rows[i].name, SAMPLE_A, KID, &none);

        assert_int_equal(v.rule, RULE_OWN_DENY);
        assert_int_equal(v.style, rows[i].style);
    }
    snapshot_free(snapshot);
}

static void a_listed_name_is_denied_by_nxdomain_when_its_tree_is_listed(void **state)
{
    const struct hits listed = {{"gambling"}, false};
    struct snapshot *snapshot = full_snapshot(BLOCK_NXDOMAIN);

    (void)state;
    /* The hit stands on one label, so `b.ads` is below what is listed. */
    assert_int_equal(decide(snapshot, "b.ads", SAMPLE_A, KID, &listed).style, BLOCK_NXDOMAIN);
    /* Listed itself, and the set (an empty one) knows of nothing below. */
    assert_int_equal(decide(snapshot, "ads", TYPE_TXT, KID, &listed).rule, RULE_SPECIAL);
    assert_int_equal(decide(snapshot, "ads", 2, KID, &listed).style, BLOCK_NODATA);
    snapshot_free(snapshot);
}

/* The names of a set are hashes: what lies below one cannot be asked. */
static void nxdomain_is_not_given_where_a_list_may_except_a_name_below(void **state)
{
    static const struct sample_feed feeds[] = {
        {"lifting", "gambling", {"casino.example", "@ok.casino.example", "@a.b.casino.example"}},
        {"firm",    "porn",     {"adult.example", "both.example"}                              },
        {"both",    "gambling", {"both.example"}                                               },
    };
    static const struct {
        const char *name;
        enum block_style style;
    } rows[] = {
        {"casino.example",   BLOCK_NODATA  }, /* ok.casino.example passes */
        {"b.casino.example", BLOCK_NODATA  }, /* a.b.casino.example passes */
        {"adult.example",    BLOCK_NXDOMAIN}, /* nothing is excepted in this category */
        {"x.adult.example",  BLOCK_NXDOMAIN},
        {"both.example",     BLOCK_NXDOMAIN}, /* what lifts one leaves the other */
    };
    struct config *config = sample_config();
    struct config_profile *kid = &config->profiles[KID];
    struct snapshot *snapshot;
    struct err err = {.code = ERR_NONE};

    (void)state;
    kid->style = BLOCK_NXDOMAIN;
    kid->block = mask_or(sample_bits(config, "gambling"), sample_bits(config, "porn"));
    snapshot = snapshot_create(config, sample_set(feeds, 3, &config->taxonomy),
                               sealed_open_empty(&err), &err);
    assert_non_null(snapshot);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct name_buf buf;
        struct ask ask = sample_ask(&buf, rows[i].name, SAMPLE_A);
        struct verdict verdict;

        ask.forced_profile = KID;
        decide_look(snapshot, &ask);
        policy_decide(snapshot, &ask, &verdict, NULL);
        assert_int_equal(verdict.rule, RULE_CATEGORY);
        assert_int_equal(verdict.style, rows[i].style);
    }
    snapshot_free(snapshot);
}

/* C13: a name with records of one type, and a name with records below. */
static void c13_a_local_name_exists_for_every_type(void **state)
{
    const struct hits none = {{0}, false};
    struct config *config = sample_config();
    struct snapshot *snapshot;
    struct verdict v;

    (void)state;
    sample_record(config, "gate.home.test", SAMPLE_A);
    sample_record(config, "gate.home.test", TYPE_TXT);
    sample_record(config, "a.b.test", SAMPLE_A);
    sample_record(config, "gate.home.test", SAMPLE_A);
    snapshot = sample_snapshot(config);
    v = decide(snapshot, "gate.home.test", SAMPLE_AAAA, KID, &none);
    assert_int_equal(v.answer, ANSWER_RECORDS);
    assert_int_equal(v.records.count, 3);
    for (uint32_t i = 0; i < v.records.count; i++)
        assert_int_equal(v.records.items[i]->name.length, 16);
    v = decide(snapshot, "x.gate.home.test", SAMPLE_A, KID, &none);
    assert_int_equal(v.action, VERDICT_FORWARD);
    assert_int_equal(v.transform, 0);
    /* `home.test` has a child, so that the upstream's NXDOMAIN must not stand. */
    v = decide(snapshot, "home.test", SAMPLE_A, KID, &none);
    assert_int_equal(v.action, VERDICT_FORWARD);
    assert_int_equal(v.transform, TRANSFORM_NAME_EXISTS);
    snapshot_free(snapshot);
}

static void forwarded_answers_have_the_profiles_max_ttl(void **state)
{
    const struct hits none = {{0}, false};
    struct snapshot *snapshot = full_snapshot(BLOCK_NODATA);

    (void)state;
    assert_int_equal(decide(snapshot, "a.example", SAMPLE_A, KID, &none).max_ttl_s, 60);
    assert_int_equal(decide(snapshot, "allowed.example", SAMPLE_A, KID, &none).max_ttl_s, 60);
    assert_int_equal(decide(snapshot, "a.example", SAMPLE_A, ADULT, &none).max_ttl_s, 0);
    snapshot_free(snapshot);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(styles_carry_their_extended_errors),
        cmocka_unit_test(nxdomain_is_given_only_where_all_below_is_blocked),
        cmocka_unit_test(a_listed_name_is_denied_by_nxdomain_when_its_tree_is_listed),
        cmocka_unit_test(nxdomain_is_not_given_where_a_list_may_except_a_name_below),
        cmocka_unit_test(c13_a_local_name_exists_for_every_type),
        cmocka_unit_test(forwarded_answers_have_the_profiles_max_ttl),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
