/* lifts.h - entries that two operators have suspended for a while: written by one thread, read by
 * all, of fixed size. Names are kept as keyed hashes (SipHash-2-4 with 128 bits of the name as it
 * stands in a message, lower-cased, without the final 0); the account of them is in state.db
 * (docs/lifts.md). A lift says nothing of whether there is an entry. */
#ifndef POLICY_STATE_LIFTS_H
#define POLICY_STATE_LIFTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct err;
struct lifts;

enum { LIFTS_MOST = 1024, LIFTS_KEY_OCTETS = 16 };

/* Makes an empty table whose hashes are keyed by KEY (SEALED_FOR_LIFTS, or random where there is no
 * key), so that state.db need not know a name; in memory that is locked and left out of dumps.
 * Frees one. Errors: NULL with ERR. */
struct lifts *lifts_create(const uint8_t key[LIFTS_KEY_OCTETS], struct err *err);
void lifts_free(struct lifts *lifts);

/* Empties LIFTS and keys it by KEY from now on. Threads: the writer. */
void lifts_rekey(struct lifts *lifts, const uint8_t key[LIFTS_KEY_OCTETS]);

/* Fills HASH with what stands for NAME in state.db and here. */
void lifts_hash(const struct lifts *lifts, const struct name *name, uint64_t hash[2]);

/* When a lift holds, in Unix time: from the one, not to the other. Not before, so that a clock that
 * was ahead when it was confirmed does not make it long. */
struct lifts_span {
    int64_t from_s, until_s;
};

/* Suspends what covers the name of HASH, and all below that name, for SPAN, in the place of a lift
 * that is there; takes a lift out. Errors: -1 with ERR_LIMIT. Threads: the writer. */
int lifts_put(struct lifts *lifts, const uint64_t hash[2], const struct lifts_span *span,
              struct err *err);
void lifts_remove(struct lifts *lifts, const uint64_t hash[2]);

/* Takes out all that were over at WALL_S. Threads: the writer. */
void lifts_tidy(struct lifts *lifts, int64_t wall_s);

/* Tells whether NAME is lifted at WALL_S; UNTIL_S becomes the instant at which that changes, where
 * that is earlier. Asked for every name that the operator, the law or a hotline blocks, so that
 * they stay alike. Threads: any. Cost: nothing while there is no lift; else a hash and a probe for
 * each label, whatever is found. */
bool lifts_find(const struct lifts *lifts, const struct name *name, int64_t wall_s,
                int64_t *until_s);

/* Returns how many there are, ended ones too. Threads: any. */
size_t lifts_count(const struct lifts *lifts);

#endif
