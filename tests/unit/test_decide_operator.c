/* Rule 2: what the operator, the law or a hotline blocks, what suspends it, and pages that are
 * listed without their host. */
#include <sodium.h>

#include "check_sample.h"
#include "config/country.h"
#include "policy/state/lifts.h"
#include "policy/state/overlay.h"

enum { TYPE_HTTPS = 65, TYPE_ANY = 255, NOON = 1000000 };

static void send_to(struct config *config, const char *const *proxies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct addr *addr = SAMPLE_ADD(config->sealed.divert, config->sealed.divert_count);

        assert_int_equal(addr_from_text(addr, proxies[i]), 0);
    }
}

static struct verdict decide(const struct snapshot *snapshot, const char *name, uint16_t type,
                             const struct overlay *overlay)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, type);
    struct verdict verdict;

    ask.overlay = overlay;
    ask.wall_s = NOON;
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

static void lift(struct overlay *overlay, const char *text, int64_t from_s, int64_t until_s)
{
    struct name_buf buf = sample_name(text);
    struct name name = name_of(&buf);
    struct err err;
    uint64_t hash[2];

    lifts_hash(overlay->lifts, &name, hash);
    assert_int_equal(lifts_put(overlay->lifts, hash, &(struct lifts_span){from_s, until_s}, &err),
                     0);
}

static struct overlay *nothing_else(void)
{
    struct err err;
    struct overlay *overlay = overlay_create(7, &err);

    assert_non_null(overlay);
    return overlay;
}

static void what_two_operators_lift_goes_on_to_the_next_rules_until_the_lift_ends(void **state)
{
    static const char *const names[] = {"order.example", "hot.example", "ordered.example"};
    struct snapshot *s = snapshot_of(BLOCK_NODATA);
    struct overlay *overlay = nothing_else();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct verdict v = decide(s, names[i], SAMPLE_A, overlay);

        assert_int_equal(v.rule, RULE_OPERATOR);
        lift(overlay, names[i], 0, NOON + 60);
        v = decide(s, names[i], SAMPLE_A, overlay);
        assert_int_not_equal(v.rule, RULE_OPERATOR);
        assert_int_equal(v.valid_until_s, NOON + 60);
        /* the profile's own deny is not lifted */
        assert_int_equal(v.rule, i == 1 ? RULE_OWN_DENY : RULE_DEFAULT);
        assert_int_equal(v.action == VERDICT_FORWARD ? v.max_ttl_s : 60, 60);
    }
    overlay_free(overlay);
    snapshot_free(s);
}

static void a_lift_to_come_and_one_that_is_over_lift_nothing(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);
    struct overlay *overlay = nothing_else();
    struct verdict v;

    (void)state;
    lift(overlay, "hot.example", NOON + 5, NOON + 60);
    lift(overlay, "order.example", 0, NOON);
    v = decide(s, "hot.example", SAMPLE_A, overlay);
    assert_int_equal(v.rule, RULE_OPERATOR);
    assert_int_equal(v.ttl_s, 5); /* not beyond its beginning */
    v = decide(s, "order.example", SAMPLE_A, overlay);
    assert_int_equal(v.rule, RULE_OPERATOR);
    assert_int_equal(v.ttl_s, SAMPLE_TTL_S);
    overlay_free(overlay);
    snapshot_free(s);
}

static void a_lifted_name_passes_in_a_chain_and_its_neighbours_do_not(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);
    struct overlay *overlay = nothing_else();
    struct name_buf buf, lifted = sample_name("a.order.example"),
                         other = sample_name("hot.example");
    struct ask ask = sample_ask(&buf, "shop.example", SAMPLE_A);
    struct check_item item = {.name = name_of(&lifted)};
    struct verdict v, b;

    (void)state;
    lift(overlay, "order.example", 0, NOON + 60);
    ask.overlay = overlay;
    ask.wall_s = NOON;
    ask.forced_profile = ADULT;
    decide_look(s, &ask);
    policy_decide(s, &ask, &v, NULL);
    assert_true(check_decide(s, &ask, &v, &item, &b));
    assert_int_equal(b.valid_until_s, NOON + 60);
    item.name = name_of(&other);
    assert_false(check_decide(s, &ask, &v, &item, &b));
    assert_int_equal(b.rule, RULE_OPERATOR);
    overlay_free(overlay);
    snapshot_free(s);
}

/* Help, and a profile that only observes, know no hours; what leads on by a lift ends with it. */
static void a_lift_ends_for_whom_no_hour_ends_as_well(void **state)
{
    static const char *const asked[] = {PINNED, "shop.example"};
    struct config *config = rules(BLOCK_NODATA);
    struct overlay *overlay = nothing_else();
    struct name_buf buf, lifted = sample_name("order.example");
    struct check_item item = {.name = name_of(&lifted)};
    struct verdict v, b;
    struct snapshot *s;

    (void)state;
    config->profiles[ADULT].observe_all = true;
    s = snapshot_with(config);
    lift(overlay, "order.example", 0, NOON + 60);
    for (size_t i = 0; i < 2; i++) {
        struct ask ask = sample_ask(&buf, asked[i], SAMPLE_A);

        ask.overlay = overlay;
        ask.wall_s = NOON;
        ask.forced_profile = ADULT;
        decide_look(s, &ask);
        policy_decide(s, &ask, &v, NULL);
        assert_int_equal(v.covers, COVERS_MOST);
        assert_true(check_decide(s, &ask, &v, &item, &b));
        assert_int_equal(b.valid_until_s, NOON + 60);
    }
    overlay_free(overlay);
    snapshot_free(s);
}

static void
a_host_of_listed_pages_gets_the_proxies_of_its_family_and_nothing_that_leads_past(void **state)
{
    static const char *const proxies[] = {"2001:db8::9", "192.0.2.9", "192.0.2.10"};
    static const struct {
        uint16_t type;
        size_t count;
        uint16_t second;
    } rows[] = {
        {SAMPLE_A,    2, VERDICT_EDE_FORGED},
        {SAMPLE_AAAA, 1, VERDICT_EDE_FORGED},
        {TYPE_HTTPS,  0, VERDICT_NO_EDE    },
        {TYPE_ANY,    0, VERDICT_NO_EDE    },
    };
    struct config *config = rules(BLOCK_NULL);
    struct snapshot *s;

    (void)state;
    send_to(config, proxies, 3);
    s = snapshot_with(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(s, "pages.example", rows[i].type, NULL);

        assert_int_equal(v.rule, RULE_OPERATOR);
        assert_int_equal(v.action, VERDICT_BLOCK);
        assert_int_equal(v.style, BLOCK_NODATA);
        assert_int_equal(v.addresses.count, rows[i].count);
        assert_int_equal(v.ede[0], VERDICT_EDE_BLOCKED);
        assert_int_equal(v.ede[1], rows[i].second);
    }
    assert_int_equal(decide(s, "x.pages.example", SAMPLE_A, NULL).action, VERDICT_FORWARD);
    assert_true(passes(s, ADULT, "shop.example", "pages.example")); /* an alias is another host */
    snapshot_free(s);
}

static void without_proxies_listed_pages_block_nothing(void **state)
{
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    assert_int_equal(decide(s, "pages.example", SAMPLE_A, NULL).action, VERDICT_FORWARD);
    snapshot_free(s);
}

static void the_country_sets_code_and_page_for_all_of_it_alike(void **state)
{
    static const char *const names[] = {"order.example", "hot.example", "x.hot.example",
                                        "ordered.example"};
    struct config_problems problems;
    struct config *config = rules(BLOCK_REFUSED);
    struct verdict first, in_chain;
    struct snapshot *s;

    (void)state;
    config->country = country_find("XE", &problems);
    config_problems_free(&problems);
    assert_non_null(config->country);
    s = snapshot_with(config);
    first = decide(s, names[0], SAMPLE_AAAA, NULL);
    assert_int_equal(first.ede[0], VERDICT_EDE_CENSORED);
    assert_int_equal(first.ede[1], VERDICT_EDE_FORGED);
    assert_int_equal(first.addresses.count, 1);
    for (size_t i = 1; i < sizeof names / sizeof *names; i++) {
        struct verdict v = decide(s, names[i], SAMPLE_AAAA, NULL);

        assert_memory_equal(&v, &first, sizeof v);
    }
    in_chain = blocked_by(s, KID, "shop.example", "203.0.115.9");
    assert_int_equal(in_chain.ede[0], VERDICT_EDE_CENSORED);
    assert_int_equal(in_chain.addresses.count, 1);
    in_chain = blocked_by(s, KID, "shop.example", "64:ff9b::203.0.115.9"); /* what leads there */
    assert_int_equal(in_chain.rule, RULE_OPERATOR);
    snapshot_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_two_operators_lift_goes_on_to_the_next_rules_until_the_lift_ends),
        cmocka_unit_test(a_lift_to_come_and_one_that_is_over_lift_nothing),
        cmocka_unit_test(a_lifted_name_passes_in_a_chain_and_its_neighbours_do_not),
        cmocka_unit_test(a_lift_ends_for_whom_no_hour_ends_as_well),
        cmocka_unit_test(
            a_host_of_listed_pages_gets_the_proxies_of_its_family_and_nothing_that_leads_past),
        cmocka_unit_test(without_proxies_listed_pages_block_nothing),
        cmocka_unit_test(the_country_sets_code_and_page_for_all_of_it_alike),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
