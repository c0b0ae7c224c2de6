/* state.db: what is written is there again, and what goes wrong changes nothing. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "config/base/err.h"
#include "policy/state/state_db.h"

struct place {
    char dir[64], path[128];
};

static int set_up(void **state)
{
    static struct place place;

    const char *room = getenv("TMPDIR");

    snprintf(place.dir, sizeof place.dir, "%.30s/stairgate-state-XXXXXX",
             room != NULL ? room : "/tmp");
    if (mkdtemp(place.dir) == NULL)
        return -1;
    snprintf(place.path, sizeof place.path, "%s/state.db", place.dir);
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    const struct place *place = *state;
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", place->dir);
    return system(command);
}

static struct state_db *open_db(const struct place *place)
{
    struct err warning, err = {.text = ""};
    struct state_db *db = state_db_open(place->path, &warning, &err);

    if (db == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(warning.code, ERR_NONE);
    return db;
}

static struct device_key key_of(const char *text)
{
    struct device_key key;

    memset(&key, 0, sizeof key);
    key.kind = DEVICE_CPE;
    key.length = (uint8_t)strlen(text);
    memcpy(key.octets, text, key.length);
    return key;
}

static uint32_t add_device(struct state_db *db, const char *name, const char *key_text)
{
    struct state_device device = {.flags = 1, .seen_first_s = 5, .seen_last_s = 6};
    struct device_key key = key_of(key_text);
    struct err err;

    snprintf(device.name, sizeof device.name, "%s", name);
    snprintf(device.profile, sizeof device.profile, "kid");
    assert_int_equal(state_db_device_put(db, &device, &err), 0);
    assert_int_not_equal(device.id, 0);
    assert_int_equal(state_db_key_put(db, device.id, &key, &err), 0);
    return device.id;
}

static struct state_grant sample_grant(void)
{
    struct state_grant grant = {
        .grant = {.effect = GRANT_ALLOW,
                  .scope = GRANT_PROFILE,
                  .what = GRANT_NAME,
                  .role = GRANT_BY_TEACHER,
                  .from_s = 10,
                  .until_s = 20},
        .subject = "kid",
        .who = "teacher",
        .reason = "homework"
    };

    assert_int_equal(name_from_text(&grant.grant.name, "video.example", 13), NAME_OK);
    return grant;
}

static uint32_t add_grant(struct state_db *db)
{
    struct state_grant grant = sample_grant();
    struct err err = {.text = ""};

    if (state_db_grant_add(db, &grant, &err) != 0)
        fail_msg("%s", err.text);
    return grant.grant.id;
}

struct seen {
    size_t devices, keys, grants, changes;
    uint32_t last;
    int64_t newest;
};

static int see_device(void *context, const struct state_device *device,
                      const struct device_key *keys, size_t count)
{
    struct seen *seen = context;

    (void)keys;
    assert_true(device->id > seen->last);
    seen->last = device->id;
    seen->devices++;
    seen->keys += count;
    return 0;
}

static int see_grant(void *context, const struct state_grant *grant)
{
    struct seen *seen = context;

    assert_int_not_equal(grant->grant.id, 0);
    seen->grants++;
    return 0;
}

static int see_change(void *context, const struct state_change *change)
{
    struct seen *seen = context;

    if (seen->changes++ == 0)
        seen->newest = change->number;
    return 0;
}

static struct seen look(struct state_db *db)
{
    struct seen seen = {0};
    struct err err = {.text = ""};

    if (state_db_devices_each(db, see_device, &seen, &err) != 0 ||
        state_db_grants_each(db, see_grant, &seen, &err) != 0 ||
        state_db_changes_each(db, SIZE_MAX, see_change, &seen, &err) != 0)
        fail_msg("%s", err.text);
    return seen;
}

static void what_is_written_is_there_again(void **state)
{
    struct state_db *db = open_db(*state);
    struct state_device device;
    struct state_grant grant;
    uint32_t id = add_device(db, "tablet", "line 1"), other = add_device(db, "phone", "line 2");
    uint32_t given = add_grant(db);
    struct err err;

    state_db_close(db);
    db = open_db(*state);
    assert_int_equal(state_db_device_named(db, "tablet", &device, &err), 1);
    assert_int_equal(device.id, id);
    assert_string_equal(device.profile, "kid");
    assert_int_equal(device.seen_last_s, 6);
    struct device_key key = key_of("line 2");
    assert_int_equal(state_db_device_keyed(db, &key, &device, &err), 1);
    assert_int_equal(device.id, other);
    assert_int_equal(state_db_device_named(db, "", &device, &err), 0);
    assert_int_equal(state_db_device_get(db, 999, &device, &err), 0);
    assert_int_equal(state_db_grant_get(db, given, &grant, &err), 1);
    assert_string_equal(grant.reason, "homework");
    assert_int_equal(grant.grant.name.length, 15);
    assert_int_equal(grant.grant.until_s, 20);
    assert_int_equal(look(db).devices, 2);
    assert_int_equal(look(db).keys, 2);
    state_db_close(db);
}

static void a_key_has_one_device_and_a_name_too(void **state)
{
    struct state_db *db = open_db(*state);
    uint32_t first = add_device(db, "tablet", "line 1");
    struct device_key key = key_of("line 1");
    struct state_device device = {.name = "tablet"};
    struct err err;
    uint32_t second = add_device(db, "", "line 2");

    add_device(db, "", "line 3"); /* any number without a name */
    assert_int_equal(state_db_key_put(db, second, &key, &err), 0);
    assert_int_equal(look(db).keys, 3);
    assert_int_equal(state_db_device_put(db, &device, &err), -1);
    assert_int_equal(err.code, ERR_DUPLICATE);
    assert_int_equal(state_db_key_remove(db, &key, &err), 0);
    assert_int_equal(state_db_device_keyed(db, &key, &device, &err), 0);
    assert_int_equal(state_db_device_get(db, first, &device, &err), 1);
    state_db_close(db);
}

static void a_device_goes_with_its_keys_and_grants(void **state)
{
    struct state_db *db = open_db(*state);
    uint32_t id = add_device(db, "tablet", "line 1");
    struct state_grant grant = sample_grant();
    struct err err;

    add_grant(db);
    grant.grant.scope = GRANT_DEVICE;
    grant.grant.subject = id;
    assert_int_equal(state_db_grant_add(db, &grant, &err), 0);
    assert_int_equal(look(db).grants, 2);
    assert_int_equal(state_db_device_remove(db, id, &err), 0);
    assert_int_equal(look(db).grants, 1);
    assert_int_equal(look(db).keys, 0);
    assert_true(add_device(db, "tablet", "line 1") > id); /* no number is used again */
    state_db_close(db);
}

static void what_was_abandoned_is_not_there(void **state)
{
    struct state_db *db = open_db(*state);
    struct err err;

    assert_int_equal(state_db_begin(db, &err), 0);
    add_device(db, "tablet", "line 1");
    state_db_abandon(db);
    assert_int_equal(look(db).devices, 0);
    assert_int_equal(state_db_begin(db, &err), 0);
    add_device(db, "tablet", "line 1");
    assert_int_equal(state_db_commit(db, &err), 0);
    assert_int_equal(look(db).devices, 1);
    state_db_close(db);
}

static void the_account_of_changes_keeps_the_newest(void **state)
{
    struct state_db *db = open_db(*state);
    struct err err;
    struct seen seen;

    assert_int_equal(state_db_begin(db, &err), 0);
    for (int i = 0; i < STATE_CHANGES_KEPT + 100; i++)
        assert_int_equal(state_db_note(db, i, "guardian", "allow", "grant 1", &err), 0);
    assert_int_equal(state_db_commit(db, &err), 0);
    seen = look(db);
    assert_int_equal(seen.changes, STATE_CHANGES_KEPT);
    assert_int_equal(seen.newest, STATE_CHANGES_KEPT + 100);
    state_db_close(db);
}

static void a_second_server_is_refused(void **state)
{
    const struct place *place = *state;
    struct state_db *db = open_db(place);
    struct err warning, err;

    assert_null(state_db_open(place->path, &warning, &err));
    assert_int_equal(err.code, ERR_BUSY);
    state_db_close(db);
}

static void spoil(const char *path, long at, size_t length)
{
    FILE *file = fopen(path, "r+");

    assert_non_null(file);
    fseek(file, at, SEEK_SET);
    for (size_t i = 0; i < length; i++)
        fputc(0xa5, file);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_file_is_set_aside_and_never_written_over(void **state)
{
    const struct place *place = *state;
    char aside[160];
    struct err warning, err;
    struct stat info;

    for (int round = 1; round <= 2; round++) {
        struct state_db *db = open_db(place);

        add_device(db, "tablet", "line 1");
        state_db_close(db);
        spoil(place->path, round == 1 ? 0 : 4096, 2000); /* the header, then a page */
        db = state_db_open(place->path, &warning, &err);
        assert_non_null(db);
        assert_int_equal(warning.code, ERR_FORMAT);
        assert_non_null(strstr(warning.text, "set aside"));
        assert_int_equal(look(db).devices, 0);
        state_db_close(db);
        snprintf(aside, sizeof aside, "%s.damaged%s", place->path, round == 1 ? "" : "-2");
        assert_int_equal(stat(aside, &info), 0);
    }
}

static void change_file(const struct place *place, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int ask_file(const struct place *place, const char *sql)
{
    sqlite3_stmt *statement;
    sqlite3 *db;
    int number;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

/* Takes out of the file what versions after the first have added. */
static void make_first_version(const struct place *place)
{
    static const char later[] =
        "SELECT %s FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%%' AND"
        " name NOT IN ('device', 'device_key', 'given', 'change')";
    char sql[400], drop[100];
    sqlite3_stmt *statement;
    sqlite3 *db;

    snprintf(sql, sizeof sql, later, "count(*)");
    while (ask_file(place, sql) > 0) {
        char one[400];

        snprintf(one, sizeof one, later, "'DROP TABLE ' || name");
        assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, one, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        snprintf(drop, sizeof drop, "%s", (const char *)sqlite3_column_text(statement, 0));
        sqlite3_finalize(statement);
        sqlite3_close(db);
        change_file(place, drop);
    }
    change_file(place, "PRAGMA user_version = 1");
}

static int count_canary(void *context, const struct state_canary *canary)
{
    struct state_canary *last = context;

    assert_true(canary->at_s >= last->at_s);
    *last = *canary;
    return 0;
}

static void a_file_of_the_first_version_gets_what_later_ones_added_and_keeps_its_rows(void **state)
{
    const struct place *place = *state;
    struct state_canary canary = {.at_s = 1800000000, .result = 3, .generation = 7}, last = {0};
    struct state_db *db = open_db(place);
    struct err err;
    int version;

    add_device(db, "tablet", "line 1");
    state_db_close(db);
    version = ask_file(place, "PRAGMA user_version");
    make_first_version(place);
    db = open_db(place);
    assert_int_equal(look(db).devices, 1);
    assert_int_equal(state_db_canary_last(db, &last, &err), 0);
    assert_int_equal(state_db_canary_add(db, &canary, &err), 0);
    state_db_close(db);
    assert_int_equal(ask_file(place, "PRAGMA user_version"), version);
    db = open_db(place);
    assert_int_equal(state_db_canary_last(db, &last, &err), 1);
    assert_int_equal(last.at_s, canary.at_s);
    assert_int_equal(last.result, canary.result);
    assert_int_equal(last.generation, canary.generation);
    state_db_close(db);
}

static void canaries_are_told_of_a_span_and_only_the_newest_are_kept(void **state)
{
    const struct place *place = *state;
    struct state_canary canary = {.result = 1, .generation = UINT64_MAX}, last = {0};
    struct state_db *db = open_db(place);
    struct err err;

    for (canary.at_s = 1000; canary.at_s < 1010; canary.at_s++)
        assert_int_equal(state_db_canary_add(db, &canary, &err), 0);
    assert_int_equal(state_db_canaries_each(db, 1002, 1005, count_canary, &last, &err), 0);
    assert_int_equal(last.at_s, 1004);
    assert_true(last.generation == UINT64_MAX);
    state_db_close(db);
    change_file(place, "UPDATE canary SET number = number + 65533 WHERE number > 5");
    db = open_db(place);
    canary.at_s = 2000;
    assert_int_equal(state_db_canary_add(db, &canary, &err), 0); /* number 65544 */
    last.at_s = 0;
    assert_int_equal(state_db_canaries_each(db, 0, 1006, count_canary, &last, &err), 0);
    assert_int_equal(last.at_s, 1005); /* those numbered 1 to 5 are gone */
    last.at_s = 0;
    assert_int_equal(state_db_canaries_each(db, 0, 1005, count_canary, &last, &err), 0);
    assert_int_equal(last.at_s, 0);
    state_db_close(db);
}

static void a_newer_ones_and_anothers_file_are_refused_and_left_alone(void **state)
{
    const struct place *place = *state;
    struct err warning, err;
    char back[60];

    state_db_close(open_db(place));
    snprintf(back, sizeof back, "PRAGMA user_version = %d", ask_file(place, "PRAGMA user_version"));
    change_file(place, "PRAGMA user_version = 99");
    assert_null(state_db_open(place->path, &warning, &err));
    assert_int_equal(err.code, ERR_VERSION);
    change_file(place, back);
    change_file(place, "PRAGMA application_id = 7");
    assert_null(state_db_open(place->path, &warning, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    change_file(place, "PRAGMA application_id = 1397191540");
    state_db_close(open_db(place));
}

static void rows_that_nobody_wrote_are_damage(void **state)
{
    const struct place *place = *state;
    struct state_db *db = open_db(place);
    struct seen seen = {0};
    struct err err, warning;

    add_grant(db);
    state_db_close(db);
    change_file(place, "UPDATE given SET name = x'3f41'");
    db = open_db(place);
    assert_int_equal(state_db_grants_each(db, see_grant, &seen, &err), -1);
    assert_int_equal(err.code, ERR_FORMAT);
    assert_true(state_db_is_damaged(db));
    assert_int_equal(state_db_begin_anew(db, &warning, &err), 0);
    assert_int_equal(look(db).grants, 0);
    add_grant(db);
    state_db_close(db);
}

static void a_full_disk_changes_nothing(void **state)
{
    const struct place *place = *state;
    struct state_db *db = open_db(place);
    struct rlimit before, full;
    struct state_device device = {.id = 0};
    struct err err = {.code = ERR_NONE};
    struct stat info;
    char wal[160];
    size_t added = 0;

    add_device(db, "tablet", "line 1");
    snprintf(wal, sizeof wal, "%s-wal", place->path);
    assert_int_equal(stat(wal, &info), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    full = before;
    full.rlim_cur = (rlim_t)info.st_size + 20000; /* no file of ours grows beyond this */
    setrlimit(RLIMIT_FSIZE, &full);
    while (added < 1000 && state_db_device_put(db, &device, &err) == 0) {
        device.id = 0;
        added++;
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(added < 1000);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, "nothing was changed"));
    assert_int_equal(look(db).devices, added + 1);
    add_device(db, "phone", "line 2"); /* there is room again */
    state_db_close(db);
    db = open_db(place);
    assert_int_equal(look(db).devices, added + 2);
    state_db_close(db);
}

/* Root may write anything: the test is then one of reading. */
static void what_cannot_be_written_is_read_and_says_why_it_does_not_change(void **state)
{
    const struct place *place = *state;
    struct state_db *db = open_db(place);
    struct state_device device = {.id = 0};
    struct err warning, err;

    if (geteuid() == 0) {
        state_db_close(db);
        print_message("run as root: nothing is read-only to it\n");
        skip();
    }
    add_device(db, "tablet", "line 1");
    state_db_close(db);
    assert_int_equal(chmod(place->path, 0400), 0);
    assert_int_equal(chmod(place->dir, 0500), 0);
    db = state_db_open(place->path, &warning, &err);
    chmod(place->dir, 0700);
    assert_non_null(db);
    assert_int_equal(warning.code, ERR_SYSTEM);
    assert_int_equal(look(db).devices, 1);
    assert_int_equal(state_db_device_put(db, &device, &err), -1);
    assert_non_null(strstr(err.text, "writable"));
    state_db_close(db);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_is_written_is_there_again),
        CASE(a_key_has_one_device_and_a_name_too),
        CASE(a_device_goes_with_its_keys_and_grants),
        CASE(what_was_abandoned_is_not_there),
        CASE(the_account_of_changes_keeps_the_newest),
        CASE(a_second_server_is_refused),
        CASE(a_damaged_file_is_set_aside_and_never_written_over),
        CASE(a_newer_ones_and_anothers_file_are_refused_and_left_alone),
        CASE(a_file_of_the_first_version_gets_what_later_ones_added_and_keeps_its_rows),
        CASE(canaries_are_told_of_a_span_and_only_the_newest_are_kept),
        CASE(rows_that_nobody_wrote_are_damage),
        CASE(a_full_disk_changes_nothing),
        CASE(what_cannot_be_written_is_read_and_says_why_it_does_not_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
