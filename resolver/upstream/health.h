/* health.h - how one upstream has answered lately, for one worker.
 *
 * Health orders the servers, it never excludes one: when all are marked, the marks mean nothing.
 * One unanswered query puts a server behind the others, so that a dead one costs one retry time
 * once; three, each sent after the one before had failed, make it `down`, which is logged. Any
 * answer makes it `up` again. */
#ifndef RESOLVER_UPSTREAM_HEALTH_H
#define RESOLVER_UPSTREAM_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum health_state { /* in order of preference */
                    HEALTH_GOOD,
                    HEALTH_LAME,   /* answers, but for some time with nothing of use */
                    HEALTH_SILENT, /* left the last query without answer */
};

enum health_change { HEALTH_SAME, HEALTH_WENT_DOWN, HEALTH_CAME_UP };

struct health {
    enum health_state state;
    bool down;
    uint32_t misses, lame; /* in a row */
    uint32_t latency_us;   /* smoothed; 0 is not known yet */
    uint64_t heard_us;     /* when the last answer came */
    uint64_t missed_us;    /* when the last miss that counts was noted */
};

/* Notes an answer at NOW_US; LATENCY_US is 0 where it tells nothing; LAME where it was of no use.
 */
enum health_change health_answer(struct health *health, uint64_t now_us, uint64_t latency_us,
                                 bool lame);

/* Notes at NOW_US that what was sent at SENT_US got no answer. It does not count where another
 * query has been answered since: then the name is slow, not the server. Of many that were in flight
 * together, one counts. */
enum health_change health_miss(struct health *health, uint64_t sent_us, uint64_t now_us);

/* Tells whether A is to be asked before B. */
bool health_before(const struct health *a, const struct health *b);

/* Returns how long to wait before another server is asked too, at most MOST_MS. */
uint32_t health_patience_ms(const struct health *health, uint32_t most_ms);

/* Lets the latency of a server that was not asked for a second fade, so that it is measured anew.
 */
void health_second(struct health *health, uint64_t now_us);

#endif
