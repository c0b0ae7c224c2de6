/* sealed_run.h - the part of a run that is for legal and hotline lists: what is due is fetched into
 * locked memory, read into parts, judged; what changed goes into the sealed set.
 *
 * After the public part and whatever came of it. Every way a list can end goes by outcome_commit,
 * as in run_outcome.c. */
#ifndef BLOCKLIST_FEED_SEALED_RUN_H
#define BLOCKLIST_FEED_SEALED_RUN_H

#include "blocklist/feed/run.h"
#include "blocklist/feed/sealed_set.h"

struct err;
struct sealed_key;
struct sealed_memory;
struct sealed_reader_result;

/* One list that is due. */
struct sealed_work {
    struct work work;
    bool has_part;     /* in force, or could be */
    bool body_known;   /* known.body is that of the part */
    bool waited;       /* what comes was held, for long enough or until somebody accepted it */
    int64_t version_s; /* of what is in force; an older one is a replay */
};

struct sealed_run {
    struct run *run;
    struct sealed_set set;
    struct sealed_key *key; /* NULL while the process that speaks with strangers is forked */
    bool readable;          /* the key could be read */
    bool has_salt;          /* of the set in force, or of parts */
    bool renew;             /* parts are made under FRESH, too */
    uint8_t fresh[SEALED_SALT_OCTETS];
    const char *stayed; /* a list that has nothing under FRESH, so that the salt stays */
    struct sealed_work *works;
    size_t count;
    const char *accept; /* the list whose held result somebody lets through; NULL: none */
};

/* Does all of it. Errors: -1 with ERR where this machine could not: the set in force stays. Lists
 * that failed or are held are counted in the run's result. */
int sealed_run(struct run *run, struct err *err);

/* Fetches list ID, whose result is held, once more, and lets it through where it is the same octets
 * and covers no pin. Errors: -1 with ERR. */
int sealed_run_accept(struct run *run, const char *id, struct err *err);

/* Fetches WORK's list into MEMORY and fills work.fetched. Returns false where it failed, which is
 * settled then. (sealed_fetch.c) */
bool sealed_fetch(struct sealed_run *sealed, struct sealed_work *work,
                  struct sealed_memory *memory);

/* Settles WORK, for whose list nothing new was delivered; and, once the set is in force, wipes the
 * deliveries that it was made of. (sealed_inbox.c) */
void sealed_inbox_empty(struct sealed_run *sealed, struct sealed_work *work);
void sealed_inbox_clear(struct sealed_run *sealed);

/* Settles WORK, whose list came as MEMORY holds it. (sealed_outcome.c) */
void sealed_outcome(struct sealed_run *sealed, struct sealed_work *work,
                    const struct sealed_memory *memory);

/* Drops what was kept of lists that were public and are in the sealed set now, from the public set
 * too. Errors: -1 with ERR. (sealed_public.c) */
int sealed_public(struct run *run, struct err *err);

/* Writes what the server tells of the classes' deadlines. Errors: -1 with ERR.
 * (sealed_deadlines.c) */
int sealed_deadlines(const struct run *run, struct err *err);

#endif
