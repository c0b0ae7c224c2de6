/* listeners.h - the sockets of one worker: opened, told and ended together.
 *
 * All is called in the worker's thread, but for what happens before it starts and after it ends. */
#ifndef RESOLVER_DAEMON_LISTENERS_H
#define RESOLVER_DAEMON_LISTENERS_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "resolver/listen/listen.h"

struct config;
struct err;
struct listeners;

/* The server's sockets, and which worker of how many takes its share of them. */
struct listeners_share {
    const struct listen_socket *sockets;
    size_t count;
    unsigned index, workers;
};

/* Makes room for the listeners of SHARE; none is open yet. Errors: NULL with ERR. */
struct listeners *listeners_create(const struct listeners_share *share, struct err *err);

/* Opens the listeners on LOOP, as CONFIG has them.
 * Owner:  the sockets of the share are theirs from here on.
 * Errors: -1 with ERR; listeners_close still ends those that are open. */
int listeners_open(struct listeners *listeners, uv_loop_t *loop,
                   const struct listen_context *context, const struct config *config,
                   struct err *err);

/* Tells them what CONFIG now says: limits, who speaks for others, whether the interface of a query
 * matters. Errors: -1 with ERR. */
int listeners_configure(struct listeners *listeners, const struct config *config, struct err *err);

/* Sends what has been collected for clients. */
void listeners_flush(struct listeners *listeners);

/* Stops reading; connections end when they have got what they are owed. */
void listeners_stop(struct listeners *listeners);

/* Returns the number of connections that are open. */
uint32_t listeners_connections(const struct listeners *listeners);

/* Closes them all on their loop; to be freed once that has run out. NULL is fine for both. */
void listeners_close(struct listeners *listeners);
void listeners_free(struct listeners *listeners);

#endif
