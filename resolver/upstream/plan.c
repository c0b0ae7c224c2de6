/* What is done for one question.
 *
 * The problem: a client waits about five seconds and asks again, many times over; an upstream may
 * be silent, refuse, know nothing, know no EDNS, cut its answers, or lie. The idea: at most
 * TRIES_MAX queries before one deadline, each to the server that was asked least for this question
 * and is the healthiest of those; a query that has not been answered in time stays open beside the
 * next, so that a slow answer to the first is used. What an answer is worth is for `done` to say.
 *
 * Dropped: asking all servers at once (a lame one is the fastest, and each question would be told
 * to all), and raising timeouts for each server apart (patience of eight latencies is enough). */
#include "resolver/upstream/plan.h"

#include <string.h>

#include "config/base/bytes.h"
#include "resolver/upstream/choice.h"
#include "resolver/upstream/inside.h"
#include "resolver/upstream/letters.h"
#include "resolver/upstream/servers.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"

enum {
    PLAIN_MOST = 3,     /* questions before an upstream is taken to know no EDNS, */
    PLAIN_MS = 60000,   /* for so long */
    HELD_UP_US = 15000, /* less than any timeout, more than a tick */
    FOLD_MS = 300000,   /* an upstream that does not keep letter case is asked in lower case */
};

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000;
}

static void note(struct upstream *server, enum health_change change)
{
    if (change == HEALTH_WENT_DOWN)
        log_event(server->upstreams->log, LOG_LEVEL_WARN, "upstream_down", "upstream=%s",
                  server->text);
    else if (change == HEALTH_CAME_UP)
        log_event(server->upstreams->log, LOG_LEVEL_INFO, "upstream_up", "upstream=%s",
                  server->text);
}

static void miss(struct upstream *server, uint64_t sent_us)
{
    bool was_silent = server->health.state == HEALTH_SILENT;

    note(server, health_miss(&server->health, sent_us, now_us()));
    if (!was_silent && server->health.state == HEALTH_SILENT)
        udp_renew(server);
}

static void end_try(struct upstreams *upstreams, struct try *try, enum try_state state)
{
    struct channel *channel = try->channel;

    if (try->state == TRY_QUEUED) {
        flight_unqueue(&upstreams->flight, &try->server->queue, try);
        try->server->waiting--;
    } else if (try->state == TRY_OPEN) {
        flight_unbind(&upstreams->flight, try);
        try->server->waiting--;
        try->server->late -= try->late;
        if (!channel->stream)
            udp_rest(channel);
    }
    try->state = (uint8_t)state;
}

static void end_asked(struct upstreams *upstreams, struct asked *asked)
{
    for (size_t i = 0; i < asked->tries; i++) {
        struct try *try = flight_try(&upstreams->flight, asked, i);

        end_try(upstreams, try, try->state);
        try->server->named--;
    }
    flight_give(&upstreams->flight, asked);
}

/* Writes the answer that says no more than "ask over TCP" (RFC 2181 §9), so that a part of a record
 * set is never taken for the whole. */
static size_t write_cut(const struct asked *asked, uint8_t *out)
{
    size_t length = DNS_HEADER_OCTETS + asked->name_length;

    memset(out, 0, DNS_HEADER_OCTETS);
    store_be16(out + 2, DNS_QR | DNS_TC | DNS_RD | DNS_RA);
    store_be16(out + 4, 1);
    memcpy(out + DNS_HEADER_OCTETS, asked->wire, asked->name_length);
    store_be16(out + length, asked->type);
    store_be16(out + length + 2, DNS_IN);
    return length + 4;
}

static void give_up(struct upstreams *upstreams, struct asked *asked)
{
    uint8_t cut[DNS_HEADER_OCTETS + NAME_OCTETS_MAX + 4];
    size_t length = asked->cut ? write_cut(asked, cut) : 0;
    uint16_t ede = asked->unreached ? DNS_EDE_NETWORK : DNS_EDE_NO_REACHABLE;

    if (!asked->probe)
        (void)upstreams->done(upstreams->context, asked->ticket, asked->cut ? cut : NULL, length,
                              false, true, asked->cut ? 0 : ede);
    end_asked(upstreams, asked);
}

static void set_due(struct upstreams *upstreams, struct asked *asked, uint64_t wait_ms)
{
    uint64_t when = uv_now(upstreams->loop) + wait_ms;

    flight_due(&upstreams->flight, asked, when < asked->deadline_ms ? when : asked->deadline_ms);
}

/* Adds a query for ASKED of SERVER, in the words that fit what is known of it. */
static struct try *new_try(struct upstream *server, struct asked *asked,
                           const struct choice_record *record, bool stream)
{
    uint64_t now_ms = uv_now(server->upstreams->loop);
    struct try *try = flight_try(&server->upstreams->flight, asked, asked->tries++);

    memset(try, 0, sizeof *try);
    try->server = server;
    try->stream = stream;
    try->edns = !record->plain && now_ms >= server->plain_until_ms;
    try->mixed = server->upstreams->random_case && !record->folded && !record->plain &&
                 now_ms >= server->fold_until_ms;
    server->waiting++;
    server->named++;
    server->asked++;
    return try;
}

/* Sends TRY over TCP; where no connection can be had it goes by UDP, if UDP is any use. */
static void start_try(struct upstream *server, struct try *try, bool udp)
{
    if (try->stream && tcp_ask(server, try) == 0)
        return;
    if (try->stream && !udp) {
        try->state = TRY_FAILED;
        server->waiting--;
        return;
    }
    try->stream = false;
    flight_queue(&server->upstreams->flight, &server->queue, try);
    upstreams_unsent(server);
}

static void ask_server(struct upstream *server, struct asked *asked)
{
    struct upstreams *upstreams = server->upstreams;
    struct choice_record record = choice_record(upstreams, asked, server);
    bool stream = record.cut || (server->stream && !server->tcp.refused);
    struct try *try = new_try(server, asked, &record, stream);
    uint64_t wait_ms = upstreams->timeout_ms;

    start_try(server, try, !record.cut);
    if (record.cut)
        wait_ms = try->state == TRY_FAILED ? wait_ms / 2 : wait_ms + wait_ms / 2;
    else if (servers_of(upstreams, asked->group).count > 1)
        wait_ms = (uint64_t)health_patience_ms(&server->health, upstreams->timeout_ms)
                  << record.times;
    else
        wait_ms <<= record.times;
    set_due(upstreams, asked, wait_ms);
}

/* Asks the next server; where none is left, waits for late answers, but not twice. */
static void advance(struct upstreams *upstreams, struct asked *asked)
{
    struct upstream *server = choice_next(upstreams, asked);
    struct choice_hope hope = choice_hope(upstreams, asked);

    if (server != NULL) {
        ask_server(server, asked);
    } else if (hope.open > 0 && !asked->lingers && !asked->cut) {
        asked->lingers = true;
        set_due(upstreams, asked,
                hope.up == 0 || choice_any_lame(upstreams, asked) ? upstreams->timeout_ms
                                                                  : DEADLINE_MAX_MS);
    } else {
        give_up(upstreams, asked);
    }
}

int plan_start(struct upstreams *upstreams, struct asked *asked)
{
    struct upstream *server;

    asked->deadline_ms = uv_now(upstreams->loop) + upstreams->deadline_ms;
    server = choice_next(upstreams, asked);
    if (server == NULL)
        return -1;
    ask_server(server, asked);
    return 0;
}

void plan_probe(struct upstream *server, bool stream)
{
    struct upstreams *upstreams = server->upstreams;
    struct asked *asked = flight_take(&upstreams->flight);
    const struct choice_record nothing_known = {0};

    if (asked == NULL)
        return;
    asked->wire[0] = 0;
    asked->name_length = 1;
    asked->type = DNS_NS;
    asked->probe = true;
    asked->checking_disabled = asked->dnssec_ok = false;
    asked->group = server->group;
    asked->zone = servers_zone(upstreams, server->group);
    asked->deadline_ms = uv_now(upstreams->loop) + upstreams->timeout_ms;
    start_try(server, new_try(server, asked, &nothing_known, stream), !stream);
    set_due(upstreams, asked, upstreams->timeout_ms);
}

/* Tells whether an answer with RCODE says nothing about the name, only about the server. */
static bool is_lame(unsigned rcode)
{
    return rcode == DNS_SERVFAIL || rcode == DNS_REFUSED || rcode == DNS_FORMERR ||
           rcode == DNS_NOTIMP;
}

/* Remembers an upstream that answers only without OPT, so that not every question costs it the
 * queries before; not for good, since a lost datagram or a middlebox may be to blame. */
static void note_edns(struct upstreams *upstreams, const struct asked *asked, const struct try *try)
{
    struct upstream *server = try->server;
    struct choice_record record = choice_record(upstreams, asked, server);

    if (try->edns)
        server->plain = 0;
    else if (record.plain && ++server->plain >= PLAIN_MOST)
        server->plain_until_ms = uv_now(upstreams->loop) + PLAIN_MS;
}

/* Returns how long TRY has taken, 0 where that tells nothing: a connection for one answer only. */
static uint64_t latency_of(const struct try *try)
{
    return try->stream && !try->server->stream ? 0 : now_us() - try->sent_us;
}

/* Remembers an upstream that has answered in lower case what it had not in ours. */
static void note_letters(struct upstreams *upstreams, const struct asked *asked,
                         const struct try *try)
{
    if (upstreams->random_case && !try->mixed &&
        choice_record(upstreams, asked, try->server).folded)
        try->server->fold_until_ms = uv_now(upstreams->loop) + FOLD_MS;
}

static void deliver(struct upstreams *upstreams, struct asked *asked, struct try *try,
                    const uint8_t *octets, size_t length)
{
    struct upstream *server = try->server;
    uint64_t latency_us = latency_of(try);
    bool last, lame = is_lame(load_be16(octets + 2) & 0xf);
    int more;

    if (!lame) {
        note_edns(upstreams, asked, try);
        note_letters(upstreams, asked, try);
    }
    end_try(upstreams, try, TRY_LAME); /* until `done` has found it good */
    last = choice_next(upstreams, asked) == NULL && choice_hope(upstreams, asked).open == 0;
    more = upstreams->done(upstreams->context, asked->ticket, octets, length, server->trusted, last,
                           0);
    /* With other servers at hand `done` has judged; the last word it takes as it is. */
    lame = last ? lame : more != 0;
    note(server, health_answer(&server->health, now_us(), latency_us, lame));
    if (more == 0 || last)
        end_asked(upstreams, asked);
    else
        advance(upstreams, asked);
}

static void answered(struct upstreams *upstreams, struct asked *asked, struct try *try,
                     const uint8_t *octets, size_t length, bool whole)
{
    struct upstream *server = try->server;
    unsigned flags = load_be16(octets + 2), rcode = flags & 0xf;
    bool no_opt = try->edns && (rcode == DNS_FORMERR || rcode == DNS_NOTIMP);
    bool cut = !is_lame(rcode) && ((flags & DNS_TC) || !whole), stream = try->stream;

    server->answered++;
    if (stream)
        tcp_answered(try->channel);
    if (!asked->probe && !no_opt && !cut) {
        deliver(upstreams, asked, try, octets, length);
        return;
    }
    note(server, health_answer(&server->health, now_us(), latency_of(try), is_lame(rcode)));
    if (asked->probe) {
        end_asked(upstreams, asked);
        return;
    }
    if (cut)
        asked->cut = true;
    end_try(upstreams, try, no_opt ? TRY_NO_OPT : stream ? TRY_LAME : TRY_CUT);
    /* The same server is asked in other words: without OPT (RFC 6891 §6.2.2), or over TCP. */
    if (asked->tries < TRIES_MAX && !(cut && stream))
        ask_server(server, asked);
    else
        advance(upstreams, asked);
}

/* Tells whether this is the bare header with which a server that does not know OPT refuses. */
static bool is_bare_refusal(const struct try *try, const uint8_t *octets, size_t length)
{
    unsigned flags = load_be16(octets + 2), rcode = flags & 0xf;

    return length == DNS_HEADER_OCTETS && (flags & DNS_QR) && try->edns &&
           (rcode == DNS_FORMERR || rcode == DNS_NOTIMP);
}

/* Tells whether OCTETS, which match but for letter case, repeat that of TRY (RFC 5452 §9.1,
 * draft-vixie-dnsext-dns0x20 §2.2), where they must: TCP cannot be forged from elsewhere. Restores
 * the lower case, so that records which point at the question show none of it. */
static bool keeps_letters(const struct upstreams *upstreams, const struct try *try, uint8_t *octets)
{
    const struct asked *asked = flight_asked(&upstreams->flight, try);
    uint8_t *name = octets + DNS_HEADER_OCTETS;
    bool kept = !try->mixed || try->stream ||
                letters_match(name, asked->wire, asked->name_length,
                              flight_seed(&upstreams->flight, asked, try));

    if (try->mixed)
        memcpy(name, asked->wire, asked->name_length);
    return kept;
}

/* A reply that does not repeat our letters is forged, or its server does not keep case: it is asked
 * once more at once, in lower case. What it then says is believed. */
static void folded(struct upstreams *upstreams, struct asked *asked, struct try *try)
{
    bool first = !choice_record(upstreams, asked, try->server).folded;

    try->server->folded++;
    try->folded = true;
    if (first && asked->tries < TRIES_MAX)
        ask_server(try->server, asked);
}

void plan_message(struct channel *channel, uint8_t *octets, size_t length, bool whole)
{
    struct upstream *server = channel->server, *other;
    struct upstreams *upstreams = server->upstreams;
    struct try *try = NULL;
    struct asked *asked;
    struct name name;

    if (length >= DNS_HEADER_OCTETS)
        try = flight_find(&upstreams->flight, channel, load_be16(octets));
    if (try == NULL) {
        server->mismatched++;
        return;
    }
    asked = flight_asked(&upstreams->flight, try);
    name = flight_name(asked);
    if (reply_matches(octets, length, try->id, &name, asked->type)) {
        if (keeps_letters(upstreams, try, octets))
            answered(upstreams, asked, try, octets, length, whole);
        else
            folded(upstreams, asked, try);
        return;
    }
    if (is_bare_refusal(try, octets, length)) {
        answered(upstreams, asked, try, octets, length, whole);
        return;
    }
    /* The right answer may follow, so the query stays open; somebody else is asked meanwhile. */
    server->mismatched++;
    other = choice_next(upstreams, asked);
    if (other != NULL && choice_record(upstreams, asked, other).times == 0)
        ask_server(other, asked);
}

/* Ends TRY after a network error. AGAIN tells that the same server may be asked at once. */
static void failed(struct upstreams *upstreams, struct try *try, bool again)
{
    struct asked *asked = flight_asked(&upstreams->flight, try);
    bool latest = try == flight_try(&upstreams->flight, asked, asked->tries - 1u);
    bool worked = try->stream && try->state == TRY_OPEN && tcp_has_answered(try->channel);
    struct upstream *server;

    asked->unreached = true;
    if (!try->stream)
        miss(try->server, try->state == TRY_OPEN ? try->sent_us : now_us());
    end_try(upstreams, try, worked ? TRY_VOID : TRY_FAILED);
    if (!latest)
        return; /* the newer one goes on */
    server = choice_next(upstreams, asked);
    /* A server that is being restarted refuses for a moment: it is given one. */
    if (server != NULL && !again && !asked->cut &&
        choice_record(upstreams, asked, server).times > 0)
        set_due(upstreams, asked, upstreams->timeout_ms / 2);
    else
        advance(upstreams, asked);
}

void plan_unsent(struct upstream *server, struct try *try)
{
    failed(server->upstreams, try, false);
}

void plan_channel_failed(struct channel *channel, uint64_t before_us, bool again)
{
    struct upstreams *upstreams = channel->server->upstreams;
    uint32_t number = channel->first;

    while (number != FLIGHT_NONE) {
        struct try *try = flight_at(&upstreams->flight, number);

        if (try->sent_us >= before_us) {
            number = try->older;
            continue;
        }
        failed(upstreams, try, again);
        number = channel->first; /* other queries of that question may have left the list too */
    }
}

/* Tells whether TRY, though its time is over, was not on its way for that time: the loop stood
 * still (a busy machine), and sent it a moment ago or not yet. To ask once more then would double
 * the work of one that has too much already. */
static bool is_held_up(const struct try *try)
{
    return try->state == TRY_QUEUED ||
           (try->state == TRY_OPEN && now_us() - try->sent_us < HELD_UP_US);
}

void plan_due(void *context, struct asked *asked)
{
    struct upstreams *upstreams = context;
    struct try *try = flight_try(&upstreams->flight, asked, asked->tries - 1u);

    if (is_held_up(try) && uv_now(upstreams->loop) < asked->deadline_ms) {
        set_due(upstreams, asked, upstreams->timeout_ms);
        return;
    }
    if (try->state == TRY_OPEN && !try->late) {
        try->late = true;
        try->server->late++;
        try->server->timeouts++;
        if (!try->stream || tcp_late(try->channel, try->sent_us))
            miss(try->server, try->sent_us);
    }
    if (uv_now(upstreams->loop) >= asked->deadline_ms)
        give_up(upstreams, asked);
    else
        advance(upstreams, asked);
}

size_t plan_write(const struct upstream *server, const struct try *try, uint16_t id, uint8_t *out,
                  size_t room)
{
    const struct flight *flight = &server->upstreams->flight;
    const struct asked *asked = flight_asked(flight, try);
    struct name name = flight_name(asked);
    size_t length;
    struct query_words words = {
        .id = id,
        .type = asked->type,
        .checking_disabled = asked->checking_disabled,
        .dnssec_ok = asked->dnssec_ok && try->edns,
        .payload = try->edns ? UPSTREAM_PAYLOAD : 0,
    };

    length = question_write(out, room, &name, &words);
    if (length > 0 && try->mixed)
        letters_mix(out + DNS_HEADER_OCTETS, name.length, flight_seed(flight, asked, try));
    return length;
}

uint16_t plan_id(struct upstreams *upstreams, struct channel *channel)
{
    uint16_t id;

    do
        id = channel->stream ? ++channel->last_id : random_u16(&upstreams->random);
    while (flight_find(&upstreams->flight, channel, id) != NULL);
    return id;
}
