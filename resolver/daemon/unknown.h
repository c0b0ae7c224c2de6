/* unknown.h - words that nothing is called by: each refusal names the nearest one that there is. */
#ifndef RESOLVER_DAEMON_UNKNOWN_H
#define RESOLVER_DAEMON_UNKNOWN_H

#include <stddef.h>

struct config;
struct err;
struct state_db;

/* Fills ERR with: no WHAT is called WORD, and which of KNOWN[0..COUNT) may be meant.
 * Errors: -1 always: ERR_NOT_FOUND. */
int unknown_word(const char *what, const char *word, const char *const *known, size_t count,
                 struct err *err);

/* Does the same of a device of CONFIG or DB. */
int unknown_device(struct state_db *db, const struct config *config, const char *word,
                   struct err *err);

/* Does the same of a service, built in or CONFIG's own. */
int unknown_service(const struct config *config, const char *word, struct err *err);

#endif
