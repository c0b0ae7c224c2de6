#include "resolver/upstream/choice.h"

#include "resolver/upstream/inside.h"
#include "resolver/upstream/servers.h"

enum {
    SAME_SERVER_MAX = 3,      /* queries to one server for one question */
    SAME_SERVER_LAME_MAX = 2, /* the same, when another has answered, if with nothing of use */
    SILENT_EDNS_MAX = 2,      /* unanswered queries with OPT before one without */
    LEAST_LEFT_MS = 50,       /* no query is sent so shortly before the deadline */
};

struct choice_record choice_record(const struct upstreams *upstreams, const struct asked *asked,
                                   const struct upstream *server)
{
    struct choice_record record = {0};
    unsigned silent = 0; /* to OPT */

    for (size_t i = 0; i < asked->tries; i++) {
        const struct try *try = flight_try(&upstreams->flight, asked, i);

        if (try->server != server || try->state == TRY_VOID)
            continue;
        record.times++;
        silent += try->late && try->edns && !try->stream;
        record.lame |= try->state == TRY_LAME;
        record.plain |= try->state == TRY_NO_OPT;
        record.cut |= try->state == TRY_CUT;
        record.folded |= try->folded;
    }
    record.plain |= silent >= SILENT_EDNS_MAX;
    return record;
}

bool choice_any_lame(const struct upstreams *upstreams, const struct asked *asked)
{
    for (size_t i = 0; i < asked->tries; i++) {
        if (flight_try(&upstreams->flight, asked, i)->state == TRY_LAME)
            return true;
    }
    return false;
}

struct choice_hope choice_hope(const struct upstreams *upstreams, const struct asked *asked)
{
    struct choice_hope hope = {0};

    for (size_t i = 0; i < asked->tries; i++) {
        const struct try *try = flight_try(&upstreams->flight, asked, i);

        if ((try->state != TRY_OPEN && try->state != TRY_QUEUED) ||
            choice_record(upstreams, asked, try->server).lame)
            continue;
        hope.open++;
        hope.up += !try->server->health.down;
    }
    return hope;
}

/* Returns how many queries for one question are worth sending to SERVER: one to see whether it is
 * back; none where LAME, another server, has at least said that it does not know. */
static unsigned most_queries(const struct upstream *server, bool lame)
{
    if (server->health.down)
        return lame ? 0 : 1;
    return lame ? SAME_SERVER_LAME_MAX : SAME_SERVER_MAX;
}

struct upstream *choice_next(const struct upstreams *upstreams, const struct asked *asked)
{
    struct server_group group = servers_of(upstreams, asked->group);
    bool lame = choice_any_lame(upstreams, asked);
    unsigned least = SAME_SERVER_MAX;
    struct upstream *best = NULL;

    if (asked->probe || asked->tries == TRIES_MAX ||
        asked->zone != servers_zone(upstreams, asked->group) ||
        uv_now(upstreams->loop) + LEAST_LEFT_MS >= asked->deadline_ms)
        return NULL;
    for (size_t i = 0; i < group.count; i++) {
        struct upstream *server = group.servers[i];
        struct choice_record record = choice_record(upstreams, asked, server);

        if (record.lame || record.times >= most_queries(server, lame) ||
            server->waiting - server->late >= upstreams->in_flight)
            continue;
        if (best == NULL || record.times < least ||
            (record.times == least && health_before(&server->health, &best->health))) {
            best = server;
            least = record.times;
        }
    }
    return best;
}
