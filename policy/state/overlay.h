/* overlay.h - what changes while a snapshot stands: devices, neighbours, grants, lifts.
 *
 * Made once, by the server's main thread, which is its only writer; it outlives every snapshot.
 * A decision gets it with its question (ask.overlay); NULL stands for an empty one. */
#ifndef POLICY_STATE_OVERLAY_H
#define POLICY_STATE_OVERLAY_H

#include <stdint.h>

struct devices;
struct err;
struct grants;
struct lifts;
struct neighbours;

struct overlay {
    struct devices *devices;       /* policy/who/devices.h */
    struct neighbours *neighbours; /* policy/who/neighbours.h */
    struct grants *grants;         /* policy/state/grants.h */
    struct lifts *lifts;           /* policy/state/lifts.h */
    uint64_t version;              /* grows with each change that a decision may see */
};

/* Makes an overlay of nothing, whose hashes are keyed by SEED, those of lifts by a random key
 * (lifts_rekey gives another); frees one with all in it.
 * Errors: NULL with ERR. */
struct overlay *overlay_create(uint64_t seed, struct err *err);
void overlay_free(struct overlay *overlay);

/* Returns the grants of OVERLAY (may be NULL); NULL where nothing is granted to anybody. Threads:
 * any.
 */
const struct grants *overlay_grants(const struct overlay *overlay);

/* Says that something of OVERLAY has changed: who waits for an upstream is decided on anew.
 * Threads: the writer. */
void overlay_changed(struct overlay *overlay);

/* Returns the version; 0 for NULL. What is read of OVERLAY after it is at least as new. Threads:
 * any.
 */
static inline uint64_t overlay_version(const struct overlay *overlay)
{
    return overlay == 0 ? 0 : __atomic_load_n(&overlay->version, __ATOMIC_ACQUIRE);
}

#endif
