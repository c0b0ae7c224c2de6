/* core.c: the spine's two entries, a batch from clients and a word from an upstream.
 *
 * Both only lay out what the stages of query.h need and carry what comes of them: all scratch space
 * of a worker's queries is allocated here once, so that no query costs an allocation. A reply is
 * read once for all clients that wait for it, and written for each of them. */
#include "resolver/core.h"

#include <stdlib.h>

#include "config/base/err.h"
#include "policy/snapshot.h"
#include "resolver/pending.h"
#include "resolver/stage_reply.h"
#include "resolver/wire/dns.h"

struct core {
    struct core_hooks hooks;
    struct core_counters counters;
    struct pending *pending;
    struct query queries[CORE_BATCH_MAX];
    struct query_message messages[CORE_BATCH_MAX];
    struct set_probe probes[CORE_BATCH_MAX][2];
    struct reply reply;
    uint8_t out[DNS_MESSAGE_MAX]; /* of an answer that was forwarded */
};

struct core *core_create(uint32_t in_flight, const struct core_hooks *hooks, struct err *err)
{
    struct core *core = calloc(1, sizeof *core);

    if (core == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a worker's queries");
        return NULL;
    }
    core->hooks = *hooks;
    core->pending = pending_create(in_flight, hooks->seed, err);
    if (core->pending == NULL) {
        free(core);
        return NULL;
    }
    return core;
}

void core_destroy(struct core *core)
{
    if (core == NULL)
        return;
    pending_destroy(core->pending);
    free(core);
}

static struct query_context context_of(struct core *core, const struct snapshot *snapshot,
                                       const struct core_now *now)
{
    return (struct query_context){
        .snapshot = snapshot,
        .config = snapshot_config(snapshot),
        .now = *now,
        .hooks = &core->hooks,
        .counters = &core->counters,
        .pending = core->pending,
        .probes = core->probes,
    };
}

static void take_in(struct core *core, const struct core_datagram *datagram, size_t at)
{
    struct query *query = &core->queries[at];

    query->handle = datagram->handle;
    query->client = datagram->client;
    query->local = datagram->local;
    query->ifindex = datagram->ifindex;
    query->transport = datagram->transport;
    query->out = datagram->out;
    query->room = datagram->room;
    query->out_length = 0;
    core->messages[at] = (struct query_message){datagram->octets, datagram->length};
}

static void give_out(struct core *core, struct core_datagram *datagram, const struct query *query)
{
    static const enum core_outcome outcomes[] = {
        [NEXT_STAGE] = CORE_DROPPED, /* cannot be: the last stage decides */
        [NEXT_SEND] = CORE_ANSWERED,
        [NEXT_DROP] = CORE_DROPPED,
        [NEXT_WAIT] = CORE_TAKEN,
    };

    datagram->outcome = outcomes[query->next];
    datagram->out_length = query->out_length;
    if (datagram->outcome == CORE_DROPPED)
        core_count(&core->counters.dropped);
}

void core_batch(struct core *core, const struct snapshot *snapshot, const struct core_now *now,
                struct core_datagram *datagrams, size_t count)
{
    struct query_context context = context_of(core, snapshot, now);

    must(count <= CORE_BATCH_MAX);
    for (size_t i = 0; i < count; i++)
        take_in(core, &datagrams[i], i);
    query_run(&context, core->queries, core->messages, count);
    for (size_t i = 0; i < count; i++)
        give_out(core, &datagrams[i], &core->queries[i]);
}

/* Tells whether a failure is a judgement on the name: the upstream has validated and found it
 * forged, or filters it. To ask one that does not look would undo that (RFC 8914 §4.7 to §4.13,
 * §4.16 to §4.18). */
static bool is_judgement(const struct reply *reply)
{
    for (uint8_t i = 0; i < reply->ede_count; i++) {
        uint16_t code = reply->ede[i];

        if ((code >= DNS_EDE_BOGUS && code <= DNS_EDE_NSEC_MISSING) ||
            (code >= DNS_EDE_BLOCKED && code <= DNS_EDE_FILTERED))
            return true;
    }
    return false;
}

/* Fills WORD from what the upstream sent; returns false where another upstream should be asked. */
static bool word_read(struct core *core, const struct query *query, const uint8_t *octets,
                      size_t length, struct stage_word *word)
{
    static const uint16_t none_reachable = DNS_EDE_NO_REACHABLE, network = DNS_EDE_NETWORK;
    struct name name = name_of(&query->question.name);
    struct reply *reply = &core->reply;
    enum reply_result result =
        reply_read(octets, length, &name, query->question.type, query->question.dnssec_ok, reply);

    if (result == REPLY_OK) {
        word->reply = reply;
        word->ede_count = 0; /* reply_answer passes on what it has */
    } else if (result == REPLY_LAME && reply->ede_count > 0) {
        word->ede = reply->ede;
        word->ede_count = reply->ede_count;
    } else {
        word->ede = result == REPLY_BROKEN ? &network : &none_reachable;
        word->ede_count = 1;
    }
    return result == REPLY_OK || (result == REPLY_LAME && is_judgement(reply));
}

static void tell_all(struct core *core, const struct query_context *context, uint32_t ticket,
                     const struct stage_word *word)
{
    struct query *query = pending_find(core->pending, ticket);

    for (; query != NULL; query = pending_next(core->pending, query)) {
        query->out = core->out;
        query->room = sizeof core->out;
        if (stage_reply(context, query, word) == NEXT_SEND)
            core->hooks.send(core->hooks.context, query, core->out, query->out_length);
    }
    pending_end(core->pending, ticket);
}

int core_reply(struct core *core, const struct snapshot *snapshot, const struct core_now *now,
               uint32_t ticket, const uint8_t *reply, size_t length, bool trusted, bool last,
               uint16_t ede)
{
    struct query_context context = context_of(core, snapshot, now);
    const struct query *opener = pending_find(core->pending, ticket);
    struct stage_word word = {.trusted = trusted, .ede = &ede, .ede_count = ede != 0};

    if (opener == NULL)
        return 0; /* a word on a question that is over */
    if (reply != NULL && !word_read(core, opener, reply, length, &word) && !last)
        return -1;
    tell_all(core, &context, ticket, &word);
    return 0;
}

const struct core_counters *core_counters(const struct core *core)
{
    return &core->counters;
}

uint32_t core_pending(const struct core *core)
{
    return pending_count(core->pending);
}
