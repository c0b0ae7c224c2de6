/* feeds.db: what is put comes back, the record is only added to, and damage of any kind costs no
 * more than what no file tells. */
#include "tests/unit/feed_fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/wait.h>

static void what_is_known_of_a_list_comes_back(void **state)
{
    struct store_list list = {.id = "one",
                              .etag = "\"a1\"",
                              .state = LIST_HELD,
                              .why = "shrank",
                              .tried_s = 1,
                              .fetched_s = 2,
                              .changed_s = 3,
                              .next_s = 4,
                              .held_s = 5,
                              .failures = 6,
                              .stale_told = true,
                              .rolled_back = true};
    struct feed_fixture fixture;
    struct store_list got;

    (void)state;
    feed_start(&fixture);
    memset(list.recipe, 1, sizeof list.recipe);
    memset(list.body, 2, sizeof list.body);
    memset(list.held_body, 3, sizeof list.held_body);
    assert_int_equal(store_get_list(fixture.store, "one", &got, &fixture.err), 0);
    assert_int_equal(got.state, LIST_NEVER);
    assert_string_equal(got.id, "one");
    assert_int_equal(store_put_list(fixture.store, &list, &fixture.err), 0);
    feed_reopen(&fixture);
    assert_int_equal(store_get_list(fixture.store, "one", &got, &fixture.err), 0);
    assert_memory_equal(&got, &list, sizeof got);
    assert_int_equal(store_forget(fixture.store, "one", &fixture.err), 0);
    assert_int_equal(store_get_list(fixture.store, "one", &got, &fixture.err), 0);
    assert_int_equal(got.state, LIST_NEVER);
    feed_end(&fixture);
}

static void segments_in_force_and_held_are_kept_apart(void **state)
{
    struct store_segment put[3], *got;
    struct feed_fixture fixture;
    size_t count;

    (void)state;
    feed_start(&fixture);
    feed_segment_seeded(&fixture, &put[0], "one", "b", "x", 5, UINT64_MAX);
    feed_segment_seeded(&fixture, &put[1], "one", "a", "y", 6, UINT64_MAX);
    feed_segment_seeded(&fixture, &put[2], "two", "", "z", 7, UINT64_MAX);
    assert_int_equal(store_set_segments(fixture.store, "one", false, put, 2, &fixture.err), 0);
    assert_int_equal(store_set_segments(fixture.store, "two", true, put + 2, 1, &fixture.err), 0);
    assert_int_equal(store_segments(fixture.store, NULL, false, &got, &count, &fixture.err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(got[0].part, "a");
    assert_memory_equal(&got[0], &put[1], sizeof *got);
    assert_memory_equal(&got[1], &put[0], sizeof *got);
    free(got);
    assert_int_equal(store_segments(fixture.store, "two", true, &got, &count, &fixture.err), 0);
    assert_int_equal(count, 1);
    assert_true(got[0].held);
    assert_int_equal(got[0].entries, 7);
    free(got);
    assert_int_equal(store_set_segments(fixture.store, "two", false, put, 1, &fixture.err), -1);
    assert_int_equal(fixture.err.code, ERR_USAGE);
    feed_end(&fixture);
}

static void one_generation_is_the_present_one(void **state)
{
    struct store_generation put = {.made_s = 9, .current = true, .seed = 1ull << 63, .names = 5};
    struct store_generation *got;
    struct store_segment segment, *segments;
    struct feed_fixture fixture;
    size_t count;

    (void)state;
    feed_start(&fixture);
    feed_segment(&fixture, &segment, "one", "", "x", 5);
    for (put.number = 1; put.number <= 3; put.number++)
        assert_int_equal(store_put_generation(fixture.store, &put, &segment, 1, &fixture.err), 0);
    assert_int_equal(store_set_current(fixture.store, 2, &fixture.err), 0);
    assert_int_equal(store_generations(fixture.store, &got, &count, &fixture.err), 0);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].number, 3 - i);
        assert_int_equal(got[i].current, got[i].number == 2);
        assert_true(got[i].seed == 1ull << 63);
    }
    free(got);
    assert_int_equal(store_generation_segments(fixture.store, 2, &segments, &count, &fixture.err),
                     0);
    assert_int_equal(count, 1);
    assert_memory_equal(&segments[0], &segment, sizeof segment);
    free(segments);
    assert_int_equal(store_drop_generation(fixture.store, 2, &fixture.err), 0);
    assert_int_equal(store_generation_segments(fixture.store, 2, &segments, &count, &fixture.err),
                     0);
    assert_int_equal(count, 0);
    free(segments);
    feed_end(&fixture);
}

static int count_event(void *context, const struct store_event *event)
{
    (void)event;
    ++*(size_t *)context;
    return 0;
}

static void the_record_is_only_added_to(void **state)
{
    static const char *const tries[] = {
        "DELETE FROM event",
        "UPDATE event SET text = 'x'",
        "INSERT OR REPLACE INTO event (number, at, kind, list, generation, text)"
        " VALUES (1, 0, 'x', '', 0, 'x')",
    };
    struct store_event event = {.at_s = 5, .kind = EVENT_FAILED, .list = "one", .text = "why"};
    struct feed_fixture fixture;
    size_t count = 0;
    sqlite3 *raw;

    (void)state;
    feed_start(&fixture);
    for (int i = 0; i < 3; i++) {
        snprintf(event.text, sizeof event.text, "number %d", i);
        assert_int_equal(store_event(fixture.store, &event, &fixture.err), 0);
    }
    assert_int_equal(sqlite3_open(feed_path(&fixture, "feeds.db"), &raw), SQLITE_OK);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        assert_int_equal(sqlite3_exec(raw, tries[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
        assert_string_equal(sqlite3_errmsg(raw), "the record is only added to");
    }
    sqlite3_close(raw);
    assert_int_equal(store_events(fixture.store, "one", 2, count_event, &count, &fixture.err), 0);
    assert_int_equal(count, 2);
    event = feed_last_event(&fixture);
    assert_string_equal(event.text, "number 2");
    assert_int_equal(event.kind, EVENT_FAILED);
    assert_int_equal(event.number, 3);
    feed_end(&fixture);
}

static void what_is_abandoned_never_was(void **state)
{
    struct store_list list = {.id = "one", .state = LIST_OK}, got;
    struct feed_fixture fixture;

    (void)state;
    feed_start(&fixture);
    assert_int_equal(store_begin(fixture.store, &fixture.err), 0);
    assert_int_equal(store_begin(fixture.store, &fixture.err), 0);
    assert_int_equal(store_put_list(fixture.store, &list, &fixture.err), 0);
    store_abandon(fixture.store);
    assert_int_equal(store_put_list(fixture.store, &list, &fixture.err), -1); /* not on its own */
    assert_int_equal(store_commit(fixture.store, &fixture.err), -1);
    assert_int_equal(store_get_list(fixture.store, "one", &got, &fixture.err), 0);
    assert_int_equal(got.state, LIST_NEVER);
    feed_end(&fixture);
}

static void a_second_writer_is_told_who_is_at_work(void **state)
{
    struct feed_fixture fixture;
    char pid[32];

    (void)state;
    feed_start(&fixture);
    snprintf(pid, sizeof pid, "process %ld ", (long)getpid());
    assert_null(store_open(fixture.dir, STORE_WRITE, FEED_NOW, &fixture.err));
    assert_int_equal(fixture.err.code, ERR_BUSY);
    assert_non_null(strstr(fixture.err.text, pid));
    feed_end(&fixture);
}

static void a_reader_reads_beside_a_writer(void **state)
{
    struct store_list list = {.id = "one", .state = LIST_OK}, got;
    struct feed_fixture fixture;
    struct store *reader;

    (void)state;
    feed_start(&fixture);
    assert_int_equal(store_begin(fixture.store, &fixture.err), 0);
    assert_int_equal(store_put_list(fixture.store, &list, &fixture.err), 0);
    reader = store_open(fixture.dir, STORE_READ, FEED_NOW, &fixture.err);
    assert_non_null(reader);
    assert_int_equal(store_get_list(reader, "one", &got, &fixture.err), 0);
    assert_int_equal(got.state, LIST_NEVER);
    assert_int_equal(store_commit(fixture.store, &fixture.err), 0);
    assert_int_equal(store_get_list(reader, "one", &got, &fixture.err), 0);
    assert_int_equal(got.state, LIST_OK);
    assert_int_equal(store_put_list(reader, &list, &fixture.err), -1);
    store_close(reader);
    feed_end(&fixture);
}

static void readers_say_where_there_is_nothing_yet(void **state)
{
    struct err err;

    (void)state;
    assert_null(store_open("/nonexistent/feeds", STORE_READ, FEED_NOW, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "lists sync"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_of_a_list_comes_back),
        cmocka_unit_test(segments_in_force_and_held_are_kept_apart),
        cmocka_unit_test(one_generation_is_the_present_one),
        cmocka_unit_test(the_record_is_only_added_to),
        cmocka_unit_test(what_is_abandoned_never_was),
        cmocka_unit_test(a_second_writer_is_told_who_is_at_work),
        cmocka_unit_test(a_reader_reads_beside_a_writer),
        cmocka_unit_test(readers_say_where_there_is_nothing_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
