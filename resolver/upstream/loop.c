/* Loops: an upstream that has us as its own upstream sends our question back, it joins the question
 * in flight, and everybody waits for everybody until all time is over.
 *
 * What comes from an upstream's address and asks what is in flight to that upstream is such a
 * question, if it comes three times in a second: an upstream may be somebody's client too. Behind
 * the addresses of this machine (loopback, or the one that was asked) there is more than one
 * program, so that there the letter case which we gave the question must come back as proof. It is
 * no proof where no letter was changed. */
#include "resolver/upstream/loop.h"

#include "resolver/upstream/inside.h"
#include "resolver/upstream/letters.h"

enum {
    WINDOW_MS = 1000,
    SEEN_MOST = 3,
    LOG_PAUSE_MS = 60000,
};

bool loop_note(struct upstream *server, uint64_t now_ms)
{
    struct loop_watch *watch = &server->loop;

    if (watch->seen == 0 || now_ms - watch->since_ms >= WINDOW_MS) {
        watch->seen = 0;
        watch->since_ms = now_ms;
    }
    if (++watch->seen < SEEN_MOST)
        return false;
    if (watch->logged && now_ms - watch->logged_ms < LOG_PAUSE_MS)
        return true;
    watch->logged = true;
    watch->logged_ms = now_ms;
    log_event(server->upstreams->log, LOG_LEVEL_ERROR, "upstream_loop",
              "upstream=%s cure=\"it asks us what we ask it: take one out of the other\"",
              server->text);
    return true;
}

/* Tells whether CAME is the question of TRY as its server must have got it. */
static bool is_sent_back(const struct flight *flight, const struct asked *asked,
                         const struct try *try, const struct upstream_joiner *came)
{
    uint64_t seed = flight_seed(flight, asked, try);
    const struct addr *client = &came->client, *server = &try->server->endpoint.addr;
    bool loopback = addr_is_loopback(client) && addr_is_loopback(server);

    if (try->state != TRY_OPEN || (!loopback && !addr_equal(client, server)))
        return false;
    if (!loopback && !addr_equal(client, &came->local))
        return true;
    return try->mixed && letters_any(asked->wire, asked->name_length, seed) &&
           letters_match(came->name, asked->wire, asked->name_length, seed);
}

bool upstreams_is_loop(struct upstreams *upstreams, uint32_t ticket,
                       const struct upstream_joiner *came)
{
    const struct asked *asked = flight_by_ticket(&upstreams->flight, ticket);

    for (size_t i = 0; asked != NULL && i < asked->tries; i++) {
        const struct try *try = flight_try(&upstreams->flight, asked, i);

        if (is_sent_back(&upstreams->flight, asked, try, came))
            return loop_note(try->server, uv_now(upstreams->loop));
    }
    return false;
}
