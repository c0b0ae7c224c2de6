/* state_audit.c - the chain of rows: added, read, checked.
 *
 * The problem: who may suspend a block that nobody may see must answer for it later, and whoever
 * holds the machine can write any file on it. The idea: each row's digest stands on the one before,
 * and every new digest leaves the machine at once (log, syslog), so that a change of the past shows
 * against what was sent. Fields have their lengths before them, so that no two rows read alike.
 *
 * A row that cannot be read is a changed account and no damaged database: that would be set aside
 * with all it holds, and what is left of the account with it. Dropped: a signature on each row (its
 * key would lie on the same machine). */
#include "policy/state/state_audit.h"

#include <sodium.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "policy/state/state_query.h"

enum { GUARDS = 3 /* triggers (state_db.c) */ };

char *state_audit_hex(const uint8_t digest[AUDIT_DIGEST_OCTETS],
                      char out[2 * AUDIT_DIGEST_OCTETS + 1])
{
    return sodium_bin2hex(out, 2 * AUDIT_DIGEST_OCTETS + 1, digest, AUDIT_DIGEST_OCTETS);
}

/* ---- digests ---- */

static void take_number(crypto_generichash_state *hash, int64_t number)
{
    uint8_t octets[8];

    store_le64(octets, (uint64_t)number);
    crypto_generichash_update(hash, octets, sizeof octets);
}

static void take_text(crypto_generichash_state *hash, const char *text)
{
    size_t length = strlen(text);
    uint8_t octets[4];

    store_le32(octets, (uint32_t)length);
    crypto_generichash_update(hash, octets, sizeof octets);
    crypto_generichash_update(hash, (const uint8_t *)text, length);
}

void state_audit_digest(const uint8_t before[AUDIT_DIGEST_OCTETS], struct state_audit *row)
{
    crypto_generichash_state hash;

    crypto_generichash_init(&hash, NULL, 0, sizeof row->digest);
    crypto_generichash_update(&hash, before, AUDIT_DIGEST_OCTETS);
    take_number(&hash, row->number);
    take_number(&hash, row->at_s);
    take_text(&hash, row->actor);
    take_text(&hash, row->action);
    take_text(&hash, row->subject);
    take_text(&hash, row->reason);
    crypto_generichash_final(&hash, row->digest, sizeof row->digest);
}

/* ---- rows ---- */

static void read_row(struct state_query *query, struct state_audit *row)
{
    row->number = state_query_time(query);
    row->at_s = state_query_time(query);
    state_query_text(query, row->actor, sizeof row->actor);
    state_query_text(query, row->action, sizeof row->action);
    state_query_text(query, row->subject, sizeof row->subject);
    state_query_text(query, row->reason, sizeof row->reason);
    if (state_query_octets(query, row->digest, sizeof row->digest) != sizeof row->digest)
        memset(row->digest, 0, sizeof row->digest);
}

/* Ends QUERY, whose rows were read; where WAS_DAMAGED is false, what could not be read counts as
 * changed. */
static int end_reading(struct state_query *query, bool was_damaged, struct err *err)
{
    bool unreadable = query->failed && err->code == ERR_FORMAT && query->db->damaged &&
                      sqlite3_errcode(query->db->db) == SQLITE_ROW;
    int result = state_query_end(query);

    if (!unreadable)
        return result;
    query->db->damaged = was_damaged;
    return err_set(err, ERR_DIGEST, "%s: the account of lifts holds a row that nobody wrote there",
                   query->db->path);
}

int state_audit_each(struct state_db *db, int64_t after, int64_t most,
                     int (*see)(void *context, const struct state_audit *row), void *context,
                     struct err *err)
{
    bool was_damaged = db->damaged;
    struct state_query query;
    struct state_audit row;
    int result = 0;

    state_query_start(&query, db, STATE_AUDIT_AFTER, err);
    state_query_bind(&query, after);
    state_query_bind(&query, most);
    while (result == 0 && state_query_row(&query)) {
        read_row(&query, &row);
        if (!query.failed)
            result = see(context, &row);
    }
    if (query.failed)
        return end_reading(&query, was_damaged, err);
    query.failed = result != 0; /* what is left is not read */
    state_query_end(&query);
    return result;
}

static int keep_row(void *context, const struct state_audit *row)
{
    *(struct state_audit *)context = *row;
    return 0;
}

int state_audit_get(struct state_db *db, int64_t number, struct state_audit *row, struct err *err)
{
    row->number = 0;
    if (state_audit_each(db, number - 1, 1, keep_row, row, err) != 0)
        return -1;
    return row->number == number;
}

struct latest {
    const char *action;
    struct state_audit *row;
    int found;
};

static int see_latest(void *context, const struct state_audit *row)
{
    struct latest *latest = context;

    if (strcmp(row->action, latest->action) == 0) {
        *latest->row = *row;
        latest->found = 1;
    }
    return 0;
}

int state_audit_last(struct state_db *db, const char *action, struct state_audit *row,
                     struct err *err)
{
    struct latest latest = {action, row, 0};

    return state_audit_each(db, 0, INT64_MAX, see_latest, &latest, err) == 0 ? latest.found : -1;
}

static int read_number(struct state_db *db, enum state_statement statement, int64_t *number,
                       struct err *err)
{
    struct state_query query;

    *number = 0;
    state_query_start(&query, db, statement, err);
    if (state_query_row(&query))
        *number = state_query_time(&query);
    return state_query_end(&query);
}

int state_audit_add(struct state_db *db, struct state_audit *row, struct err *err)
{
    struct state_audit last = {.number = 0};
    struct state_query query;
    int64_t number;

    if (read_number(db, STATE_AUDIT_LAST, &number, err) != 0 ||
        (number > 0 && state_audit_get(db, number, &last, err) < 0))
        return -1;
    row->number = number + 1;
    state_audit_digest(last.digest, row);
    state_query_start(&query, db, STATE_AUDIT_ADD, err);
    state_query_bind(&query, row->number);
    state_query_bind(&query, row->at_s);
    state_query_bind_text(&query, row->actor);
    state_query_bind_text(&query, row->action);
    state_query_bind_text(&query, row->subject);
    state_query_bind_text(&query, row->reason);
    state_query_bind_octets(&query, row->digest, sizeof row->digest);
    return state_query_end(&query);
}

/* ---- the check ---- */

struct checking {
    struct state_db *db;
    struct audit_head *head;
    struct err *err;
};

static int check_row(void *context, const struct state_audit *row)
{
    struct checking *checking = context;
    struct audit_head *head = checking->head;
    struct state_audit own = *row;

    if (row->number != head->number + 1)
        return err_set(checking->err, ERR_DIGEST,
                       "%s: the account of lifts lacks row %lld: somebody took it out",
                       checking->db->path, (long long)head->number + 1);
    state_audit_digest(head->digest, &own);
    if (memcmp(own.digest, row->digest, sizeof own.digest) != 0)
        return err_set(checking->err, ERR_DIGEST,
                       "%s: the account of lifts was changed at row %lld", checking->db->path,
                       (long long)row->number);
    head->number = row->number;
    memcpy(head->digest, row->digest, sizeof head->digest);
    return 0;
}

int state_audit_verify(struct state_db *db, struct audit_head *head, struct err *err)
{
    struct checking checking = {db, head, err};
    int64_t given, guards;

    memset(head, 0, sizeof *head);
    if (state_audit_each(db, 0, INT64_MAX, check_row, &checking, err) != 0 ||
        read_number(db, STATE_AUDIT_GIVEN, &given, err) != 0 ||
        read_number(db, STATE_AUDIT_GUARDS, &guards, err) != 0)
        return -1;
    if (given != head->number)
        return err_set(err, ERR_DIGEST,
                       "%s: the account of lifts ends with row %lld, and %lld were written",
                       db->path, (long long)head->number, (long long)given);
    if (guards != GUARDS)
        return err_set(err, ERR_DIGEST,
                       "%s: what keeps the account of lifts from being changed was taken out",
                       db->path);
    return 0;
}
