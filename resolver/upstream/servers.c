/* The servers of one worker.
 *
 * A group is what a question may be asked of: the usual upstreams, or those of one zone. The same
 * endpoint in two groups is two servers, each with sockets and health of its own: a zone's server
 * may be reached when the usual ones are not, and a question must never slip from one group into
 * another. A reload keeps the servers that stay and retires the others: they take no new question,
 * are closed when nothing waits for them any more, and freed when the last question ends that has
 * asked them: what has come of its queries is looked at until then. */
#include "resolver/upstream/servers.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/siphash.h"
#include "config/config.h"
#include "resolver/upstream/inside.h"

/* What a reload starts from; a server that is taken over leaves NULL behind. */
struct old_servers {
    struct upstream *servers[SERVERS_MAX];
    size_t count;
};

static bool is_same(const struct upstream *server, uint32_t group,
                    const struct config_upstream *wanted)
{
    const struct endpoint *a = &server->endpoint, *b = &wanted->endpoint;

    return server->group == group && server->stream == wanted->stream && a->port == b->port &&
           a->addr.scope == b->addr.scope && addr_equal(&a->addr, &b->addr);
}

static struct upstream *take_old(struct old_servers *old, uint32_t group,
                                 const struct config_upstream *wanted)
{
    for (size_t i = 0; i < old->count; i++) {
        struct upstream *server = old->servers[i];

        if (server == NULL || !is_same(server, group, wanted))
            continue;
        old->servers[i] = NULL;
        return server;
    }
    return NULL;
}

static struct upstream *new_server(struct upstreams *upstreams, uint32_t group,
                                   const struct config_upstream *wanted)
{
    struct upstream *server = calloc(1, sizeof *server);

    if (server == NULL) {
        log_event(upstreams->log, LOG_LEVEL_ERROR, "upstream_memory", "what=out_of_memory");
        return NULL;
    }
    server->upstreams = upstreams;
    server->endpoint = wanted->endpoint;
    server->group = group;
    server->stream = wanted->stream;
    endpoint_to_text(&server->endpoint, server->text);
    server->queue.newest = server->queue.oldest = FLIGHT_NONE;
    return server;
}

static void add_group(struct upstreams *upstreams, uint32_t group,
                      const struct config_upstream *wanted, size_t count, struct old_servers *old)
{
    for (size_t i = 0; i < count && upstreams->server_count < SERVERS_MAX; i++) {
        struct upstream *server = take_old(old, group, &wanted[i]);

        if (server == NULL)
            server = new_server(upstreams, group, &wanted[i]);
        if (server == NULL)
            continue;
        server->trusted = wanted[i].trusted;
        upstreams->servers[upstreams->server_count++] = server;
    }
    if (group < GROUPS_MAX)
        upstreams->group_ends[group] = (uint8_t)upstreams->server_count;
}

static void retire(struct upstreams *upstreams, struct upstream *server)
{
    server->retired = true;
    server->next = upstreams->retired;
    upstreams->retired = server;
}

static uint64_t zone_hash(const struct config_zone *zone)
{
    const struct siphash_key key = siphash_key_from_seed(0);

    return siphash_whole(&key, zone->name.wire, zone->name.length);
}

void servers_configure(struct upstreams *upstreams, const struct config *config)
{
    struct old_servers old = {.count = upstreams->server_count};

    memcpy(old.servers, upstreams->servers, sizeof old.servers);
    upstreams->server_count = 0;
    add_group(upstreams, 0, config->upstreams, config->upstream_count, &old);
    for (uint32_t i = 0; i < config->zone_count; i++) {
        const struct config_zone *zone = &config->zones[i];

        add_group(upstreams, i + 1, zone->upstreams, zone->upstream_count, &old);
        if (i + 1 < GROUPS_MAX)
            upstreams->group_zones[i + 1] = zone_hash(zone);
    }
    for (size_t i = config->zone_count + 1; i < GROUPS_MAX; i++)
        upstreams->group_ends[i] = (uint8_t)upstreams->server_count;
    for (size_t i = 0; i < old.count; i++) {
        if (old.servers[i] != NULL)
            retire(upstreams, old.servers[i]);
    }
}

struct server_group servers_of(const struct upstreams *upstreams, uint32_t group)
{
    size_t first;

    if (group >= GROUPS_MAX)
        return (struct server_group){upstreams->servers, 0};
    first = group == 0 ? 0 : upstreams->group_ends[group - 1];
    return (struct server_group){&upstreams->servers[first], upstreams->group_ends[group] - first};
}

uint64_t servers_zone(const struct upstreams *upstreams, uint32_t group)
{
    return group < GROUPS_MAX ? upstreams->group_zones[group] : 0;
}

void servers_sweep(struct upstreams *upstreams)
{
    struct upstream **link = &upstreams->retired;

    while (*link != NULL) {
        struct upstream *server = *link, *next = server->next;

        if (server->waiting == 0) {
            udp_close(server);
            tcp_close(server);
        }
        if (server->handles == 0 && server->named == 0 && !server->unsent) {
            *link = next;
            free(server);
        } else {
            link = &server->next;
        }
    }
}

uint32_t servers_handles(const struct upstreams *upstreams)
{
    uint32_t handles = 0;

    for (size_t i = 0; i < upstreams->server_count; i++)
        handles += upstreams->servers[i]->handles;
    for (const struct upstream *server = upstreams->retired; server != NULL; server = server->next)
        handles += server->handles;
    return handles;
}

void servers_close(struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->server_count; i++) {
        udp_close(upstreams->servers[i]);
        tcp_close(upstreams->servers[i]);
    }
    for (struct upstream *server = upstreams->retired; server != NULL; server = server->next) {
        udp_close(server);
        tcp_close(server);
    }
}

void servers_free(struct upstreams *upstreams)
{
    struct upstream *next;

    for (size_t i = 0; i < upstreams->server_count; i++)
        free(upstreams->servers[i]);
    for (struct upstream *server = upstreams->retired; server != NULL; server = next) {
        next = server->next;
        free(server);
    }
}
