/* policy/check.c: what an answer leads to meets the rules of whoever asked. */
#include <sodium.h>

#include "check_sample.h"

enum { TYPE_TXT = 16 };

/* C03, C08 */
static void an_alias_is_blocked_by_the_categories_of_the_client_alone(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);
    struct verdict v = blocked_by(s, KID, "shop.example", "c.track.example");

    (void)state;
    assert_int_equal(v.rule, RULE_CATEGORY);
    assert_true(mask_any(v.matched));
    assert_false(mask_any(mask_without(v.matched, sample_bits(snapshot_config(s), "gambling"))));
    assert_int_equal(v.ede[0], 17);
    assert_int_equal(v.ede[1], VERDICT_NO_EDE);
    assert_int_equal(v.ttl_s, SAMPLE_TTL_S);
    assert_int_equal(v.labels, 0); /* no suffix of the asked name */
    assert_int_equal(v.valid_until_s, INT64_MAX);
    assert_true(passes(s, ADULT, "shop.example", "c.track.example"));
    assert_true(passes(s, KID, "shop.example", "c.other.example"));
    assert_true(passes(s, KID, "shop.example", "x.bare.example"));
    snapshot_free(s);
}

static void an_address_of_a_listed_range_blocks_as_a_name_does(void **state)
{
    static const char *const listed[] = {"203.0.113.9", "198.51.100.66", "2001:db8:66::1",
                                         /* what leads to 203.0.113.9 as well */
                                         "::ffff:203.0.113.9", "64:ff9b::203.0.113.9",
                                         "2002:cb00:7109::1"};
    static const char *const others[] = {"203.0.112.255", "198.51.100.67", "2001:db8:67::1",
                                         "64:ff9b::203.0.114.1"};
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        struct verdict v = blocked_by(s, KID, "shop.example", listed[i]);

        assert_int_equal(v.rule, RULE_CATEGORY);
        assert_true(mask_any(v.matched));
        assert_int_equal(v.ede[0], 17);
        assert_true(passes(s, ADULT, "shop.example", listed[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(passes(s, KID, "shop.example", others[i]));
    snapshot_free(s);
}

static void operator_legal_and_hotline_lists_block_whatever_allows(void **state)
{
    static const char *const items[] = {"a.order.example", "ordered.example",
                                        "198.51.100.99",   "x.hot.example",
                                        "198.51.100.88",   "::ffff:198.51.100.88"};
    static const struct {
        int profile;
        const char *asked;
    } askers[] = {
        {KID,   "shop.example"      },
        {KID,   "a.allowed.example" },
        {KID,   "www." PINNED       },
        {KID,   "inner.zone.example"},
        {ADULT, "shop.example"      },
        {PUPIL, "class.example"     },
    };
    struct config *config = rules(BLOCK_NULL);
    struct snapshot *s;

    (void)state;
    sample_zone(config, "zone.example");
    s = snapshot_with(config);
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        struct verdict first = blocked_by(s, askers[i].profile, askers[i].asked, items[0]);

        assert_int_equal(first.rule, RULE_OPERATOR);
        assert_int_equal(first.ede[0], 15);
        assert_int_equal(first.row, 0);
        assert_int_equal(first.place.line, 0);
        assert_false(mask_any(first.matched));
        /* And nobody can tell which of the lists it was. */
        for (size_t j = 1; j < sizeof items / sizeof *items; j++) {
            struct verdict v = blocked_by(s, askers[i].profile, askers[i].asked, items[j]);

            assert_memory_equal(&v, &first, sizeof v);
        }
    }
    snapshot_free(s);
}

static void a_pinned_target_passes(void **state)
{
    struct config *config = rules(BLOCK_NODATA);
    struct snapshot *s;

    (void)state;
    sample_rule(&config->profiles[KID].deny, PINNED, 52);
    s = snapshot_with(config);
    assert_true(passes(s, KID, "shop.example", "chat." PINNED));
    snapshot_free(s);
    config = rules(BLOCK_NODATA);
    sample_rule(&config->operator_deny, PINNED, 61);
    s = snapshot_with(config);
    assert_int_equal(blocked_by(s, KID, "shop.example", "chat." PINNED).rule, RULE_OPERATOR);
    snapshot_free(s);
}

/* Help is never blocked, wherever it is hosted. */
static void a_pin_of_the_asked_name_covers_its_chain(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    assert_true(passes(s, KID, "www." PINNED, "c.track.example"));
    assert_true(passes(s, KID, "www." PINNED, "evil.example"));
    assert_true(passes(s, KID, "www." PINNED, "denied.example"));
    assert_true(passes(s, KID, "www." PINNED, "203.0.113.9"));
    assert_true(passes(s, KID, "www." PINNED, "192.168.1.1"));
    snapshot_free(s);
}

static void own_rules_decide_on_a_target_before_categories(void **state)
{
    struct config *config = rules(BLOCK_NODATA);
    struct snapshot *s;
    struct verdict v;

    (void)state;
    sample_rule(&config->profiles[KID].allow, "cdn.track.example", 42);
    sample_rule(&config->profiles[KID].allow, "cdn.evil.example", 43);
    s = snapshot_with(config);
    v = blocked_by(s, KID, "shop.example", "a.denied.example");
    assert_int_equal(v.rule, RULE_OWN_DENY);
    assert_int_equal(v.place.line, 50);
    assert_int_equal(v.ede[0], 17);
    assert_true(passes(s, ADULT, "shop.example", "a.denied.example"));
    assert_true(passes(s, KID, "shop.example", "good.denied.example"));
    assert_true(passes(s, KID, "shop.example", "a.cdn.track.example"));
    assert_true(passes(s, KID, "shop.example", "cdn.evil.example"));
    snapshot_free(s);
}

/* C06 */
static void an_allow_of_the_asked_name_covers_its_chain_but_not_grave_categories(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    assert_true(passes(s, KID, "a.allowed.example", "c.track.example"));
    assert_true(passes(s, KID, "a.allowed.example", "203.0.113.9"));
    assert_true(passes(s, KID, "a.allowed.example", "denied.example"));
    assert_int_equal(blocked_by(s, KID, "a.allowed.example", "evil.example").rule, RULE_CATEGORY);
    assert_int_equal(blocked_by(s, KID, "a.allowed.example", "198.51.100.66").rule, RULE_CATEGORY);
    snapshot_free(s);
}

static void a_positive_list_covers_the_chain_of_what_it_admits(void **state)
{
    struct config *config = rules(BLOCK_NODATA);
    struct snapshot *s;

    (void)state;
    sample_rule(&config->profiles[PUPIL].deny, "denied.example", 53);
    s = snapshot_with(config);
    /* a CDN stands on no positive list, and may stand on others */
    assert_true(passes(s, PUPIL, "www.class.example", "cdn.other.example"));
    assert_true(passes(s, PUPIL, "www.class.example", "198.51.100.1"));
    assert_true(passes(s, PUPIL, "www.class.example", "c.track.example"));
    assert_true(passes(s, PUPIL, "www.class.example", "denied.example"));
    assert_int_equal(blocked_by(s, PUPIL, "www.class.example", "evil.example").rule, RULE_CATEGORY);
    snapshot_free(s);
}

/* Where the default is to allow, a positive list means nothing. */
static void a_positive_list_covers_nothing_for_others(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    assert_int_equal(blocked_by(s, KID, "www.class.example", "c.track.example").rule,
                     RULE_CATEGORY);
    snapshot_free(s);
}

static void a_zone_of_the_operators_covers_its_chain_like_an_allow(void **state)
{
    struct config *config = rules(BLOCK_NODATA);
    struct snapshot *s;

    (void)state;
    sample_zone(config, "zone.example");
    s = snapshot_with(config);
    assert_true(passes(s, KID, "a.zone.example", "c.track.example"));
    assert_true(passes(s, KID, "a.zone.example", "denied.example"));
    assert_true(passes(s, KID, "a.zone.example", "192.168.1.1"));
    assert_int_equal(blocked_by(s, KID, "a.zone.example", "evil.example").rule, RULE_CATEGORY);
    snapshot_free(s);
}

static void rules_about_questions_do_not_concern_targets(void **state)
{
    static const char *const items[] = {"record.example", "localhost", "x.local",        "invalid",
                                        "printer",        "home.arpa", "mask.icloud.com"};
    struct config *config = rules(BLOCK_NODATA);
    struct snapshot *s;

    (void)state;
    config->profiles[KID].block =
        mask_or(config->profiles[KID].block, sample_bits(config, "bypass_doh"));
    s = snapshot_with(config);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        assert_true(passes(s, KID, "shop.example", items[i]));
    snapshot_free(s);
}

static void watched_categories_do_not_block(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    assert_true(passes(s, KID, "shop.example", "talk.example"));
    assert_true(passes(s, KID, "shop.example", "198.51.100.77"));
    snapshot_free(s);
}

/* The asked name exists, and may have other types that pass. */
static void no_target_makes_the_asked_name_nonexistent(void **state)
{
    static const char *const items[] = {"c.track.example", "denied.example", "203.0.113.9",
                                        "order.example", "192.168.1.1"};

    (void)state;
    for (int style = BLOCK_NODATA; style <= BLOCK_REFUSED; style++) {
        struct snapshot *s = snapshot_of((enum block_style)style);

        for (size_t i = 0; i < 3; i++)
            assert_int_equal(blocked_by(s, KID, "shop.example", items[i]).style,
                             style == BLOCK_NXDOMAIN ? BLOCK_NODATA : style);
        for (size_t i = 3; i < 5; i++)
            assert_int_equal(blocked_by(s, KID, "shop.example", items[i]).style, BLOCK_NODATA);
        snapshot_free(s);
    }
}

static void only_an_address_question_gets_a_forged_address(void **state)
{
    static const struct {
        uint16_t type, ede;
    } rows[] = {
        {SAMPLE_A,    4             },
        {SAMPLE_AAAA, 4             },
        {TYPE_TXT,    VERDICT_NO_EDE}
    };
    struct snapshot *s = snapshot_of(BLOCK_NULL);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v;

        assert_false(passes_type(s, KID, "shop.example", rows[i].type, "c.track.example", &v));
        assert_int_equal(v.ede[1], rows[i].ede);
    }
    snapshot_free(s);
}

static const char *const inner[] = {
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.1.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.255.1",
    "::",
    "::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::192.168.0.1",
    "64:ff9b::0.0.0.0",
    "2002:c0a8:0101::1",
};
static const char *const outer[] = {
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.64.0.1",
    "128.0.0.1",
    "169.253.1.1",
    "169.255.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.255.255",
    "192.169.0.1",
    "::2",
    "2001:db8::1",
    "fbff::1",
    "fe00::1",
    "ff02::1",
    "::ffff:192.0.2.1",
    "64:ff9b::192.0.2.1",
    "64:ff9b:1::10.0.0.1",
};

static void an_inner_address_from_outside_drops_the_answer(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NULL);

    (void)state;
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        for (int profile = KID; profile <= ADULT; profile++) {
            struct verdict v = blocked_by(s, profile, "shop.example", inner[i]);

            assert_int_equal(v.rule, RULE_REBIND);
            assert_int_equal(v.style, BLOCK_NODATA);
            assert_int_equal(v.ede[0], 15);
            assert_int_equal(v.ede[1], VERDICT_NO_EDE);
            assert_int_equal(v.ttl_s, SAMPLE_TTL_S);
            assert_false(mask_any(v.matched));
        }
        assert_false(passes(s, KID, "a.allowed.example", inner[i]));
        assert_false(passes(s, PUPIL, "class.example", inner[i]));
    }
    for (size_t i = 0; i < sizeof outer / sizeof *outer; i++)
        assert_true(passes(s, ADULT, "shop.example", outer[i]));
    snapshot_free(s);
}

static void inner_addresses_pass_where_the_operator_says_so(void **state)
{
    struct config *config = rules(BLOCK_NODATA);
    struct snapshot *s;

    (void)state;
    sample_zone(config, "zone.example");
    s = snapshot_with(config);
    assert_true(passes(s, KID, "tv.devices.example", "192.168.1.1"));
    assert_false(passes(s, KID, "devices.example", "192.168.1.1"));
    assert_true(passes(s, KID, "nas.zone.example", "192.168.1.1"));
    assert_true(passes(s, KID, "zone.example", "fd00::1"));
    snapshot_free(s);
    config = rules(BLOCK_NODATA);
    config->rebind_guard = false;
    s = snapshot_with(config);
    assert_true(passes(s, KID, "shop.example", "192.168.1.1"));
    snapshot_free(s);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alias_is_blocked_by_the_categories_of_the_client_alone),
        cmocka_unit_test(an_address_of_a_listed_range_blocks_as_a_name_does),
        cmocka_unit_test(operator_legal_and_hotline_lists_block_whatever_allows),
        cmocka_unit_test(a_pinned_target_passes),
        cmocka_unit_test(a_pin_of_the_asked_name_covers_its_chain),
        cmocka_unit_test(own_rules_decide_on_a_target_before_categories),
        cmocka_unit_test(an_allow_of_the_asked_name_covers_its_chain_but_not_grave_categories),
        cmocka_unit_test(a_positive_list_covers_the_chain_of_what_it_admits),
        cmocka_unit_test(a_positive_list_covers_nothing_for_others),
        cmocka_unit_test(a_zone_of_the_operators_covers_its_chain_like_an_allow),
        cmocka_unit_test(rules_about_questions_do_not_concern_targets),
        cmocka_unit_test(watched_categories_do_not_block),
        cmocka_unit_test(no_target_makes_the_asked_name_nonexistent),
        cmocka_unit_test(only_an_address_question_gets_a_forged_address),
        cmocka_unit_test(an_inner_address_from_outside_drops_the_answer),
        cmocka_unit_test(inner_addresses_pass_where_the_operator_says_so),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
