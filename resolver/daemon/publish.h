/* publish.h - the snapshot that workers read, and when an old one may go.
 *
 * One writer (the server's main thread), a fixed number of readers (workers). A reader enters,
 * uses the snapshot, leaves: a batch of queries is one visit. A reader that is outside is no
 * obstacle, so an idle worker never has to be woken. */
#ifndef RESOLVER_DAEMON_PUBLISH_H
#define RESOLVER_DAEMON_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct publish;
struct snapshot;

/* Makes a place for READERS readers; RELEASE frees a part of a snapshot that nobody reads any more,
 * and tells whether it was the last.
 * Errors: NULL with ERR. */
struct publish *publish_create(unsigned readers, bool (*release)(struct snapshot *snapshot),
                               struct err *err);

/* Releases every snapshot still held; all readers are outside for good. NULL is fine. */
void publish_destroy(struct publish *publish);

/* Puts SNAPSHOT in the place of the present one, which publish_reclaim will release. Returns the
 * generation, from 1.
 * Owner:   SNAPSHOT is the publish's from here on, on failure too.
 * Errors:  0 with ERR: no memory to keep the old one's retirement.
 * Threads: the writer. */
uint64_t publish_swap(struct publish *publish, struct snapshot *snapshot, struct err *err);

/* Releases a part of each retired snapshot that no reader can hold; returns how many are left.
 * Threads: the writer. */
size_t publish_reclaim(struct publish *publish);

/* Returns the snapshot for READER (from 0), valid until publish_leave; visits do not nest.
 * Threads: each reader its own number. Cost: one locked store. */
const struct snapshot *publish_enter(struct publish *publish, unsigned reader);
void publish_leave(struct publish *publish, unsigned reader);

/* Returns the present snapshot and its generation, for the writer. */
const struct snapshot *publish_current(const struct publish *publish);
uint64_t publish_generation(const struct publish *publish);

#endif
