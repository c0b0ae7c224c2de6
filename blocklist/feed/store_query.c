/* store_query.c - statements with their values bound and read in order.
 *
 * Every caller would have to look at six return codes for each row; so a query remembers the first
 * thing that went wrong, does nothing from then on, and says it at its end. Each result code of
 * sqlite becomes one of ours by a table: whether a database is damaged, or a disk is full or fails
 * just now, decides whether it is set aside, so the two are never mixed up.
 *
 * Dropped: statements kept prepared between calls, which a run of some hundred does not feel. */
#include "blocklist/feed/store_query.h"

#include <limits.h>
#include <string.h>

#include "config/base/err.h"

static const struct {
    int code;
    enum err_code to;
    const char *cure;
} faults[] = {
    {SQLITE_CORRUPT,    ERR_FORMAT,  "the next `stairgate lists sync` makes it anew from the segments"},
    {SQLITE_NOTADB,     ERR_FORMAT,  "the next `stairgate lists sync` makes it anew from the segments"},
    {SQLITE_BUSY,       ERR_BUSY,    "somebody else has it open; try again"                           },
    {SQLITE_LOCKED,     ERR_BUSY,    "somebody else has it open; try again"                           },
    {SQLITE_NOMEM,      ERR_MEMORY,  NULL                                                             },
    {SQLITE_FULL,       ERR_SYSTEM,  "free some room, or name another folder in feeds.dir"            },
    {SQLITE_READONLY,   ERR_SYSTEM,  NULL                                                             },
    {SQLITE_CONSTRAINT, ERR_REFUSED, NULL                                                             },
};

int store_fail(struct store *store, struct err *err)
{
    int code = sqlite3_extended_errcode(store->db), reason = sqlite3_system_errno(store->db);
    const char *said = sqlite3_errmsg(store->db), *cure = NULL;
    enum err_code to = ERR_SYSTEM;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (faults[i].code == (code & 0xff)) {
            to = faults[i].to;
            cure = faults[i].cure;
        }
    }
    if (to == ERR_FORMAT)
        store->damaged = true;
    store->unreadable |= code == SQLITE_IOERR_READ;
    err_set(err, to, "%s/feeds.db: %s%s%s%s%s", store->dir, said, cure != NULL ? "; " : "",
            cure != NULL ? cure : "", to == ERR_SYSTEM && reason != 0 ? ": " : "",
            to == ERR_SYSTEM && reason != 0 ? strerror(reason) : "");
    return -1;
}

int store_damaged(struct store *store, const char *what, struct err *err)
{
    store->damaged = true;
    return err_set(
        err, ERR_FORMAT,
        "%s/feeds.db: damaged: %s; the next `stairgate lists sync` makes it anew from the "
        "segments",
        store->dir, what);
}

void store_query_start(struct store_query *query, struct store *store, const char *sql,
                       struct err *err)
{
    memset(query, 0, sizeof *query);
    query->store = store;
    query->err = err;
    /* sqlite undoes a transaction by itself when the disk is full; what came after would then stand
     * alone. */
    if (store->depth > 0 && sqlite3_get_autocommit(store->db) != 0) {
        err_set(err, ERR_SYSTEM, "%s/feeds.db: what was begun was undone by an earlier fault",
                store->dir);
        query->failed = true;
    } else if (sqlite3_prepare_v2(store->db, sql, -1, &query->statement, NULL) != SQLITE_OK) {
        store_fail(store, err);
        query->failed = true;
    }
}

static void check(struct store_query *query, int code)
{
    if (code == SQLITE_OK || query->failed)
        return;
    store_fail(query->store, query->err);
    query->failed = true;
}

void store_query_bind(struct store_query *query, int64_t value)
{
    if (!query->failed)
        check(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void store_query_bind_text(struct store_query *query, const char *text)
{
    if (!query->failed)
        check(query, sqlite3_bind_text(query->statement, ++query->bound, text, -1, SQLITE_STATIC));
}

void store_query_bind_octets(struct store_query *query, const uint8_t *octets, size_t length)
{
    must(length <= INT_MAX);
    if (!query->failed)
        check(query, sqlite3_bind_blob(query->statement, ++query->bound, octets, (int)length,
                                       SQLITE_STATIC));
}

bool store_query_row(struct store_query *query)
{
    int code;

    if (query->failed)
        return false;
    query->read = 0;
    code = sqlite3_step(query->statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        check(query, code);
    return false;
}

static void malformed(struct store_query *query, const char *what)
{
    if (!query->failed)
        store_damaged(query->store, what, query->err);
    query->failed = true;
}

int64_t store_query_number(struct store_query *query)
{
    int column = query->read++;

    if (query->failed)
        return 0;
    if (sqlite3_column_type(query->statement, column) != SQLITE_INTEGER) {
        malformed(query, "a number is missing");
        return 0;
    }
    return sqlite3_column_int64(query->statement, column);
}

uint64_t store_query_count(struct store_query *query)
{
    int64_t value = store_query_number(query);

    if (value >= 0)
        return (uint64_t)value;
    malformed(query, "a count is below 0");
    return 0;
}

void store_query_text(struct store_query *query, char *text, size_t room)
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
        malformed(query, "a text is missing or does not fit");
    else
        memcpy(text, got, length + 1);
}

void store_query_octets(struct store_query *query, uint8_t *octets, size_t length)
{
    int column = query->read++;
    const void *got;

    memset(octets, 0, length);
    if (query->failed)
        return;
    got = sqlite3_column_blob(query->statement, column);
    if (got == NULL || (size_t)sqlite3_column_bytes(query->statement, column) != length)
        malformed(query, "a digest has another length");
    else
        memcpy(octets, got, length);
}

int store_query_end(struct store_query *query)
{
    while (store_query_row(query))
        ;
    sqlite3_finalize(query->statement); /* its code repeats that of the last step */
    query->statement = NULL;
    return query->failed ? -1 : 0;
}

int store_run(struct store *store, const char *sql, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store, sql, err);
    return store_query_end(&query);
}
