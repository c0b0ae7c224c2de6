/* loop.h - questions that come back to us from the upstream they were sent to. */
#ifndef RESOLVER_UPSTREAM_LOOP_H
#define RESOLVER_UPSTREAM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct upstream;

/* What one server has sent back lately. */
struct loop_watch {
    unsigned seen; /* in the second that began at since_ms */
    bool logged;
    uint64_t since_ms, logged_ms;
};

/* Notes at NOW_MS that a question came back from SERVER; returns whether that makes a loop. */
bool loop_note(struct upstream *server, uint64_t now_ms);

#endif
