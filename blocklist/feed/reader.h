/* reader.h - one fetched list to segments, in a process of its own: a reader that crashes or needs
 * too much memory fails its list, and nothing else.
 *
 * The process (fork of this one) keeps no descriptor but the pipe, can open no socket and start no
 * program, is bounded in memory, time and the size of files, and dies with its parent. */
#ifndef BLOCKLIST_FEED_READER_H
#define BLOCKLIST_FEED_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "blocklist/feed/store.h"
#include "blocklist/format/report.h"
#include "config/base/err.h"

struct config;
struct name;
struct reader;

enum { READER_FINDINGS_MAX = 16, READER_SEGMENTS_MAX = 512, READER_SECONDS_MAX = 1800 };

struct reader_request {
    const struct config *config;
    const struct config_list *list;
    const char *path; /* the octets as fetched */
    const char *dir;  /* the lists' directory */
    uint64_t seed;
    const char *suffixes_path;
    const struct name *protected_names; /* looked for: pins and protect files */
    size_t protected_count;
    void (*entered)(void); /* called in the new process before it reads; NULL: nothing. For tests */
};

/* A protected name that the list has an entry for: with the line. */
struct reader_finding {
    size_t name; /* index of protected_names */
    uint64_t line;
};

struct reader_result {
    struct store_segment *segments; /* one for each part that was there; files stand in segments/.
                                       Owner: the caller frees */
    size_t segment_count;
    struct report report; /* of all parts together */
    struct reader_finding findings[READER_FINDINGS_MAX];
    size_t finding_count; /* of all, also of those that found no room */
    bool canary_seen;
    uint64_t peak_octets; /* resident, of the process */
};

/* Reads REQUEST to its end. Blocks. Errors: -1 with ERR: what is wrong with the list, or `the
 * reader of FORMAT died by signal N`; no segment is left then. */
int reader_read(const struct reader_request *request, struct reader_result *result,
                struct err *err);

/* Starts reading REQUEST, which must live until DONE was called with CONTEXT on LOOP: RESULT, or
 * NULL with ERR as of reader_read. Owner: the caller ends it with reader_end, from DONE or to stop
 * it early. Errors: NULL with ERR. */
struct reader *reader_start(uv_loop_t *loop, const struct reader_request *request,
                            void (*done)(void *context, struct reader_result *result,
                                         struct err *err),
                            void *context, struct err *err);

/* Ends READER, and its process where it still runs; NULL is fine. Its handle is closed by the
 * loop's next turn. */
void reader_end(struct reader *reader);

#endif
