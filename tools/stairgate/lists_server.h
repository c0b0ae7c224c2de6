/* lists_server.h - the server and the set that lists make: told when there is a new one. */
#ifndef TOOLS_STAIRGATE_LISTS_SERVER_H
#define TOOLS_STAIRGATE_LISTS_SERVER_H

struct config;
struct err;

/* Has the server of CONFIG put the set in force. Returns 1, 0 where no server runs (it takes the
 * set when it starts), -1 with ERR where it refuses. */
int lists_server_tell(const struct config *config, struct err *err);

/* The same where the server has another set than CONFIG's current one: a run was ended between
 * publishing and telling, or the server refused then. Returns 1 where it had to be told. */
int lists_server_catch_up(const struct config *config, struct err *err);

#endif
