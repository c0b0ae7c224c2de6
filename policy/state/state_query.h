/* state_query.h - one statement on state.db, from its values to its end, as the files of state_db.h
 * use it. Nothing else includes this. */
#ifndef POLICY_STATE_STATE_QUERY_H
#define POLICY_STATE_STATE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sqlite3.h>

struct err;

/* The statements, prepared when they are first used and kept (state_statements.c). */
enum state_statement {
    STATE_BEGIN,
    STATE_COMMIT,
    STATE_ROLLBACK,
    STATE_DEVICE_NEW,
    STATE_DEVICE_CHANGE,
    STATE_DEVICE_REMOVE,
    STATE_DEVICE_GRANTS_REMOVE,
    STATE_DEVICE_KEYS_REMOVE,
    STATE_DEVICE_BY_ID,
    STATE_DEVICE_BY_NAME,
    STATE_DEVICE_BY_KEY,
    STATE_DEVICES,
    STATE_KEYS,
    STATE_KEY_PUT,
    STATE_KEY_REMOVE,
    STATE_KEYS_OF,
    STATE_KEY_COUNT,
    STATE_DEVICES_AFTER,
    STATE_KEYS_COUNT,
    STATE_UNNAMED_COUNT,
    STATE_UNNAMED_OLDEST,
    STATE_GRANT_ADD,
    STATE_GRANT_REMOVE,
    STATE_GRANT_BY_ID,
    STATE_GRANTS,
    STATE_CHANGE_ADD,
    STATE_CHANGES_TIDY,
    STATE_CHANGES,
    STATE_CANARY_ADD,
    STATE_CANARIES_TIDY,
    STATE_CANARIES,
    STATE_CANARY_LAST,
    STATE_LIFT_ADD,
    STATE_LIFT_CHANGE,
    STATE_LIFT_BY_ID,
    STATE_LIFTS,
    STATE_LIFTS_TIDY,
    STATE_AUDIT_ADD,
    STATE_AUDIT_AFTER,
    STATE_AUDIT_LAST,
    STATE_AUDIT_GIVEN,
    STATE_AUDIT_GUARDS,
    STATE_STATEMENTS
};
extern const char *const state_statements[STATE_STATEMENTS];

struct state_db {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[STATE_STATEMENTS];
    bool begun;
    bool damaged; /* sqlite met damage */
};

struct state_query {
    struct state_db *db;
    sqlite3_stmt *statement;
    struct err *err;
    int bound, read; /* values so far */
    bool failed;
};

/* Starts QUERY with STATEMENT. What fails from here on shows at the end, and nothing is done after
 * it. */
void state_query_start(struct state_query *query, struct state_db *db,
                       enum state_statement statement, struct err *err);

/* Bind the next value; octets and texts must live until the end. */
void state_query_bind(struct state_query *query, int64_t value);
void state_query_bind_text(struct state_query *query, const char *text);
void state_query_bind_octets(struct state_query *query, const uint8_t *octets, size_t length);

/* Moves to the next row. Returns false after the last one and after an error. */
bool state_query_row(struct state_query *query);

/* Read the next value of the row: a number from 0 to MOST or (state_query_time) any, a text that
 * fits, octets up to ROOM, whose number is returned. What does not fit is damage. */
uint32_t state_query_number(struct state_query *query, uint32_t most);
int64_t state_query_time(struct state_query *query);
void state_query_text(struct state_query *query, char *text, size_t room);
size_t state_query_octets(struct state_query *query, uint8_t *octets, size_t room);

/* Runs QUERY to its end; returns 0, or -1 with the ERR of the first thing that went wrong. */
int state_query_end(struct state_query *query);

/* Fills ERR with what sqlite says went wrong; returns -1. */
int state_db_fail(struct state_db *db, struct err *err);

#endif
