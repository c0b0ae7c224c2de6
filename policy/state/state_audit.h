/* state_audit.h - the account of what operators did to blocks that nobody below them may lift: in
 * state.db, in order, for good.
 *
 * Each row's digest is BLAKE2b-256 of the digest before it and of the row (docs/lifts.md has the
 * octets), so that who has noted one digest elsewhere, in syslog, sees every change of what was
 * before. Rows are added and never changed or removed: triggers refuse it to whoever goes through
 * the database, and the chain shows it where somebody went around them. No name is in it. */
#ifndef POLICY_STATE_STATE_AUDIT_H
#define POLICY_STATE_STATE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/state/state_db.h"

enum { AUDIT_DIGEST_OCTETS = 32, AUDIT_DETAIL_MAX = STATE_REASON_MAX + STATE_WHO_MAX + 100 };

struct state_audit {
    int64_t number; /* from 1, without gaps */
    int64_t at_s;
    char actor[STATE_WHO_MAX];     /* an operator's name in the configuration, or stairgated */
    char action[CONFIG_WORD_MAX];  /* one stable word */
    char subject[CONFIG_WORD_MAX]; /* a keyed hash in hexadecimal, or what else it is about */
    char reason[AUDIT_DETAIL_MAX]; /* what exactly, and why in the operator's words */
    uint8_t digest[AUDIT_DIGEST_OCTETS];
};

/* What the chain came to. */
struct audit_head {
    int64_t number; /* of the last row; 0: there is none */
    uint8_t digest[AUDIT_DIGEST_OCTETS];
};

/* Fills DIGEST of ROW, whose other fields are there, behind the digest BEFORE. */
void state_audit_digest(const uint8_t before[AUDIT_DIGEST_OCTETS], struct state_audit *row);

/* Adds ROW, which gets its number and digest. Errors: -1 with ERR. */
int state_audit_add(struct state_db *db, struct state_audit *row, struct err *err);

/* Calls SEE with each row after number AFTER, at most MOST of them, until it returns other than 0,
 * which becomes the result. Errors: -1 with ERR. */
int state_audit_each(struct state_db *db, int64_t after, int64_t most,
                     int (*see)(void *context, const struct state_audit *row), void *context,
                     struct err *err);

/* Fills ROW with that of NUMBER. Returns 1, 0 where there is none, -1 with ERR. */
int state_audit_get(struct state_db *db, int64_t number, struct state_audit *row, struct err *err);

/* Finds the last row with ACTION. Returns 1, 0 where there is none, -1 with ERR. Cost: all rows. */
int state_audit_last(struct state_db *db, const char *action, struct state_audit *row,
                     struct err *err);

/* Checks every row, that none is missing, and that the triggers are there; fills HEAD with how far
 * it is good.
 * Errors: -1 with ERR: ERR_DIGEST (it was changed; the text says where), or what reading met. */
int state_audit_verify(struct state_db *db, struct audit_head *head, struct err *err);

/* Writes DIGEST as 64 hexadecimal digits to OUT; returns OUT. */
char *state_audit_hex(const uint8_t digest[AUDIT_DIGEST_OCTETS],
                      char out[2 * AUDIT_DIGEST_OCTETS + 1]);

#endif
