/* servers.h - which servers one worker has, in groups, over reloads. */
#ifndef RESOLVER_UPSTREAM_SERVERS_H
#define RESOLVER_UPSTREAM_SERVERS_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct upstream;
struct upstreams;

/* The servers of one group, in the order of the configuration. */
struct server_group {
    struct upstream *const *servers;
    size_t count;
};

/* Returns what tells the zone of GROUP from others, over reloads; 0 for the usual servers. */
uint64_t servers_zone(const struct upstreams *upstreams, uint32_t group);

/* Returns the servers of GROUP; none where the configuration has no such group. */
struct server_group servers_of(const struct upstreams *upstreams, uint32_t group);

/* Takes the servers of CONFIG from now on: those of config->upstreams as group 0, those of zone I
 * as group I + 1. A server that stays in its group with its transport stays with all that is known
 * of it; the others are retired. */
void servers_configure(struct upstreams *upstreams, const struct config *config);

/* Closes retired servers that nothing waits for, and frees those that are closed and that no
 * question in flight has asked. */
void servers_sweep(struct upstreams *upstreams);

/* Return the handles of all servers that are not closed yet; free all servers. */
uint32_t servers_handles(const struct upstreams *upstreams);
void servers_free(struct upstreams *upstreams);

/* Closes the sockets of all servers. */
void servers_close(struct upstreams *upstreams);

#endif
