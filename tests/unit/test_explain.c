/* policy/explain.c: what `why` tells, and what it never tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "policy/explain.h"
#include "policy_sample.h"
#include "sample_set.h"

enum { KID, ADULT };

static const struct sample_feed feeds[] = {
    {"feed1",   "gambling",     {"vendor.example", "casino.example"}    },
    {"feed2",   "gambling",     {"=docs.vendor.example", "=one.example"}},
    {"feed3",   "social",       {"casino.example"}                      },
    {"orders",  "legal_order",  {"ordered.example"}                     },
    {"school",  "edu_positive", {"school.example"}                      },
    {"graver",  "malware",      {"bad.example"}                         },
    {"lighter", "gambling",     {"bad.example"}                         },
    {"broad",   "social",       {"ordered.example"}                     },
};

static struct snapshot *snapshot_of(struct config *config)
{
    struct sample_feed secret = {"held", "csam", {"=held.example"}};
    struct err err = {.code = ERR_NONE};
    struct set *listed = sample_set(feeds, sizeof feeds / sizeof *feeds, &config->taxonomy);
    struct set *hotline = sample_set(&secret, 1, &config->taxonomy);
    struct snapshot *snapshot = snapshot_create(config, listed, hotline, &err);

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
    assert_string_equal(first.sentence, "blocked: operator policy");
    for (size_t i = 1; i < 3; i++) {
        explain(snapshot, names[i], ADULT, &e);
        assert_string_equal(e.name, names[i]);
        memset(e.name, 0, sizeof e.name);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
