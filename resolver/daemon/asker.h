/* asker.h - a person who asks what would be decided on a name, and what that costs him.
 *
 * `why`, `grant`, `release` and `stairgate test` tell of the same decision as the resolver, so that
 * without a price they were the index that budget.h keeps the resolver from being. The server
 * charges the peer's user, in memory; the command line without a server charges a file
 * (blocklist/sealed/asked.h). */
#ifndef RESOLVER_DAEMON_ASKER_H
#define RESOLVER_DAEMON_ASKER_H

#include <jansson.h>
#include <stdint.h>

struct err;
struct name;
struct server;

struct asker {
    /* Has ASKER pay for MET, which rule 2 blocks; NULL: tells whether he may ask anything. Errors:
     * -1 with ERR: then nothing is to be told to him, of whatever name. */
    int (*pay)(const struct asker *asker, const struct name *met, struct err *err);
    void *context;
    uint32_t who;
    uint64_t mono_ms;
};

/* Calls ASKER's function; NULL pays nothing. */
int asker_pay(const struct asker *asker, const struct name *met, struct err *err);

/* Fills ERR with what somebody hears who has LEFT_MS to wait: ERR_BUSY, the same for every name.
 * Returns -1. */
int asker_refuse(uint64_t left_ms, struct err *err);

/* Makes ASKER the peer that REQUEST came from. */
void asker_of_request(struct server *server, const json_t *request, struct asker *asker);

#endif
