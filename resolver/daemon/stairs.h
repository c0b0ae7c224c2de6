/* stairs.h - profiles that grow with a child are announced: in `status`, and in the log. */
#ifndef RESOLVER_DAEMON_STAIRS_H
#define RESOLVER_DAEMON_STAIRS_H

#include <jansson.h>

struct server;

/* Returns an array of where each profile with a month of birth stands, and of the steps that come
 * within the next 30 days. */
json_t *stairs_json(const struct server *server);

/* Adds a warning to WARNINGS where the clock is wrong and that matters. */
void stairs_warn(const struct server *server, json_t *warnings);

/* Logs each step that has been made since the last call, or comes within 30 days and has not been
 * told of. Call it now and then. Threads: the main thread. */
void stairs_tell(struct server *server);

#endif
