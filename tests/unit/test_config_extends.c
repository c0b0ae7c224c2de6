/* Profiles that extend others: what is inherited, what is replaced, and what cannot be meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/safe_search.h"
#include "config/taxonomy.h"
#include "config/window.h"
#include "config_rig.h"

static const struct config_profile *profile(const struct config *config, const char *name)
{
    long index = config_profile_find(config, name);

    if (index < 0)
        fail_msg("no profile '%s'", name);
    return &config->profiles[index];
}

static bool has(const struct config *config, struct mask mask, const char *key)
{
    return mask_has(mask, taxonomy_find(&config->taxonomy, key)->bit);
}

/* The child stands before what it extends, so that the order in the file is seen not to matter. */
static void every_kind_of_field_is_inherited(void **state)
{
    struct config *config =
        config_of("zone: UTC\ncalendars: {a: {}}\nprofiles:\n"
                  "  child: {extends: base}\n"
                  "  base:\n"
                  "    block: [games]\n    quota: [video]\n    warn: [dating]\n"
                  "    observe: [ads]\n    allow: [ok.example]\n    deny: [no.example]\n"
                  "    services: [youtube]\n    safe_search: all\n    youtube: strict\n"
                  "    default: deny\n    mode: observe\n    max_ttl: 90s\n"
                  "    zone: Europe/Berlin\n    calendar: a\n    bedtime: 20:00-06:00\n"
                  "    style: nxdomain\n    block_ttl: 33s\n"
                  "networks: [{prefix: 10.0.0.0/8, profile: child}]\ndefault_profile: base\n");
    const struct config_profile *child = profile(config, "child"), *base = profile(config, "base");

    (void)state;
    assert_string_equal(child->name, "child");
    assert_string_equal(child->extends, "base");
    assert_true(has(config, child->block, "games") && has(config, child->block, "dating"));
    assert_true(has(config, child->quota, "video") && has(config, child->warn, "dating"));
    assert_true(has(config, child->observe, "ads"));
    assert_true(child->block.words[1] != 0 && child->block.words[1] == base->block.words[1]);
    assert_int_equal(child->allow.count, 1);
    assert_int_equal(child->deny.count, 1);
    assert_true(child->allow.items != base->allow.items);
    assert_true(child->safe_search == SAFE_SEARCH_ALL);
    assert_int_equal(child->youtube, YOUTUBE_STRICT);
    assert_true(child->default_deny && child->observe_all);
    assert_int_equal(child->max_ttl_s, 90);
    assert_string_equal(child->zone, "Europe/Berlin");
    assert_ptr_not_equal(child->zone, base->zone);
    assert_int_equal(child->calendar, 0);
    assert_int_equal(child->schedule_count, 1);
    assert_int_equal(child->style, BLOCK_NXDOMAIN);
    assert_int_equal(child->block_ttl_s, 33);
    config_free(config);
}

static void what_is_written_replaces_single_values_and_adds_to_lists(void **state)
{
    struct config *config = config_of(
        "zone: UTC\nprofiles:\n"
        "  base: {block: [games, video], quota: [chat], allow: [a.example], deny: [b.example], "
        "safe_search: all, youtube: strict, mode: observe, zone: Europe/Berlin}\n"
        "  child: {extends: base, block: [chat], unblock: [video], allow: [b.example], "
        "safe_search: off, youtube: off, mode: enforce, zone: Europe/Paris}\n"
        "networks: [{prefix: 10.0.0.0/8, profile: child}]\ndefault_profile: base\n");
    const struct config_profile *child = profile(config, "child"), *base = profile(config, "base");

    (void)state;
    assert_true(has(config, child->block, "games") && has(config, child->block, "chat"));
    assert_false(has(config, child->block, "video") || has(config, child->quota, "chat"));
    assert_int_equal(child->allow.count, 2);
    assert_int_equal(child->deny.count, 0); /* b.example is allowed now */
    assert_true(child->safe_search == 0);
    assert_int_equal(child->youtube, YOUTUBE_OFF);
    assert_false(child->observe_all);
    assert_string_equal(child->zone, "Europe/Paris");
    assert_true(has(config, base->block, "video") && has(config, base->quota, "chat"));
    assert_int_equal(base->deny.count, 1);
    config_free(config);
}

static void a_month_of_birth_is_inherited_with_its_levels(void **state)
{
    struct config *config =
        config_of("zone: UTC\nprofiles:\n  kid: {born: 2015-06, safe_search: all}\n"
                  "  strict: {extends: kid, block: [games], youtube: strict}\n"
                  "networks: [{prefix: 10.0.0.0/8, profile: strict}]\ndefault_profile: kid\n");
    const struct config_profile *kid = profile(config, "kid"), *strict = profile(config, "strict");

    (void)state;
    assert_int_equal(strict->born.year, 2015);
    assert_int_equal(strict->born.month, 6);
    assert_int_equal(strict->level_count, BANDS);
    for (size_t i = 0; i < BANDS; i++) {
        assert_true(has(config, strict->levels[i].block, "games"));
        assert_int_equal(strict->levels[i].youtube, YOUTUBE_STRICT);
        assert_true(strict->levels[i].safe_search == SAFE_SEARCH_ALL);
    }
    assert_false(has(config, kid->levels[BANDS - 1].block, "games"));
    config_free(config);
}

static void case_c47_weekend_in_inherited_hours_is_that_of_the_own_calendar(void **state)
{
    struct config *config = config_of(
        "zone: UTC\ncalendars: {here: {weekend: [sat, sun]}, there: {weekend: [fri, sat]}}\n"
        "profiles:\n"
        "  base: {calendar: here, bedtime: ['weekend 22:00-07:00', 'weekdays 20:00-06:30', 'mon "
        "weekend 1:00-2:00', 'sun 3:00-4:00']}\n"
        "  moved: {extends: base, calendar: there}\n"
        "networks: [{prefix: 10.0.0.0/8, profile: moved}]\ndefault_profile: base\n");
    const struct config_window *before = profile(config, "base")->schedules[0].windows;
    const struct config_window *after = profile(config, "moved")->schedules[0].windows;

    (void)state;
    assert_int_equal(before[0].days, 0x60);
    assert_int_equal(before[1].days, 0x1f);
    assert_int_equal(after[0].days, 0x30);
    assert_int_equal(after[1].days, 0x4f);
    assert_int_equal(after[2].days, 0x31);
    assert_int_equal(after[3].days, 0x40);
    config_free(config);
}

static void hours_go_by_an_inherited_zone(void **state)
{
    static const struct row row = {
        "profiles:\n  base: {zone: UTC, bedtime: 20:00-06:00}\n  child: {extends: base}\n"
        "networks: [{prefix: 10.0.0.0/8, profile: child}]\ndefault_profile: base\n",
        {NULL}};

    (void)state;
    check_row(&row);
}

static void who_extends_himself_is_refused_where_the_circle_closes(void **state)
{
    static const struct row rows[] = {
        {"profiles:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: a}\ndefault_profile: a\n",
         {"4:16: a profile that extends itself by way of others: 'c'"}},
        {"profiles:\n  a: {extends: b}\n  b: {extends: a}\ndefault_profile: a\n",
         {"3:16: a profile that extends itself by way of others: 'b'"}},
        {"profiles:\n  a: {extends: a}\n",
         {"2:16: unknown preset: 'a'; known here: early, primary, lower_sec, upper_sec, "
          "legal_only, school_lesson, exam, guest, unknown_device"}   },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void one_category_has_one_cell(void **state)
{
    static const struct row rows[] = {
        {"profiles:\n  a: {block: [games], unblock: [games]}\n",
         {"2:3: profile 'a' blocks and unblocks the same: 'games'"}                    },
        {"profiles:\n  a: {quota: [games], unblock: [games]}\n",
         {"2:3: profile 'a' blocks and unblocks the same: 'games'"}                    },
        {"profiles:\n  a: {warn: [games], unblock: [games]}\n",
         {"2:3: profile 'a' blocks and unblocks the same: 'games'"}                    },
        {"profiles:\n  a: {block: [games], quota: [games]}\n",
         {"2:3: profile 'a' has one category in two of block, quota and warn: 'games'"}},
        {"profiles:\n  a: {block: [games], warn: [games]}\n",
         {"2:3: profile 'a' has one category in two of block, quota and warn: 'games'"}},
        {"profiles:\n  a: {quota: [games], warn: [games]}\n",
         {"2:3: profile 'a' has one category in two of block, quota and warn: 'games'"}},
    };
    struct config *config;

    (void)state;
    CHECK_ROWS(rows);
    /* what counts only takes a category out of what blocks */
    config = config_of("profiles:\n  a: {extends: primary, block: [games], observe: [games]}\n");
    assert_false(has(config, config->profiles[0].block, "games"));
    assert_true(has(config, config->profiles[0].observe, "games"));
    config_free(config);
}

#define LIST_OF_GAMES "lists: {l: {url: 'https://lists.example/l', category: games}}\nzone: UTC\n"

static void what_does_less_than_it_seems_to_is_pointed_out(void **state)
{
    static const struct row rows[] = {
        {"profiles: {kid: {extends: primary}}\n",
         {NO_LISTS}                                                                                      }, /* `config check` has a word on hours */
        {"zone: UTC\nprofiles:\n  primary: {}\n  kid: {extends: primary}\ndefault_profile: kid\n",
         {"3:3: warning: a profile that nobody gets: 'primary'; name it in networks or "
          "default_profile",
          "4:18: warning: profile 'kid' extends the profile 'primary' at 3:3, not the preset of "
          "that name; if the preset is meant, call that profile something else"}                         },
        {LIST_OF_GAMES "profiles: {kid: {schedules: {x: {block: [], lists: [l], when: "
                       "1:00-2:00}}}}\n",                                                 {NULL}},
        {LIST_OF_GAMES "profiles: {kid: {schedules: {x: {block: [games], when: "
                       "1:00-2:00}}}}\n",                                                 {NULL}},
        {LIST_OF_GAMES "profiles: {kid: {block: [video], schedules: {x: {allow: "
                       "[games], when: 1:00-2:00}}}}\n",                                  {"1:9: warning: loaded, used by nobody: 'l'; no profile that a client gets blocks its "
          "category: games"}            },
    };

    (void)state;
    CHECK_ROWS(rows);
}

/* A list where a profile's options should stand: said once, and whoever extends it is read too. */
static void a_profile_that_is_a_list_is_an_error_and_no_parent(void **state)
{
    static const char yaml[] = "profiles:\n  child: [adult]\n  teen: {extends: child}\n"
                               "default_profile: teen\n";
    struct config_problems problems;

    (void)state;
    assert_null(config_parse("f", yaml, strlen(yaml), &problems));
    assert_true(problems.count >= 1);
    assert_non_null(strstr(problems.items[0].text, "must be a mapping"));
    config_problems_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_field_is_inherited),
        cmocka_unit_test(what_is_written_replaces_single_values_and_adds_to_lists),
        cmocka_unit_test(a_month_of_birth_is_inherited_with_its_levels),
        cmocka_unit_test(case_c47_weekend_in_inherited_hours_is_that_of_the_own_calendar),
        cmocka_unit_test(hours_go_by_an_inherited_zone),
        cmocka_unit_test(who_extends_himself_is_refused_where_the_circle_closes),
        cmocka_unit_test(one_category_has_one_cell),
        cmocka_unit_test(what_does_less_than_it_seems_to_is_pointed_out),
        cmocka_unit_test(a_profile_that_is_a_list_is_an_error_and_no_parent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
