/* sealed_memory.h - where a legal or hotline list is while it is plain: memory that is locked, left
 * out of dumps, shared with the fetcher's process that fills it and the reader's that reads it, and
 * wiped. It never is a file of a disk.
 *
 * A memfd stands behind it, since whoever checks a signature wants a file that ends where the list
 * does. */
#ifndef BLOCKLIST_FEED_SEALED_MEMORY_H
#define BLOCKLIST_FEED_SEALED_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct err;

struct sealed_memory {
    int fd; /* 10 or more, so that nobody's fixed number is it */
    uint8_t *octets;
    size_t room;   /* as mapped */
    size_t length; /* of the list, once sealed_memory_settle was called */
};

/* What to do where memory cannot be locked; ends a message. */
#define SEALED_MEMORY_CURE                                                                         \
    "set LimitMEMLOCK=infinity for the service that runs it (or `ulimit -l unlimited`)"

/* Makes MEMORY with room for MOST octets, all of it locked. Owner: the caller closes it, whatever
 * this returned. Errors: -1 with ERR: ERR_MEMORY that says how to allow it. */
int sealed_memory_open(struct sealed_memory *memory, size_t most, struct err *err);

/* Takes the file's present length as that of the list, and locks once more what was grown. Errors:
 * -1 with ERR. */
int sealed_memory_settle(struct sealed_memory *memory, struct err *err);

/* Wipes and frees MEMORY; harmless twice. */
void sealed_memory_close(struct sealed_memory *memory);

/* Takes the process itself out of dumps and of the reach of others, and locks all that it has and
 * will have in memory. Returns 0, or -1 with ERR where it cannot be locked (ERR may be NULL). */
int sealed_memory_process(struct err *err);

#endif
