/* lifts.h - entries that two operators have suspended for a while: written by one thread, read by
 * all, of fixed size. Names are kept as keyed hashes; the account of them is in state.db
 * (docs/hotlines.md). A lift says nothing of whether there is an entry. */
#ifndef POLICY_STATE_LIFTS_H
#define POLICY_STATE_LIFTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct err;
struct lifts;

enum { LIFTS_MOST = 1024 };

/* Makes an empty table whose hashes are keyed by KEY (SEALED_FOR_LIFTS, or random where there is no
 * key), so that state.db need not know a name; frees one. Errors: NULL with ERR. */
struct lifts *lifts_create(const uint8_t key[16], struct err *err);
void lifts_free(struct lifts *lifts);

/* Fills HASH with what stands for NAME in state.db and here. */
void lifts_hash(const struct lifts *lifts, const struct name *name, uint64_t hash[2]);

/* Suspends what covers the name of HASH, and all below that name, until UNTIL_S (Unix time); takes
 * a lift out. Errors: -1 with ERR_LIMIT. Threads: the writer. */
int lifts_put(struct lifts *lifts, const uint64_t hash[2], int64_t until_s, struct err *err);
void lifts_remove(struct lifts *lifts, const uint64_t hash[2]);

/* Tells whether NAME is lifted at WALL_S; UNTIL_S becomes the instant at which that ends, where
 * that is earlier. Asked for every name that the operator, the law or a hotline blocks, so that
 * they stay alike. Threads: any. */
bool lifts_find(const struct lifts *lifts, const struct name *name, int64_t wall_s,
                int64_t *until_s);

#endif
