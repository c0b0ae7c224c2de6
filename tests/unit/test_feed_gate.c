/* Which results are held, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "blocklist/feed/gate.h"
#include "set_fixture.h"

struct rig {
    struct config_list list;
    struct reader_result result;
    struct store_segment before[3], after[3];
    struct gate_case gate;
    struct err err;
};

static void start(struct rig *rig, uint64_t before, uint64_t after)
{
    memset(rig, 0, sizeof *rig);
    snprintf(rig->list.id, sizeof rig->list.id, "ads");
    rig->list.gate = (struct config_gate){1, 30, 100, NULL};
    rig->before[0].entries = before;
    rig->after[0].entries = after;
    rig->result.segments = rig->after;
    rig->result.segment_count = 1;
    rig->gate = (struct gate_case){.list = &rig->list,
                                   .result = &rig->result,
                                   .dir = "nowhere",
                                   .before = rig->before,
                                   .before_count = before == 0 ? 0 : 1};
}

static void held(struct rig *rig, const char *words)
{
    rig->err.code = ERR_NONE;
    assert_int_equal(gate_judge(&rig->gate, &rig->err), -1);
    assert_int_equal(rig->err.code, ERR_GATE);
    if (strstr(rig->err.text, words) == NULL || strstr(rig->err.text, "ads: ") != rig->err.text ||
        strstr(rig->err.text, "stairgate lists accept ads") == NULL)
        fail_msg("no '%s' in: %s", words, rig->err.text);
}

static void passes(struct rig *rig)
{
    if (gate_judge(&rig->gate, &rig->err) != 0)
        fail_msg("%s", rig->err.text);
}

static void the_first_result_passes_whatever_its_size(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 0, 5000000);
    passes(&rig);
}

static void a_list_may_lose_thirty_percent_and_no_more(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 1000, 700);
    passes(&rig);
    start(&rig, 1000, 699);
    held(&rig, "shrank from 1000 entries to 699, more than gate.shrink 30 %");
}

static void a_list_may_double_and_no_more(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 1000, 2000);
    passes(&rig);
    start(&rig, 1000, 2001);
    held(&rig, "grew from 1000 entries to 2001, more than gate.growth 100 %");
}

static void a_short_list_may_grow_by_a_few(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 3, 3 + GATE_SLACK);
    passes(&rig);
    start(&rig, 3, 4 + GATE_SLACK);
    held(&rig, "grew");
}

static void the_bounds_are_the_lists_own(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 1000, 10);
    rig.list.gate.shrink_percent = 99;
    passes(&rig);
    rig.list.gate.min_entries = 11;
    held(&rig, "only 10 entries, fewer than gate.min_entries 11");
    start(&rig, 1000, 40000);
    rig.list.gate.growth_percent = 3900;
    passes(&rig);
}

static void fewer_than_the_least_are_held_the_first_time_too(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 0, 99);
    rig.list.gate.min_entries = 100;
    held(&rig, "only 99 entries");
}

static void a_list_without_its_canary_is_held(void **state)
{
    char canary[] = "canary.example";
    struct rig rig;

    (void)state;
    start(&rig, 0, 100);
    rig.list.gate.canary = canary;
    held(&rig, "canary is absent: 'canary.example'");
    rig.result.canary_seen = true;
    passes(&rig);
}

static void each_part_is_judged_by_itself(void **state)
{
    struct config_list_part parts[2] = {{.name = "porn"}, {.name = "games"}};
    struct rig rig;

    (void)state;
    start(&rig, 1000, 1000);
    snprintf(rig.before[0].part, sizeof rig.before[0].part, "games");
    snprintf(rig.before[1].part, sizeof rig.before[1].part, "porn");
    rig.before[1].entries = 100;
    rig.gate.before_count = 2;
    snprintf(rig.after[0].part, sizeof rig.after[0].part, "games");
    rig.list.parts = parts;
    rig.list.part_count = 2;
    held(&rig, "part porn is gone, it had 100 entries");
    rig.result.segment_count = 2;
    snprintf(rig.after[1].part, sizeof rig.after[1].part, "porn");
    rig.after[1].entries = 9;
    held(&rig, "part porn: shrank from 100 entries to 9");
}

static void a_part_that_nobody_wants_any_more_is_not_missed(void **state)
{
    struct config_list_part parts[1] = {{.name = "games"}};
    struct rig rig;

    (void)state;
    start(&rig, 1000, 1000);
    snprintf(rig.before[0].part, sizeof rig.before[0].part, "games");
    snprintf(rig.before[1].part, sizeof rig.before[1].part, "porn");
    rig.before[1].entries = 100;
    rig.gate.before_count = 2;
    snprintf(rig.after[0].part, sizeof rig.after[0].part, "games");
    rig.list.parts = parts;
    rig.list.part_count = 1;
    passes(&rig);
}

static void find(struct rig *rig, struct name *names, size_t pins)
{
    rig->gate.protected_names = names;
    rig->gate.pin_count = pins;
    rig->result.findings[0] = (struct reader_finding){0, 42};
    rig->result.finding_count = 1;
}

static void a_list_that_names_a_pin_or_a_protected_name_is_held(void **state)
{
    struct name_buf buf;
    struct name name;
    struct rig rig;

    (void)state;
    fixture_name(&buf, "help.example");
    name = name_of(&buf);
    start(&rig, 0, 100);
    find(&rig, &name, 1);
    held(&rig, "line 42 lists 'help.example', which is pinned: help is never blocked anyway");
    find(&rig, &name, 0);
    held(&rig, "line 42 lists 'help.example', which a file of feeds.protect names");
}

/* Makes a segment that holds TEXT with KIND in the folder of FIXTURE, as segments/F. */
static void segment(struct fixture *fixture, const char *text, enum entry_kind kind)
{
    char folder[160], path[200];

    fixture_start(fixture);
    fixture_add(fixture, text, kind, ENTRY_LIST);
    fixture_add(fixture, "another.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(fixture, "ads", "games", NULL);
    snprintf(folder, sizeof folder, "%s/segments", fixture->folder);
    snprintf(path, sizeof path, "%s/f", folder);
    mkdir(folder, 0700);
    assert_int_equal(rename(fixture->paths[fixture->feeds - 1], path), 0);
}

static void remove_segment(struct fixture *fixture)
{
    char path[200];

    snprintf(path, sizeof path, "%s/segments/f", fixture->folder);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/segments", fixture->folder);
    assert_int_equal(rmdir(path), 0);
}

static void what_the_last_good_list_had_already_is_no_news(void **state)
{
    static const struct {
        const char *listed;
        enum entry_kind kind;
        bool news;
    } rows[] = {
        {"www.help.example", ENTRY_EXACT,   false},
        {"help.example",     ENTRY_SUBTREE, false},
        {"help.example",     ENTRY_BELOW,   false},
        {"help.example",     ENTRY_EXACT,   true },
        {"www.help.example", ENTRY_BELOW,   true },
        {"else.example",     ENTRY_SUBTREE, true }
    };
    struct fixture fixture;
    struct name_buf buf;
    struct name name;
    struct rig rig;

    (void)state;
    fixture_name(&buf, "www.help.example");
    name = name_of(&buf);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture_open(&fixture, 7);
        segment(&fixture, rows[i].listed, rows[i].kind);
        start(&rig, 100, 100);
        find(&rig, &name, 1);
        rig.gate.dir = fixture.folder;
        snprintf(rig.before[0].file, sizeof rig.before[0].file, "f");
        if (rows[i].news)
            held(&rig, "line 42");
        else
            passes(&rig);
        remove_segment(&fixture);
        fixture_close(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_result_passes_whatever_its_size),
        cmocka_unit_test(a_list_may_lose_thirty_percent_and_no_more),
        cmocka_unit_test(a_list_may_double_and_no_more),
        cmocka_unit_test(a_short_list_may_grow_by_a_few),
        cmocka_unit_test(the_bounds_are_the_lists_own),
        cmocka_unit_test(fewer_than_the_least_are_held_the_first_time_too),
        cmocka_unit_test(a_list_without_its_canary_is_held),
        cmocka_unit_test(each_part_is_judged_by_itself),
        cmocka_unit_test(a_part_that_nobody_wants_any_more_is_not_missed),
        cmocka_unit_test(a_list_that_names_a_pin_or_a_protected_name_is_held),
        cmocka_unit_test(what_the_last_good_list_had_already_is_no_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
