/* config/data/privacy.tsv names everything that the databases hold, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <unistd.h>
#include <cmocka.h>

#include "blocklist/feed/store.h"
#include "config/base/data.h"
#include "config/base/err.h"
#include "policy/state/state_db.h"

enum { PATH_OCTETS = 256 };

static char folder[] = "/tmp/stairgate-privacy-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    char command[PATH_OCTETS];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static bool is_named(const char *place, const char *item)
{
    struct data_reader row;

    assert_int_equal(data_open(&row, "privacy"), 0);
    while (data_next(&row)) {
        if (strcmp(row.fields[0], place) == 0 && strcmp(row.fields[1], item) == 0)
            return true;
    }
    return false;
}

static size_t rows_of(const char *place)
{
    struct data_reader row;
    size_t count = 0;

    assert_int_equal(data_open(&row, "privacy"), 0);
    while (data_next(&row)) {
        assert_int_equal(row.count, 6);
        for (size_t i = 0; i < row.count; i++)
            assert_true(row.fields[i][0] != '\0');
        count += strcmp(row.fields[0], place) == 0;
    }
    return count;
}

/* Asserts that each text which SQL gives of the database at PATH is named under PLACE. */
static void all_named(const char *path, const char *place, const char *sql)
{
    sqlite3_stmt *statement;
    sqlite3 *db;
    size_t count = 0;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
        const char *item = (const char *)sqlite3_column_text(statement, 0);

        if (!is_named(place, item))
            fail_msg("%s holds %s, which config/data/privacy.tsv does not name", place, item);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_true(count > 0);
    assert_int_equal(rows_of(place), count);
}

static void every_column_of_the_state_is_named(void **state)
{
    char path[PATH_OCTETS];
    struct err warning, err;
    struct state_db *db;

    (void)state;
    snprintf(path, sizeof path, "%s/state.db", folder);
    db = state_db_open(path, &warning, &err);
    assert_non_null(db);
    state_db_close(db);
    all_named(path, "state.db",
              "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c"
              " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'");
}

static void every_table_of_the_lists_is_named(void **state)
{
    char path[PATH_OCTETS + 16];
    struct store *store;
    struct err err;

    (void)state;
    store = store_open(folder, STORE_WRITE, 1, &err);
    assert_non_null(store);
    store_close(store);
    snprintf(path, sizeof path, "%s/feeds.db", folder);
    all_named(path, "feeds.db",
              "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_of_the_state_is_named),
        cmocka_unit_test(every_table_of_the_lists_is_named),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
