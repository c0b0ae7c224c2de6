/* policy/decision.c, policy/listing.c: what terms of listings make of a verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/check.h"
#include "policy/explain.h"
#include "policy/listing.h"
#include "policy_sample.h"
#include "sample_set.h"

enum { KID, ADULT, NX };
enum { TYPE_TXT = 16, TYPE_MX = 15, TYPE_ANY = 255 };

static const struct sample_feed feeds[] = {
    {.feed = "acts",
     .category = "gambling",
     .names = {"deny.example;nxdomain", "=exact.example;nxdomain", "drop.example;drop",
               "tcp.example;tcp", "addr.example;A=192.0.2.7", "lead.example;CNAME=safe.example",
               "self.example;CNAME=www.self.example", "both.example;drop",
               "limited.example;nxdomain;type=A", "order.example;drop", "two.example;drop"}},
    {.feed = "denies",
     .category = "phishing",
     .names = {"nx.example;nxdomain", "open.example;nxdomain"}                             },
    {.feed = "other",   .category = "drugs",        .names = {"=two.example;A=192.0.2.9"}  },
    {.feed = "plain",
     .category = "malware",
     .names = {"both.example", "typed.example;type=A", "but.example;but=A"}                },
    {.feed = "watched",
     .category = "?malware",
     .names = {"seen.example", "nx.example", "ordered.example"}                            },
    {.feed = "orders",  .category = "legal_order",  .names = {"order.example"}             },
    {.feed = "lessons", .category = "edu_positive", .names = {"class.example;type=A"}      },
};

static struct snapshot *make_snapshot(void)
{
    struct config *config = sample_config();
    struct config_profile *nx;
    struct err err;
    struct snapshot *snapshot;

    config->profiles[KID].block =
        mask_or(sample_bits(config, "gambling"), sample_bits(config, "malware"));
    config->profiles[KID].block =
        mask_or(config->profiles[KID].block, sample_bits(config, "phishing"));
    nx = SAMPLE_ADD(config->profiles, config->profile_count);
    memcpy(nx->name, "nx", sizeof "nx");
    nx->block = mask_or(sample_bits(config, "gambling"), sample_bits(config, "phishing"));
    nx->style = BLOCK_NXDOMAIN;
    nx->default_deny = true;
    sample_rule(&nx->allow, "below.open.example", 40);
    snapshot =
        snapshot_create(config, sample_set(feeds, sizeof feeds / sizeof *feeds, &config->taxonomy),
                        sealed_open_empty(&err), &err);
    assert_non_null(snapshot);
    return snapshot;
}

static struct verdict decide(const struct snapshot *snapshot, const char *name, uint16_t type,
                             int profile, enum transport transport)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, type);
    struct verdict verdict;

    ask.forced_profile = profile;
    ask.transport = transport;
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

static void each_action_becomes_a_block_or_none(void **state)
{
    static const struct {
        const char *name;
        uint16_t type;
        int profile;
        enum transport transport;
        enum verdict_action action;
        enum verdict_rule rule;
        enum block_style style;
        enum terms_action terms;
        uint16_t ede[2];
    } rows[] = {
#define NONE VERDICT_NO_EDE
        {"a.nx.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NXDOMAIN,
                                   TERMS_STYLE,   {17, NONE}  },
        {"nx.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_TCP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NXDOMAIN,
                                   TERMS_STYLE,   {17, NONE}  },
 /* what is below it passes, or may; or other types do */
        {"exact.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
        {"open.example",
                                   SAMPLE_A,    NX,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
        {"open.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NXDOMAIN,
                                   TERMS_STYLE,   {17, NONE}  },
 /* a name below it may have an answer */
        {"deny.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
 /* what a category that this profile leaves alone would have answered */
        {"two.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_DROP,    {17, NONE}  },
        {"limited.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
        {"limited.example",
                                   TYPE_TXT,    KID,
                                   TRANSPORT_UDP, VERDICT_FORWARD,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {NONE, NONE}},
        {"drop.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_DROP,    {17, NONE}  },
        {"drop.example",
                                   SAMPLE_A,    ADULT,
                                   TRANSPORT_UDP, VERDICT_FORWARD,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {NONE, NONE}},
        {"tcp.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_TCP,     {17, NONE}  },
        {"tcp.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_DOT, VERDICT_FORWARD,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {NONE, NONE}},
        {"tcp.example",
                                   SAMPLE_A,    NX,
                                   TRANSPORT_TCP, VERDICT_BLOCK,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
        {"addr.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_REWRITE, {17, 4}     },
        {"addr.example",
                                   TYPE_MX,     KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_REWRITE, {17, NONE}  },
        {"self.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_REWRITE, {17, 4}     },
        {"www.self.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_FORWARD,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {NONE, NONE}},
 /* each category that blocks must have one */
        {"both.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
        {"both.example",
                                   SAMPLE_A,    NX,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_DROP,    {17, NONE}  },
        {"order.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_OPERATOR, BLOCK_NODATA,
                                   TERMS_STYLE,   {15, NONE}  },
        {"typed.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
        {"typed.example",
                                   SAMPLE_AAAA, KID,
                                   TRANSPORT_UDP, VERDICT_FORWARD,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {NONE, NONE}},
        {"but.example",
                                   SAMPLE_A,    KID,
                                   TRANSPORT_UDP, VERDICT_FORWARD,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {NONE, NONE}},
        {"but.example",
                                   SAMPLE_AAAA, KID,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_CATEGORY, BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
 /* a positive list admits by type, too */
        {"class.example",
                                   SAMPLE_A,    NX,
                                   TRANSPORT_UDP, VERDICT_FORWARD,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {NONE, NONE}},
        {"class.example",
                                   TYPE_TXT,    NX,
                                   TRANSPORT_UDP, VERDICT_BLOCK,
                                   RULE_DEFAULT,  BLOCK_NODATA,
                                   TERMS_STYLE,   {17, NONE}  },
    };
    struct snapshot *snapshot = make_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v =
            decide(snapshot, rows[i].name, rows[i].type, rows[i].profile, rows[i].transport);

        if (v.action != rows[i].action || v.rule != rows[i].rule || v.style != rows[i].style ||
            v.terms != rows[i].terms || v.ede[0] != rows[i].ede[0] || v.ede[1] != rows[i].ede[1])
            fail_msg("row %zu, %s: %s, action %d, style %d, terms %d, ede %u %u", i, rows[i].name,
                     verdict_rule_word(v.rule), (int)v.action, (int)v.style, (int)v.terms, v.ede[0],
                     v.ede[1]);
    }
    snapshot_free(snapshot);
}

static void a_rewrite_to_a_name_is_a_transform(void **state)
{
    struct snapshot *snapshot = make_snapshot();
    struct verdict v = decide(snapshot, "x.lead.example", SAMPLE_A, KID, TRANSPORT_UDP);
    char text[NAME_TEXT_MAX];

    (void)state;
    assert_int_equal(v.transform & TRANSFORM_ALIAS, TRANSFORM_ALIAS);
    assert_string_equal(name_to_text(&v.alias, text), "safe.example");
    assert_string_equal(v.feed, "acts");
    assert_int_equal(v.labels, 2);
    v = decide(snapshot, "lead.example", TYPE_ANY, KID, TRANSPORT_UDP);
    assert_int_equal(v.transform & TRANSFORM_ALIAS, 0);
    v = decide(snapshot, "addr.example", SAMPLE_A, KID, TRANSPORT_UDP);
    assert_int_equal(v.transform & TRANSFORM_ALIAS, 0);
    snapshot_free(snapshot);
}

static void what_is_only_observed_is_told_and_not_applied(void **state)
{
    struct snapshot *snapshot = make_snapshot();
    const struct config *config = snapshot_config(snapshot);
    struct verdict v = decide(snapshot, "a.seen.example", SAMPLE_A, KID, TRANSPORT_UDP);

    (void)state;
    assert_int_equal(v.action, VERDICT_FORWARD);
    assert_true(mask_has(v.observed, taxonomy_find(&config->taxonomy, "malware")->bit));
    /* beside a block of another list */
    v = decide(snapshot, "nx.example", SAMPLE_A, KID, TRANSPORT_UDP);
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_true(mask_any(v.observed));
    assert_false(mask_any(mask_and(v.observed, v.matched)));
    /* who does not block the category has nothing to observe */
    v = decide(snapshot, "seen.example", SAMPLE_A, ADULT, TRANSPORT_UDP);
    assert_false(mask_any(v.observed));
    snapshot_free(snapshot);
}

static void an_answer_that_leads_to_listings_with_terms_is_checked_by_type(void **state)
{
    static const struct {
        const char *target;
        uint16_t type;
        bool passes;
    } rows[] = {
        {"drop.example",  SAMPLE_A,    false},
        {"tcp.example",   SAMPLE_A,    false},
        {"addr.example",  SAMPLE_AAAA, false},
        {"typed.example", SAMPLE_A,    false},
        {"typed.example", TYPE_TXT,    true },
        {"seen.example",  SAMPLE_A,    true },
        {"clean.example", SAMPLE_A,    true },
    };
    struct snapshot *snapshot = make_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict verdict =
            decide(snapshot, "asked.example", rows[i].type, KID, TRANSPORT_UDP);
        struct name_buf asked, target = sample_name(rows[i].target);
        struct ask ask = sample_ask(&asked, "asked.example", rows[i].type);
        struct check_item item = {.name = name_of(&target)};
        struct check_class class = {.ruled = false};
        struct verdict blocked;

        assert_int_equal(check_decide(snapshot, &ask, &verdict, &item, &blocked), rows[i].passes);
        check_classify(snapshot, &item, &class);
        if (check_passes(snapshot, &verdict, &class))
            assert_true(rows[i].passes);
        if (rows[i].passes)
            continue;
        assert_int_equal(blocked.terms, TERMS_STYLE);
        assert_int_equal(blocked.ede[0], 17);
    }
    snapshot_free(snapshot);
}

static void records_that_are_cut_are_none(void **state)
{
    static const uint8_t whole[] = {0, 1, 0, 4, 192, 0, 2, 1, 0, 16, 0, 2, 1, 'x'};
    static const uint8_t names[][8] = {
        {0, 5, 0, 3, 1,    'a', 0  }, /* good */
        {0, 5, 0, 3, 1,    'a', 'b'}, /* no end */
        {0, 5, 0, 3, 9,    'a', 0  }, /* a label beyond */
        {0, 5, 0, 3, 0,    'a', 0  }, /* something behind its end */
        {0, 5, 0, 3, 0xc0, 'a', 0  }, /* a pointer */
        {0, 5, 0, 0, 1,    'a', 0  }, /* empty */
    };
    struct listing_record record;
    struct name alias;
    size_t at = 0;

    (void)state;
    assert_true(listing_record(whole, sizeof whole, &at, &record));
    assert_int_equal(record.type, 1);
    assert_int_equal(record.length, 4);
    assert_true(listing_record(whole, sizeof whole, &at, &record));
    assert_int_equal(record.rdata[1], 'x');
    assert_false(listing_record(whole, sizeof whole, &at, &record));
    for (size_t length = 0; length < sizeof whole; length++) {
        at = 0;
        while (listing_record(whole, length, &at, &record))
            assert_true(at <= length);
    }
    assert_false(listing_record_of(whole, sizeof whole, 28, &record));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct set_terms listing = {
            .action = TERMS_REWRITE, .records = names[i], .records_length = 7};

        assert_int_equal(listing_alias(&listing, SAMPLE_A, &alias), i == 0);
    }
}

static void why_tells_of_the_list_and_what_it_does(void **state)
{
    static const struct {
        const char *name, *said, *action;
        bool blocked;
    } rows[] = {
        {"nx.example",    "list 'denies' has it answered NXDOMAIN",               "nxdomain", true },
        {"exact.example", "softened to no record",                                "nxdomain", true },
        {"drop.example",  "list 'acts' has it left without an answer",            "drop",     true },
        {"tcp.example",   "passes over TCP: list 'acts'",                         "tcp",      false},
        {"lead.example",  "list 'acts' leads to 'safe.example'",                  "rewrite",  true },
        {"addr.example",  "list 'acts' answers with records",                     "rewrite",  true },
        {"seen.example",  "as malware by list 'watched', which is only observed", NULL,       false},
        {"nx.example",    "it would be blocked as malware by list 'watched'",     "nxdomain", true },
        {"typed.example", "listed as malware",                                    NULL,       true },
    };
    struct snapshot *snapshot = make_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct name_buf buf;
        struct ask ask = sample_ask(&buf, rows[i].name, SAMPLE_A);
        static struct explanation e;

        ask.forced_profile = KID;
        explain_ask(snapshot, &ask, &e);
        if (strstr(e.sentence, rows[i].said) == NULL)
            fail_msg("%s: %s", rows[i].name, e.sentence);
        assert_int_equal(e.blocked, rows[i].blocked);
        assert_true((e.action == NULL) == (rows[i].action == NULL));
        if (e.action != NULL)
            assert_string_equal(e.action, rows[i].action);
    }
    snapshot_free(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_becomes_a_block_or_none),
        cmocka_unit_test(a_rewrite_to_a_name_is_a_transform),
        cmocka_unit_test(what_is_only_observed_is_told_and_not_applied),
        cmocka_unit_test(an_answer_that_leads_to_listings_with_terms_is_checked_by_type),
        cmocka_unit_test(records_that_are_cut_are_none),
        cmocka_unit_test(why_tells_of_the_list_and_what_it_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
