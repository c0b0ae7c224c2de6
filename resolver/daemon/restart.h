/* restart.h - what is fixed while a server runs: a reload that changes it says "needs restart". */
#ifndef RESOLVER_DAEMON_RESTART_H
#define RESOLVER_DAEMON_RESTART_H

#include <jansson.h>

struct config;
struct err;
struct restart;

/* Notes what CONFIG says of the fixed things; restart_free frees it. Errors: NULL with ERR. */
struct restart *restart_note(const struct config *config, struct err *err);
void restart_free(struct restart *restart);

/* Returns an array of the names of the fixed things that CONFIG would have otherwise. */
json_t *restart_needed(const struct restart *restart, const struct config *config);

#endif
