/* fetch_copy.h - lists that are files of this machine: copied in steps, so that downloads go on
 * beside it, and only where they held still meanwhile.
 *
 * A file that a script rewrites in place may be caught half written; where its size or time changes
 * during the copy, that is a failure and the next run takes it. A script that pauses for longer
 * than the copy takes is not noticed here but by the gate: rewriting by rename is the cure. */
#ifndef BLOCKLIST_FEED_FETCH_COPY_H
#define BLOCKLIST_FEED_FETCH_COPY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <uv.h>

#include "blocklist/feed/fetch_sink.h"
#include "config/base/err.h"

struct fetch_copy {
    uv_loop_t *loop;
    struct fetch_sink *sink; /* empty */
    const char *modified;    /* what `modified` was; the same again: nothing is read */
    void (*progress)(void *context, uint64_t got, uint64_t of);
    void (*done)(struct fetch_copy *copy); /* once, from the loop */
    void *context;

    /* From here on: what came of it. */
    struct err fault;
    char now[64]; /* time, size and number of the file: what changes with its content */
    bool unchanged;

    int fd;
    struct stat before;
    uv_idle_t idle;
    bool idle_ready, running;
};

/* Starts COPY of the file at PATH; its first part is filled. */
void fetch_copy_start(struct fetch_copy *copy, const char *path);

/* Ends COPY where it runs; `done` is not called. */
void fetch_copy_stop(struct fetch_copy *copy);

#endif
