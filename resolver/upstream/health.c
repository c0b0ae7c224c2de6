#include "resolver/upstream/health.h"

enum {
    MISSES_DOWN = 3,
    LAME_MOST = 4,           /* one broken domain asked for now and then is not a lame server */
    PATIENCE_LEAST_MS = 300, /* what a recursive server needs for a name it has not got */
    PATIENCE_LATENCIES = 8,  /* answers from its cache and others differ by about that */
    STALE_US = 1000000,      /* a latency that nobody measured for so long fades */
};

static void smooth(struct health *health, uint64_t now_us, uint64_t latency_us)
{
    uint32_t sample = latency_us < 10000000 ? (uint32_t)latency_us : 10000000;

    if (sample == 0)
        return;
    if (health->latency_us == 0 || now_us - health->heard_us > STALE_US)
        health->latency_us = sample; /* an old figure, which has faded, says little */
    else
        health->latency_us = (health->latency_us * 7 + sample) / 8;
    if (health->latency_us == 0)
        health->latency_us = 1;
}

enum health_change health_answer(struct health *health, uint64_t now_us, uint64_t latency_us,
                                 bool lame)
{
    bool was_down = health->down;

    smooth(health, now_us, latency_us);
    health->heard_us = now_us;
    health->misses = 0;
    health->down = false;
    health->lame = lame ? health->lame + 1 : 0;
    if (!lame)
        health->state = HEALTH_GOOD;
    else if (health->state == HEALTH_SILENT || health->lame >= LAME_MOST)
        health->state = HEALTH_LAME;
    return was_down ? HEALTH_CAME_UP : HEALTH_SAME;
}

enum health_change health_miss(struct health *health, uint64_t sent_us, uint64_t now_us)
{
    if (health->heard_us >= sent_us && health->heard_us != 0)
        return HEALTH_SAME;
    if (health->misses > 0 && sent_us < health->missed_us)
        return HEALTH_SAME;
    health->state = HEALTH_SILENT;
    health->missed_us = now_us;
    if (++health->misses < MISSES_DOWN || health->down)
        return HEALTH_SAME;
    health->down = true;
    return HEALTH_WENT_DOWN;
}

bool health_before(const struct health *a, const struct health *b)
{
    if (a->state != b->state)
        return a->state < b->state;
    return a->latency_us < b->latency_us;
}

uint32_t health_patience_ms(const struct health *health, uint32_t most_ms)
{
    uint64_t usual_ms = (uint64_t)health->latency_us * PATIENCE_LATENCIES / 1000;

    if (health->latency_us == 0 || usual_ms >= most_ms || most_ms <= PATIENCE_LEAST_MS)
        return most_ms;
    return usual_ms > PATIENCE_LEAST_MS ? (uint32_t)usual_ms : PATIENCE_LEAST_MS;
}

void health_second(struct health *health, uint64_t now_us)
{
    if (now_us - health->heard_us > STALE_US && health->latency_us > 16)
        health->latency_us -= health->latency_us / 16;
}
