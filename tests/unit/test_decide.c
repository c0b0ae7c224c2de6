/* policy/decide.c: the order of decision, own rules, the trace. */
#include <sodium.h>
#include <stdio.h>

#include "config/base/random.h"
#include "decide_sample.h"

static void each_rule_decides_before_the_next(void **state)
{
    static const struct {
        const char *name;
        int profile;
        struct hits hits;
        enum verdict_rule rule;
        enum verdict_action action;
        uint16_t ede;
    } rows[] = {
  /* 2 before 3: operator's word stands above a local record */
        {"gate.order.example",   KID,   {{0}, false},                    RULE_OPERATOR, VERDICT_BLOCK,   15            },
        {"www.order.example",    ADULT, {{0}, false},                    RULE_OPERATOR, VERDICT_BLOCK,   15            },
        {"a.example",            KID,   {{"csam"}, false},               RULE_OPERATOR, VERDICT_BLOCK,   15            },
        {"a.example",            ADULT, {{"legal_order"}, false},        RULE_OPERATOR, VERDICT_BLOCK,   15            },
        {"a.example",            ADULT, {{"terror"}, false},             RULE_OPERATOR, VERDICT_BLOCK,   15            },
        {"a.example",            ADULT, {{0}, true},                     RULE_OPERATOR, VERDICT_BLOCK,   15            },
 /* 2 before 5 and 8: nobody below the operator lifts it */
        {"childline.org.uk",     KID,   {{0}, true},                     RULE_OPERATOR, VERDICT_BLOCK,   15            },
        {"allowed.example",      KID,   {{"csam"}, false},               RULE_OPERATOR, VERDICT_BLOCK,   15            },
 /* 3 before 4, 8 and 10 */
        {"gate.home.arpa",       KID,   {{0}, false},                    RULE_LOCAL,    VERDICT_ANSWER,  VERDICT_NO_EDE},
        {"gate.denied.example",
         KID,                           {{"gambling"}, false},
         RULE_LOCAL,                                                                    VERDICT_ANSWER,
         VERDICT_NO_EDE                                                                                                },
 /* 4 before 8 and 10 */
        {"other.home.arpa",
         KID,                           {{"gambling"}, false},
         RULE_SPECIAL,                                                                  VERDICT_ANSWER,
         VERDICT_NO_EDE                                                                                                },
        {"printer",              KID,   {{0}, false},                    RULE_SPECIAL,  VERDICT_ANSWER,  VERDICT_NO_EDE},
 /* 5 before 8 and 10: help is never blocked */
        {"www.childline.org.uk",
         KID,                           {{"gambling"}, false},
         RULE_PIN,                                                                      VERDICT_FORWARD,
         VERDICT_NO_EDE                                                                                                },
 /* 8 before 10 */
        {"allowed.example",
         KID,                           {{"gambling"}, false},
         RULE_OWN_ALLOW,                                                                VERDICT_FORWARD,
         VERDICT_NO_EDE                                                                                                },
        {"denied.example",       KID,   {{0}, false},                    RULE_OWN_DENY, VERDICT_BLOCK,   17            },
        {"denied.example",       KID,   {{"gambling"}, false},           RULE_OWN_DENY, VERDICT_BLOCK,   17            },
        {"denied.example",       ADULT, {{0}, false},                    RULE_DEFAULT,  VERDICT_FORWARD, VERDICT_NO_EDE},
 /* 10 before 11 */
        {"a.example",            KID,   {{"gambling"}, false},           RULE_CATEGORY, VERDICT_BLOCK,   17            },
        {"a.example",            KID,   {{"gambling", "social"}, false}, RULE_CATEGORY, VERDICT_BLOCK,   17            },
        {"a.example",            ADULT, {{"gambling"}, false},           RULE_DEFAULT,  VERDICT_FORWARD, VERDICT_NO_EDE},
        {"a.example",            KID,   {{"social"}, false},             RULE_DEFAULT,  VERDICT_FORWARD, VERDICT_NO_EDE},
        {"a.example",            KID,   {{"porn"}, false},               RULE_DEFAULT,  VERDICT_FORWARD, VERDICT_NO_EDE},
        {"a.example",            KID,   {{0}, false},                    RULE_DEFAULT,  VERDICT_FORWARD, VERDICT_NO_EDE},
        {".",                    KID,   {{0}, false},                    RULE_DEFAULT,  VERDICT_FORWARD, VERDICT_NO_EDE},
    };
    struct snapshot *snapshot = full_snapshot(BLOCK_NODATA);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(snapshot, rows[i].name, SAMPLE_A, rows[i].profile, &rows[i].hits);

        if (v.rule != rows[i].rule)
            print_error("row %zu: %s\n", i, rows[i].name);
        assert_int_equal(v.rule, rows[i].rule);
        assert_int_equal(v.action, rows[i].action);
        assert_int_equal(v.ede[0], rows[i].ede);
        assert_int_equal(v.valid_until_s, INT64_MAX);
    }
    snapshot_free(snapshot);
}

static void a_client_that_is_not_allowed_is_refused_before_all_else(void **state)
{
    struct config *config = sample_config();
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "order.example", SAMPLE_A);
    struct verdict v;
    struct snapshot *snapshot;

    (void)state;
    assert_int_equal(prefix_from_text(&config->clients_allow[0], "192.0.2.0/24"), 0);
    sample_rule(&config->operator_deny, "order.example", 60);
    snapshot = sample_snapshot(config);
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, &v, NULL);
    assert_int_equal(v.rule, RULE_OPERATOR);
    assert_int_equal(addr_from_text(&ask.client, "198.51.100.1"), 0);
    policy_decide(snapshot, &ask, &v, NULL);
    assert_int_equal(v.rule, RULE_CLIENT);
    assert_int_equal(v.action, VERDICT_REFUSE);
    assert_int_equal(v.ede[0], 18);
    assert_int_equal(v.ede[1], VERDICT_NO_EDE);
    snapshot_free(snapshot);
}

static void operator_legal_and_hotline_cannot_be_told_apart(void **state)
{
    static const struct {
        const char *name;
        struct hits hits;
    } rows[] = {
        {"www.order.example", {{0}, false}                    },
        {"www.other.example", {{"csam"}, false}               },
        {"www.other.example", {{"legal_order", "porn"}, false}},
        {"www.other.example", {{"gambling"}, true}            },
        {"allowed.example",   {{0}, true}                     },
    };

    (void)state;
    for (int style = BLOCK_NODATA; style <= BLOCK_REFUSED; style++) {
        struct snapshot *snapshot = full_snapshot((enum block_style)style);
        struct verdict first = decide(snapshot, rows[0].name, SAMPLE_A, KID, &rows[0].hits);

        for (size_t i = 1; i < sizeof rows / sizeof *rows; i++) {
            struct verdict v = decide(snapshot, rows[i].name, SAMPLE_A, KID, &rows[i].hits);

            assert_memory_equal(&v, &first, sizeof v);
        }
        assert_int_equal(first.labels, 0);
        assert_int_equal(first.row, 0);
        assert_int_equal(first.place.line, 0);
        assert_false(mask_any(first.matched));
        assert_int_not_equal(first.style, BLOCK_NXDOMAIN);
        snapshot_free(snapshot);
    }
}

/* C05, in every order of the config's lines. */
static void c05_the_longest_own_rule_wins_in_any_order(void **state)
{
    static const struct {
        const char *text;
        bool deny;
    } rules[] = {
        {"portal.example",            false},
        {"chat.portal.example",       true },
        {"=help.chat.portal.example", false},
    };
    static const struct {
        const char *name;
        enum verdict_action action;
        unsigned line;
    } rows[] = {
        {"portal.example",             VERDICT_FORWARD, 1},
        {"www.portal.example",         VERDICT_FORWARD, 1},
        {"chat.portal.example",        VERDICT_BLOCK,   2},
        {"x.chat.portal.example",      VERDICT_BLOCK,   2},
        {"help.chat.portal.example",   VERDICT_FORWARD, 3},
        {"y.help.chat.portal.example", VERDICT_BLOCK,   2},
    };
    static const unsigned orders[6][3] = {
        {0, 1, 2},
        {0, 2, 1},
        {1, 0, 2},
        {1, 2, 0},
        {2, 0, 1},
        {2, 1, 0}
    };
    const struct hits listed = {{"gambling"}, false};

    (void)state;
    for (size_t k = 0; k < 6; k++) {
        struct config *config = sample_config();
        struct config_profile *kid = &config->profiles[KID];
        struct snapshot *snapshot;

        kid->block = sample_bits(config, "gambling");
        for (size_t i = 0; i < 3; i++) {
            unsigned n = orders[k][i];

            sample_rule(rules[n].deny ? &kid->deny : &kid->allow, rules[n].text, n + 1);
        }
        snapshot = sample_snapshot(config);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct verdict v = decide(snapshot, rows[i].name, SAMPLE_A, KID, &listed);

            assert_int_equal(v.action, rows[i].action);
            assert_int_equal(v.place.line, rows[i].line);
        }
        snapshot_free(snapshot);
    }
}

static void c06_an_exact_allow_lifts_one_name_of_a_listed_tree(void **state)
{
    static const struct {
        const char *name;
        enum verdict_action action;
    } rows[] = {
        {"docs.vendor.example",   VERDICT_FORWARD},
        {"DOCS.Vendor.Example.",  VERDICT_FORWARD},
        {"a.docs.vendor.example", VERDICT_BLOCK  },
        {"vendor.example",        VERDICT_BLOCK  },
    };
    const struct hits listed = {{"gambling"}, false};
    struct config *config = sample_config();
    struct snapshot *snapshot;

    (void)state;
    config->profiles[KID].block = sample_bits(config, "gambling");
    sample_rule(&config->profiles[KID].allow, "=docs.vendor.example", 1);
    snapshot = sample_snapshot(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(decide(snapshot, rows[i].name, SAMPLE_A, KID, &listed).action,
                         rows[i].action);
    snapshot_free(snapshot);
}

/* C03, the verdict's part: each client's own profile decides about the same name. */
static void c03_a_profile_without_blocks_lets_a_listed_name_pass(void **state)
{
    const struct hits listed = {{"gambling"}, false};
    struct snapshot *snapshot = full_snapshot(BLOCK_NODATA);

    (void)state;
    assert_int_equal(decide(snapshot, "c.track.example", SAMPLE_A, KID, &listed).action,
                     VERDICT_BLOCK);
    assert_int_equal(decide(snapshot, "c.track.example", SAMPLE_A, ADULT, &listed).action,
                     VERDICT_FORWARD);
    snapshot_free(snapshot);
}

static void below_rules_leave_the_name_itself_alone(void **state)
{
    const struct hits none = {{0}, false};
    struct config *config = sample_config();
    struct snapshot *snapshot;

    (void)state;
    sample_rule(&config->profiles[KID].deny, "*.shop.example", 1);
    snapshot = sample_snapshot(config);
    assert_int_equal(decide(snapshot, "shop.example", SAMPLE_A, KID, &none).rule, RULE_DEFAULT);
    assert_int_equal(decide(snapshot, "a.shop.example", SAMPLE_A, KID, &none).rule, RULE_OWN_DENY);
    assert_int_equal(decide(snapshot, "b.a.shop.example", SAMPLE_A, KID, &none).rule,
                     RULE_OWN_DENY);
    assert_int_equal(decide(snapshot, "ashop.example", SAMPLE_A, KID, &none).rule, RULE_DEFAULT);
    snapshot_free(snapshot);
}

/* Own rules as design.md words them, without a tree: every rule against every suffix. */
static const struct config_rule *model_best(const struct config_profile *profile,
                                            const struct name *name, bool *deny)
{
    const struct config_rules *lists[] = {&profile->allow, &profile->deny};
    const struct config_rule *best = NULL;
    int best_rank = -1;

    for (int list = 0; list < 2; list++) {
        for (size_t i = 0; i < lists[list]->count; i++) {
            const struct config_rule *rule = &lists[list]->items[i];
            struct name base = name_of(&rule->name);
            bool same = name_equal(name, &base);
            int rank;

            if (!name_is_below_or_at(name, &base) || (rule->cover == COVER_EXACT && !same) ||
                (rule->cover == COVER_BELOW && same))
                continue;
            rank = (int)base.length * 4 + (rule->cover == COVER_EXACT ? 2 : 0) + list;
            if (rank > best_rank) {
                best = rule;
                best_rank = rank;
                *deny = list == 1;
            }
        }
    }
    return best;
}

static void random_name(struct random *random, char *text)
{
    unsigned labels = 1 + random_below(random, 4);

    text[0] = '\0';
    for (unsigned i = 0; i < labels; i++) {
        char label[3] = {(char)('a' + random_below(random, 3)), '.', '\0'};

        strcat(text, label);
    }
    strcat(text, "example");
}

static struct config *random_config(struct random *random)
{
    static const char *const prefixes[] = {"", "=", "*."};
    struct config *config = sample_config();
    struct config_profile *kid = &config->profiles[KID];

    for (unsigned i = 0; i < 12; i++) {
        char text[64], rule[80];

        random_name(random, text);
        snprintf(rule, sizeof rule, "%s%s", prefixes[random_below(random, 3)], text);
        sample_rule(random_below(random, 2) ? &kid->deny : &kid->allow, rule, i + 1);
    }
    return config;
}

static void own_rules_agree_with_a_model_on_random_trees(void **state)
{
    const struct hits none = {{0}, false};
    struct random random = {.left = 0};
    unsigned decided = 0;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct config *config = random_config(&random);
        struct snapshot *snapshot = sample_snapshot(config);

        for (unsigned i = 0; i < 100; i++) {
            char text[64];
            struct name_buf buf;
            struct name name;
            bool deny = false;
            const struct config_rule *rule;
            struct verdict v;

            random_name(&random, text);
            buf = sample_name(text);
            name = name_of(&buf);
            rule = model_best(&config->profiles[KID], &name, &deny);
            v = decide(snapshot, text, SAMPLE_A, KID, &none);
            assert_int_equal(v.rule, rule == NULL ? RULE_DEFAULT
                                     : deny       ? RULE_OWN_DENY
                                                  : RULE_OWN_ALLOW);
            decided += rule != NULL;
        }
        snapshot_free(snapshot);
    }
    assert_true(decided > 1000);
}

static void a_default_deny_profile_admits_the_positive_list(void **state)
{
    const struct hits none = {{0}, false}, edu = {{"edu_positive"}, false};
    const struct hits both = {
        {"edu_positive", "gambling"},
        false
    };
    struct config *config = sample_config();
    struct snapshot *snapshot;
    struct verdict v;

    (void)state;
    config->profiles[KID].default_deny = true;
    config->profiles[KID].style = BLOCK_NXDOMAIN;
    config->profiles[KID].block = sample_bits(config, "gambling");
    sample_rule(&config->profiles[KID].allow, "picked.example", 1);
    snapshot = sample_snapshot(config);
    v = decide(snapshot, "a.example", SAMPLE_A, KID, &none);
    assert_int_equal(v.rule, RULE_DEFAULT);
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_int_equal(v.ede[0], 17);
    assert_int_equal(v.style, BLOCK_NODATA); /* something below may be admitted */
    assert_int_equal(decide(snapshot, "a.example", SAMPLE_A, KID, &edu).action, VERDICT_FORWARD);
    assert_int_equal(decide(snapshot, "a.example", SAMPLE_A, KID, &both).rule, RULE_CATEGORY);
    assert_int_equal(decide(snapshot, "picked.example", SAMPLE_A, KID, &none).action,
                     VERDICT_FORWARD);
    assert_int_equal(decide(snapshot, "a.example", SAMPLE_A, ADULT, &none).action, VERDICT_FORWARD);
    snapshot_free(snapshot);
}

static void observed_categories_are_counted_and_not_applied(void **state)
{
    const struct hits porn =
                          {
                              {"porn"},
                              false
    },
                      both = {{"porn", "gambling"}, false};
    struct snapshot *snapshot = full_snapshot(BLOCK_NODATA);
    const struct config *config = snapshot_config(snapshot);
    struct verdict v = decide(snapshot, "a.example", SAMPLE_A, KID, &porn);

    (void)state;
    assert_int_equal(v.action, VERDICT_FORWARD);
    assert_int_equal(v.observed.words[0], sample_bits(config, "porn").words[0]);
    v = decide(snapshot, "a.example", SAMPLE_A, KID, &both);
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_int_equal(v.matched.words[0], sample_bits(config, "gambling").words[0]);
    assert_int_equal(v.observed.words[0], sample_bits(config, "porn").words[0]);
    assert_int_equal(v.row, 7);
    snapshot_free(snapshot);
}

static void a_trace_tells_of_every_rule_in_order(void **state)
{
    struct snapshot *snapshot = full_snapshot(BLOCK_NODATA);
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "denied.example", SAMPLE_A);
    struct decide_trace trace;
    struct verdict v;

    (void)state;
    policy_decide(snapshot, &ask, &v, &trace);
    assert_int_equal(trace.count, RULE_DEFAULT + 1);
    for (unsigned i = 0; i < trace.count; i++) {
        unsigned rule = trace.steps[i].rule;

        assert_int_equal(rule, i);
        if (rule < RULE_OWN_DENY)
            assert_int_equal(trace.steps[i].outcome, STEP_NO_MATCH);
        else
            assert_int_equal(trace.steps[i].outcome,
                             rule == RULE_OWN_DENY ? STEP_MATCH : STEP_NOT_REACHED);
    }
    snapshot_free(snapshot);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_decides_before_the_next),
        cmocka_unit_test(a_client_that_is_not_allowed_is_refused_before_all_else),
        cmocka_unit_test(operator_legal_and_hotline_cannot_be_told_apart),
        cmocka_unit_test(c05_the_longest_own_rule_wins_in_any_order),
        cmocka_unit_test(c06_an_exact_allow_lifts_one_name_of_a_listed_tree),
        cmocka_unit_test(c03_a_profile_without_blocks_lets_a_listed_name_pass),
        cmocka_unit_test(below_rules_leave_the_name_itself_alone),
        cmocka_unit_test(own_rules_agree_with_a_model_on_random_trees),
        cmocka_unit_test(a_default_deny_profile_admits_the_positive_list),
        cmocka_unit_test(observed_categories_are_counted_and_not_applied),
        cmocka_unit_test(a_trace_tells_of_every_rule_in_order),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
