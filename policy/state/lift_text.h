/* lift_text.h - a request to lift a name, as operators sign it.
 *
 *   stairgate lift 1
 *   name: one.example
 *   until: 2026-12-03T04:42:00Z
 *   asked: 2026-11-26T04:42:00Z
 *   nonce: 00112233445566778899aabbccddeeff
 *   reason: the owner has shown that it is not what it was listed for
 *
 * Six lines, each with its end, and one way alone to write a request: so what was signed is what is
 * done. The command writes it, the server reads it (docs/lifts.md). */
#ifndef POLICY_STATE_LIFT_TEXT_H
#define POLICY_STATE_LIFT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"
#include "policy/state/state_lifts.h"

struct err;

enum { LIFT_TEXT_MAX = NAME_TEXT_MAX + STATE_REASON_MAX + 256 };

struct lift_text {
    struct name_buf name;     /* lower-cased; of at least two labels */
    int64_t until_s, asked_s; /* Unix time */
    uint8_t nonce[LIFT_NONCE_OCTETS];
    char reason[STATE_REASON_MAX];
};

/* Reads TEXT, a name as people write it, to NAME. Errors: -1 with ERR_USAGE: no name, or one that
 * everything is below. */
int lift_text_name(const char *text, struct name_buf *name, struct err *err);

/* Copies TEXT to REASON (STATE_REASON_MAX). Errors: -1 with ERR_USAGE: missing, too long, not
 * plain, or it holds NAME, which is not to be kept. */
int lift_text_reason(const char *text, const struct name_buf *name, char *reason, struct err *err);

/* Writes REQUEST to OUT (LIFT_TEXT_MAX); returns its length. */
size_t lift_text_write(const struct lift_text *request, char *out);

/* Reads TEXT[0..LENGTH) into REQUEST. Errors: -1 with ERR_FORMAT or ERR_USAGE. */
int lift_text_read(struct lift_text *request, const char *text, size_t length, struct err *err);

#endif
