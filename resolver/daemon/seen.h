/* seen.h - clients whose device nobody knows: the kernel is asked whose an address is, and the
 * state file remembers the device, so that somebody can name it.
 *
 * It belongs to the server's main thread. */
#ifndef RESOLVER_DAEMON_SEEN_H
#define RESOLVER_DAEMON_SEEN_H

#include <uv.h>

struct config;
struct err;
struct seen;
struct server;

/* Makes what hears for SERVER, whose loop and state are there, and follows the kernel's neighbours
 * where the config in force has a use for them. Errors: NULL with ERR_MEMORY. */
struct seen *seen_create(struct server *server, struct err *err);

/* Does so for CONFIG, which has come into force. */
void seen_follow(struct seen *seen, const struct config *config);

/* Returns what a worker sends when its sightings are not empty. */
uv_async_t *seen_signal(struct seen *seen);

/* Frees SEEN once the server's loop has closed what it holds; NULL is fine. */
void seen_destroy(struct seen *seen);

#endif
