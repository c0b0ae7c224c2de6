/* policy/explain.c: what `why` tells, and what it never tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "policy/explain.h"
#include "policy_sample.h"
#include "sample_sealed.h"
#include "sample_set.h"

enum { KID, ADULT };

static const struct sample_feed feeds[] = {
    {"feed1",   "gambling",     {"vendor.example", "casino.example", "198.51.100.7"}},
    {"feed2",   "gambling",     {"=docs.vendor.example", "=one.example"}            },
    {"feed3",   "social",       {"casino.example"}                                  },
    {"orders",  "legal_order",  {"ordered.example", "198.51.100.9"}                 },
    {"school",  "edu_positive", {"school.example"}                                  },
    {"graver",  "malware",      {"bad.example", "198.51.100.8"}                     },
    {"lighter", "gambling",     {"bad.example"}                                     },
    {"broad",   "social",       {"ordered.example"}                                 },
};

static struct snapshot *snapshot_of(struct config *config)
{
    static const char *const held[] = {"=held.example", NULL};
    struct err err = {.code = ERR_NONE};
    struct set *listed = sample_set(feeds, sizeof feeds / sizeof *feeds, &config->taxonomy);
    struct snapshot *snapshot = snapshot_create(config, listed, sample_sealed(held), &err);

    must(snapshot != NULL);
    return snapshot;
}

static struct config *blocking_config(void)
{
    struct config *config = sample_config();

    config->profiles[KID].block =
        mask_or(sample_bits(config, "gambling"), sample_bits(config, "malware"));
    sample_rule(&config->profiles[KID].allow, "=docs.vendor.example", 41);
    sample_rule(&config->operator_deny, "order.example", 60);
    return config;
}

static void explain(const struct snapshot *snapshot, const char *name, int profile,
                    struct explanation *e)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, SAMPLE_A);

    ask.forced_profile = profile;
    explain_ask(snapshot, &ask, e);
}

static void every_feed_that_holds_a_blocked_name_is_named(void **state)
{
    struct snapshot *snapshot = snapshot_of(blocking_config());
    struct explanation e;

    (void)state;
    explain(snapshot, "www.casino.example", KID, &e);
    assert_true(e.blocked);
    assert_int_equal(e.verdict.rule, RULE_CATEGORY);
    assert_string_equal(e.matched, "gambling");
    assert_string_equal(e.categories, "gambling,social");
    assert_string_equal(e.suffix, "casino.example");
    assert_int_equal(e.witness_count, 2);
    assert_string_equal(e.rcode, "NOERROR");
    assert_string_equal(e.style, "nodata");
    assert_non_null(strstr(e.sentence, "gambling"));
    assert_non_null(strstr(e.sentence, "casino.example"));
    assert_non_null(strstr(e.lift, "allow list of profile 'kid'"));
    assert_non_null(strstr(e.lift, "a guardian or teacher"));
    explain(snapshot, "bad.example", KID, &e);
    assert_string_equal(e.matched, "malware,gambling");
    assert_non_null(strstr(e.lift, "a guardian alone")); /* the graver of the two */
    snapshot_free(snapshot);
}

static void c06_an_allow_is_shown_above_both_feeds(void **state)
{
    struct snapshot *snapshot = snapshot_of(blocking_config());
    struct explanation e;

    (void)state;
    explain(snapshot, "DOCS.Vendor.Example.", KID, &e);
    assert_false(e.blocked);
    assert_int_equal(e.verdict.rule, RULE_OWN_ALLOW);
    assert_string_equal(e.name, "docs.vendor.example");
    assert_string_equal(e.rule_at, "family.yaml:41:5");
    assert_int_equal(e.witness_count, 2);
    assert_null(e.rcode);
    explain(snapshot, "a.docs.vendor.example", KID, &e);
    assert_true(e.blocked);
    assert_string_equal(e.suffix, "vendor.example");
    snapshot_free(snapshot);
}

static void operator_legal_and_hotline_are_explained_by_one_word(void **state)
{
    static const char *const names[] = {"order.example", "ordered.example", "held.example"};
    struct snapshot *snapshot = snapshot_of(blocking_config());
    struct explanation first, e;

    (void)state;
    explain(snapshot, names[0], ADULT, &first);
    memset(first.name, 0, sizeof first.name);
    memset(&first.met, 0, sizeof first.met);
    assert_string_equal(first.sentence, "blocked: operator policy");
    for (size_t i = 1; i < 3; i++) {
        explain(snapshot, names[i], ADULT, &e);
        assert_string_equal(e.name, names[i]);
        memset(e.name, 0, sizeof e.name);
        assert_int_equal(e.met.length, strlen(names[i]) + 2); /* it costs */
        memset(&e.met, 0, sizeof e.met);
        assert_memory_equal(&e, &first, sizeof e);
    }
    assert_int_equal(first.witness_count, 0);
    assert_string_equal(first.categories, "-");
    assert_string_equal(first.suffix, "");
    assert_string_equal(first.rule_at, "");
    snapshot_free(snapshot);
}

static void a_client_that_is_not_served_learns_nothing_of_lists(void **state)
{
    struct config *config = blocking_config();
    struct explanation e;
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "casino.example", SAMPLE_A);
    struct snapshot *snapshot;

    (void)state;
    config->clients_allow_count = 0;
    snapshot = snapshot_of(config);
    explain_ask(snapshot, &ask, &e);
    assert_int_equal(e.verdict.rule, RULE_CLIENT);
    assert_string_equal(e.rcode, "REFUSED");
    assert_string_equal(e.categories, "-");
    assert_int_equal(e.witness_count, 0);
    snapshot_free(snapshot);
}

static void the_profile_is_explained_by_its_evidence(void **state)
{
    struct config *config = blocking_config();
    struct explanation e;
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "casino.example", SAMPLE_A);
    struct snapshot *snapshot;

    (void)state;
    sample_network(config, "192.0.2.0/24", ADULT);
    snapshot = snapshot_of(config);
    explain_ask(snapshot, &ask, &e);
    assert_string_equal(e.profile, "adult");
    assert_int_equal(e.by, IDENTIFY_PREFIX);
    assert_string_equal(e.by_text, "192.0.2.0/24");
    assert_int_equal(e.by_place.line, 21);
    assert_false(e.blocked);
    assert_string_equal(e.categories, "gambling,social"); /* listed, and nobody minds */
    snapshot_free(snapshot);
}

/* Style nxdomain with a real set: an exact entry must not deny what is below it. */
static void nxdomain_follows_what_the_set_covers(void **state)
{
    static const struct {
        const char *name;
        enum block_style style;
    } rows[] = {
        {"casino.example",     BLOCK_NXDOMAIN},
        {"www.casino.example", BLOCK_NXDOMAIN},
        {"one.example",        BLOCK_NODATA  },
        {"vendor.example",     BLOCK_NODATA  }, /* docs.vendor.example is allowed */
        {"img.vendor.example", BLOCK_NXDOMAIN},
    };
    struct config *config = blocking_config();
    struct snapshot *snapshot;

    (void)state;
    config->profiles[KID].style = BLOCK_NXDOMAIN;
    snapshot = snapshot_of(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct explanation e;

        explain(snapshot, rows[i].name, KID, &e);
        assert_int_equal(e.verdict.rule, RULE_CATEGORY);
        assert_int_equal(e.verdict.style, rows[i].style);
    }
    snapshot_free(snapshot);
}

static void every_rule_that_decides_has_a_sentence(void **state)
{
    static const struct {
        const char *name;
        int profile;
        enum verdict_rule rule;
        const char *word;
    } rows[] = {
        {"localhost",        KID,   RULE_SPECIAL,  "RFC 6761"     },
        {"childline.org.uk", KID,   RULE_PIN,      "helpline"     },
        {"gate.home.test",   KID,   RULE_LOCAL,    "local record" },
        {"denied.example",   KID,   RULE_OWN_DENY, "denies"       },
        {"a.example",        KID,   RULE_DEFAULT,  "nothing"      },
        {"a.example",        ADULT, RULE_DEFAULT,  "opens only"   },
        {"school.example",   ADULT, RULE_DEFAULT,  "positive list"},
    };
    struct config *config = blocking_config();
    struct snapshot *snapshot;

    (void)state;
    sample_record(config, "gate.home.test", SAMPLE_A);
    sample_rule(&config->profiles[KID].deny, "denied.example", 50);
    config->profiles[ADULT].default_deny = true;
    snapshot = snapshot_of(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct explanation e;

        explain(snapshot, rows[i].name, rows[i].profile, &e);
        assert_int_equal(e.verdict.rule, rows[i].rule);
        assert_non_null(strstr(e.sentence, rows[i].word));
    }
    snapshot_free(snapshot);
}

static void the_longest_names_fit(void **state)
{
    struct snapshot *snapshot = snapshot_of(blocking_config());
    struct explanation e;
    struct name_buf buf = {.length = 255};
    struct ask ask;
    char text[2 * 127];

    (void)state;
    for (size_t i = 0; i < 127; i++) {
        text[2 * i] = 'a';
        text[2 * i + 1] = i == 126 ? '\0' : '.';
    }
    ask = sample_ask(&buf, text, SAMPLE_A);
    explain_ask(snapshot, &ask, &e);
    assert_string_equal(e.name, text);
    /* the same length, every octet escaped */
    for (size_t i = 1; i < 254; i += 2)
        buf.wire[i] = 0xff;
    explain_ask(snapshot, &ask, &e);
    assert_int_equal(strlen(e.name), 127 * 5 - 1);
    explain(snapshot, ".", KID, &e);
    assert_string_equal(e.name, ".");
    snapshot_free(snapshot);
}

/* Explains as PROFILE what TEXT, a name or an address in the answer to ASKED, changes. */
static bool explain_leading_to(const struct snapshot *snapshot, const char *asked, int profile,
                               const char *text, struct explanation *e)
{
    struct check_item item = {.is_addr = false};
    struct name_buf buf, target;
    struct ask ask = sample_ask(&buf, asked, SAMPLE_A);

    ask.forced_profile = profile;
    explain_ask(snapshot, &ask, e);
    assert_int_equal(e->verdict.action, VERDICT_FORWARD);
    if (addr_from_text(&item.addr, text) == 0) {
        item.is_addr = true;
    } else {
        target = sample_name(text);
        item.name = name_of(&target);
    }
    return explain_item(snapshot, &ask, &item, e);
}

static struct snapshot *chain_snapshot(void)
{
    struct config *config = blocking_config();

    config->rebind_guard = true;
    sample_rule(&config->profiles[KID].deny, "denied.example", 50);
    return snapshot_of(config);
}

/* C03, C08 */
static void what_blocks_in_a_chain_is_named_with_its_feeds_and_its_cure(void **state)
{
    struct snapshot *snapshot = chain_snapshot();
    static struct explanation e;

    (void)state;
    assert_false(explain_leading_to(snapshot, "shop.example", KID, "c.casino.example", &e));
    assert_true(e.blocked);
    assert_string_equal(e.sentence,
                        "blocked: category gambling by 'c.casino.example' in the chain of "
                        "'shop.example', which profile 'kid' blocks");
    assert_string_equal(e.chain.by, "c.casino.example");
    assert_string_equal(e.chain.suffix, "casino.example");
    assert_string_equal(e.matched, "gambling");
    assert_int_equal(e.chain.witness_count, 2);
    assert_string_equal(e.chain.witnesses[0].feed, "feed1");
    assert_string_equal(e.rcode, "NOERROR");
    assert_non_null(strstr(e.lift, "may add 'shop.example' to the allow list of profile 'kid'"));
    assert_string_equal(e.rule_suffix, "");
    assert_true(explain_leading_to(snapshot, "shop.example", ADULT, "c.casino.example", &e));
    assert_false(e.blocked);
    assert_string_equal(e.chain.by, "");
    assert_int_equal(e.chain.items, 1);
    snapshot_free(snapshot);
}

static void each_kind_of_chain_block_has_its_words(void **state)
{
    static const struct {
        const char *item, *sentence, *lift;
    } rows[] = {
        {"bad.example",
         "blocked: category malware,gambling by 'bad.example' in the chain of 'shop.example', "
         "which profile 'kid' blocks",                                                                   "a guardian alone, for one name at a time, may add 'bad.example' to the allow list of "
         "profile 'kid' (family.yaml:10)"                                                                                                        },
        {"198.51.100.7",
         "blocked: category gambling by '198.51.100.7' in the chain of 'shop.example', which "
         "profile 'kid' blocks",                                                                         "a guardian or teacher may add 'shop.example' to the allow list of profile 'kid' "
         "(family.yaml:10)"                                                                                                                            },
        {"198.51.100.8",
         "blocked: category malware by '198.51.100.8' in the chain of 'shop.example', which "
         "profile 'kid' blocks",                                                                         "only the list itself: an address of this category cannot be allowed"         },
        {"a.denied.example",
         "blocked: profile 'kid' denies 'a.denied.example', in the chain of 'shop.example'",             "take out the rule (family.yaml:50:5), or allow 'shop.example' in the profile"},
        {"192.168.1.1",      "blocked: the answer to 'shop.example' leads inside, to 192.168.1.1",
         "where that is a device of yours, or a block list for mail, add 'shop.example' to "
         "rebind_allow"                                                                                                                                                                },
        {"0.0.0.0",          "blocked: the upstream answers 'shop.example' with 0.0.0.0, as filters do",
         "ask another upstream, or have this one open 'shop.example'"                                                                                                                  },
        {"::",               "blocked: the upstream answers 'shop.example' with ::, as filters do",
         "ask another upstream, or have this one open 'shop.example'"                                                                                                                  },
    };
    struct snapshot *snapshot = chain_snapshot();
    static struct explanation e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(explain_leading_to(snapshot, "shop.example", KID, rows[i].item, &e));
        assert_string_equal(e.sentence, rows[i].sentence);
        assert_string_equal(e.lift, rows[i].lift);
        assert_string_equal(e.chain.by, rows[i].item);
    }
    snapshot_free(snapshot);
}

/* Not one octet differs from what is told of a name that the operator's lists hold: neither what it
 * was, nor that it was the chain. */
static void operator_legal_and_hotline_in_a_chain_say_one_word(void **state)
{
    static const char *const items[] = {"order.example", "x.ordered.example", "held.example",
                                        "198.51.100.9"};
    struct snapshot *snapshot = chain_snapshot();
    static struct explanation of_name, of_chain;

    (void)state;
    for (int profile = KID; profile <= ADULT; profile++) {
        explain(snapshot, "order.example", profile, &of_name);
        memset(of_name.name, 0, sizeof of_name.name);
        for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
            assert_false(
                explain_leading_to(snapshot, "shop.example", profile, items[i], &of_chain));
            assert_string_equal(of_chain.sentence, "blocked: operator policy");
            memset(of_chain.name, 0, sizeof of_chain.name);
            assert_memory_equal(&of_chain.verdict, &of_name.verdict, sizeof of_name.verdict);
            assert_memory_equal(&of_chain.trace, &of_name.trace, sizeof of_name.trace);
            assert_memory_equal(&of_chain.chain, &of_name.chain, sizeof of_name.chain);
            assert_string_equal(of_chain.categories, of_name.categories);
            assert_string_equal(of_chain.matched, of_name.matched);
            assert_string_equal(of_chain.observed, of_name.observed);
            assert_string_equal(of_chain.suffix, of_name.suffix);
            assert_string_equal(of_chain.rule_suffix, of_name.rule_suffix);
            assert_string_equal(of_chain.rule_at, of_name.rule_at);
            assert_string_equal(of_chain.lift, of_name.lift);
            assert_string_equal(of_chain.rcode, of_name.rcode);
            assert_string_equal(of_chain.style, of_name.style);
            assert_int_equal(of_chain.witness_count, 0);
        }
    }
    snapshot_free(snapshot);
}

static void a_zone_is_told_with_its_place(void **state)
{
    struct config *config = blocking_config();
    struct config_zone *zone = SAMPLE_ADD(config->zones, config->zone_count);
    static struct explanation e;
    struct snapshot *snapshot;

    (void)state;
    zone->name = sample_name("school.internal");
    zone->place = (struct config_place){70, 5};
    snapshot = snapshot_of(config);
    explain(snapshot, "www.school.internal", KID, &e);
    assert_string_equal(e.sentence, "passes: the servers of the zone 'school.internal' are asked "
                                    "(family.yaml:70:5)");
    assert_string_equal(e.lift, "");
    snapshot_free(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_blocks_in_a_chain_is_named_with_its_feeds_and_its_cure),
        cmocka_unit_test(each_kind_of_chain_block_has_its_words),
        cmocka_unit_test(operator_legal_and_hotline_in_a_chain_say_one_word),
        cmocka_unit_test(a_zone_is_told_with_its_place),
        cmocka_unit_test(every_feed_that_holds_a_blocked_name_is_named),
        cmocka_unit_test(c06_an_allow_is_shown_above_both_feeds),
        cmocka_unit_test(operator_legal_and_hotline_are_explained_by_one_word),
        cmocka_unit_test(a_client_that_is_not_served_learns_nothing_of_lists),
        cmocka_unit_test(the_profile_is_explained_by_its_evidence),
        cmocka_unit_test(nxdomain_follows_what_the_set_covers),
        cmocka_unit_test(every_rule_that_decides_has_a_sentence),
        cmocka_unit_test(the_longest_names_fit),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
