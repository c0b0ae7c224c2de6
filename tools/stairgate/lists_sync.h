/* lists_sync.h - what commands that run or continue a run share: the config, the hooks, the words.
 */
#ifndef TOOLS_STAIRGATE_LISTS_SYNC_H
#define TOOLS_STAIRGATE_LISTS_SYNC_H

#include <stdbool.h>

#include "blocklist/feed/sync.h"
#include "tools/stairgate/progress.h"

struct config;

struct lists_run {
    const struct config *config;
    const char *noun; /* of the command, for messages */
    bool json;        /* an object an event on standard output */
    bool dry_run;
    bool accepts; /* nothing is due then */
    bool rekeys;  /* legal and hotline lists alone, all of them anew */
    struct progress progress;
};

/* Fills REQUEST with what a run by hand has: RUN's hooks, the time, the suffix list. */
void lists_run_request(struct lists_run *run, struct sync_request *request);

/* Prints what came of it, of which OUTCOME and ERR were returned; returns the exit code. */
int lists_run_finish(struct lists_run *run, const struct sync_result *result, int outcome,
                     const struct err *err);

/* stairgate lists sync, lists rekey. */
int lists_sync_run(int argc, char **argv);
int lists_rekey_run(int argc, char **argv);

#endif
