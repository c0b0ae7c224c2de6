/* feeds.db: what is put comes back, the record is only added to, and damage of any kind costs no
 * more than what no file tells. */
#include "tests/unit/feed_fixture.h"

#include <signal.h>
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

static void files_in_use_are_told_once_and_in_order(void **state)
{
    static const char *const parts[] = {"b", "a-", "a_", "B", "9", "a"};
    struct store_generation generation = {.number = 1, .current = true};
    struct store_segment put[6];
    struct feed_fixture fixture;
    char(*files)[STORE_FILE_MAX];
    size_t count;

    (void)state;
    feed_start(&fixture);
    assert_int_equal(store_files(fixture.store, &files, &count, &fixture.err), 0);
    assert_int_equal(count, 0);
    free(files);
    for (size_t i = 0; i < 6; i++)
        feed_segment(&fixture, &put[i], "one", parts[i], "x", 5);
    assert_int_equal(store_set_segments(fixture.store, "one", false, put, 3, &fixture.err), 0);
    assert_int_equal(store_set_segments(fixture.store, "one", true, put + 3, 1, &fixture.err), 0);
    assert_int_equal(store_put_generation(fixture.store, &generation, put + 2, 4, &fixture.err), 0);
    assert_int_equal(store_files(fixture.store, &files, &count, &fixture.err), 0);
    assert_int_equal(count, 6);
    for (size_t i = 1; i < count; i++)
        assert_true(strcmp(files[i - 1], files[i]) < 0);
    free(files);
    feed_end(&fixture);
}

static void one_generation_is_the_present_one(void **state)
{
    struct store_generation put = {.made_s = 9, .current = true, .seed = 1ull << 63, .names = 5};
    struct store_generation *got, current;
    struct store_segment segment, *segments;
    struct feed_fixture fixture;
    size_t count;

    (void)state;
    feed_start(&fixture);
    feed_segment(&fixture, &segment, "one", "", "x", 5);
    assert_int_equal(store_current(fixture.store, &current, &fixture.err), 0);
    assert_int_equal(current.number, 0);
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
    assert_int_equal(store_current(fixture.store, &current, &fixture.err), 0);
    assert_memory_equal(&current, &got[1], sizeof current);
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

/* ---- damage ---- */

/* Fills the database with some pages of every table. */
static void fill(struct feed_fixture *fixture)
{
    struct store_event event = {.at_s = 5, .kind = EVENT_UNCHANGED};
    struct store_generation generation = {.number = 1, .current = true};
    struct store_segment segment;

    feed_segment(fixture, &segment, "one", "", "x", 5);
    assert_int_equal(store_begin(fixture->store, &fixture->err), 0);
    for (int i = 0; i < 40; i++) {
        struct store_list list = {.state = LIST_OK, .fetched_s = i};

        snprintf(list.id, sizeof list.id, "list-%d", i);
        snprintf(event.list, sizeof event.list, "%s", list.id);
        memset(event.text, 'a' + i % 26, 200);
        snprintf(segment.list, sizeof segment.list, "%s", list.id);
        assert_int_equal(store_put_list(fixture->store, &list, &fixture->err), 0);
        assert_int_equal(store_event(fixture->store, &event, &fixture->err), 0);
        assert_int_equal(
            store_set_segments(fixture->store, list.id, false, &segment, 1, &fixture->err), 0);
    }
    assert_int_equal(store_put_generation(fixture->store, &generation, &segment, 1, &fixture->err),
                     0);
    assert_int_equal(store_commit(fixture->store, &fixture->err), 0);
}

static int see_list(void *context, const struct store_list *list)
{
    assert_true(strlen(list->id) < sizeof list->id);
    ++*(size_t *)context;
    return 0;
}

/* Reads and writes everything; what is known may have changed, none of it may fail. */
static void use_all(struct feed_fixture *fixture)
{
    struct store_list list = {.id = "list-3", .state = LIST_FAILED};
    struct store_event event = {.kind = EVENT_FAILED, .list = "list-3"};
    struct store_generation *generations;
    struct store_segment *segments;
    struct err *err = &fixture->err;
    size_t count = 0;

    assert_int_equal(store_put_list(fixture->store, &list, err), 0);
    assert_int_equal(store_event(fixture->store, &event, err), 0);
    assert_int_equal(store_each(fixture->store, see_list, &count, err), 0);
    assert_true(count > 0);
    assert_int_equal(store_events(fixture->store, NULL, 1000, count_event, &count, err), 0);
    assert_int_equal(store_segments(fixture->store, NULL, false, &segments, &count, err), 0);
    free(segments);
    assert_int_equal(store_generations(fixture->store, &generations, &count, err), 0);
    free(generations);
}

static char *take_database(const struct feed_fixture *fixture, size_t *length)
{
    FILE *file = fopen(feed_path(fixture, "feeds.db"), "rb");
    char *octets = malloc(1 << 20);

    assert_non_null(file);
    assert_non_null(octets);
    *length = fread(octets, 1, 1 << 20, file);
    fclose(file);
    return octets;
}

static uint32_t step(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void octets_changed_anywhere_are_survived(void **state)
{
    struct feed_fixture fixture;
    uint32_t dice = 5;
    size_t length, healed = 0;
    char *octets;

    (void)state;
    feed_start(&fixture);
    fill(&fixture);
    store_close(fixture.store);
    octets = take_database(&fixture, &length);
    assert_true(length > 30000);
    for (int round = 0; round < 150; round++) {
        char *copy = malloc(length);
        size_t at = round < 50 ? step(&dice) % 200 : step(&dice) % length;
        size_t run = 1 + step(&dice) % 64;

        assert_non_null(copy);
        memcpy(copy, octets, length);
        for (size_t i = at; i < at + run && i < length; i++)
            copy[i] = (char)step(&dice);
        feed_write(&fixture, "feeds.db", copy, length);
        free(copy);
        unlink(feed_path(&fixture, "feeds.db.damaged"));
        fixture.store = store_open(fixture.dir, STORE_WRITE, FEED_NOW, &fixture.err);
        if (fixture.store == NULL) { /* its version happens to be a newer one's */
            if (fixture.err.code != ERR_VERSION)
                fail_msg("round %d: %s", round, fixture.err.text);
            continue;
        }
        healed += feed_has(&fixture, "feeds.db.damaged");
        use_all(&fixture);
        store_close(fixture.store);
    }
    assert_true(healed > 30);
    free(octets);
    feed_write(&fixture, "feeds.db", "", 0);
    feed_open(&fixture);
    feed_end(&fixture);
}

static void a_database_that_was_cut_is_made_again(void **state)
{
    struct feed_fixture fixture;
    size_t length;
    char *octets;

    (void)state;
    feed_start(&fixture);
    fill(&fixture);
    store_close(fixture.store);
    octets = take_database(&fixture, &length);
    for (size_t kept = 0; kept < length; kept += 1 + kept / 2) {
        feed_write(&fixture, "feeds.db", octets, kept);
        feed_open(&fixture);
        assert_int_equal(feed_last_event(&fixture).kind, EVENT_HEALED);
        assert_int_equal(feed_last_event(&fixture).number, 1);
        store_close(fixture.store);
    }
    free(octets);
    feed_open(&fixture);
    feed_end(&fixture);
}

/* Changes the database with SQL, as another program would. */
static void meddle(struct feed_fixture *fixture, const char *sql)
{
    sqlite3 *raw;

    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(sqlite3_open(feed_path(fixture, "feeds.db"), &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(raw);
}

static void other_tables_than_ours_are_set_aside(void **state)
{
    static const char *const changes[] = {
        "DROP TRIGGER event_kept",
        "CREATE TRIGGER more AFTER INSERT ON event BEGIN DELETE FROM list; END",
        "CREATE TABLE mine (x)",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 0",
        "ALTER TABLE list ADD COLUMN x TEXT",
    };
    struct feed_fixture fixture;

    (void)state;
    feed_start(&fixture);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        fill(&fixture);
        unlink(feed_path(&fixture, "feeds.db.damaged"));
        meddle(&fixture, changes[i]);
        feed_open(&fixture);
        assert_true(feed_has(&fixture, "feeds.db.damaged"));
        assert_int_equal(feed_last_event(&fixture).kind, EVENT_HEALED);
        store_close(fixture.store);
        unlink(feed_path(&fixture, "feeds.db"));
        feed_open(&fixture);
    }
    feed_end(&fixture);
}

static void a_database_of_version_1_is_read_as_it_is_and_becomes_one_of_2(void **state)
{
    struct feed_fixture fixture;
    struct store_list known;
    struct store_sealed_set set;

    (void)state;
    feed_start(&fixture);
    fill(&fixture);
    meddle(&fixture, "DROP TABLE sealed; DROP TABLE sealed_set; DROP TABLE sealed_check; PRAGMA "
                     "user_version = 1");
    fixture.store = store_open(fixture.dir, STORE_READ, FEED_NOW, &fixture.err);
    assert_non_null(fixture.store);
    assert_int_equal(store_get_list(fixture.store, "one", &known, &fixture.err), 0);
    assert_int_equal(known.signed_s, 0);
    store_close(fixture.store);
    for (int i = 0; i < 2; i++) {
        fixture.store = store_open(fixture.dir, STORE_WRITE, FEED_NOW, &fixture.err);
        assert_non_null(fixture.store);
        assert_int_equal(store_get_list(fixture.store, "one", &known, &fixture.err), 0);
        assert_int_equal(known.signed_s, i * 7);
        assert_int_equal(store_sealed_set(fixture.store, &set, &fixture.err), 0);
        assert_int_equal(set.number, i * 3);
        known.signed_s = 7;
        known.sealed_entries = 5;
        known.sealed_pages = 2;
        assert_int_equal(store_put_list(fixture.store, &known, &fixture.err), 0);
        set.number = 3;
        assert_int_equal(store_put_sealed_set(fixture.store, &set, &fixture.err), 0);
        store_close(fixture.store);
    }
    fixture.store = NULL;
    assert_int_equal(known.sealed_entries, 5);
    feed_end(&fixture);
}

static int see_check(void *context, const struct store_check *check)
{
    struct store_check *last = context;

    assert_true(check->at_s > last->at_s);
    *last = *check;
    return 0;
}

static void checks_of_sealed_lists_are_told_of_a_span(void **state)
{
    struct store_check check = {.list = "one",
                                .class_ = LIST_HOTLINE,
                                .outcome = CHECK_TAKEN,
                                .signed_s = 1800000000,
                                .entries = 3,
                                .deadline_s = 21600};
    struct store_check last = {0};
    struct feed_fixture fixture;

    (void)state;
    feed_start(&fixture);
    for (check.at_s = 10; check.at_s < 20; check.at_s++)
        assert_int_equal(store_check_add(fixture.store, &check, &fixture.err), 0);
    assert_int_equal(store_checks(fixture.store, 12, 15, see_check, &last, &fixture.err), 0);
    assert_int_equal(last.at_s, 14);
    assert_int_equal(last.outcome, CHECK_TAKEN);
    assert_int_equal(last.class_, LIST_HOTLINE);
    assert_int_equal(last.signed_s, 1800000000);
    assert_int_equal(last.entries, 3);
    assert_int_equal(last.deadline_s, 21600);
    assert_string_equal(last.list, "one");
    assert_string_equal(last.kind, "");
    feed_end(&fixture);
}

static void a_newer_version_is_left_alone(void **state)
{
    struct feed_fixture fixture;
    size_t length, after;
    char *octets, *again;

    (void)state;
    feed_start(&fixture);
    fill(&fixture);
    meddle(&fixture, "PRAGMA user_version = 3");
    octets = take_database(&fixture, &length);
    assert_null(store_open(fixture.dir, STORE_WRITE, FEED_NOW, &fixture.err));
    assert_int_equal(fixture.err.code, ERR_VERSION);
    assert_non_null(strstr(fixture.err.text, "newer stairgate"));
    assert_null(store_open(fixture.dir, STORE_READ, FEED_NOW, &fixture.err));
    assert_int_equal(fixture.err.code, ERR_VERSION);
    again = take_database(&fixture, &after);
    assert_int_equal(after, length);
    assert_memory_equal(again, octets, length);
    free(again);
    free(octets);
    feed_end(&fixture);
}

static void damage_that_shows_later_is_set_aside_at_the_end(void **state)
{
    struct feed_fixture fixture;
    size_t length, count = 0;
    char *octets;
    FILE *file;

    (void)state;
    feed_start(&fixture);
    fill(&fixture);
    octets = take_database(&fixture, &length);
    memset(octets + 4096, 0xa5, length - 4096);
    octets[27]++; /* the change counter: what is kept in memory is read anew */
    file = fopen(feed_path(&fixture, "feeds.db"), "r+");
    assert_non_null(file);
    assert_int_equal(fwrite(octets, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    free(octets);
    assert_int_equal(store_each(fixture.store, see_list, &count, &fixture.err), -1);
    assert_int_equal(fixture.err.code, ERR_FORMAT);
    assert_non_null(strstr(fixture.err.text, "lists sync"));
    feed_reopen(&fixture);
    assert_true(feed_has(&fixture, "feeds.db.damaged"));
    assert_int_equal(feed_last_event(&fixture).kind, EVENT_HEALED);
    feed_end(&fixture);
}

static void a_reader_of_a_damaged_database_says_so(void **state)
{
    struct feed_fixture fixture;

    (void)state;
    feed_start(&fixture);
    store_close(fixture.store);
    feed_write(&fixture, "feeds.db", "these are not the octets of a database", 38);
    assert_null(store_open(fixture.dir, STORE_READ, FEED_NOW, &fixture.err));
    assert_int_equal(fixture.err.code, ERR_FORMAT);
    feed_open(&fixture);
    feed_end(&fixture);
}

/* ---- a writer that was killed ---- */

/* Ends this process in the middle of a transaction whose pages are half in the file. */
static void die_writing(const char *path)
{
    sqlite3 *raw;

    sqlite3_open(path, &raw);
    sqlite3_exec(raw,
                 "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; BEGIN;"
                 "UPDATE list SET why = hex(zeroblob(150)), fetched = 99;",
                 NULL, NULL, NULL);
    kill(getpid(), SIGKILL);
}

static int see_fetched(void *context, const struct store_list *list)
{
    *(bool *)context |= list->fetched_s == 99;
    return 0;
}

static void a_killed_writer_leaves_the_old_state_to_readers_and_writers(void **state)
{
    struct feed_fixture fixture;
    struct store *reader;
    bool half = false;
    pid_t child;
    int status;

    (void)state;
    feed_start(&fixture);
    fill(&fixture);
    store_close(fixture.store);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        die_writing(feed_path(&fixture, "feeds.db"));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(feed_has(&fixture, "feeds.db-journal"));
    for (int i = 0; i < 2; i++) {
        reader = store_open(fixture.dir, STORE_READ, FEED_NOW, &fixture.err);
        if (reader == NULL)
            fail_msg("%s", fixture.err.text);
        assert_int_equal(store_each(reader, see_fetched, &half, &fixture.err), 0);
        assert_false(half);
        store_close(reader);
    }
    feed_open(&fixture);
    assert_false(feed_has(&fixture, "feeds.db.damaged"));
    assert_int_equal(store_each(fixture.store, see_fetched, &half, &fixture.err), 0);
    assert_false(half);
    feed_end(&fixture);
}

static void the_journal_of_a_lost_database_is_not_played_into_a_new_one(void **state)
{
    struct feed_fixture fixture;
    pid_t child;
    int status;

    (void)state;
    feed_start(&fixture);
    fill(&fixture);
    store_close(fixture.store);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        die_writing(feed_path(&fixture, "feeds.db"));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(unlink(feed_path(&fixture, "feeds.db")), 0);
    feed_open(&fixture);
    assert_int_equal(feed_last_event(&fixture).kind, EVENT_HEALED);
    use_all(&fixture);
    feed_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_of_a_list_comes_back),
        cmocka_unit_test(segments_in_force_and_held_are_kept_apart),
        cmocka_unit_test(files_in_use_are_told_once_and_in_order),
        cmocka_unit_test(one_generation_is_the_present_one),
        cmocka_unit_test(the_record_is_only_added_to),
        cmocka_unit_test(what_is_abandoned_never_was),
        cmocka_unit_test(a_second_writer_is_told_who_is_at_work),
        cmocka_unit_test(a_reader_reads_beside_a_writer),
        cmocka_unit_test(readers_say_where_there_is_nothing_yet),
        cmocka_unit_test(octets_changed_anywhere_are_survived),
        cmocka_unit_test(a_database_that_was_cut_is_made_again),
        cmocka_unit_test(other_tables_than_ours_are_set_aside),
        cmocka_unit_test(a_database_of_version_1_is_read_as_it_is_and_becomes_one_of_2),
        cmocka_unit_test(a_newer_version_is_left_alone),
        cmocka_unit_test(damage_that_shows_later_is_set_aside_at_the_end),
        cmocka_unit_test(checks_of_sealed_lists_are_told_of_a_span),
        cmocka_unit_test(a_reader_of_a_damaged_database_says_so),
        cmocka_unit_test(a_killed_writer_leaves_the_old_state_to_readers_and_writers),
        cmocka_unit_test(the_journal_of_a_lost_database_is_not_played_into_a_new_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
