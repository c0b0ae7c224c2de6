/* settled.h - whether what a run would check again has changed since a run checked it and ended
 * well.
 *
 * Runs come every few minutes, and reading every octet of every set and segment each time would
 * cost a router more than all its lists. So a run that ended well leaves a mark; files whose inode
 * was not touched since are believed for a day. A run that was killed leaves none. */
#ifndef BLOCKLIST_FEED_SETTLED_H
#define BLOCKLIST_FEED_SETTLED_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct settled {
    bool known;           /* there was a mark */
    struct timespec when; /* of it */
};

/* Fills SETTLED with the mark in DIR, which is taken away: the run that is to leave the next one
 * begins. NOW_S is the time now; a mark from the future, or older than a day, is none. */
void settled_take(struct settled *settled, const char *dir, int64_t now_s);

/* Tells whether the file at PATH is as it was when the mark was left. */
bool settled_unchanged(const struct settled *settled, const char *path);

/* Leaves a mark in DIR. What fails costs the next run its checks, and nothing else. */
void settled_mark(const char *dir);

#endif
