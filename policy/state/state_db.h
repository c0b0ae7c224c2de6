/* state_db.h - state.db: what people have told the server and it has learnt, over restarts: devices
 * with what they are known by, grants, an account of changes, and what canaries said.
 *
 * SQLite, with one user, the server's main thread, which keeps it open alone. Everything is durable
 * when a put, remove or (inside of a begin) the commit returns 0. After an error nothing has
 * changed; what is in memory stays in force. Profiles, groups and categories stand here by their
 * words, so that a config may come and go. Times are Unix seconds. */
#ifndef POLICY_STATE_STATE_DB_H
#define POLICY_STATE_STATE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "policy/state/grants.h"
#include "policy/who/device_key.h"

struct err;
struct state_db;

enum {
    STATE_WHO_MAX = 64,
    STATE_REASON_MAX = 200,
    STATE_DEVICES_MOST = 1 << 21,
    STATE_KEYS_MOST = 64,          /* of one device */
    STATE_CHANGES_KEPT = 4096,     /* the oldest go */
    STATE_CANARIES_KEPT = 1 << 16, /* hourly ones: seven years; one each ten minutes: 15 months */
};

/* Opens the database at PATH, made where it is missing. One that is damaged, or is none, is set
 * aside as PATH.damaged and a new one made; one that cannot be written is read. WARNING says so
 * then (else its code is ERR_NONE).
 * Owner:  the caller closes with state_db_close.
 * Errors: NULL with ERR: ERR_VERSION (of a newer stairgate), ERR_BUSY, ERR_SYSTEM.
 * Cost:   up to 16 MiB every page is checked. */
struct state_db *state_db_open(const char *path, struct err *warning, struct err *err);
void state_db_close(struct state_db *db);

/* Opens a copy of a database at PATH, which nobody writes, to read it. WARNING says where a log
 * beside it is not read. Owner: likewise. Errors: NULL with ERR: also ERR_NOT_FOUND. */
struct state_db *state_db_open_copy(const char *path, struct err *warning, struct err *err);

/* Tells whether damage was met since DB was opened; sets it aside then and begins a new file, as
 * state_db_open does, with the reason in WARNING. Errors: -1 with ERR; DB is closed then, and good
 * for state_db_close alone. */
bool state_db_is_damaged(const struct state_db *db);
int state_db_begin_anew(struct state_db *db, struct err *warning, struct err *err);

/* Brings what stands in the log into the file, so that a backup of the file is whole: now and then.
 * That it fails harms nothing. */
void state_db_settle(struct state_db *db);

/* What is done between begin and commit is there after a crash, or nothing of it. They do not nest.
 * Errors: -1 with ERR; after a commit that failed there is nothing left to abandon. */
int state_db_begin(struct state_db *db, struct err *err);
int state_db_commit(struct state_db *db, struct err *err);
void state_db_abandon(struct state_db *db);

/* ---- devices ---- */

struct state_device {
    uint32_t id;                /* never 0, never used again */
    char name[CONFIG_WORD_MAX]; /* "" of one that was only seen; else no other has it */
    char profile[CONFIG_WORD_MAX], group[CONFIG_WORD_MAX]; /* "": none */
    uint32_t flags;                                        /* enum device_flags */
    int64_t seen_first_s, seen_last_s;
};

/* Writes DEVICE; one whose id is 0 is new and gets one.
 * Errors: -1 with ERR: ERR_DUPLICATE (the name is another's), ERR_LIMIT, ERR_SYSTEM. */
int state_db_device_put(struct state_db *db, struct state_device *device, struct err *err);

/* Forgets the device ID with its keys and its grants. Errors: -1 with ERR. */
int state_db_device_remove(struct state_db *db, uint32_t id, struct err *err);

/* Says that device ID is known by KEY, whoever had that before; or that nobody is any more. */
int state_db_key_put(struct state_db *db, uint32_t id, const struct device_key *key,
                     struct err *err);
int state_db_key_remove(struct state_db *db, const struct device_key *key, struct err *err);

/* Find the device called NAME, or known by KEY. Return 1, 0 where there is none, -1 with ERR. */
int state_db_device_named(struct state_db *db, const char *name, struct state_device *device,
                          struct err *err);
int state_db_device_keyed(struct state_db *db, const struct device_key *key,
                          struct state_device *device, struct err *err);
int state_db_device_get(struct state_db *db, uint32_t id, struct state_device *device,
                        struct err *err);

/* Calls SEE with each device, by id, and its KEYS, until it returns other than 0, which becomes the
 * result. It may change nothing. Cost: about half a microsecond a row. Errors: -1 with ERR. */
int state_db_devices_each(struct state_db *db,
                          int (*see)(void *context, const struct state_device *device,
                                     const struct device_key *keys, size_t count),
                          void *context, struct err *err);

/* Returns how many keys the device ID has, -1 with ERR. */
int64_t state_db_device_key_count(struct state_db *db, uint32_t id, struct err *err);

/* Fills KEYS (STATE_KEYS_MOST) with those of the device ID. Returns how many, -1 with ERR. */
int state_db_device_keys(struct state_db *db, uint32_t id, struct device_key *keys,
                         struct err *err);

/* Fills DEVICES with at most MOST of them, by id, those above AFTER. Returns how many, -1 with ERR.
 */
int state_db_devices_after(struct state_db *db, uint32_t after, struct state_device *devices,
                           size_t most, struct err *err);

/* Counts the keys of all devices. Errors: -1 with ERR. */
int state_db_key_count(struct state_db *db, uint32_t *count, struct err *err);

/* Finds how many devices have no name, and which of them was seen the longest ago (0: none).
 * Errors: -1 with ERR. */
int state_db_unnamed(struct state_db *db, uint32_t *count, uint32_t *oldest, struct err *err);

/* ---- grants ---- */

/* A grant with what only people want to know of it. */
struct state_grant {
    struct grant grant;            /* its marks and bits are not kept: whoever loads fills them */
    char subject[CONFIG_WORD_MAX]; /* GRANT_PROFILE, GRANT_GROUP: its name */
    char target[CONFIG_WORD_MAX];  /* GRANT_CATEGORY, GRANT_SERVICE: its key */
    char who[STATE_WHO_MAX], reason[STATE_REASON_MAX];
};

/* Writes GRANT as a new one, which gets its id. Errors: -1 with ERR. */
int state_db_grant_add(struct state_db *db, struct state_grant *grant, struct err *err);
int state_db_grant_remove(struct state_db *db, uint32_t id, struct err *err);

/* Finds the grant ID. Returns 1, 0 where there is none, -1 with ERR. */
int state_db_grant_get(struct state_db *db, uint32_t id, struct state_grant *grant,
                       struct err *err);

/* Calls SEE with each grant, by id, likewise. */
int state_db_grants_each(struct state_db *db,
                         int (*see)(void *context, const struct state_grant *grant), void *context,
                         struct err *err);

/* ---- the account ---- */

/* Notes that WHO did WHAT (one stable word), in TEXT, which names no site that somebody visits. */
int state_db_note(struct state_db *db, int64_t at_s, const char *who, const char *what,
                  const char *text, struct err *err);

struct state_change {
    int64_t number, at_s;
    char who[STATE_WHO_MAX], what[CONFIG_WORD_MAX], text[STATE_REASON_MAX];
};

/* Calls SEE with the newest MOST changes, the newest first, likewise. */
int state_db_changes_each(struct state_db *db, size_t most,
                          int (*see)(void *context, const struct state_change *change),
                          void *context, struct err *err);

/* ---- canaries ---- */

/* What the node learnt when it asked itself whether the sealed set is in force. */
struct state_canary {
    int64_t at_s;
    uint32_t result;     /* enum canary_result (resolver/daemon/canary_answer.h) */
    uint64_t generation; /* of the sealed set; 0: there was none */
};

/* Adds CANARY; the oldest of more than STATE_CANARIES_KEPT goes. Errors: -1 with ERR. */
int state_db_canary_add(struct state_db *db, const struct state_canary *canary, struct err *err);

/* Finds the last one. Returns 1, 0 where there is none, -1 with ERR. */
int state_db_canary_last(struct state_db *db, struct state_canary *canary, struct err *err);

/* Calls SEE with each from FROM_S on and before UNTIL_S, in the order in which they were added,
 * likewise. */
int state_db_canaries_each(struct state_db *db, int64_t from_s, int64_t until_s,
                           int (*see)(void *context, const struct state_canary *canary),
                           void *context, struct err *err);

#endif
