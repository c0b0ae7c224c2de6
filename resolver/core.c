/* core.c: the spine's entries: a batch from clients, a word from an upstream, time that passes.
 *
 * They only lay out what the stages of query.h need and carry what comes of them: all scratch space
 * of a worker's queries is allocated here once, so that no query costs an allocation. A reply is
 * read once, made an entry as the cache keeps it (even if it may not be kept), and written from
 * that for each client who waits, as for those who come later. */
#include "resolver/core.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "policy/snapshot.h"
#include "resolver/budget.h"
#include "resolver/cache/cache.h"
#include "resolver/pending.h"
#include "resolver/scratch.h"

struct core {
    struct core_hooks hooks;
    struct core_counters counters;
    struct pending *pending;
    struct cache *cache;
    struct query queries[CORE_BATCH_MAX];
    struct query_message messages[CORE_BATCH_MAX];
    struct set_probe probes[CORE_BATCH_MAX];
    struct sealed_probe sealed_probes[CORE_BATCH_MAX];
    struct cache_spot spots[CORE_BATCH_MAX];
    struct query_scratch scratch;
};

struct core *core_create(uint32_t in_flight, struct cache *cache, const struct core_hooks *hooks,
                         struct err *err)
{
    struct core *core = calloc(1, sizeof *core);

    if (core == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a worker's queries");
        return NULL;
    }
    core->hooks = *hooks;
    core->cache = cache;
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
        .cache = core->cache,
        .probes = core->probes,
        .sealed_probes = core->sealed_probes,
        .spots = core->spots,
        .scratch = &core->scratch,
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
    query->withheld = WITHHELD_NOTHING;
    core->messages[at] = (struct query_message){datagram->octets, datagram->length};
}

/* Counts a query of a batch. That of a client that went out by what an answer led to counts as if
 * it had got the answer: the upstreams' numbers say that it was asked. */
static void count(struct core *core, const struct query *query)
{
    struct core_counters *counters = &core->counters;
    struct core_withheld *withheld = &counters->withheld;

    switch (query->withheld) {
    case WITHHELD_BLOCK:
        core_count(&withheld->blocks[query->transport]);
        break;
    case WITHHELD_SILENCE:
        core_count(&withheld->silenced[query->transport]);
        break;
    case WITHHELD_CANARY:
        break;
    case WITHHELD_NOTHING:
        core_count(&counters->queries[query->transport]);
        if (query->next == NEXT_DROP)
            core_count(&counters->dropped);
        break;
    }
}

static void give_out(struct core *core, struct core_datagram *datagram, struct query *query)
{
    static const enum core_outcome outcomes[] = {
        [NEXT_STAGE] = CORE_DROPPED, /* cannot be: the last stage decides */
        [NEXT_SEND] = CORE_ANSWERED,  [NEXT_DROP] = CORE_DROPPED,
        [NEXT_SILENCE] = CORE_SILENT, [NEXT_WAIT] = CORE_TAKEN,
    };

    datagram->wipe = query->withheld != WITHHELD_NOTHING;
    if (datagram->wipe)
        explicit_bzero(&query->question, sizeof query->question);
    datagram->outcome = outcomes[query->next];
    datagram->out_length = query->out_length;
    count(core, query);
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

/* What an upstream's word comes to. */
struct outcome {
    const struct core_word *word;
    struct query *opener;
    const struct question *question; /* what the upstream was asked */
    struct entry *entry;             /* made from it */
    bool good;                       /* an answer */
    bool final;                      /* or a failure that speaks of the name */
};

/* Makes the answer in the core's reply an entry; false where it is none. */
static bool make_entry(struct core *core, const struct query_context *context,
                       const struct outcome *outcome)
{
    const struct config *config = context->config;
    const struct entry_source source = {
        .reply = &core->scratch.reply,
        .question = outcome->question,
        .trusted = outcome->word->trusted,
        .limits = {config->cache_min_ttl_s, config->cache_max_ttl_s, config->cache_negative_ttl_s},
        .now_ms = context->now.mono_ms,
        .message = core->scratch.message,
    };

    return entry_make(outcome->entry, &source);
}

/* Reads the word of OUTCOME and makes its entry. */
static void read_word(struct core *core, const struct query_context *context,
                      struct outcome *outcome)
{
    const struct question *question = outcome->question;
    const struct core_word *word = outcome->word;
    struct reply *reply = &core->scratch.reply;
    struct name name = name_of(&question->name);
    uint16_t code = word->ede;
    enum reply_result result = REPLY_BROKEN;

    reply->ede_count = 0;
    if (word->reply != NULL) {
        result = reply_read(word->reply, word->length, &name, question->type, question->dnssec_ok,
                            reply);
        code = result == REPLY_LAME ? DNS_EDE_NO_REACHABLE : DNS_EDE_NETWORK;
        outcome->good = result == REPLY_OK && make_entry(core, context, outcome);
        outcome->final = result == REPLY_LAME && is_judgement(reply);
    }
    if (outcome->good)
        return;
    if (result == REPLY_LAME && reply->ede_count > 0)
        entry_fail(outcome->entry, question, context->now.mono_ms, reply->ede, reply->ede_count);
    else
        entry_fail(outcome->entry, question, context->now.mono_ms, &code, code != 0);
}

/* Keeps what OUTCOME says, and fills FOUND with what is to be told: that, or, for a failure, what
 * was known before. SPOT is room. */
static void keep(struct core *core, const struct query_context *context,
                 const struct outcome *outcome, struct cache_spot *spot, struct cache_found *found)
{
    const struct cache_when when = {context->now.mono_ms, context->config->cache_stale_s};
    struct cache_key key = cache_key_of(outcome->opener);

    cache_spot(core->cache, &key, spot);
    if (!outcome->good) {
        cache_fail(core->cache, spot, &when, outcome->entry, outcome->final, &core->scratch.room,
                   found);
        return;
    }
    *found = (struct cache_found){.state = CACHE_FRESH, .entry = outcome->entry, .spot = spot};
    entry_classify(outcome->entry, context->snapshot);
    if (outcome->entry->lifetime_s > 0)
        cache_put(core->cache, spot, outcome->entry);
}

/* Serves QUERY, which has waited; returns whether it got an answer. */
static bool tell(struct core *core, const struct query_context *context, struct query *query,
                 struct cache_found *found)
{
    query->out = core->scratch.out;
    query->room = sizeof core->scratch.out;
    if (budget_is_out(core->hooks.budget, &query->ask.client, context->now.mono_ms) ||
        stage_reply(context, query, found) != NEXT_SEND)
        return false;
    core->hooks.send(core->hooks.context, query, query->out, query->out_length);
    return true;
}

/* Ends what QUERY waits for without an answer: a datagram's client hears nothing, a stream counts
 * what it owes. */
static void give_up(struct core *core, struct query *query)
{
    if (query->transport != TRANSPORT_UDP)
        core->hooks.send(core->hooks.context, query, NULL, 0);
}

int core_reply(struct core *core, const struct snapshot *snapshot, const struct core_now *now,
               const struct core_word *word)
{
    struct query_context context = context_of(core, snapshot, now);
    struct query *query = pending_find(core->pending, word->ticket);
    struct outcome outcome = {
        .word = word, .opener = query, .entry = (struct entry *)(void *)core->scratch.made};
    struct cache_found found;
    struct cache_spot spot;

    if (query == NULL)
        return 0; /* a word on a question that is over */
    outcome.question = query_lookup(query, &core->scratch.question);
    read_word(core, &context, &outcome);
    if (word->reply != NULL && !outcome.good && !outcome.final && !word->last)
        return -1;
    keep(core, &context, &outcome, &spot, &found);
    for (; query != NULL; query = pending_next(core->pending, query)) {
        if (!query->is_background && !query->is_answered && !tell(core, &context, query, &found))
            give_up(core, query);
    }
    pending_end(core->pending, word->ticket);
    return 0;
}

void core_tick(struct core *core, const struct snapshot *snapshot, const struct core_now *now)
{
    struct query_context context = context_of(core, snapshot, now);
    struct query *query;

    if (now->mono_ms < CORE_PATIENCE_MS)
        return;
    while ((query = pending_overdue(core->pending, now->mono_ms - CORE_PATIENCE_MS)) != NULL)
        query->is_answered = tell(core, &context, query, NULL);
}

const struct core_counters *core_counters(const struct core *core)
{
    return &core->counters;
}

uint32_t core_pending(const struct core *core)
{
    return pending_count(core->pending);
}
