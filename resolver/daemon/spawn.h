/* spawn.h - starts the server: fork and exec of this very program with the listening sockets.
 *
 * By hand, since uv_spawn cannot set LISTEN_PID, which holds the child's own number. */
#ifndef RESOLVER_DAEMON_SPAWN_H
#define RESOLVER_DAEMON_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "resolver/listen/listen.h"

struct err;

/* What the server tells its keeper, one octet each, over the channel. */
enum spawn_word {
    SPAWN_READY = 'R',     /* answering */
    SPAWN_RELOADING = 'L', /* a reload has begun */
    SPAWN_RELOADED = 'D',  /* and ended, well or not */
};

struct spawn_options {
    const char *config, *user; /* USER may be NULL */
    const char *log_level;
    const char *clock; /* NULL: none (clock.h) */
    const struct listen_socket *sockets;
    size_t socket_count;
};

/* Starts a server; returns its process and fills CHANNEL with the keeper's end of the channel,
 * which does not block.
 * Errors: -1 with ERR. The server's own failures show as its exit code. */
pid_t spawn_server(const struct spawn_options *options, int *channel, struct err *err);

/* Has SIGHUP and SIGUSR1 wait while HELD: by default they end a process that has not got as far as
 * to listen to them. A server begins with them held. */
void spawn_hold_signals(bool held);

#endif
