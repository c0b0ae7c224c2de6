/* The account of lifts: each change of what was written shows, and is repaired by nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "config/base/err.h"
#include "policy/state/state_audit.h"
#include "policy/state/state_lifts.h"

enum { NOW = 1800000000, ROWS = 5 };

struct place {
    char dir[64], path[128];
};

static int set_up(void **state)
{
    static struct place place;
    const char *room = getenv("TMPDIR");

    snprintf(place.dir, sizeof place.dir, "%.30s/stairgate-audit-XXXXXX",
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

static struct state_audit sample(int i)
{
    struct state_audit row = {.at_s = NOW + i, .actor = "alice", .action = "lift_asked"};

    snprintf(row.subject, sizeof row.subject, "%032d", i);
    snprintf(row.reason, sizeof row.reason, "lift %d: because", i);
    return row;
}

static void add_rows(struct state_db *db, int count)
{
    struct err err = {.text = ""};

    for (int i = 1; i <= count; i++) {
        struct state_audit row = sample(i);

        if (state_audit_add(db, &row, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(row.number, i);
    }
}

/* Runs SQL on the file as somebody who goes around the server would. */
static int tamper(const struct place *place, const char *sql)
{
    sqlite3 *db;
    int result;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    result = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return result;
}

static int verify(const struct place *place, struct audit_head *head, struct err *err)
{
    struct state_db *db = open_db(place);
    int result;

    err->text[0] = '\0';
    result = state_audit_verify(db, head, err);
    state_db_close(db);
    return result;
}

static void rows_are_there_again_and_the_chain_is_whole(void **state)
{
    const struct place *place = *state;
    struct state_db *db = open_db(place);
    struct audit_head head, again;
    struct state_audit row;
    struct err err;

    assert_int_equal(state_audit_verify(db, &head, &err), 0);
    assert_int_equal(head.number, 0);
    add_rows(db, ROWS);
    assert_int_equal(state_audit_verify(db, &head, &err), 0);
    assert_int_equal(head.number, ROWS);
    state_db_close(db);
    assert_int_equal(verify(place, &again, &err), 0);
    assert_memory_equal(again.digest, head.digest, sizeof head.digest);
    db = open_db(place);
    assert_int_equal(state_audit_get(db, 3, &row, &err), 1);
    assert_string_equal(row.reason, "lift 3: because");
    assert_int_equal(state_audit_get(db, 99, &row, &err), 0);
    state_db_close(db);
}

static void no_two_rows_read_alike(void **state)
{
    const uint8_t zero[AUDIT_DIGEST_OCTETS] = {0};
    struct state_audit a = {.actor = "ab", .action = "c"}, b = {.actor = "a", .action = "bc"};

    (void)state;
    state_audit_digest(zero, &a);
    state_audit_digest(zero, &b);
    assert_memory_not_equal(a.digest, b.digest, sizeof a.digest);
}

static void the_database_refuses_every_change_of_a_row(void **state)
{
    static const char *const refused[] = {
        "UPDATE audit SET reason = 'x' WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 2",
        "REPLACE INTO audit (number, at, actor, action, subject, reason, digest)"
        " VALUES (2, 1, '', '', '', '', x'00')",
        "INSERT INTO audit (number, at, actor, action, subject, reason, digest)"
        " VALUES (9, 1, '', '', '', '', x'00')",
    };
    const struct place *place = *state;
    struct state_db *db = open_db(place);
    struct audit_head head;
    struct err err;

    add_rows(db, ROWS);
    state_db_close(db);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (tamper(place, refused[i]) == SQLITE_OK)
            fail_msg("was taken: %s", refused[i]);
    }
    assert_int_equal(verify(place, &head, &err), 0);
    assert_int_equal(head.number, ROWS);
}

#define WITHOUT "DROP TRIGGER audit_unchanged; DROP TRIGGER audit_kept;"
#define AGAIN                                                                                      \
    "CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'x'); END;"   \
    "CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'x'); END;"

static void every_change_around_the_database_is_told_with_its_place(void **state)
{
    static const struct {
        const char *sql, *told;
    } rows[] = {
        {WITHOUT "UPDATE audit SET reason = 'x' WHERE number = 2;" AGAIN,                 "changed at row 2"           },
        {WITHOUT "UPDATE audit SET at = at + 1 WHERE number = 1;" AGAIN,                  "changed at row 1"           },
        {WITHOUT "UPDATE audit SET actor = 'bob' WHERE number = 5;" AGAIN,                "changed at row 5"           },
        {WITHOUT "UPDATE audit SET digest = zeroblob(32) WHERE number = 4;" AGAIN,
         "changed at row 4"                                                                                            },
        {WITHOUT "UPDATE audit SET digest = x'00' WHERE number = 4;" AGAIN,               "changed at row 4"           },
        {WITHOUT "UPDATE audit SET subject = printf('%100d', 1) WHERE number = 3;" AGAIN,
         "a row that nobody wrote"                                                                                     },
        {WITHOUT "DELETE FROM audit WHERE number = 3;" AGAIN,                             "lacks row 3"                },
        {WITHOUT "DELETE FROM audit WHERE number = 1;" AGAIN,                             "lacks row 1"                },
        {WITHOUT "DELETE FROM audit WHERE number = 5;" AGAIN,                             "ends with row 4, and 5 were"},
        {WITHOUT "DELETE FROM audit;" AGAIN,                                              "ends with row 0, and 5 were"},
        {WITHOUT,                                                                         "was taken out"              },
        {"DROP TRIGGER audit_in_order;",                                                  "was taken out"              },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *room;
        struct state_db *db;
        struct audit_head head;
        struct err err;

        assert_int_equal(set_up(&room), 0);
        db = open_db(room);
        add_rows(db, ROWS);
        state_db_close(db);
        assert_int_equal(tamper(room, rows[i].sql), SQLITE_OK);
        assert_int_equal(verify(room, &head, &err), -1);
        if (err.code != ERR_DIGEST || strstr(err.text, rows[i].told) == NULL)
            fail_msg("row %zu: %s: %s", i, err_word(err.code), err.text);
        /* Told again the next time: nothing was repaired, and the file is where it was. */
        assert_int_equal(verify(room, &head, &err), -1);
        assert_int_equal(tear_down(&room), 0);
    }
    assert_int_equal(set_up(state), 0);
}

static void an_abandoned_row_leaves_no_gap(void **state)
{
    struct state_db *db = open_db(*state);
    struct state_audit row = sample(1);
    struct audit_head head;
    struct err err;

    add_rows(db, 2);
    assert_int_equal(state_db_begin(db, &err), 0);
    assert_int_equal(state_audit_add(db, &row, &err), 0);
    assert_int_equal(row.number, 3);
    state_db_abandon(db);
    assert_int_equal(state_audit_verify(db, &head, &err), 0);
    assert_int_equal(head.number, 2);
    row = sample(1);
    assert_int_equal(state_audit_add(db, &row, &err), 0);
    assert_int_equal(row.number, 3);
    assert_int_equal(state_audit_verify(db, &head, &err), 0);
    state_db_close(db);
}

/* ---- lifts ---- */

static struct state_lift sample_lift(uint8_t nonce)
{
    struct state_lift lift = {
        .state = LIFT_ASKED,
        .hash = {0x1122334455667788, 0x99},
        .key_id = {7                 },
        .asked_by = "alice",
        .reason = "shown to be in error",
        .asked_s = NOW,
        .for_s = 3600
    };

    lift.nonce[0] = nonce;
    return lift;
}

static void a_lift_is_there_again_and_its_nonce_serves_once(void **state)
{
    struct state_db *db = open_db(*state);
    struct state_lift lift = sample_lift(1), twin = sample_lift(1), other = sample_lift(2), got;
    struct err err;

    assert_int_equal(state_lift_add(db, &lift, &err), 0);
    assert_int_equal(state_lift_add(db, &twin, &err), -1);
    assert_int_equal(err.code, ERR_DUPLICATE);
    assert_int_equal(state_lift_add(db, &other, &err), 0);
    assert_int_equal(state_lift_get(db, lift.id, &got, &err), 1);
    assert_memory_equal(got.hash, lift.hash, sizeof got.hash);
    assert_memory_equal(got.nonce, lift.nonce, sizeof got.nonce);
    assert_string_equal(got.reason, lift.reason);
    assert_int_equal(state_lift_get(db, 99, &got, &err), 0);
    assert_int_equal(state_lifts_tidy(db, NOW, &err), 0);
    assert_int_equal(state_lift_get(db, lift.id, &got, &err), 1);
    assert_int_equal(state_lifts_tidy(db, NOW + 1, &err), 0);
    assert_int_equal(state_lift_get(db, lift.id, &got, &err), 0);
    state_db_close(db);
}

/* Confirms LIFT as the server does. */
static void confirm(struct state_db *db, struct state_lift *lift)
{
    struct state_audit row;
    struct err err;

    lift->state = LIFT_CONFIRMED;
    lift->from_s = NOW;
    lift->until_s = NOW + 3600;
    snprintf(lift->confirmed_by, sizeof lift->confirmed_by, "bob");
    state_lift_account(lift, &row);
    assert_int_equal(state_audit_add(db, &row, &err), 0);
    lift->audit = row.number;
    assert_int_equal(state_lift_change(db, lift, &err), 0);
}

static void the_account_bears_out_what_was_confirmed_and_nothing_else(void **state)
{
    struct state_db *db = open_db(*state);
    struct state_lift lift = sample_lift(1), other = sample_lift(2), got;
    struct err err;

    assert_int_equal(state_lift_add(db, &lift, &err), 0);
    assert_int_equal(state_lift_add(db, &other, &err), 0);
    assert_int_equal(state_lift_is_borne_out(db, &lift, &err), 0);
    confirm(db, &lift);
    assert_int_equal(state_lift_get(db, lift.id, &got, &err), 1);
    assert_int_equal(state_lift_is_borne_out(db, &got, &err), 1);
    got.until_s++;
    assert_int_equal(state_lift_is_borne_out(db, &got, &err), 0);
    got = lift;
    got.hash[1]++;
    assert_int_equal(state_lift_is_borne_out(db, &got, &err), 0);
    other.state = LIFT_CONFIRMED;
    other.from_s = lift.from_s;
    other.until_s = lift.until_s;
    other.audit = lift.audit;
    snprintf(other.confirmed_by, sizeof other.confirmed_by, "bob");
    assert_int_equal(state_lift_is_borne_out(db, &other, &err), 0);
    state_db_close(db);
}

static void a_lift_that_was_ended_is_not_brought_back_by_its_row(void **state)
{
    struct state_db *db = open_db(*state);
    struct state_lift lift = sample_lift(1), again = sample_lift(2);
    struct state_audit row = {.at_s = NOW + 9, .actor = "alice"};
    struct err err;

    assert_int_equal(state_lift_add(db, &lift, &err), 0);
    confirm(db, &lift);
    assert_int_equal(state_lift_is_borne_out(db, &lift, &err), 1);
    state_lift_account_end(&lift, &row);
    assert_string_equal(row.reason, "lift 1");
    assert_int_equal(state_audit_add(db, &row, &err), 0);
    assert_int_equal(state_lift_is_borne_out(db, &lift, &err), 0);
    assert_int_equal(state_lift_add(db, &again, &err), 0);
    confirm(db, &again);
    assert_int_equal(state_lift_is_borne_out(db, &again, &err), 1);
    assert_int_equal(state_lift_is_borne_out(db, &lift, &err), 0);
    state_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_are_there_again_and_the_chain_is_whole, set_up,
                                        tear_down),
        cmocka_unit_test(no_two_rows_read_alike),
        cmocka_unit_test_setup_teardown(the_database_refuses_every_change_of_a_row, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_change_around_the_database_is_told_with_its_place,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_abandoned_row_leaves_no_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lift_is_there_again_and_its_nonce_serves_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lift_that_was_ended_is_not_brought_back_by_its_row,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_account_bears_out_what_was_confirmed_and_nothing_else,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
