/* canary_ask.h - one question to one of our own listeners, over UDP, and over TCP where the answer
 * is cut. It speaks as a client does, from the listener's own address. */
#ifndef RESOLVER_DAEMON_CANARY_ASK_H
#define RESOLVER_DAEMON_CANARY_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/base/addr.h"
#include "resolver/daemon/canary_answer.h"

struct canary_ask;

/* The most that one takes, until it gives up. */
enum { CANARY_ASK_TRIES = 3, CANARY_ASK_TRY_MS = 2000 };

/* Told once: OCTETS[0..LENGTH) answers the question; NULL: nothing does. */
typedef void canary_ask_done(void *context, const uint8_t *octets, size_t length);

/* Asks QUESTION (copied) at TO on LOOP, from TO's address. PROXIED: that address is one that must
 * put a header before each query (proxy.h). DONE is told CONTEXT, never before this returns.
 * Owner:  it frees itself after DONE; before that canary_ask_cancel ends it without a word. The
 *         memory goes when the loop has closed its handles.
 * Errors: NULL without memory. */
struct canary_ask *canary_ask_start(uv_loop_t *loop, const struct endpoint *to, bool proxied,
                                    const struct canary_question *question, canary_ask_done *done,
                                    void *context);
void canary_ask_cancel(struct canary_ask *ask);

/* Returns what ASK asks; it lives until DONE has returned. */
const struct canary_question *canary_ask_question(const struct canary_ask *ask);

#endif
