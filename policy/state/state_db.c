/* state_db.c - state.db opened for the one process that uses it, and its transactions.
 *
 * The problem: what a parent has just granted must be there after kill -9, a disk may be full or
 * read-only, a file may be broken, and none of this may keep the server from answering, nor empty
 * the file. The idea: WAL with synchronous FULL (a commit is one fsync of a file that only grows);
 * locked as a whole, so that no index beside it is needed and a second server is refused; what is
 * damaged is renamed, never written to; a file that cannot be written is read all the same, and
 * each change then says why it is not made.
 *
 * A file is ours by its application_id. Another program's database is refused and left where it is:
 * that is a wrong path, not damage. */
#include "policy/state/state_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"
#include "policy/state/state_query.h"

enum {
    APPLICATION = 1397191540, /* "SGst"; file(1) sees it too */
    CHECK_MOST = 16 << 20,    /* octets that are checked at the start */
    ASIDE_MOST = 100,
    PATH_ROOM = 4096
};

/* What each version added to the one before: a new file gets all of them, an older one those that
 * it lacks. What is released is not changed any more. */
static const char *const schemas[] = {
    "CREATE TABLE device (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL,"
    " profile TEXT NOT NULL, grp TEXT NOT NULL, flags INTEGER NOT NULL,"
    " seen_first INTEGER NOT NULL, seen_last INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX device_called ON device (name) WHERE name <> '';"
    "CREATE INDEX device_unnamed ON device (seen_last) WHERE name = '';"
    "CREATE TABLE device_key (device INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " octets BLOB NOT NULL, prefix INTEGER NOT NULL,"
    " PRIMARY KEY (device, kind, octets, prefix)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX device_key_whose ON device_key (kind, octets, prefix);"
    "CREATE TABLE given (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, effect INTEGER NOT NULL,"
    " scope INTEGER NOT NULL, subject TEXT NOT NULL, device INTEGER NOT NULL,"
    " what INTEGER NOT NULL, name BLOB NOT NULL, target TEXT NOT NULL, role INTEGER NOT NULL,"
    " from_s INTEGER NOT NULL, until_s INTEGER NOT NULL, who TEXT NOT NULL,"
    " reason TEXT NOT NULL) STRICT;"
    "CREATE TABLE change (number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at INTEGER NOT NULL,"
    " who TEXT NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL) STRICT;",

    "CREATE TABLE canary (number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at INTEGER NOT NULL,"
    " result INTEGER NOT NULL, generation INTEGER NOT NULL) STRICT;",

    /* Lifts, and the account that is only ever added to (state_audit.h). The third trigger also
     * refuses REPLACE, which deletes without asking. */
    "CREATE TABLE lift (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, state INTEGER NOT NULL,"
    " hash BLOB NOT NULL, key_id BLOB NOT NULL, nonce BLOB NOT NULL UNIQUE,"
    " asked_by TEXT NOT NULL, confirmed_by TEXT NOT NULL, reason TEXT NOT NULL,"
    " asked_s INTEGER NOT NULL, for_s INTEGER NOT NULL, from_s INTEGER NOT NULL,"
    " until_s INTEGER NOT NULL, audit INTEGER NOT NULL) STRICT;"
    "CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at INTEGER NOT NULL,"
    " actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL,"
    " digest BLOB NOT NULL) STRICT;"
    "CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the account of lifts is only added to'); END;"
    "CREATE TRIGGER audit_kept BEFORE DELETE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the account of lifts is only added to'); END;"
    "CREATE TRIGGER audit_in_order BEFORE INSERT ON audit"
    " WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)"
    " BEGIN SELECT RAISE(ABORT, 'the account of lifts is only added to'); END;",
};
enum { SCHEMA = sizeof schemas / sizeof *schemas };

static int run(struct state_db *db, const char *sql, struct err *err)
{
    return sqlite3_exec(db->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : state_db_fail(db, err);
}

/* Reads the one number that SQL gives, or its first column's text into TEXT (may be NULL). */
static int ask(struct state_db *db, const char *sql, int64_t *number, char *text, size_t room,
               struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
        if (text != NULL)
            snprintf(text, room, "%s", (const char *)sqlite3_column_text(statement, 0));
    } else {
        state_db_fail(db, err);
    }
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : -1;
}

static void close_database(struct state_db *db)
{
    for (size_t i = 0; i < STATE_STATEMENTS; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    sqlite3_close(db->db);
    db->db = NULL;
    db->begun = false;
}

/* Settings that hold for every way of opening; the lock before the first look at the file. */
static int set_up(struct state_db *db, struct err *err)
{
    sqlite3_busy_timeout(db->db, 0);
    sqlite3_limit(db->db, SQLITE_LIMIT_LENGTH, 1 << 20);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return run(db,
               "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
               "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA secure_delete = ON;"
               "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL",
               err);
}

/* Brings a file of VERSION (0: a new one) to ours, at once or not at all. */
static int bring_up(struct state_db *db, int64_t version, struct err *err)
{
    char pragmas[100];

    if (run(db, "BEGIN IMMEDIATE", err) != 0)
        return -1;
    for (int64_t i = version; i < SCHEMA; i++) {
        if (run(db, schemas[i], err) != 0)
            goto failed;
    }
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION, SCHEMA);
    if (run(db, pragmas, err) == 0 && run(db, "COMMIT", err) == 0)
        return 0;
failed:
    run(db, "ROLLBACK", NULL);
    return -1;
}

/* Judges whether the file is one of ours. Returns 1 for one that is new, or lacks what later
 * versions added to VERSION. */
static int check_schema(struct state_db *db, int64_t *found, struct err *err)
{
    int64_t application, version, tables;

    if (ask(db, "PRAGMA application_id", &application, NULL, 0, err) != 0 ||
        ask(db, "PRAGMA user_version", &version, NULL, 0, err) != 0 ||
        ask(db, "SELECT count(*) FROM sqlite_schema", &tables, NULL, 0, err) != 0)
        return -1;
    *found = version;
    if (application == 0 && version == 0 && tables == 0)
        return 1;
    if (application != APPLICATION || version < 1)
        return err_set(err, ERR_CONFIG,
                       "%s: another program's database; name another file in state.path", db->path);
    if (version > SCHEMA)
        return err_set(
            err, ERR_VERSION,
            "%s: written by a newer stairgate (schema %lld, this one knows %d); run that "
            "one, or name another file in state.path",
            db->path, (long long)version, (int)SCHEMA);
    return version < SCHEMA;
}

static int check_whole(struct state_db *db, struct err *err)
{
    char line[200];
    struct stat info;
    int64_t ignored;

    if (stat(db->path, &info) == 0 && info.st_size > CHECK_MOST)
        return 0;
    if (ask(db, "PRAGMA quick_check(1)", &ignored, line, sizeof line, err) != 0)
        return -1;
    if (strcmp(line, "ok") == 0)
        return 0;
    db->damaged = true;
    return err_set(err, ERR_FORMAT, "%s: damaged: %.200s", db->path, line);
}

static int open_for_writing(struct state_db *db, struct err *err)
{
    int code = sqlite3_open_v2(
        db->path, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    int64_t version;
    int lacks;

    if (db->db == NULL)
        return err_set(err, ERR_MEMORY, "%s: out of memory", db->path);
    if (code != SQLITE_OK)
        return state_db_fail(db, err);
    if (set_up(db, err) != 0 || run(db, "PRAGMA journal_mode = WAL", err) != 0)
        return -1;
    lacks = check_schema(db, &version, err);
    if (lacks < 0)
        return -1;
    /* Both take the lock, which a second server then meets. */
    if (version > 0 && (run(db, "BEGIN IMMEDIATE; COMMIT", err) != 0 || check_whole(db, err) != 0))
        return -1;
    return lacks == 1 ? bring_up(db, version, err) : 0;
}

/* A log that a killed server left holds its last changes, of at most a minute (state_db_settle). To
 * read it sqlite would have to write beside it. */
static bool has_log(const struct state_db *db)
{
    char log[PATH_ROOM + 8];
    struct stat info;

    snprintf(log, sizeof log, "%s-wal", db->path);
    return stat(log, &info) == 0 && info.st_size > 0;
}

/* What means something in a URI (RFC 3986 §2.2) is written as %XX. */
static void write_uri(const struct state_db *db, char *out, size_t room)
{
    size_t used = (size_t)snprintf(out, room, "file:");

    for (const char *c = db->path; *c != '\0' && used + 40 < room; c++)
        used += (size_t)snprintf(out + used, room - used,
                                 strchr("?#%", *c) != NULL ? "%%%02X" : "%c", (unsigned char)*c);
    snprintf(out + used, room - used, "?immutable=1");
}

/* What cannot be written can still be read, for which sqlite must be told that nobody writes. */
static int open_for_reading(struct state_db *db, struct err *err)
{
    char uri[3 * PATH_ROOM];
    int64_t version;
    int lacks, code;

    write_uri(db, uri, sizeof uri);
    code = sqlite3_open_v2(uri, &db->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    if (db->db == NULL)
        return err_set(err, ERR_MEMORY, "%s: out of memory", db->path);
    if (code != SQLITE_OK)
        return state_db_fail(db, err);
    if (set_up(db, err) != 0)
        return -1;
    lacks = check_schema(db, &version, err);
    if (lacks == 1)
        return err_set(err, ERR_SYSTEM, "%s: %s, and cannot be written", db->path,
                       version == 0 ? "empty" : "of an older stairgate");
    return lacks < 0 ? -1 : check_whole(db, err);
}

/* ---- damage ---- */

/* Finds a name beside PATH that is free: what was set aside before stays. */
static int free_name(const char *path, char *aside, struct err *err)
{
    for (int i = 1; i < ASIDE_MOST; i++) {
        if (i == 1)
            snprintf(aside, PATH_ROOM, "%s.damaged", path);
        else
            snprintf(aside, PATH_ROOM, "%s.damaged-%d", path, i);
        if (access(aside, F_OK) != 0)
            return 0;
    }
    return err_set(err, ERR_LIMIT, "%s: damaged, and so were %d before it; take those away", path,
                   ASIDE_MOST - 1);
}

/* The log goes first: a new database must never find that of another. */
static int set_aside(struct state_db *db, struct err *warning, struct err *err)
{
    char aside[PATH_ROOM], from[PATH_ROOM + 8], to[PATH_ROOM + 8];

    close_database(db);
    if (free_name(db->path, aside, err) != 0)
        return -1;
    snprintf(from, sizeof from, "%s-wal", db->path);
    snprintf(to, sizeof to, "%s-wal", aside);
    if ((rename(from, to) != 0 && errno != ENOENT) || rename(db->path, aside) != 0)
        return err_system(err, "%s: damaged, and cannot be set aside as %s", db->path, aside);
    db->damaged = false;
    err_set(warning, ERR_FORMAT,
            "%.1000s: damaged; it is set aside as %.1000s, and a new one begun: devices and grants "
            "are to be given anew, or from a backup",
            db->path, aside);
    return 0;
}

bool state_db_is_damaged(const struct state_db *db)
{
    return db->damaged;
}

int state_db_begin_anew(struct state_db *db, struct err *warning, struct err *err)
{
    return set_aside(db, warning, err) == 0 ? open_for_writing(db, err) : -1;
}

/* ---- in and out ---- */

struct state_db *state_db_open(const char *path, struct err *warning, struct err *err)
{
    struct state_db *db = calloc(1, sizeof *db);
    struct err why;

    warning->code = ERR_NONE;
    if (db == NULL || strlen(path) > PATH_ROOM - 32 || (db->path = strdup(path)) == NULL) {
        err_set(err, ERR_MEMORY, "no memory for state.db, or its path is too long");
        goto failed;
    }
    if (open_for_writing(db, &why) == 0)
        return db;
    if (db->damaged) {
        if (state_db_begin_anew(db, warning, err) != 0)
            goto failed;
        return db;
    }
    close_database(db);
    if (why.code == ERR_SYSTEM && open_for_reading(db, err) == 0) {
        *warning = why;
        if (has_log(db))
            err_set(warning, why.code, "%.300s; what was changed last is not read", why.text);
        return db;
    }
    *err = why;
failed:
    state_db_close(db);
    return NULL;
}

struct state_db *state_db_open_copy(const char *path, struct err *warning, struct err *err)
{
    struct state_db *db = calloc(1, sizeof *db);

    warning->code = ERR_NONE;
    if (db == NULL || strlen(path) > PATH_ROOM - 32 || (db->path = strdup(path)) == NULL)
        err_set(err, ERR_MEMORY, "no memory for a database, or its path is too long");
    else if (access(path, F_OK) != 0)
        err_set(err, ERR_NOT_FOUND, "no such file: '%.300s'", path);
    else if (open_for_reading(db, err) == 0) {
        if (has_log(db))
            err_set(warning, ERR_SYSTEM, "%.300s: what is in the log beside it is not read", path);
        return db;
    }
    state_db_close(db);
    return NULL;
}

void state_db_close(struct state_db *db)
{
    if (db == NULL)
        return;
    close_database(db);
    free(db->path);
    free(db);
}

void state_db_settle(struct state_db *db)
{
    sqlite3_wal_checkpoint_v2(db->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static int run_statement(struct state_db *db, enum state_statement statement, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, statement, err);
    return state_query_end(&query);
}

int state_db_begin(struct state_db *db, struct err *err)
{
    must(!db->begun);
    if (run_statement(db, STATE_BEGIN, err) != 0)
        return -1;
    db->begun = true;
    return 0;
}

int state_db_commit(struct state_db *db, struct err *err)
{
    int result = run_statement(db, STATE_COMMIT, err);

    if (result != 0)
        state_db_abandon(db);
    db->begun = false;
    return result;
}

void state_db_abandon(struct state_db *db)
{
    db->begun = false;
    if (sqlite3_get_autocommit(db->db) == 0)
        run_statement(db, STATE_ROLLBACK, NULL);
}
