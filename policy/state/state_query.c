/* state_query.c - statements with their values bound and read in order.
 *
 * A query remembers the first thing that went wrong, does nothing from then on, and says it at its
 * end, so that callers look at one result. sqlite's codes become ours by a table: a full disk and a
 * damaged file want different things done, and are never mixed up. Dropped: the like of
 * blocklist/feed/store_query.c for both databases: that one is not linked into the server. */
#include "policy/state/state_query.h"

#include <limits.h>
#include <string.h>

#include "config/base/err.h"

static const struct {
    int code;
    enum err_code to;
    const char *cure;
} faults[] = {
    {SQLITE_CORRUPT,  ERR_FORMAT, "restart the server: it sets the file aside and begins a new one"},
    {SQLITE_NOTADB,   ERR_FORMAT, "restart the server: it sets the file aside and begins a new one"},
    {SQLITE_BUSY,     ERR_BUSY,   "another process has it open"                                    },
    {SQLITE_LOCKED,   ERR_BUSY,   "another process has it open"                                    },
    {SQLITE_NOMEM,    ERR_MEMORY, NULL                                                             },
    {SQLITE_FULL,     ERR_SYSTEM, "nothing was changed; free some room"                            },
    {SQLITE_READONLY, ERR_SYSTEM,
     "nothing was changed; make the file and its folder writable for the server"                   },
    {SQLITE_CANTOPEN, ERR_SYSTEM, "make its folder, writable for the server"                       },
    {SQLITE_IOERR,    ERR_SYSTEM, "nothing was changed"                                            },
};

int state_db_fail(struct state_db *db, struct err *err)
{
    int code = sqlite3_extended_errcode(db->db), reason = sqlite3_system_errno(db->db);
    const char *cure = NULL;
    enum err_code to = ERR_SYSTEM;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (faults[i].code == (code & 0xff)) {
            to = faults[i].to;
            cure = faults[i].cure;
        }
    }
    if (code == SQLITE_CONSTRAINT_UNIQUE)
        to = ERR_DUPLICATE;
    db->damaged |= to == ERR_FORMAT;
    return err_set(err, to, "%s: %s%s%s%s%s", db->path, sqlite3_errmsg(db->db),
                   to == ERR_SYSTEM && reason != 0 ? ": " : "",
                   to == ERR_SYSTEM && reason != 0 ? strerror(reason) : "",
                   cure != NULL ? "; " : "", cure != NULL ? cure : "");
}

static void check(struct state_query *query, int code)
{
    if (code == SQLITE_OK || query->failed)
        return;
    state_db_fail(query->db, query->err);
    query->failed = true;
}

void state_query_start(struct state_query *query, struct state_db *db,
                       enum state_statement statement, struct err *err)
{
    *query = (struct state_query){.db = db, .err = err};
    /* sqlite undoes a transaction by itself when the disk is full; what came after would stand
     * alone. */
    if (db->begun && sqlite3_get_autocommit(db->db) != 0) {
        err_set(err, ERR_SYSTEM, "%s: what was begun was undone by an earlier fault", db->path);
        query->failed = true;
        return;
    }
    if (db->statements[statement] == NULL)
        check(query,
              sqlite3_prepare_v3(db->db, state_statements[statement], -1, SQLITE_PREPARE_PERSISTENT,
                                 &db->statements[statement], NULL));
    query->statement = db->statements[statement];
}

void state_query_bind(struct state_query *query, int64_t value)
{
    if (!query->failed)
        check(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void state_query_bind_text(struct state_query *query, const char *text)
{
    if (!query->failed)
        check(query, sqlite3_bind_text(query->statement, ++query->bound, text, -1, SQLITE_STATIC));
}

void state_query_bind_octets(struct state_query *query, const uint8_t *octets, size_t length)
{
    must(length <= INT_MAX);
    if (!query->failed)
        check(query, sqlite3_bind_blob(query->statement, ++query->bound, octets, (int)length,
                                       SQLITE_STATIC));
}

bool state_query_row(struct state_query *query)
{
    int code;

    if (query->failed)
        return false;
    query->read = 0;
    code = sqlite3_step(query->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        check(query, code);
    return code == SQLITE_ROW;
}

static void malformed(struct state_query *query)
{
    if (!query->failed)
        err_set(query->err, ERR_FORMAT, "%s: damaged: a row holds what nobody wrote there",
                query->db->path);
    query->db->damaged = query->failed = true;
}

int64_t state_query_time(struct state_query *query)
{
    int column = query->read++;

    if (query->failed)
        return 0;
    if (sqlite3_column_type(query->statement, column) != SQLITE_INTEGER)
        malformed(query);
    return sqlite3_column_int64(query->statement, column);
}

uint32_t state_query_number(struct state_query *query, uint32_t most)
{
    int64_t value = state_query_time(query);

    if (value >= 0 && value <= most)
        return (uint32_t)value;
    malformed(query);
    return 0;
}

void state_query_text(struct state_query *query, char *text, size_t room)
{
    int column = query->read++;
    const unsigned char *got;
    size_t length;

    text[0] = '\0';
    if (query->failed)
        return;
    got = sqlite3_column_text(query->statement, column);
    length = (size_t)sqlite3_column_bytes(query->statement, column);
    if (got == NULL || length >= room || memchr(got, '\0', length) != NULL)
        malformed(query);
    else
        memcpy(text, got, length + 1);
}

size_t state_query_octets(struct state_query *query, uint8_t *octets, size_t room)
{
    int column = query->read++;
    const void *got;
    size_t length;

    if (query->failed)
        return 0;
    got = sqlite3_column_blob(query->statement, column);
    length = (size_t)sqlite3_column_bytes(query->statement, column);
    if (length > room) {
        malformed(query);
        return 0;
    }
    if (length > 0)
        memcpy(octets, got, length);
    return length;
}

int state_query_end(struct state_query *query)
{
    while (state_query_row(query))
        ;
    if (query->statement != NULL) {
        sqlite3_reset(query->statement); /* its code repeats that of the last step */
        sqlite3_clear_bindings(query->statement);
    }
    return query->failed ? -1 : 0;
}
