/* fetch_sink.h - where fetched octets go: a file that grows beside its final place, memory, or the
 * locked memory of a list that is no file. It counts, since curl's own limit knows only what
 * servers announce. */
#ifndef BLOCKLIST_FEED_FETCH_SINK_H
#define BLOCKLIST_FEED_FETCH_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/feed/place.h"

struct err;

struct sealed_memory;

struct fetch_sink {
    int fd;          /* -1: memory */
    uint8_t *memory; /* MOST octets and one of room; with FD: the file's octets, and not ours */
    uint64_t got, most;
    char path[PLACE_PATH_MAX];
};

/* Makes SINK the file at PATH, for MOST octets; what it holds already is kept. Errors: -1 with ERR.
 */
int fetch_sink_file(struct fetch_sink *sink, const char *path, uint64_t most, struct err *err);

/* Makes SINK a piece of memory for MOST octets. Errors: -1 with ERR. */
int fetch_sink_memory(struct fetch_sink *sink, size_t most, struct err *err);

/* Makes SINK the locked memory LOCKED, for MOST octets, as much as there is room for. Errors: -1
 * with ERR. */
int fetch_sink_locked(struct fetch_sink *sink, const struct sealed_memory *locked, uint64_t most,
                      struct err *err);

/* Has the file behind SINK end where what was fetched ends, for whoever reads it whole. Errors: -1
 * with ERR. */
int fetch_sink_end(struct fetch_sink *sink, struct err *err);

/* Returns what to do about a list that is larger than SINK. */
const char *fetch_sink_cure(const struct fetch_sink *sink);

/* Adds DATA[0..LENGTH). Errors: -1 with ERR: ERR_LIMIT, ERR_SYSTEM. */
int fetch_sink_write(struct fetch_sink *sink, const void *data, size_t length, struct err *err);

/* Forgets what is behind the first LENGTH octets. Errors: -1 with ERR. */
int fetch_sink_cut(struct fetch_sink *sink, uint64_t length, struct err *err);

/* Closes SINK; the file stays. Harmless on one that is closed. */
void fetch_sink_close(struct fetch_sink *sink);

#endif
