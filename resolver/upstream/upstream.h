/* upstream.h - one worker's questions to the upstreams.
 *
 * Connected UDP sockets on random ports, ids from a CSPRNG, strict match of address, port, id and
 * question; another upstream on failure; TCP where a reply is cut. A question ends with exactly one
 * call of `done` for each reply worth reading, until done returns 0, or one call with octets NULL.
 * Where the whole answer cannot be had, the last reply is one with TC and no record.
 *
 * Life: create, then ask and flush in each turn of the loop, configure at a reload, destroy.
 * Threads: all calls from the thread of the loop. The process ignores SIGPIPE.
 * Bounds: docs/architecture.md, "Upstreams". */
#ifndef RESOLVER_UPSTREAM_UPSTREAM_H
#define RESOLVER_UPSTREAM_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/base/addr.h"
#include "config/base/name.h"

struct config;
struct err;
struct log;
struct upstreams;

struct upstream_question {
    struct name name; /* lower-cased; copied */
    uint16_t type;
    bool checking_disabled, dnssec_ok;
    uint32_t group; /* 0: config->upstreams; I + 1: those of config->zones[I] */
    uint32_t ticket;
};

/* Takes REPLY[0..LENGTH) from an upstream, which matches the question; TRUSTED as configured; LAST:
 * no other upstream is left to try. Returns 0 when the question is done, -1 to have another
 * upstream asked. REPLY is NULL when there is no answer; EDE is then 22 (none reachable) or 23
 * (network error). */
typedef int upstream_done(void *context, uint32_t ticket, const uint8_t *reply, size_t length,
                          bool trusted, bool last, uint16_t ede);

/* Makes the upstreams of CONFIG on LOOP, with room for config->queries_in_flight questions. CONFIG
 * is not kept. Errors: NULL with ERR. */
struct upstreams *upstreams_create(uv_loop_t *loop, const struct config *config,
                                   upstream_done *done, void *context, const struct log *log,
                                   struct err *err);

/* Takes the servers and times of CONFIG from now on; questions in flight go on. */
void upstreams_configure(struct upstreams *upstreams, const struct config *config);

/* Asks QUESTION. Returns 0; -1 when there is no upstream, or the pool is full. `done` is never
 * called from here. */
int upstreams_ask(struct upstreams *upstreams, const struct upstream_question *question);

/* Sends what upstreams_ask has collected since the last call, in batches; call it once a loop turn.
 * `done` may be called from here, where no upstream can be reached. Not to be called from `done`.
 */
void upstreams_flush(struct upstreams *upstreams);

/* Closes all handles; `closed(context)` is called when the last is closed and memory is freed. No
 * `done` comes after. */
void upstreams_destroy(struct upstreams *upstreams, void (*closed)(void *context), void *context);

/* A question that joins one in flight: who sends it, to which of our addresses, its name as long as
 * the one in flight, in the letter case in which it came. */
struct upstream_joiner {
    struct addr client, local;
    const uint8_t *name;
};

/* Tells whether CAME is the question in flight under TICKET, sent back to us by the upstream that
 * was to answer it, and not for the first time; logged once a minute as `upstream_loop`. */
bool upstreams_is_loop(struct upstreams *upstreams, uint32_t ticket,
                       const struct upstream_joiner *came);

/* Tells whether no server of GROUP has answered for so long that an answer is not to be waited for
 * (three queries one after the other). False for a group without servers. */
bool upstreams_all_down(const struct upstreams *upstreams, uint32_t group);

/* State of upstream INDEX for `status`; false past the end. */
struct upstream_state {
    char text[ADDR_TEXT_MAX];
    uint32_t group; /* 0: config->upstreams; I + 1: config->zones[I] */
    bool stream;    /* asked over TCP */
    bool up;
    uint64_t asked, answered, timeouts;
    uint64_t mismatched; /* replies to nothing that was asked, late second copies among them */
    uint64_t folded;     /* replies that did not repeat our letter case */
    uint32_t latency_us; /* smoothed */
};
bool upstreams_state(const struct upstreams *upstreams, size_t index, struct upstream_state *state);

#endif
