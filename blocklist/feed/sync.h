/* sync.h - one run: what is due is fetched, read, judged; what changed goes live as one new
 * generation. */
#ifndef BLOCKLIST_FEED_SYNC_H
#define BLOCKLIST_FEED_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/feed/store.h"

struct config;
struct err;

/* What a run tells while it goes; any may be NULL. */
struct sync_hooks {
    void (*stage)(void *context, const char *list,
                  const char *stage); /* fetch, read, judge, merge, check, publish */
    void (*fetched)(void *context, const char *list, uint64_t got, uint64_t of);
    void (*merged)(void *context, uint64_t done, uint64_t total);
    void (*event)(void *context, const struct store_event *event); /* as it goes into the record */
    /* Asks whether the set at PATH keeps the operator's expectations (`stairgate test`). -1 with
     * ERR_GATE: it is not published. */
    int (*expect)(void *context, const char *path, struct err *err);
    /* A new set is in force: the server is to be told. -1 with ERR is reported and changes nothing.
     */
    int (*published)(void *context, uint64_t generation, struct err *err);
    void *context;
};

struct sync_request {
    const struct config *config;
    const char *const *ids; /* only these; NULL: all */
    size_t id_count;
    bool force;       /* due or not, without conditions */
    bool sealed_only; /* legal and hotline lists alone; with `force`: under another salt */
    bool dry_run;     /* nothing is kept, nothing published: what would be */
    const char *suffixes_path;
    int64_t now_s;
    struct sync_hooks hooks;
};

struct sync_result {
    size_t due, fetched, unchanged, failed, held, changed;
    uint64_t generation; /* published; 0: none */
    uint64_t names;
    uint64_t sealed_number; /* of the sealed set that was published; 0: none */
};

/* Runs. Returns 0 where every list that was due is as new as its publisher has it; -1 with ERR
 * where some failed or is held (ERR_GATE), or nothing could be done at all. In each case RESULT is
 * filled and the last good set is in force. */
int sync_run(const struct sync_request *request, struct sync_result *result, struct err *err);

/* Puts the held result of list ID in force: judged no more, but the set as a whole is. */
int sync_accept(const struct sync_request *request, const char *id, struct sync_result *result,
                struct err *err);

#endif
