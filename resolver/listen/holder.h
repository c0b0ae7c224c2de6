/* holder.h - which program holds a port, for the message of one that could not have it. */
#ifndef RESOLVER_LISTEN_HOLDER_H
#define RESOLVER_LISTEN_HOLDER_H

#include <stdbool.h>

struct endpoint;

enum { HOLDER_TEXT_MAX = 96 };

/* Writes `NAME (pid N)` of the process that holds ENDPOINT's port, STREAM or UDP, into OUT
 * (HOLDER_TEXT_MAX), "another program" where /proc does not tell; returns OUT.
 * Cost: reads /proc of every process; for error messages only. */
const char *holder_find(const struct endpoint *endpoint, bool stream, char *out);

#endif
