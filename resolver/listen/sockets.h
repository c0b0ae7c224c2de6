/* sockets.h - opening client sockets, and handing them to another process by the LISTEN_FDS
 * convention.
 *
 * sd_listen_fds(3): descriptors from 3 on, LISTEN_FDS their number, LISTEN_PID the process they are
 * for. Names (LISTEN_FDNAMES) are `dns` for all. Each worker has a socket of its own for every
 * listener (SO_REUSEPORT). */
#ifndef RESOLVER_LISTEN_SOCKETS_H
#define RESOLVER_LISTEN_SOCKETS_H

#include <stddef.h>
#include <sys/types.h>

#include "resolver/listen/listen.h"

struct config;
struct err;
struct log;

/* Opens UDP and TCP sockets for each listener of CONFIG, WORKERS of each, all of the first worker
 * first; a listener whose address
 * family the machine lacks is left out with a warning to LOG. Fills SOCKETS (room for MOST) and
 * returns how many. Errors: -1 with ERR naming the address and the cure (port in use, no right to a
 * low port). */
long sockets_open(const struct config *config, unsigned workers, struct listen_socket *sockets,
                  size_t most, const struct log *log, struct err *err);

/* Takes the sockets that a parent handed over (LISTEN_FDS for this process). Returns how many, 0
 * for none. Errors: -1 with ERR. The variables are unset. */
long sockets_inherit(struct listen_socket *sockets, size_t most, struct err *err);

/* In a forked child before exec: copies the descriptors of SOCKETS to 3, 4, ..., whatever was there
 * before, and sets the three variables. Errors: -1 with ERR. */
int sockets_hand_over(const struct listen_socket *sockets, size_t count, struct err *err);

#endif
