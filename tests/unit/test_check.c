/* policy/check.c: what an answer leads to meets the rules of whoever asked. Every check of an item
 * here also holds check_passes to its word: it passes nothing that check_decide would block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>

#include "config/base/random.h"
#include "policy/check.h"
#include "policy_sample.h"
#include "sample_set.h"

enum { KID, ADULT, PUPIL };
enum { TYPE_TXT = 16 };

#define PINNED "childline.org.uk"

static const struct sample_feed public_feeds[] = {
    {"one",   "gambling",     {"track.example", PINNED, "203.0.113.0/24", "2001:db8:66::/48"}},
    {"two",   "malware",      {"evil.example", "198.51.100.66"}                              },
    {"three", "legal_order",  {"ordered.example", "198.51.100.99"}                           },
    {"four",  "edu_positive", {"class.example"}                                              },
    {"five",  "social",       {"talk.example", "198.51.100.77"}                              },
    {"six",   "porn",         {"=bare.example"}                                              },
};
static const struct sample_feed hotline_feeds[] = {
    {"hot", "csam", {"hot.example", "198.51.100.88"}},
};

/* Kid: blocks, watches, allows and denies; adult: blocks nothing; pupil: positive lists alone. */
static struct config *rules(enum block_style style)
{
    struct config *config = sample_config();
    struct config_profile *kid = &config->profiles[KID], *pupil;

    config->rebind_guard = true;
    kid->style = style;
    kid->block = mask_or(sample_bits(config, "gambling"), sample_bits(config, "malware"));
    kid->block = mask_or(kid->block, sample_bits(config, "social"));
    kid->observe = sample_bits(config, "social");
    sample_rule(&kid->allow, "allowed.example", 40);
    sample_rule(&kid->allow, "=good.denied.example", 41);
    sample_rule(&kid->deny, "denied.example", 50);
    sample_rule(&kid->deny, "hot.example", 51);
    sample_rule(&config->operator_deny, "order.example", 60);
    sample_rule(&config->rebind_allow, "*.devices.example", 70);
    sample_record(config, "record.example", SAMPLE_A);
    pupil = SAMPLE_ADD(config->profiles, config->profile_count);
    memcpy(pupil->name, "pupil", sizeof "pupil");
    pupil->default_deny = true;
    pupil->block = config->profiles[KID].block;
    pupil->block_ttl_s = SAMPLE_TTL_S;
    return config;
}

static void sample_zone(struct config *config, const char *name)
{
    struct config_zone *zone = SAMPLE_ADD(config->zones, config->zone_count);

    zone->name = sample_name(name);
}

static struct snapshot *snapshot_with(struct config *config)
{
    struct err err = {.code = ERR_NONE};
    struct set *public =
        sample_set(public_feeds, sizeof public_feeds / sizeof *public_feeds, &config->taxonomy);
    struct set *hotline = sample_set(hotline_feeds, 1, &config->taxonomy);
    struct snapshot *snapshot = snapshot_create(config, public, hotline, &err);

    assert_non_null(snapshot);
    return snapshot;
}

static struct snapshot *snapshot_of(enum block_style style)
{
    return snapshot_with(rules(style));
}

/* Fills ITEM with what TEXT is: an address, or a name, kept in BUF. */
static void read_item(const char *text, struct name_buf *buf, struct check_item *item)
{
    memset(item, 0, sizeof *item);
    item->is_addr = true;
    item->addr.bits = 32;
    if (inet_pton(AF_INET, text, item->addr.octets) == 1)
        return;
    item->addr.bits = 128;
    if (inet_pton(AF_INET6, text, item->addr.octets) == 1)
        return;
    memset(item, 0, sizeof *item);
    *buf = sample_name(text);
    item->name = name_of(buf);
}

/* Asks as PROFILE for ASKED, which is to be forwarded, and fills its verdict. */
static struct ask forwarded(const struct snapshot *snapshot, struct name_buf *buf, int profile,
                            const char *asked, uint16_t type, struct verdict *verdict)
{
    struct ask ask = sample_ask(buf, asked, type);

    ask.forced_profile = profile;
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, verdict, NULL);
    if (verdict->action != VERDICT_FORWARD)
        fail_msg("%s is not forwarded: %s", asked, verdict_rule_word(verdict->rule));
    return ask;
}

/* Tells whether TEXT passes in the answer to ASKED of TYPE; else BLOCKED is filled. */
static bool passes_type(const struct snapshot *snapshot, int profile, const char *asked,
                        uint16_t type, const char *text, struct verdict *blocked)
{
    struct check_class class = {.ruled = false};
    struct name_buf asked_buf, item_buf;
    struct check_item item;
    struct verdict verdict;
    struct ask ask = forwarded(snapshot, &asked_buf, profile, asked, type, &verdict);
    bool passes;

    read_item(text, &item_buf, &item);
    passes = check_decide(snapshot, &ask, &verdict, &item, blocked);
    check_classify(snapshot, &item, &class);
    if (check_passes(snapshot, &verdict, &class))
        assert_true(passes);
    return passes;
}

static bool passes(const struct snapshot *snapshot, int profile, const char *asked,
                   const char *text)
{
    struct verdict blocked;

    return passes_type(snapshot, profile, asked, SAMPLE_A, text, &blocked);
}

/* Returns the verdict on an answer to ASKED that leads to TEXT and is blocked. */
static struct verdict blocked_by(const struct snapshot *snapshot, int profile, const char *asked,
                                 const char *text)
{
    struct verdict blocked;

    if (passes_type(snapshot, profile, asked, SAMPLE_A, text, &blocked))
        fail_msg("%s passes for %s", text, asked);
    assert_int_equal(blocked.action, VERDICT_BLOCK);
    assert_int_equal(blocked.profile, profile);
    return blocked;
}

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
    static const char *const items[] = {"c.track.example", "denied.example", "order.example",
                                        "203.0.113.9", "192.168.1.1"};

    (void)state;
    for (int style = BLOCK_NODATA; style <= BLOCK_REFUSED; style++) {
        struct snapshot *s = snapshot_of((enum block_style)style);

        for (size_t i = 0; i < 4; i++)
            assert_int_equal(blocked_by(s, KID, "shop.example", items[i]).style,
                             style == BLOCK_NXDOMAIN ? BLOCK_NODATA : style);
        assert_int_equal(blocked_by(s, KID, "shop.example", items[4]).style, BLOCK_NODATA);
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

/* A class gathers all items of an answer: one that concerns the client is enough. */
static void a_class_tells_of_every_item_that_was_added(void **state)
{
    static const char *const items[] = {"c.track.example", "x.hot.example", "denied.example",
                                        "order.example",   "192.168.1.1",   "ordered.example"};
    struct snapshot *s = snapshot_of(BLOCK_NODATA);
    struct name_buf asked, buf;
    struct check_item item;
    struct verdict v;

    (void)state;
    forwarded(s, &asked, KID, "shop.example", SAMPLE_A, &v);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        struct check_class class = {.ruled = false};

        read_item("clean.example", &buf, &item);
        check_classify(s, &item, &class);
        assert_true(check_passes(s, &v, &class));
        read_item(items[i], &buf, &item);
        check_classify(s, &item, &class);
        assert_false(check_passes(s, &v, &class));
        read_item("198.51.100.1", &buf, &item);
        check_classify(s, &item, &class);
        assert_false(check_passes(s, &v, &class));
    }
    snapshot_free(s);
}

/* What concerns nobody who asks takes the short way: else the class would be worth nothing. */
static void what_concerns_only_others_takes_the_short_way(void **state)
{
    static const struct {
        int profile;
        const char *asked, *item;
    } rows[] = {
        {KID,   "shop.example",      "a.clean.example"},
        {KID,   "shop.example",      "198.51.100.1"   },
        {KID,   "shop.example",      "allowed.example"},
        {KID,   "shop.example",      "talk.example"   },
        {KID,   "a.allowed.example", "c.track.example"},
        {KID,   "www." PINNED,       "evil.example"   },
        {ADULT, "shop.example",      "c.track.example"},
        {KID,   "a.devices.example", "192.168.1.1"    },
    };
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct check_class class = {.ruled = false};
        struct name_buf asked, buf;
        struct check_item item;
        struct verdict v;

        forwarded(s, &asked, rows[i].profile, rows[i].asked, SAMPLE_A, &v);
        read_item(rows[i].item, &buf, &item);
        check_classify(s, &item, &class);
        if (!check_passes(s, &v, &class))
            fail_msg("row %zu: %s", i, rows[i].item);
    }
    snapshot_free(s);
}

static const char *const words[] = {
    "allowed.example", "good.denied.example", "denied.example", "hot.example",    "order.example",
    "track.example",   "evil.example",        "talk.example",   "class.example",  "shop.example",
    "zone.example",    "devices.example",     "bare.example",   "record.example", PINNED};
enum { WORDS = sizeof words / sizeof *words };

static const char *any_item(struct random *random, char *out, size_t room)
{
    static const char *const addresses[] = {"203.0.113.9",   "198.51.100.66",    "198.51.100.99",
                                            "198.51.100.88", "10.0.0.1",         "198.51.100.1",
                                            "fd00::1",       "64:ff9b::10.0.0.1"};

    if (random_below(random, 3) == 0)
        return addresses[random_below(random, sizeof addresses / sizeof *addresses)];
    snprintf(out, room, "%s%s", random_below(random, 2) == 0 ? "" : "x.",
             words[random_below(random, WORDS)]);
    return out;
}

static struct snapshot *any_snapshot(struct random *random)
{
    struct config *config = rules((enum block_style)random_below(random, 4));

    config->rebind_guard = random_below(random, 2) == 0;
    for (size_t i = random_below(random, 4); i > 0; i--) {
        struct config_profile *profile = &config->profiles[random_below(random, 3)];
        char text[64];

        snprintf(text, sizeof text, "%sx.%s", random_below(random, 2) == 0 ? "" : "=",
                 words[random_below(random, WORDS)]);
        sample_rule(random_below(random, 2) == 0 ? &profile->allow : &profile->deny, text, 80);
    }
    if (random_below(random, 2) == 0)
        sample_zone(config, "zone.example");
    return snapshot_with(config);
}

/* Counts in BLOCKED the items that check_decide blocks. */
static void ask_at_random(const struct snapshot *s, struct random *random, unsigned *blocked)
{
    struct check_class class = {.ruled = false};
    char asked[64], text[64];
    struct name_buf asked_buf, buf;
    struct verdict v, out;
    bool passes_all = true;
    struct ask ask;

    snprintf(asked, sizeof asked, "%s%s", random_below(random, 2) == 0 ? "" : "x.",
             words[random_below(random, WORDS)]);
    ask = sample_ask(&asked_buf, asked, SAMPLE_A);
    ask.forced_profile = (int)random_below(random, 3);
    decide_look(s, &ask);
    policy_decide(s, &ask, &v, NULL);
    if (v.action != VERDICT_FORWARD)
        return;
    for (size_t i = random_below(random, 4); i > 0; i--) {
        struct check_item item;

        read_item(any_item(random, text, sizeof text), &buf, &item);
        check_classify(s, &item, &class);
        if (!check_decide(s, &ask, &v, &item, &out)) {
            passes_all = false;
            (*blocked)++;
        }
    }
    if (check_passes(s, &v, &class))
        assert_true(passes_all);
}

static void the_short_way_never_passes_what_the_long_one_blocks(void **state)
{
    struct random random = {.left = 0};
    unsigned blocked = 0;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct snapshot *s = any_snapshot(&random);

        for (unsigned i = 0; i < 2000; i++)
            ask_at_random(s, &random, &blocked);
        snapshot_free(s);
    }
    assert_true(blocked > 1000); /* there was something to find */
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
        cmocka_unit_test(a_class_tells_of_every_item_that_was_added),
        cmocka_unit_test(what_concerns_only_others_takes_the_short_way),
        cmocka_unit_test(the_short_way_never_passes_what_the_long_one_blocks),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
