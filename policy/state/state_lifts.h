/* state_lifts.h - lifts in state.db: asked for by one operator, confirmed by another, and ended.
 * The name is there as a keyed hash alone (lifts.h). What was done is in the account, too
 * (state_audit.h), which bears each lift out. */
#ifndef POLICY_STATE_STATE_LIFTS_H
#define POLICY_STATE_STATE_LIFTS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/state/state_audit.h"
#include "policy/state/state_db.h"

enum { LIFT_NONCE_OCTETS = 16, LIFT_KEY_ID_OCTETS = 8 };

enum lift_state { LIFT_ASKED, LIFT_CONFIRMED, LIFT_ENDED };

struct state_lift {
    uint32_t id; /* never 0, never used again */
    uint8_t state;
    uint64_t hash[2];
    uint8_t key_id[LIFT_KEY_ID_OCTETS]; /* of the key that hash is under */
    uint8_t nonce[LIFT_NONCE_OCTETS];   /* no two lifts share one */
    char asked_by[STATE_WHO_MAX], confirmed_by[STATE_WHO_MAX], reason[STATE_REASON_MAX];
    int64_t asked_s, for_s;  /* when, and for how long */
    int64_t from_s, until_s; /* of what was confirmed */
    int64_t audit;           /* the row of the account that confirms it; 0: none does */
};

/* Writes LIFT as a new one, which gets its id. Errors: -1 with ERR: ERR_DUPLICATE (its nonce is
 * there already). */
int state_lift_add(struct state_db *db, struct state_lift *lift, struct err *err);

/* Writes what of LIFT may change: state, who confirmed it, from, until, audit. Errors: -1 with ERR.
 */
int state_lift_change(struct state_db *db, const struct state_lift *lift, struct err *err);

/* Finds the lift ID. Returns 1, 0 where there is none, -1 with ERR. */
int state_lift_get(struct state_db *db, uint32_t id, struct state_lift *lift, struct err *err);

/* Calls SEE with each lift, the newest first, until it returns other than 0, which becomes the
 * result. Errors: -1 with ERR. */
int state_lifts_each(struct state_db *db, int (*see)(void *context, const struct state_lift *lift),
                     void *context, struct err *err);

/* Forgets lifts that were over, or asked for and not confirmed, at BEFORE_S. The account stays.
 * Errors: -1 with ERR. */
int state_lifts_tidy(struct state_db *db, int64_t before_s, struct err *err);

/* Fills ROW with what the account says when LIFT, which was just confirmed, comes into force. */
void state_lift_account(const struct state_lift *lift, struct state_audit *row);

/* Fills ROW, whose actor, time and reason (why; may be empty) are there, with what the account says
 * when LIFT ends before its time, or is withdrawn. */
void state_lift_account_end(const struct state_lift *lift, struct state_audit *row);

/* Tells whether the account has the row that confirms LIFT, word for word, and none behind it that
 * ends a lift of that name. Errors: -1 with ERR. */
int state_lift_is_borne_out(struct state_db *db, const struct state_lift *lift, struct err *err);

#endif
