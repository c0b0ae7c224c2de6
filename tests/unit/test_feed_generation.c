/* Generations: what is in force changes whole or not at all, and a directory in any state that a
 * kill can leave is settled. */
#include "tests/unit/feed_fixture.h"

#include "blocklist/feed/generation.h"
#include "blocklist/set/set.h"

struct rig {
    struct feed_fixture feed;
    struct config config;
};

static void rig_start(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->config.feeds.keep = 3;
    feed_start(&rig->feed);
    rig->config.feeds.dir = rig->feed.dir;
}

/* Puts the segment of LIST with COUNT names of WORD in force. */
static void put_list(struct rig *rig, const char *list, const char *word, unsigned count)
{
    struct store_list known = {.state = LIST_OK, .fetched_s = FEED_NOW};
    struct store_segment segment;

    snprintf(known.id, sizeof known.id, "%s", list);
    snprintf(known.etag, sizeof known.etag, "\"%.40s\"", word);
    memset(known.body, word[0], sizeof known.body);
    feed_segment(&rig->feed, &segment, list, "", word, count);
    assert_int_equal(store_put_list(rig->feed.store, &known, &rig->feed.err), 0);
    assert_int_equal(store_set_segments(rig->feed.store, list, false, &segment, 1, &rig->feed.err),
                     0);
}

static int build(struct rig *rig, struct generation *generation)
{
    struct store_segment *segments;
    size_t count;
    int result;

    assert_int_equal(
        store_segments(rig->feed.store, NULL, false, &segments, &count, &rig->feed.err), 0);
    memset(generation, 0, sizeof *generation);
    generation->config = &rig->config;
    generation->segments = segments;
    generation->segment_count = count;
    result = generation_build(rig->feed.store, generation, &rig->feed.err);
    if (result != 0)
        free(segments);
    return result;
}

static int publish(struct rig *rig, struct generation *generation, const char *why)
{
    int result = generation_publish(rig->feed.store, generation, why, FEED_NOW, &rig->feed.err);

    free((void *)(uintptr_t)generation->segments);
    return result;
}

static void go(struct rig *rig)
{
    struct generation generation;

    if (build(rig, &generation) != 0 || publish(rig, &generation, "test") != 0)
        fail_msg("%s", rig->feed.err.text);
}

static void heal(struct rig *rig)
{
    if (generation_heal(rig->feed.store, &rig->config, FEED_NOW, &rig->feed.err) != 0)
        fail_msg("%s", rig->feed.err.text);
}

static uint64_t current_row(struct rig *rig)
{
    struct store_generation *all;
    uint64_t number = 0;
    size_t count;

    assert_int_equal(store_generations(rig->feed.store, &all, &count, &rig->feed.err), 0);
    for (size_t i = 0; i < count; i++)
        number = all[i].current ? all[i].number : number;
    free(all);
    return number;
}

static uint64_t link_to(struct rig *rig, const char *link)
{
    return place_link_generation(feed_path(&rig->feed, link));
}

static bool lists(const struct rig *rig, const char *link, const char *text)
{
    char path[PLACE_PATH_MAX];
    struct set *set;
    struct name_buf buf;
    struct set_hit hit = {.labels = 0};
    struct name name;

    snprintf(path, sizeof path, "%s/%s", rig->feed.dir, link);
    set = set_open(path, NULL, NULL);
    assert_non_null(set);
    assert_int_equal(set_verify(set, NULL), 0);
    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    set_lookup(set, &name, &hit);
    set_close(set);
    return hit.labels > 0;
}

static void the_segments_in_force_become_the_set_in_force(void **state)
{
    struct rig rig;

    (void)state;
    rig_start(&rig);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 0);
    put_list(&rig, "one", "a", 5);
    put_list(&rig, "two", "b", 5);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 1);
    go(&rig);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 0);
    assert_true(lists(&rig, "current.set", "n4.a.example"));
    assert_true(lists(&rig, "current.set", "n4.b.example"));
    assert_false(feed_has(&rig.feed, "current.set.previous"));
    put_list(&rig, "two", "c", 5);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 1);
    go(&rig);
    assert_true(lists(&rig, "current.set", "n4.c.example"));
    assert_false(lists(&rig, "current.set", "n4.b.example"));
    assert_true(lists(&rig, "current.set.previous", "n4.b.example"));
    assert_int_equal(current_row(&rig), 2);
    feed_end(&rig.feed);
}

static void only_the_newest_generations_are_kept(void **state)
{
    static const char *const words[] = {"a", "b", "c", "d", "e", "f"};
    struct rig rig;

    (void)state;
    rig_start(&rig);
    for (size_t i = 0; i < 6; i++) {
        put_list(&rig, "one", words[i], 5);
        go(&rig);
    }
    for (int number = 1; number <= 6; number++) {
        char file[40];

        snprintf(file, sizeof file, "sets/%d.set", number);
        assert_int_equal(feed_has(&rig.feed, file), number > 3);
        snprintf(file, sizeof file, "segments/one..%s-5", words[number - 1]);
        assert_int_equal(feed_has(&rig.feed, file), number > 3);
    }
    assert_int_equal(link_to(&rig, "current.set"), 6);
    assert_int_equal(link_to(&rig, "current.set.previous"), 5);
    feed_end(&rig.feed);
}

static void a_segment_that_was_changed_goes_into_no_set(void **state)
{
    struct generation generation;
    char from[PLACE_PATH_MAX];
    struct rig rig;

    (void)state;
    rig_start(&rig);
    put_list(&rig, "one", "a", 5);
    go(&rig);
    put_list(&rig, "one", "b", 5);
    /* whole, but not the one that was judged */
    snprintf(from, sizeof from, "%s/segments/one..a-5", rig.feed.dir);
    assert_int_equal(rename(from, feed_path(&rig.feed, "segments/one..b-5")), 0);
    assert_int_equal(build(&rig, &generation), -1);
    assert_int_equal(rig.feed.err.code, ERR_DIGEST);
    assert_non_null(strstr(rig.feed.err.text, "--force one"));
    assert_false(feed_has(&rig.feed, "sets/2.set"));
    assert_true(lists(&rig, "current.set", "n4.a.example"));
    feed_end(&rig.feed);
}

static void another_seed_hashes_segments_anew(void **state)
{
    struct store_segment segment, *got;
    struct store_list known = {.id = "two", .state = LIST_OK};
    struct rig rig;
    size_t count;

    (void)state;
    rig_start(&rig);
    put_list(&rig, "one", "a", 5);
    go(&rig);
    feed_segment_seeded(&rig.feed, &segment, "two", "", "b", 5, FEED_SEED + 1);
    assert_int_equal(store_put_list(rig.feed.store, &known, &rig.feed.err), 0);
    assert_int_equal(store_set_segments(rig.feed.store, "two", false, &segment, 1, &rig.feed.err),
                     0);
    go(&rig);
    assert_true(lists(&rig, "current.set", "n4.a.example"));
    assert_true(lists(&rig, "current.set", "n4.b.example"));
    assert_int_equal(store_segments(rig.feed.store, "two", false, &got, &count, &rig.feed.err), 0);
    assert_int_equal(count, 1);
    assert_true(got[0].seed == FEED_SEED);
    free(got);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 0);
    assert_false(feed_has(&rig.feed, "segments/two..b-5")); /* nobody's any more */
    feed_end(&rig.feed);
}

static void a_part_of_any_text_is_hashed_anew_too(void **state)
{
    struct store_segment segment, *got;
    struct store_list known = {.id = "two", .state = LIST_OK};
    struct rig rig;
    size_t count;

    (void)state;
    rig_start(&rig);
    put_list(&rig, "one", "a", 5);
    go(&rig);
    feed_segment_seeded(&rig.feed, &segment, "two", "a/b", "b", 5, FEED_SEED + 1);
    assert_string_equal(segment.part, "a/b");
    assert_int_equal(store_put_list(rig.feed.store, &known, &rig.feed.err), 0);
    assert_int_equal(store_set_segments(rig.feed.store, "two", false, &segment, 1, &rig.feed.err),
                     0);
    go(&rig);
    assert_true(lists(&rig, "current.set", "n4.b.example"));
    assert_int_equal(store_segments(rig.feed.store, "two", false, &got, &count, &rig.feed.err), 0);
    assert_int_equal(count, 1);
    assert_true(got[0].seed == FEED_SEED);
    assert_string_equal(got[0].part, "a/b");
    assert_int_equal(strncmp(got[0].file, "two.a_b.", 8), 0);
    assert_int_equal(strlen(got[0].file), 8 + 16);
    free(got);
    feed_end(&rig.feed);
}

static void a_transaction_of_the_caller_is_committed_with_it(void **state)
{
    struct store_list list = {.id = "one", .state = LIST_OK, .failures = 3}, got;
    struct generation generation;
    struct rig rig;

    (void)state;
    rig_start(&rig);
    put_list(&rig, "one", "a", 5);
    assert_int_equal(build(&rig, &generation), 0);
    assert_int_equal(store_begin(rig.feed.store, &rig.feed.err), 0);
    assert_int_equal(store_put_list(rig.feed.store, &list, &rig.feed.err), 0);
    assert_int_equal(publish(&rig, &generation, "test"), 0);
    assert_int_equal(store_commit(rig.feed.store, &rig.feed.err), 0);
    feed_reopen(&rig.feed);
    assert_int_equal(store_get_list(rig.feed.store, "one", &got, &rig.feed.err), 0);
    assert_int_equal(got.failures, 3);
    feed_end(&rig.feed);
}

static void sets_public_elsewhere_is_a_link_and_never_replaces_a_file(void **state)
{
    char elsewhere[PLACE_PATH_MAX];
    struct generation generation;
    struct rig rig;

    (void)state;
    rig_start(&rig);
    snprintf(elsewhere, sizeof elsewhere, "%s/incoming/public.set", rig.feed.dir);
    rig.config.set_public = elsewhere;
    feed_write(&rig.feed, "incoming/public.set", "mine", 4);
    put_list(&rig, "one", "a", 5);
    assert_int_equal(build(&rig, &generation), 0);
    assert_int_equal(publish(&rig, &generation, "test"), -1);
    assert_int_equal(rig.feed.err.code, ERR_CONFIG);
    assert_int_equal(current_row(&rig), 0);
    assert_int_equal(unlink(elsewhere), 0);
    snprintf(elsewhere, sizeof elsewhere, "%s/public.set", rig.feed.dir);
    go(&rig);
    assert_true(lists(&rig, "public.set", "n4.a.example"));
    /* the same place, spelt otherwise, is no link to itself */
    snprintf(elsewhere, sizeof elsewhere, "%s/./current.set", rig.feed.dir);
    put_list(&rig, "one", "b", 5);
    go(&rig);
    assert_true(lists(&rig, "current.set", "n4.b.example"));
    assert_true(lists(&rig, "public.set", "n4.b.example"));
    feed_end(&rig.feed);
}

/* ---- kills ---- */

static void two_generations(struct rig *rig)
{
    rig_start(rig);
    put_list(rig, "one", "a", 5);
    go(rig);
    put_list(rig, "one", "b", 5);
    go(rig);
}

static void check_settled(struct rig *rig, uint64_t number, uint64_t before, const char *word)
{
    char name[40];

    snprintf(name, sizeof name, "n4.%s.example", word);
    assert_int_equal(current_row(rig), number);
    assert_int_equal(link_to(rig, "current.set"), number);
    assert_int_equal(link_to(rig, "current.set.previous"), before);
    assert_true(lists(rig, "current.set", name));
}

static void a_kill_before_the_row_leaves_the_old_set(void **state)
{
    struct generation generation;
    struct rig rig;

    (void)state;
    two_generations(&rig);
    put_list(&rig, "one", "c", 5);
    assert_int_equal(build(&rig, &generation), 0);
    free((void *)(uintptr_t)generation.segments);
    assert_true(feed_has(&rig.feed, "sets/3.set"));
    feed_reopen(&rig.feed);
    heal(&rig);
    check_settled(&rig, 2, 1, "b");
    assert_false(feed_has(&rig.feed, "sets/3.set"));
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 1);
    go(&rig);
    check_settled(&rig, 3, 2, "c");
    feed_end(&rig.feed);
}

static void a_kill_between_row_and_link_goes_on_to_the_new_set(void **state)
{
    struct rig rig;

    (void)state;
    two_generations(&rig);
    assert_int_equal(place_link(feed_path(&rig.feed, "current.set"), "sets/1.set", &rig.feed.err),
                     0);
    unlink(feed_path(&rig.feed, "current.set.previous"));
    feed_reopen(&rig.feed);
    heal(&rig);
    check_settled(&rig, 2, 1, "b");
    assert_int_equal(feed_last_event(&rig.feed).kind, EVENT_HEALED);
    feed_end(&rig.feed);
}

static void a_row_whose_set_is_damaged_leaves_the_old_one_in_force(void **state)
{
    struct rig rig;

    (void)state;
    two_generations(&rig);
    assert_int_equal(place_link(feed_path(&rig.feed, "current.set"), "sets/1.set", &rig.feed.err),
                     0);
    assert_int_equal(truncate(feed_path(&rig.feed, "sets/2.set"), 5000), 0);
    feed_reopen(&rig.feed);
    heal(&rig);
    assert_int_equal(current_row(&rig), 1);
    assert_int_equal(link_to(&rig, "current.set"), 1);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 1);
    go(&rig);
    check_settled(&rig, 3, 1, "b");
    feed_end(&rig.feed);
}

static void a_damaged_set_in_force_is_built_again(void **state)
{
    struct rig rig;
    FILE *file;

    (void)state;
    two_generations(&rig);
    file = fopen(feed_path(&rig.feed, "sets/2.set"), "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4200, SEEK_SET), 0);
    assert_int_equal(fputc(0x5a, file), 0x5a);
    assert_int_equal(fclose(file), 0);
    heal(&rig);
    assert_int_equal(link_to(&rig, "current.set"), 1);
    assert_true(lists(&rig, "current.set", "n4.a.example"));
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 1);
    go(&rig);
    check_settled(&rig, 3, 1, "b");
    feed_end(&rig.feed);
}

static void links_that_are_gone_come_back(void **state)
{
    struct rig rig;

    (void)state;
    two_generations(&rig);
    unlink(feed_path(&rig.feed, "current.set"));
    unlink(feed_path(&rig.feed, "current.set.previous"));
    heal(&rig);
    check_settled(&rig, 2, 1, "b");
    feed_end(&rig.feed);
}

static void what_nobody_refers_to_is_removed_and_half_a_list_stays(void **state)
{
    struct config_list list = {.id = "one"};
    struct rig rig;

    (void)state;
    two_generations(&rig);
    rig.config.lists = &list;
    rig.config.list_count = 1;
    feed_write(&rig.feed, "segments/new.1.0", "x", 1);
    feed_write(&rig.feed, "sets/9.set", "x", 1);
    feed_write(&rig.feed, "sets/2.set.new.999999", "x", 1);
    feed_write(&rig.feed, "incoming/one", "x", 1);
    feed_write(&rig.feed, "incoming/one.part", "x", 1);
    feed_write(&rig.feed, "incoming/gone.part", "x", 1);
    heal(&rig);
    assert_false(feed_has(&rig.feed, "segments/new.1.0"));
    assert_false(feed_has(&rig.feed, "sets/9.set"));
    assert_false(feed_has(&rig.feed, "sets/2.set.new.999999"));
    assert_false(feed_has(&rig.feed, "incoming/one"));
    assert_true(feed_has(&rig.feed, "incoming/one.part"));
    assert_false(feed_has(&rig.feed, "incoming/gone.part"));
    check_settled(&rig, 2, 1, "b");
    feed_end(&rig.feed);
}

static void a_damaged_segment_is_replaced_by_an_older_one_and_fetched_anew(void **state)
{
    struct store_list known;
    struct store_segment *got;
    struct rig rig;
    size_t count;

    (void)state;
    two_generations(&rig);
    assert_int_equal(truncate(feed_path(&rig.feed, "segments/one..b-5"), 1100), 0);
    heal(&rig);
    assert_int_equal(store_segments(rig.feed.store, "one", false, &got, &count, &rig.feed.err), 0);
    assert_string_equal(got[0].file, "one..a-5");
    free(got);
    assert_int_equal(store_get_list(rig.feed.store, "one", &known, &rig.feed.err), 0);
    assert_int_equal(known.state, LIST_FAILED);
    assert_int_equal(known.next_s, 0);
    assert_string_equal(known.etag, "");
    check_settled(&rig, 2, 1, "b");
    feed_end(&rig.feed);
}

/* ---- rollback ---- */

static void what_was_rolled_back_is_held(void **state)
{
    struct store_list one, two;
    struct store_segment *held;
    struct rig rig;
    size_t count;

    (void)state;
    rig_start(&rig);
    put_list(&rig, "one", "a", 5);
    put_list(&rig, "two", "x", 5);
    go(&rig);
    put_list(&rig, "one", "b", 5);
    go(&rig);
    assert_int_equal(
        generation_rollback(rig.feed.store, &rig.config, 0, FEED_NOW + 9, &rig.feed.err), 0);
    check_settled(&rig, 1, 2, "a");
    assert_int_equal(store_get_list(rig.feed.store, "one", &one, &rig.feed.err), 0);
    assert_int_equal(one.state, LIST_HELD);
    assert_true(one.rolled_back);
    assert_int_equal(one.held_body[0], 'b');
    assert_int_equal(one.body[0], 0);
    assert_string_equal(one.etag, "");
    assert_int_equal(store_segments(rig.feed.store, "one", true, &held, &count, &rig.feed.err), 0);
    assert_int_equal(count, 1);
    assert_string_equal(held[0].file, "one..b-5");
    free(held);
    assert_int_equal(store_get_list(rig.feed.store, "two", &two, &rig.feed.err), 0);
    assert_int_equal(two.state, LIST_OK);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 0);
    assert_int_equal(feed_last_event(&rig.feed).kind, EVENT_ROLLED_BACK);
    heal(&rig);
    check_settled(&rig, 1, 2, "a");
    put_list(&rig, "two", "y", 5);
    go(&rig);
    check_settled(&rig, 3, 1, "a"); /* the one to fall back to is not the one rolled back */
    feed_end(&rig.feed);
}

static void a_kill_in_a_rollback_leaves_one_or_the_other(void **state)
{
    struct rig rig;

    (void)state;
    two_generations(&rig);
    assert_int_equal(generation_rollback(rig.feed.store, &rig.config, 1, FEED_NOW, &rig.feed.err),
                     0);
    assert_int_equal(place_link(feed_path(&rig.feed, "current.set"), "sets/2.set", &rig.feed.err),
                     0); /* as if killed before its last step */
    feed_reopen(&rig.feed);
    heal(&rig);
    check_settled(&rig, 1, 2, "a");
    feed_end(&rig.feed);
}

static void a_rollback_to_nowhere_or_to_a_damaged_set_changes_nothing(void **state)
{
    struct rig rig;

    (void)state;
    two_generations(&rig);
    assert_int_equal(generation_rollback(rig.feed.store, &rig.config, 7, FEED_NOW, &rig.feed.err),
                     -1);
    assert_int_equal(rig.feed.err.code, ERR_NOT_FOUND);
    assert_int_equal(generation_rollback(rig.feed.store, &rig.config, 2, FEED_NOW, &rig.feed.err),
                     -1);
    assert_int_equal(rig.feed.err.code, ERR_USAGE);
    assert_int_equal(truncate(feed_path(&rig.feed, "sets/1.set"), 4096), 0);
    assert_int_equal(generation_rollback(rig.feed.store, &rig.config, 0, FEED_NOW, &rig.feed.err),
                     -1);
    check_settled(&rig, 2, 1, "b");
    feed_end(&rig.feed);
}

/* ---- comparing ---- */

struct seen {
    size_t changes, came, went;
    struct generation_change last;
    char list[64], name[NAME_TEXT_MAX];
};

static int see_change(void *context, const struct generation_change *change)
{
    struct seen *seen = context;

    seen->changes++;
    seen->last = *change;
    snprintf(seen->list, sizeof seen->list, "%s", change->list);
    return 0;
}

static int see_name(void *context, const struct generation_change *change, const char *name,
                    bool added)
{
    struct seen *seen = context;

    (void)change;
    *(added ? &seen->came : &seen->went) += 1;
    snprintf(seen->name, sizeof seen->name, "%s", name);
    return 0;
}

static void a_comparison_counts_and_names_what_came_and_went(void **state)
{
    struct seen seen = {.changes = 0}, none = {.changes = 0}, whole = {.changes = 0};
    struct rig rig;

    (void)state;
    rig_start(&rig);
    put_list(&rig, "one", "a", 5);
    put_list(&rig, "same", "s", 5);
    go(&rig);
    put_list(&rig, "one", "a", 8); /* those and three more */
    go(&rig);
    put_list(&rig, "new", "n", 4);
    go(&rig);
    assert_int_equal(
        generation_diff(rig.feed.store, 1, 2, see_change, see_name, &seen, &rig.feed.err), 0);
    assert_int_equal(seen.changes, 1);
    assert_string_equal(seen.list, "one");
    assert_int_equal(seen.last.before, 5);
    assert_int_equal(seen.last.after, 8);
    assert_int_equal(seen.last.added, 3);
    assert_int_equal(seen.last.removed, 0);
    assert_int_equal(seen.came, 3);
    assert_int_equal(seen.went, 0);
    assert_string_equal(seen.name, "n7.a.example");
    assert_int_equal(generation_diff(rig.feed.store, 2, 2, see_change, NULL, &none, &rig.feed.err),
                     0);
    assert_int_equal(none.changes, 0);
    assert_int_equal(
        generation_diff(rig.feed.store, 3, 2, see_change, see_name, &whole, &rig.feed.err), 0);
    assert_string_equal(whole.list, "new");
    assert_int_equal(whole.last.removed, 4);
    assert_int_equal(whole.went, 4);
    assert_int_equal(generation_diff(rig.feed.store, 1, 9, see_change, NULL, &none, &rig.feed.err),
                     -1);
    assert_int_equal(rig.feed.err.code, ERR_NOT_FOUND);
    feed_end(&rig.feed);
}

static void names_of_partners_are_never_shown(void **state)
{
    struct store_list known = {.id = "one", .state = LIST_OK};
    struct seen seen = {.changes = 0};
    struct store_segment segment;
    struct rig rig;

    (void)state;
    rig_start(&rig);
    for (unsigned count = 5; count <= 6; count++) {
        feed_segment_of(&rig.feed, &segment, "one", "", "a", count, FEED_SEED, "partner");
        assert_int_equal(store_put_list(rig.feed.store, &known, &rig.feed.err), 0);
        assert_int_equal(
            store_set_segments(rig.feed.store, "one", false, &segment, 1, &rig.feed.err), 0);
        go(&rig);
    }
    assert_int_equal(
        generation_diff(rig.feed.store, 1, 2, see_change, see_name, &seen, &rig.feed.err), 0);
    assert_int_equal(seen.last.added, 1);
    assert_int_equal(seen.came, 0);
    feed_end(&rig.feed);
}

/* ---- a lost database ---- */

static void check_rebuilt(struct rig *rig)
{
    struct store_segment *got;
    struct store_list known;
    size_t count;

    assert_int_equal(feed_last_event(&rig->feed).kind, EVENT_HEALED);
    assert_int_equal(feed_last_event(&rig->feed).number, 1);
    assert_int_equal(store_segments(rig->feed.store, NULL, false, &got, &count, &rig->feed.err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(got[0].file, "one..b-5");
    assert_string_equal(got[1].file, "two..x-5");
    free(got);
    assert_int_equal(store_get_list(rig->feed.store, "two", &known, &rig->feed.err), 0);
    assert_int_equal(known.state, LIST_OK);
    assert_true(known.fetched_s > 0);
    assert_string_equal(known.etag, "");
    heal(rig);
    check_settled(rig, 2, 1, "b");
    assert_int_equal(generation_wanted(rig->feed.store, &rig->feed.err), 0);
}

static void a_lost_database_is_made_again_from_the_files(void **state)
{
    struct store_segment stray;
    struct rig rig;

    (void)state;
    rig_start(&rig);
    put_list(&rig, "one", "a", 5);
    put_list(&rig, "two", "x", 5);
    go(&rig);
    put_list(&rig, "one", "b", 5);
    go(&rig);
    feed_segment(&rig.feed, &stray, "one", "", "newer", 5); /* held, or half a run */
    store_close(rig.feed.store);
    assert_int_equal(unlink(feed_path(&rig.feed, "feeds.db")), 0);
    feed_open(&rig.feed);
    check_rebuilt(&rig);
    store_close(rig.feed.store);
    feed_write(&rig.feed, "feeds.db", "this is no database, but some octets of a text file", 50);
    feed_open(&rig.feed);
    assert_true(feed_has(&rig.feed, "feeds.db.damaged"));
    check_rebuilt(&rig);
    feed_end(&rig.feed);
}

static void without_a_set_the_newest_segments_are_in_force(void **state)
{
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct store_segment *got;
    struct rig rig;
    size_t count;

    (void)state;
    two_generations(&rig);
    store_close(rig.feed.store);
    unlink(feed_path(&rig.feed, "feeds.db"));
    unlink(feed_path(&rig.feed, "sets/1.set"));
    unlink(feed_path(&rig.feed, "sets/2.set"));
    assert_int_equal(utimensat(AT_FDCWD, feed_path(&rig.feed, "segments/one..a-5"), old, 0), 0);
    feed_open(&rig.feed);
    assert_int_equal(store_segments(rig.feed.store, NULL, false, &got, &count, &rig.feed.err), 0);
    assert_int_equal(count, 1);
    assert_string_equal(got[0].file, "one..b-5");
    free(got);
    heal(&rig);
    assert_int_equal(generation_wanted(rig.feed.store, &rig.feed.err), 1);
    go(&rig);
    assert_true(lists(&rig, "current.set", "n4.b.example"));
    feed_end(&rig.feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_segments_in_force_become_the_set_in_force),
        cmocka_unit_test(only_the_newest_generations_are_kept),
        cmocka_unit_test(a_segment_that_was_changed_goes_into_no_set),
        cmocka_unit_test(another_seed_hashes_segments_anew),
        cmocka_unit_test(a_part_of_any_text_is_hashed_anew_too),
        cmocka_unit_test(a_transaction_of_the_caller_is_committed_with_it),
        cmocka_unit_test(sets_public_elsewhere_is_a_link_and_never_replaces_a_file),
        cmocka_unit_test(a_kill_before_the_row_leaves_the_old_set),
        cmocka_unit_test(a_kill_between_row_and_link_goes_on_to_the_new_set),
        cmocka_unit_test(a_row_whose_set_is_damaged_leaves_the_old_one_in_force),
        cmocka_unit_test(a_damaged_set_in_force_is_built_again),
        cmocka_unit_test(links_that_are_gone_come_back),
        cmocka_unit_test(what_nobody_refers_to_is_removed_and_half_a_list_stays),
        cmocka_unit_test(a_damaged_segment_is_replaced_by_an_older_one_and_fetched_anew),
        cmocka_unit_test(what_was_rolled_back_is_held),
        cmocka_unit_test(a_kill_in_a_rollback_leaves_one_or_the_other),
        cmocka_unit_test(a_rollback_to_nowhere_or_to_a_damaged_set_changes_nothing),
        cmocka_unit_test(a_comparison_counts_and_names_what_came_and_went),
        cmocka_unit_test(names_of_partners_are_never_shown),
        cmocka_unit_test(a_lost_database_is_made_again_from_the_files),
        cmocka_unit_test(without_a_set_the_newest_segments_are_in_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
