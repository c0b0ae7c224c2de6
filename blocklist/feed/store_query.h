/* store_query.h - one statement on feeds.db, from its text to its end, as the store's files use it.
 *
 * Values are bound and read in order, from the first. What a row holds is checked as it is read: a
 * text too long for its field, or octets of another number, are damage and not cut. Nothing outside
 * store*.c includes this. */
#ifndef BLOCKLIST_FEED_STORE_QUERY_H
#define BLOCKLIST_FEED_STORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sqlite3.h>

struct err;

enum { STORE_PATIENCE_MS = 10000 }; /* for somebody else's transaction */

struct store {
    sqlite3 *db;
    char *dir;
    char *copy;     /* a folder of our own that the database was copied to, to be read; else NULL */
    int lock;       /* -1 of a reader */
    unsigned depth; /* of begins without their commit */
    bool damaged;   /* sqlite met damage: the file is set aside when it is closed, or by the next
                       writer */
    bool unreadable; /* the disk gave no octets for a page */
};

struct store_query {
    struct store *store;
    sqlite3_stmt *statement;
    struct err *err;
    int bound, read; /* values so far */
    bool failed;
};

/* Starts QUERY with the statement SQL on STORE. Whatever comes of it, store_query_end ends it, and
 * what fails in between shows there. */
void store_query_start(struct store_query *query, struct store *store, const char *sql,
                       struct err *err);

/* Bind the next value; octets and texts must live until the end. */
void store_query_bind(struct store_query *query, int64_t value);
void store_query_bind_text(struct store_query *query, const char *text);
void store_query_bind_octets(struct store_query *query, const uint8_t *octets, size_t length);

/* Moves to the next row. Returns false after the last one and after an error. */
bool store_query_row(struct store_query *query);

/* Read the next value of the row. */
int64_t store_query_number(struct store_query *query);
uint64_t store_query_count(struct store_query *query); /* never below 0 */
void store_query_text(struct store_query *query, char *text, size_t room);
void store_query_octets(struct store_query *query, uint8_t *octets, size_t length);

/* Runs QUERY to its end, frees it, and returns 0, or -1 with the ERR of the first thing that went
 * wrong. */
int store_query_end(struct store_query *query);

/* Runs SQL, which has no values. Errors: -1 with ERR. */
int store_run(struct store *store, const char *sql, struct err *err);

/* Fills ERR with what sqlite says went wrong; returns -1. */
int store_fail(struct store *store, struct err *err);

/* Fills ERR with `damaged`, for WHAT, and remembers it; returns -1. */
int store_damaged(struct store *store, const char *what, struct err *err);

#endif
