/* upstream_rig.h - a worker's upstreams between a test and fake servers, all in one loop. */
#ifndef TESTS_UNIT_UPSTREAM_RIG_H
#define TESTS_UNIT_UPSTREAM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/config.h"
#include "resolver/upstream/inside.h"
#include "resolver/wire/dns.h"
#include "tests/unit/fake_upstream.h"

enum { ADDRESS = 101, FAKES = 3, TICKETS = 2048, TIMEOUT_MS = 2000, DEADLINE_MS = 8000 };

/* Times for tests in which somebody is silent; the others must not depend on a busy machine. */
enum { SHORT_TIMEOUT_MS = 60, SHORT_DEADLINE_MS = 300, PATIENCE_MS = 20000 };

struct outcome {
    unsigned calls, lame; /* of done; those answered with -1 */
    bool silent, cut, last, trusted;
    bool capitals; /* in the reply's question */
    unsigned rcode;
    uint8_t address; /* last octet */
    size_t length;
    uint16_t ede;
    uint64_t at_ms;
};

struct world {
    uv_loop_t loop;
    uv_timer_t guard;
    struct fake fakes[FAKES];
    size_t fake_count;
    struct config_upstream servers[FAKES];
    struct config config;
    struct log log;
    struct upstreams *upstreams;
    struct outcome outcomes[TICKETS];
    unsigned ended;
    bool over, closed;
};

/* Opens COUNT fakes, with TCP where STREAMS, and upstreams that use them in order. */
void start(struct world *world, size_t count, bool streams);

/* The same with servers that are asked over TCP. */
void start_streams(struct world *world, size_t count, bool streams);

/* Asks under COUNT tickets from FIRST on, and flushes. */
void ask_many(struct world *world, uint32_t first, uint32_t count);

/* Sets the short times. */
void hurry(struct world *world);

/* Destroys all, and fails where anything is left. */
void stop(struct world *world);

/* Asks www.example A under TICKET; returns what upstreams_ask does. */
int ask(struct world *world, uint32_t ticket);

/* The same of GROUP. */
int ask_group(struct world *world, uint32_t group, uint32_t ticket);

/* Runs the loop until COUNT questions have ended in all; fails when they do not. */
void run_until(struct world *world, unsigned count);

/* Runs the loop for MS, to see that something does not happen. */
void run_for(struct world *world, unsigned ms);

/* Asks once and waits for the end; returns what came. */
const struct outcome *ask_one(struct world *world, uint32_t ticket);

/* A group's set-up. */
int prepare(void **state);

#endif
