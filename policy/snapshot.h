/* snapshot.h - one consistent state of everything a decision reads: config, compiled rules, sets.
 *
 * Made by the server's main thread, published by one pointer, read by every worker, never changed,
 * freed when the last reader has let go (resolver/daemon/publish.h). `stairgate why` makes one of
 * its own from the same files. */
#ifndef POLICY_SNAPSHOT_H
#define POLICY_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct err;
struct sealed;
struct set;
struct snapshot;

/* Compiles CONFIG and the sets into a snapshot: LISTED (set_open_empty where there is none), and
 * SEALED (sealed_open_empty), to which the operator's own denials are added. Owner:  the snapshot
 * owns all three from here on, also on failure. Errors: NULL with ERR. */
struct snapshot *snapshot_create(struct config *config, struct set *listed, struct sealed *sealed,
                                 struct err *err);

/* Which file is taken for a set. Beside PATH stands what was in force before it, as
 * PATH.previous (blocklist/feed/place.h). */
enum snapshot_from {
    SNAPSHOT_CURRENT,   /* PATH alone */
    SNAPSHOT_LAST_GOOD, /* PATH; the one before where that is missing or damaged */
    SNAPSHOT_PREVIOUS,  /* the one before, of the public set, whose PATH was found damaged; of the
                           sealed one, which is checked whole when it is opened, as LAST_GOOD */
};

/* Reads CONFIG's set files and compiles it; a set file that is missing or broken leaves an empty
 * set in place and the reason in WARNING (code ERR_NONE when all is well), which snapshot_lack
 * keeps: what the lists would block is then forwarded with EDE 14; what the operator himself denies
 * stays denied. Digests of public sets up to 64 MiB are checked here, those of larger ones by
 * snapshot_verify. The sealed set is read under config->sealed.key; that it is not there is a lack,
 * too.
 * Owner:  as snapshot_create.
 * Errors: NULL with ERR. */
struct snapshot *snapshot_load(struct config *config, struct err *warning, struct err *err);

/* Does the same with other sets, FROM; where the one before is in force nothing lacks, and
 * snapshot_fallback says why. */
struct snapshot *snapshot_load_from(struct config *config, enum snapshot_from from,
                                    struct err *warning, struct err *err);

/* Returns why the set before the configured one is in force, and what cures that; NULL where it is
 * not. */
const struct err *snapshot_fallback(const struct snapshot *snapshot);

/* Tells whether the public set is the one before the configured. */
bool snapshot_listed_is_previous(const struct snapshot *snapshot);

/* Looks the interfaces of SNAPSHOT's rules up again: one that comes late, or goes and comes back,
 * as wireless ones and tunnels do, has another number. Call it every few seconds.
 * Threads: one writer, beside any readers. */
void snapshot_find_interfaces(const struct snapshot *snapshot);

/* Returns why a set that SNAPSHOT's config names is not there; NULL when nothing is amiss. */
const struct err *snapshot_lack(const struct snapshot *snapshot);

/* Returns why the sealed set that SNAPSHOT's config names is not there, which snapshot_lack says
 * only where no other lacks; NULL when it is. */
const struct err *snapshot_sealed_lack(const struct snapshot *snapshot);

/* Returns why NEXT may not take the place of NOW; NULL where it may. The last good one wins, for
 * each set by itself: one that lacks follows none that is there, whatever else NOW lacks, nor does
 * an older sealed set that stands in for a damaged one. Nothing is lost, though, where NOW has no
 * lists, and NEXT lacks those only that the first `stairgate lists sync` brings. */
const struct err *snapshot_loss(const struct snapshot *next, const struct snapshot *now);

/* Checks every octet of the public set that snapshot_load has not checked, and brings them into
 * memory. Errors: -1 with ERR. Cost: reads the files whole. */
int snapshot_verify(const struct snapshot *snapshot, struct err *err);

/* Does the same a piece of a MiB at a time, so that who does it can stop: *PIECE is 0 at first.
 * Returns 1 while there is more; 0 when all is well. Errors: -1 with ERR. */
int snapshot_verify_piece(const struct snapshot *snapshot, uint64_t *piece, struct err *err);

/* Returns a number that no other snapshot has: who holds it can tell later whether it is still
 * SNAPSHOT that is in force. (Drawn at random: addresses are used again.) */
uint64_t snapshot_id(const struct snapshot *snapshot);

/* Returns the number of the group of upstreams whose verdict.upstream_mark is MARK, -1 for none. */
long snapshot_group(const struct snapshot *snapshot, uint32_t mark);

/* Returns the index in the config of the group whose mark (policy/state/mark.h) is MARK; -1 for
 * none. */
long snapshot_group_of(const struct snapshot *snapshot, uint32_t mark);

/* Frees SNAPSHOT with its config and sets; NULL is fine. */
void snapshot_free(struct snapshot *snapshot);

/* Frees a part of SNAPSHOT, which nobody reads any more; returns whether that was the last. Called
 * with pauses it takes memory from a process that answers meanwhile (set_shrink). */
bool snapshot_release(struct snapshot *snapshot);

/* Return what SNAPSHOT was made from; it lives as long as SNAPSHOT. */
const struct config *snapshot_config(const struct snapshot *snapshot);
const struct set *snapshot_listed(const struct snapshot *snapshot);
const struct sealed *snapshot_sealed(const struct snapshot *snapshot);

#endif
