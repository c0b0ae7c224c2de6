/* What a profile blocks at a time of day, at an age, and by a clock that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "config/base/date.h"
#include "policy/check.h"
#include "policy/explain.h"
#include "policy/stairs.h"
#include "policy/state/grants.h"
#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy_sample.h"

static const char start[] = "zone: UTC\nclock_earliest: 2000-01-01\n"
                            "upstreams: [192.0.2.53]\nclients: {allow: [0.0.0.0/0]}\n";

static struct snapshot *snapshot_of(const char *yaml)
{
    struct config_problems problems = {0};
    struct err err = {.code = ERR_NONE};
    char text[4096];
    struct config *config;
    struct snapshot *snapshot;
    int length = snprintf(text, sizeof text, "%s%s", start, yaml);

    config = config_parse("f", text, (size_t)length, &problems);
    if (config == NULL)
        print_error("%s\n", problems.items[0].text);
    assert_non_null(config);
    config_problems_free(&problems);
    snapshot = snapshot_create(config, set_open_empty(&err), sealed_open_empty(&err), &err);
    if (snapshot == NULL)
        print_error("%s\n", err.text);
    assert_non_null(snapshot);
    return snapshot;
}

/* Unix time of `2026-11-26 18:30`, UTC. */
static int64_t at(const char *text)
{
    int32_t days;
    unsigned hour, minute;

    assert_int_equal(date_read(&text, &days), 0);
    assert_int_equal(sscanf(text, " %2u:%2u", &hour, &minute), 2);
    return (int64_t)days * DATE_DAY_S + hour * 3600 + minute * 60;
}

/* Decides on NAME, listed as KEYS (one, or NULL), at the time TEXT. */
static struct verdict decide(const struct snapshot *snapshot, const char *name, const char *key,
                             const char *text)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, SAMPLE_A);
    struct verdict verdict;

    ask.wall_s = at(text);
    sealed_lookup(snapshot_sealed(snapshot), &ask.name, &ask.sealed); /* the operator's own */
    if (key != NULL) {
        ask.listed.mask = sample_bits(snapshot_config(snapshot), key);
        ask.listed.labels = 1;
    }
    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

static bool blocked(const struct snapshot *snapshot, const char *name, const char *key,
                    const char *text)
{
    return decide(snapshot, name, key, text).action == VERDICT_BLOCK;
}

static void a_schedule_blocks_within_its_hours_and_no_answer_outlives_its_edge(void **state)
{
    struct snapshot *s = snapshot_of(
        "profiles: {kid: {schedules: {homework: {block: [games], names: [chat.example], "
        "when: ['mon-fri 15:00-17:00']}}}}\n");
    struct verdict v = decide(s, "g.example", "games", "2026-11-26 14:59");

    (void)state;
    assert_int_equal(v.action, VERDICT_FORWARD);
    assert_int_equal(v.valid_until_s, at("2026-11-26 15:00"));
    assert_int_equal(v.max_ttl_s, 60);
    v = decide(s, "g.example", "games", "2026-11-26 15:00");
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_int_equal(v.rule, RULE_SCHEDULE);
    assert_int_equal(v.schedule, 1);
    assert_int_equal(v.ttl_s, 10);
    assert_int_equal(v.ede[0], VERDICT_EDE_FILTERED);
    assert_int_equal(v.valid_until_s, at("2026-11-26 17:00"));
    assert_true(blocked(s, "x.chat.example", NULL, "2026-11-26 16:59"));
    assert_false(blocked(s, "x.chat.example", NULL, "2026-11-26 17:00"));
    assert_false(blocked(s, "g.example", "games", "2026-11-28 15:30")); /* a Saturday */
    snapshot_free(s);
}

static void the_last_seconds_before_an_edge_leave_one_second_of_ttl(void **state)
{
    struct snapshot *s = snapshot_of(
        "profiles: {kid: {schedules: {homework: {block: [games], when: ['15:00-17:00']}}}}\n");
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "g.example", SAMPLE_A);
    struct verdict v;

    (void)state;
    ask.wall_s = at("2026-11-26 17:00") - 4;
    ask.listed.mask = sample_bits(snapshot_config(s), "games");
    policy_decide(s, &ask, &v, NULL);
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_int_equal(v.ttl_s, 4);
    ask.wall_s = at("2026-11-26 17:00") - 1;
    policy_decide(s, &ask, &v, NULL);
    assert_int_equal(v.ttl_s, 1);
    snapshot_free(s);
}

static void what_is_more_particular_counts_more_and_a_block_before_an_allow(void **state)
{
    static const struct {
        const char *name, *key;
        bool blocked;
    } rows[] = {
        {"plain.example",    NULL,       true }, /* everything is closed */
        {"g.example",        "games",    true }, /* closed and opened: closed */
        {"shop.example",     "shopping", false}, /* the category is opened */
        {"mal.example",      "malware",  true },
        {"in.example",       NULL,       false}, /* the name is opened */
        {"in.example",       "malware",  false}, /* even so: it is spelt out */
        {"out.in.example",   NULL,       true }, /* a longer one is closed */
        {"childline.org.uk", NULL,       false}, /* a pin */
    };
    struct snapshot *s = snapshot_of(
        "profiles: {kid: {block: [malware, shopping], schedules: {\n"
        "  lesson: {block: [games], names: [out.in.example], everything: yes, when: "
        "['10:00-12:00']},\n"
        "  open: {allow: [games, shopping], names: [in.example], when: ['10:00-12:00']}}}}\n");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (blocked(s, rows[i].name, rows[i].key, "2026-11-26 11:00") != rows[i].blocked)
            fail_msg("row %zu: %s", i, rows[i].name);
    }
    assert_false(blocked(s, "plain.example", NULL, "2026-11-26 12:00"));
    assert_true(blocked(s, "shop.example", "shopping", "2026-11-26 12:00"));
    snapshot_free(s);
}

static void at_bedtime_nothing_answers_but_pins(void **state)
{
    struct snapshot *s =
        snapshot_of("profiles: {kid: {allow: [ok.example], bedtime: ['20:00-06:30']}}\n");
    struct verdict v = decide(s, "ok.example", NULL, "2026-11-26 23:00");

    (void)state;
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_int_equal(v.rule, RULE_OFFLINE);
    assert_int_equal(v.valid_until_s, at("2026-11-27 06:30"));
    assert_false(blocked(s, "childline.org.uk", NULL, "2026-11-26 23:00"));
    assert_false(blocked(s, "ok.example", NULL, "2026-11-27 06:30"));
    snapshot_free(s);
}

static void cells_q_follow_the_hours_of_the_preset_or_a_bedtime_in_their_place(void **state)
{
    struct snapshot *s =
        snapshot_of("profiles: {a: {extends: primary}, b: {extends: primary, block: [games]},\n"
                    "  c: {extends: primary, unblock: [games]}}\ndefault_profile: a\n");

    (void)state;
    assert_false(blocked(s, "g.example", "games", "2026-11-26 19:59"));
    assert_true(blocked(s, "g.example", "games", "2026-11-26 20:00"));
    assert_int_equal(decide(s, "g.example", "games", "2026-11-26 20:00").schedule, VERDICT_HOURS);
    assert_false(blocked(s, "n.example", NULL, "2026-11-26 20:00"));
    snapshot_free(s);
    s = snapshot_of("profiles: {a: {extends: primary, block: [games]}}\n");
    assert_true(blocked(s, "g.example", "games", "2026-11-26 12:00"));
    snapshot_free(s);
    s = snapshot_of("profiles: {a: {extends: primary, unblock: [games]}}\n");
    assert_false(blocked(s, "g.example", "games", "2026-11-26 21:00"));
    snapshot_free(s);
}

static void cells_w_block_and_say_that_the_user_may_open_them(void **state)
{
    struct snapshot *s = snapshot_of("profiles: {a: {extends: lower_sec}}\n");
    struct verdict v = decide(s, "n.example", "nudity", "2026-11-26 12:00");

    (void)state;
    assert_int_equal(v.action, VERDICT_BLOCK);
    assert_true(v.warned);
    assert_false(decide(s, "p.example", "porn", "2026-11-26 12:00").warned);
    snapshot_free(s);
}

static void a_profile_steps_up_on_the_first_of_the_month_after_the_birthday(void **state)
{
    struct snapshot *s = snapshot_of("profiles: {kid: {born: 2015-06}}\n");
    struct stairs stairs;

    (void)state;
    /* 13 in June 2028 */
    assert_true(blocked(s, "s.example", "chat", "2028-06-30 12:00"));
    assert_false(blocked(s, "s.example", "chat", "2028-07-01 12:00"));
    assert_int_equal(decide(s, "s.example", "ads", "2028-06-30 23:59").valid_until_s,
                     at("2028-07-01 00:00"));
    assert_true(blocked(s, "any.example", NULL, "2022-06-30 12:00")); /* 6: only what is allowed */
    assert_false(blocked(s, "any.example", NULL, "2022-07-01 12:00"));
    assert_true(blocked(s, "p.example", "porn", "2033-06-30 12:00"));
    assert_false(blocked(s, "p.example", "porn", "2033-07-01 00:00"));
    assert_true(stairs_find(s, NULL, 0, at("2028-06-15 00:00"), &stairs));
    assert_string_equal(stairs.preset, "primary");
    assert_string_equal(stairs.next, "lower_sec");
    assert_int_equal(stairs.next_s, at("2028-07-01 00:00"));
    snapshot_free(s);
}

static bool chat_is_blocked(const struct snapshot *s, const struct overlay *overlay,
                            const char *text)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "s.example", SAMPLE_A);
    struct verdict verdict;

    ask.wall_s = at(text);
    ask.overlay = overlay;
    ask.listed.mask = sample_bits(snapshot_config(s), "chat");
    ask.listed.labels = 1;
    policy_decide(s, &ask, &verdict, NULL);
    return verdict.action == VERDICT_BLOCK;
}

static void a_held_profile_blocks_what_its_step_does_until_the_hold_ends(void **state)
{
    struct snapshot *s = snapshot_of("profiles: {kid: {born: 2015-06}}\n");
    struct err err = {.code = ERR_NONE};
    struct overlay *overlay = overlay_create(1, &err);
    struct grant hold = {.id = 1,
                         .effect = GRANT_HOLD,
                         .scope = GRANT_PROFILE,
                         .what = GRANT_ALL,
                         .role = GRANT_BY_GUARDIAN,
                         .subject = mark_of("kid"),
                         .from_s = at("2028-05-10 09:00"),
                         .until_s = at("2028-09-01 12:00")};

    (void)state;
    assert_non_null(overlay);
    assert_false(chat_is_blocked(s, overlay, "2028-07-01 12:00")); /* 13 */
    assert_int_equal(grants_put(overlay->grants, &hold, &err), 0);
    assert_true(chat_is_blocked(s, overlay, "2028-07-01 12:00"));
    assert_false(chat_is_blocked(s, overlay, "2028-09-01 12:00"));
    grants_remove(overlay->grants, hold.id);
    assert_false(chat_is_blocked(s, overlay, "2028-07-01 12:00"));
    overlay_free(overlay);
    snapshot_free(s);
}

static void a_clock_before_the_build_closes_what_any_hour_closes_and_opens_nothing(void **state)
{
    struct snapshot *s =
        snapshot_of("profiles: {kid: {extends: primary, block: [shopping], schedules: {\n"
                    "  homework: {block: [video], names: [n.example], when: ['15:00-17:00']},\n"
                    "  free: {allow: [shopping], when: ['12:00-13:00']}}}}\n");
    static const char early[] = "1999-12-31 12:30";

    (void)state;
    assert_true(blocked(s, "v.example", "video", early));
    assert_true(blocked(s, "n.example", NULL, early));
    assert_true(
        blocked(s, "g.example", "games", early)); /* a cell Q, which the preset's hours close */
    assert_true(blocked(s, "s.example", "shopping", early));
    assert_false(blocked(s, "x.example", NULL, early));
    assert_int_equal(decide(s, "x.example", NULL, early).max_ttl_s, 60);
    assert_false(blocked(s, "s.example", "shopping", "2026-11-26 12:30"));
    assert_true(stairs_clock_unknown(s, at(early)));
    assert_false(stairs_clock_unknown(s, at("2000-01-01 00:00")));
    snapshot_free(s);
}

static void a_clock_before_the_build_may_show_any_hour_so_that_bedtimes_hold(void **state)
{
    struct snapshot *s = snapshot_of("profiles: {kid: {bedtime: ['20:00-06:30']}}\n");

    (void)state;
    assert_int_equal(decide(s, "x.example", NULL, "1999-12-31 12:30").rule, RULE_OFFLINE);
    /* the clock can be set */
    assert_false(blocked(s, "pool.ntp.org", NULL, "1999-12-31 12:30"));
    assert_false(blocked(s, "x.example", NULL, "2026-11-26 12:30"));
    snapshot_free(s);
}

static void a_profile_in_observe_mode_blocks_nothing_but_what_the_operator_denies(void **state)
{
    struct snapshot *s = snapshot_of("operator: {deny: [order.example]}\n"
                                     "profiles: {kid: {extends: primary, mode: observe, deny: "
                                     "[d.example], bedtime: ['20:00-06:30']}}\n");
    struct verdict v = decide(s, "p.example", "porn", "2026-11-26 12:00");

    (void)state;
    assert_int_equal(v.action, VERDICT_FORWARD);
    assert_true(v.would_block);
    assert_int_equal(v.observed_rule, RULE_CATEGORY);
    assert_int_equal(v.observed.words[0], sample_bits(snapshot_config(s), "porn").words[0]);
    assert_int_equal(v.ede[0], VERDICT_NO_EDE);
    v = decide(s, "d.example", NULL, "2026-11-26 12:00");
    assert_int_equal(v.observed_rule, RULE_OWN_DENY);
    assert_int_equal(v.action, VERDICT_FORWARD);
    v = decide(s, "d.example", NULL, "2026-11-26 23:00");
    assert_int_equal(v.observed_rule, RULE_OFFLINE);
    assert_true(blocked(s, "order.example", NULL, "2026-11-26 12:00"));
    assert_true(blocked(s, "c.example", "csam", "2026-11-26 12:00"));
    snapshot_free(s);
}

static void what_a_schedule_closes_is_closed_in_a_chain_too(void **state)
{
    struct snapshot *s =
        snapshot_of("profiles: {kid: {schedules: {homework: {block: [games], names: [cdn.example], "
                    "when: ['15:00-17:00']}}}}\n");
    struct name_buf buf, target = sample_name("x.cdn.example");
    struct ask ask = sample_ask(&buf, "site.example", SAMPLE_A);
    const struct check_item item = {.name = name_of(&target)};
    struct check_class class = {.ruled = false};
    struct verdict v, b;

    (void)state;
    check_classify(s, &item, &class);
    ask.wall_s = at("2026-11-26 15:30");
    policy_decide(s, &ask, &v, NULL);
    assert_false(check_passes(s, &v, &class));
    assert_false(check_decide(s, &ask, &v, &item, &b));
    assert_int_equal(b.rule, RULE_SCHEDULE);
    class = (struct check_class){.mask = sample_bits(snapshot_config(s), "games")};
    assert_false(check_passes(s, &v, &class));
    ask.wall_s = at("2026-11-26 17:30");
    policy_decide(s, &ask, &v, NULL);
    assert_true(check_passes(s, &v, &class));
    assert_true(check_decide(s, &ask, &v, &item, &b));
    snapshot_free(s);
}

static void no_hour_tells_what_the_operator_blocks_in_a_chain_from_what_he_blocks(void **state)
{
    struct snapshot *s =
        snapshot_of("profiles: {kid: {schedules: {x: {block: [games], when: ['15:00-17:00']}}}}\n"
                    "operator: {deny: [ordered.example]}\n");
    struct name_buf buf, target = sample_name("ordered.example");
    struct ask ask = sample_ask(&buf, "site.example", SAMPLE_A);
    const struct check_item item = {.name = name_of(&target)};
    struct verdict direct = decide(s, "ordered.example", NULL, "2026-11-26 16:59"), v, b;

    (void)state;
    ask.wall_s = at("2026-11-26 16:59");
    policy_decide(s, &ask, &v, NULL);
    assert_int_not_equal(v.valid_until_s, INT64_MAX);
    assert_false(check_decide(s, &ask, &v, &item, &b));
    assert_int_equal(b.rule, RULE_OPERATOR);
    assert_int_equal(b.valid_until_s, direct.valid_until_s);
    assert_int_equal(b.ttl_s, direct.ttl_s);
    snapshot_free(s);
}

static void why_names_the_schedule_and_the_end_of_its_hours(void **state)
{
    struct snapshot *s =
        snapshot_of("profiles: {kid: {schedules: {homework: {block: [games], names: "
                    "[h.example], when: ['15:00-17:00']}}}}\n");
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, "h.example", SAMPLE_A);
    static struct explanation e;

    (void)state;
    ask.wall_s = at("2026-11-26 15:30");
    explain_ask(s, &ask, &e);
    assert_non_null(strstr(e.sentence, "homework"));
    assert_non_null(strstr(e.sentence, "until 2026-11-26 17:00"));
    assert_string_equal(e.in_force, "homework");
    snapshot_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_blocks_within_its_hours_and_no_answer_outlives_its_edge),
        cmocka_unit_test(the_last_seconds_before_an_edge_leave_one_second_of_ttl),
        cmocka_unit_test(what_is_more_particular_counts_more_and_a_block_before_an_allow),
        cmocka_unit_test(at_bedtime_nothing_answers_but_pins),
        cmocka_unit_test(cells_q_follow_the_hours_of_the_preset_or_a_bedtime_in_their_place),
        cmocka_unit_test(cells_w_block_and_say_that_the_user_may_open_them),
        cmocka_unit_test(a_profile_steps_up_on_the_first_of_the_month_after_the_birthday),
        cmocka_unit_test(a_held_profile_blocks_what_its_step_does_until_the_hold_ends),
        cmocka_unit_test(a_clock_before_the_build_closes_what_any_hour_closes_and_opens_nothing),
        cmocka_unit_test(a_clock_before_the_build_may_show_any_hour_so_that_bedtimes_hold),
        cmocka_unit_test(a_profile_in_observe_mode_blocks_nothing_but_what_the_operator_denies),
        cmocka_unit_test(what_a_schedule_closes_is_closed_in_a_chain_too),
        cmocka_unit_test(no_hour_tells_what_the_operator_blocks_in_a_chain_from_what_he_blocks),
        cmocka_unit_test(why_names_the_schedule_and_the_end_of_its_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
