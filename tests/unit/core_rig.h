/* core_rig.h - a core with a real snapshot, fed with octets and a fake clock: for test_core.c,
 * test_scenario.c and the benchmark. What it forwards is noted, what it sends is kept. */
#ifndef TESTS_UNIT_CORE_RIG_H
#define TESTS_UNIT_CORE_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/budget.h"
#include "resolver/cache/cache.h"
#include "resolver/core.h"
#include "resolver/wire/dns.h"
#include "sample_sealed.h"
#include "sample_set.h"

enum { RIG_FORWARDS_MAX = 256, RIG_SENT_MAX = 256, RIG_CACHE_MAX = 4 << 20 };

/* A question that the core handed to the upstreams. */
struct rig_forward {
    uint32_t ticket;
    struct name_buf name;
    uint16_t type;
    bool dnssec_ok, checking_disabled;
};

struct rig_sent {
    struct query_handle handle;
    uint8_t *octets;
    size_t length;
};

struct rig {
    struct snapshot *snapshot;
    struct cache *cache;
    struct core *core;
    struct budget *budget;
    struct core_now now;
    bool no_upstream; /* the hook takes nothing */
    bool down;        /* all upstreams are, to the hook */
    bool loop;        /* what joins is a question of our own */
    struct rig_forward forwards[RIG_FORWARDS_MAX];
    size_t forward_count;
    struct rig_sent sent[RIG_SENT_MAX];
    size_t sent_count;
};

static inline int rig_on_forward(void *context, const struct query *query, uint32_t ticket)
{
    struct rig *rig = context;
    struct rig_forward *forward;

    if (rig->no_upstream)
        return -1;
    must(rig->forward_count < RIG_FORWARDS_MAX);
    forward = &rig->forwards[rig->forward_count++];
    *forward = (struct rig_forward){
        .ticket = ticket,
        .name = query->target.length > 0 ? query->target : query->question.name,
        .type = query->question.type,
        .dnssec_ok = query->question.dnssec_ok,
        .checking_disabled = (query->question.flags & DNS_CD) != 0,
    };
    return 0;
}

static inline void rig_on_send(void *context, const struct query *query, const uint8_t *octets,
                               size_t length)
{
    struct rig *rig = context;
    struct rig_sent *sent;

    must(rig->sent_count < RIG_SENT_MAX);
    sent = &rig->sent[rig->sent_count++];
    sent->handle = query->handle;
    sent->octets = malloc(length + 1); /* a stream is told of no answer, too */
    must(sent->octets != NULL);
    if (length > 0)
        memcpy(sent->octets, octets, length);
    sent->length = length;
}

static inline bool rig_is_down(void *context, uint32_t group)
{
    (void)group;
    return ((const struct rig *)context)->down;
}

static inline bool rig_is_loop(void *context, const struct query *query, uint32_t ticket)
{
    (void)query;
    (void)ticket;
    return ((const struct rig *)context)->loop;
}

static inline struct config *rig_config(const char *yaml)
{
    struct config_problems problems = {0};
    struct config *config = config_parse("test.yaml", yaml, strlen(yaml), &problems);

    for (size_t i = 0; config == NULL && i < problems.count; i++)
        fprintf(stderr, "%s\n", problems.items[i].text);
    config_problems_free(&problems);
    must(config != NULL);
    return config;
}

static inline struct set *rig_set(const struct config *config, const struct sample_feed *feeds,
                                  size_t count)
{
    struct set *set =
        count > 0 ? sample_set(feeds, count, &config->taxonomy) : set_open_empty(NULL);

    must(set != NULL);
    return set;
}

/* The names of HOTLINE (NULL: none), sealed. */
static inline struct sealed *rig_sealed(const struct sample_feed *hotline)
{
    const char *entries[SAMPLE_NAMES_MAX + 1] = {NULL};
    struct sealed *sealed;

    for (size_t i = 0; hotline != NULL && i < SAMPLE_NAMES_MAX; i++)
        entries[i] = hotline->names[i];
    sealed = hotline == NULL ? sealed_open_empty(NULL) : sample_sealed(entries);
    must(sealed != NULL);
    return sealed;
}

/* Starts RIG with the config YAML, the public FEEDS and the names of HOTLINE, and IN_FLIGHT slots.
 */
static inline void rig_open(struct rig *rig, const char *yaml, const struct sample_feed *feeds,
                            size_t count, const struct sample_feed *hotline, uint32_t in_flight)
{
    struct core_hooks hooks = {
        .context = rig,
        .send = rig_on_send,
        .forward = rig_on_forward,
        .is_down = rig_is_down,
        .is_loop = rig_is_loop,
    };
    struct config *config = rig_config(yaml);

    memset(rig, 0, sizeof *rig);
    rig->budget = budget_create(config, 0, NULL);
    must(rig->budget != NULL);
    hooks.budget = rig->budget;
    rig->snapshot =
        snapshot_create(config, rig_set(config, feeds, count), rig_sealed(hotline), NULL);
    rig->cache = cache_create(
        config->cache_octets < RIG_CACHE_MAX ? config->cache_octets : RIG_CACHE_MAX, 0, NULL);
    must(rig->cache != NULL);
    rig->core = core_create(in_flight, rig->cache, &hooks, NULL);
    must(rig->snapshot != NULL && rig->core != NULL);
    rig->now = (struct core_now){.wall_s = 1700000000, .mono_ms = 1000};
}

/* Puts the config YAML and the FEEDS in the place of those in force. */
static inline void rig_swap(struct rig *rig, const char *yaml, const struct sample_feed *feeds,
                            size_t count, const struct sample_feed *hotline)
{
    struct config *config = rig_config(yaml);

    snapshot_free(rig->snapshot);
    rig->snapshot =
        snapshot_create(config, rig_set(config, feeds, count), rig_sealed(hotline), NULL);
    must(rig->snapshot != NULL);
    budget_set(rig->budget, config);
}

/* Gives the core what an upstream has to say on TICKET. */
static inline int rig_reply(struct rig *rig, const struct core_word *word)
{
    return core_reply(rig->core, rig->snapshot, &rig->now, word);
}

/* Says that nobody has an answer to TICKET. */
static inline int rig_none(struct rig *rig, uint32_t ticket)
{
    return rig_reply(rig, &(struct core_word){.ticket = ticket, .last = true, .ede = 22});
}

static inline void rig_close(struct rig *rig)
{
    for (size_t i = 0; i < rig->sent_count; i++)
        free(rig->sent[i].octets);
    core_destroy(rig->core);
    budget_free(rig->budget);
    cache_destroy(rig->cache);
    snapshot_free(rig->snapshot);
}

#endif
