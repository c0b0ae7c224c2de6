/* store_schema.c - the tables of feeds.db.
 *
 * A file is ours when it says so (application_id), has our version, and when its tables are word
 * for word those below: an attacker, or an editor, may have left a trigger or taken one out. The
 * record is only added to, by triggers, so that no later version of this program changes it by
 * mistake either. Integers are sqlite's, signed with 64 bits; a seed uses all of them. */
#include "blocklist/feed/store_schema.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/store.h"
#include "blocklist/feed/store_query.h"
#include "config/base/err.h"

/* "SGfd"; in the file's header, where file(1) sees it too. */
enum { APPLICATION = 1397188196 };

#define SEGMENT_COLUMNS                                                                            \
    " file TEXT NOT NULL,"                                                                         \
    " digest BLOB NOT NULL CHECK (length(digest) = 32),"                                           \
    " seed INTEGER NOT NULL,"                                                                      \
    " entries INTEGER NOT NULL CHECK (entries >= 0),"                                              \
    " feed TEXT NOT NULL, class TEXT NOT NULL, category TEXT NOT NULL, format TEXT NOT NULL,"      \
    " observe INTEGER NOT NULL, licence TEXT NOT NULL, attribution TEXT NOT NULL,"                 \
    " lines INTEGER NOT NULL CHECK (lines >= 0), names INTEGER NOT NULL CHECK (names >= 0),"       \
    " duplicates INTEGER NOT NULL CHECK (duplicates >= 0),"                                        \
    " refused BLOB NOT NULL CHECK (length(refused) = 128),"                                        \
    " source BLOB NOT NULL CHECK (length(source) = 32),"

static const char *const tables[] = {
    "CREATE TABLE list (id TEXT PRIMARY KEY NOT NULL,"
    " recipe BLOB NOT NULL CHECK (length(recipe) = 32),"
    " etag TEXT NOT NULL, modified TEXT NOT NULL,"
    " body BLOB NOT NULL CHECK (length(body) = 32),"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3), why TEXT NOT NULL,"
    " tried INTEGER NOT NULL, fetched INTEGER NOT NULL, changed INTEGER NOT NULL,"
    " next INTEGER NOT NULL, held INTEGER NOT NULL,"
    " held_body BLOB NOT NULL CHECK (length(held_body) = 32),"
    " failures INTEGER NOT NULL CHECK (failures BETWEEN 0 AND 2147483647),"
    " stale_told INTEGER NOT NULL, rolled_back INTEGER NOT NULL) STRICT",

    "CREATE TABLE segment (list TEXT NOT NULL, part TEXT NOT NULL, held INTEGER NOT "
    "NULL," SEGMENT_COLUMNS " PRIMARY KEY (list, held, part)) STRICT",

    "CREATE TABLE generation (number INTEGER PRIMARY KEY NOT NULL CHECK (number > 0),"
    " before INTEGER NOT NULL, made INTEGER NOT NULL, current INTEGER NOT NULL,"
    " digest BLOB NOT NULL CHECK (length(digest) = 32), seed INTEGER NOT NULL,"
    " names INTEGER NOT NULL CHECK (names >= 0), prefixes INTEGER NOT NULL CHECK (prefixes >= 0),"
    " octets INTEGER NOT NULL CHECK (octets >= 0), why TEXT NOT NULL) STRICT",

    "CREATE UNIQUE INDEX one_current ON generation (current) WHERE current = 1",

    "CREATE TABLE generation_segment (generation INTEGER NOT NULL REFERENCES generation (number)"
    " ON DELETE CASCADE, list TEXT NOT NULL, part TEXT NOT NULL," SEGMENT_COLUMNS
    " PRIMARY KEY (generation, list, part)) STRICT",

    "CREATE TABLE event (number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at INTEGER NOT NULL,"
    " kind TEXT NOT NULL, list TEXT NOT NULL, generation INTEGER NOT NULL CHECK (generation >= 0),"
    " text TEXT NOT NULL) STRICT",

    "CREATE TRIGGER event_kept BEFORE DELETE ON event"
    " BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END",

    "CREATE TRIGGER event_unchanged BEFORE UPDATE ON event"
    " BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END",

    "CREATE TRIGGER event_new BEFORE INSERT ON event"
    " WHEN EXISTS (SELECT 1 FROM event WHERE number >= new.number AND new.number > 0)"
    " BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END",

    "CREATE INDEX event_of_list ON event (list, number)",

    /* since 2 */
    "CREATE TABLE sealed (list TEXT PRIMARY KEY NOT NULL, signed INTEGER NOT NULL,"
    " entries INTEGER NOT NULL CHECK (entries >= 0), pages INTEGER NOT NULL CHECK (pages >= 0))"
    " STRICT",

    "CREATE TABLE sealed_set (number INTEGER PRIMARY KEY NOT NULL CHECK (number > 0),"
    " made INTEGER NOT NULL, inputs BLOB NOT NULL CHECK (length(inputs) = 32),"
    " told INTEGER NOT NULL) STRICT",

    "CREATE TABLE sealed_check (number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
    " at INTEGER NOT NULL, list TEXT NOT NULL, class INTEGER NOT NULL, outcome TEXT NOT NULL,"
    " kind TEXT NOT NULL, signed INTEGER NOT NULL, entries INTEGER NOT NULL CHECK (entries >= 0),"
    " deadline INTEGER NOT NULL CHECK (deadline >= 0),"
    " generation INTEGER NOT NULL CHECK (generation >= 0)) STRICT",
};
enum { TABLES = sizeof tables / sizeof *tables, TABLES_OF_1 = TABLES - 3 };

/* A pragma takes no bound value. */
static int set_pragma(struct store *store, const char *name, int value, struct err *err)
{
    char sql[80];

    snprintf(sql, sizeof sql, "PRAGMA %s = %d", name, value);
    return store_run(store, sql, err);
}

int store_schema_make(struct store *store, struct err *err)
{
    for (size_t i = 0; i < TABLES; i++) {
        if (store_run(store, tables[i], err) != 0)
            return -1;
    }
    return set_pragma(store, "application_id", APPLICATION, err) == 0 &&
                   set_pragma(store, "user_version", STORE_SCHEMA, err) == 0
               ? 0
               : -1;
}

static int read_number(struct store *store, const char *sql, int64_t *value, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store, sql, err);
    *value = store_query_row(&query) ? store_query_number(&query) : 0;
    return store_query_end(&query);
}

/* Tells whether the table of row SQL is one of the first COUNT that we make; indexes that sqlite
 * makes itself have no text. */
static bool known(const char *sql, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(tables[i], sql) == 0)
            return true;
    }
    return false;
}

static int check_tables(struct store *store, size_t count, struct err *err)
{
    struct store_query query;
    size_t found = 0;
    char sql[2048];

    store_query_start(&query, store,
                      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT IN "
                      "('sqlite_sequence')",
                      err);
    while (store_query_row(&query)) {
        store_query_text(&query, sql, sizeof sql);
        found = known(sql, count) ? found + 1 : TABLES + 1;
    }
    if (store_query_end(&query) != 0)
        return -1;
    return found == count ? 0 : store_damaged(store, "its tables are not those of a feeds.db", err);
}

/* Makes a database of version 1, whose tables were checked, one of this version. */
static int upgrade(struct store *store, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    for (size_t i = TABLES_OF_1; i < TABLES; i++) {
        if (store_run(store, tables[i], err) != 0) {
            store_abandon(store);
            return -1;
        }
    }
    if (set_pragma(store, "user_version", STORE_SCHEMA, err) != 0) {
        store_abandon(store);
        return -1;
    }
    return store_commit(store, err);
}

/* Gives a reader, who may not write, what the file lacks, in its own memory. */
static int fill_in(struct store *store, struct err *err)
{
    static const char start[] = "CREATE ", temporary[] = "CREATE TEMP ";
    char sql[512];

    for (size_t i = TABLES_OF_1; i < TABLES; i++) {
        snprintf(sql, sizeof sql, "%s%s", temporary, tables[i] + sizeof start - 1);
        if (store_run(store, sql, err) != 0)
            return -1;
    }
    return 0;
}

static int check_old(struct store *store, struct err *err)
{
    if (check_tables(store, TABLES_OF_1, err) != 0)
        return -1;
    return store->lock >= 0 ? upgrade(store, err) : fill_in(store, err);
}

int store_schema_check(struct store *store, struct err *err)
{
    int64_t application, version;

    if (read_number(store, "PRAGMA application_id", &application, err) != 0 ||
        read_number(store, "PRAGMA user_version", &version, err) != 0)
        return -1;
    if (application != APPLICATION)
        return store_damaged(store, "another program's database, or none", err);
    if (version > STORE_SCHEMA)
        return err_set(
            err, ERR_VERSION,
            "%s/feeds.db: written by a newer stairgate (schema %lld, this one knows %d); "
            "run that one, or move the file away: it is made anew from the segments then",
            store->dir, (long long)version, STORE_SCHEMA);
    if (version == 1)
        return check_old(store, err);
    if (version != STORE_SCHEMA)
        return store_damaged(store, "of an unknown version", err);
    return check_tables(store, TABLES, err);
}

void store_schema_judge(struct store *store, const char *path, struct err *err)
{
    int code = store->db != NULL ? sqlite3_extended_errcode(store->db) : SQLITE_OK;

    if (err->code == ERR_VERSION || store->damaged)
        return;
    /* A file that may be written, and that sqlite will not write: its header has a version. */
    if (code == SQLITE_ERROR ||
        (code == SQLITE_READONLY && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0))
        store_damaged(store, sqlite3_errmsg(store->db), err);
}

/* sqlite writes a page that cannot be read into its report, as it does with a broken one. A disk
 * that fails is not a damaged database. */
static int judge_line(struct store *store, const char *line, struct err *err)
{
    const char *code = strstr(line, "error code=");
    int number = 0;

    if (strcmp(line, "ok") == 0)
        return 0;
    if (code == NULL || sscanf(code, "error code=%d", &number) != 1 ||
        (number & 0xff) != SQLITE_IOERR)
        return store_damaged(store, line, err);
    store->unreadable = true;
    return err_set(err, ERR_SYSTEM, "%s/feeds.db: cannot be read: %s", store->dir, line);
}

int store_schema_check_whole(struct store *store, struct err *err)
{
    struct store_query query;
    char line[512] = "";

    store_query_start(&query, store, "PRAGMA integrity_check(1)", err);
    if (store_query_row(&query)) {
        const unsigned char *said = sqlite3_column_text(query.statement, 0);

        snprintf(line, sizeof line, "%s", said != NULL ? (const char *)said : "nothing");
    }
    if (store_query_end(&query) != 0)
        return -1;
    return judge_line(store, line, err);
}
