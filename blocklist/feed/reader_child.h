/* reader_child.h - what a reader's process does, and the message by which it tells. reader.c is its
 * parent. */
#ifndef BLOCKLIST_FEED_READER_CHILD_H
#define BLOCKLIST_FEED_READER_CHILD_H

#include "blocklist/feed/reader.h"

struct err;
struct source_options;

/* The message is a head, then segment_count segments. Both ends are the same program, so its layout
 * is that of these structs; but what comes from a process that read a hostile list is checked as if
 * a stranger had sent it. */
struct reader_head {
    uint32_t magic, code; /* code: enum err_code */
    char text[sizeof((struct err *)0)->text];
    uint32_t segment_count, finding_count, canary_seen;
    struct {
        uint32_t name;
        uint64_t line;
    } findings[READER_FINDINGS_MAX];
    struct report report;
};

struct reader_segment {
    char part[sizeof((struct store_segment *)0)->part];
    char file[STORE_FILE_MAX];
    uint8_t digest[32];
    uint64_t entries;
    struct segment_about about;
};

#define READER_MAGIC 0x52454144u

/* What the process starts its unfinished segments' names with: `new.PID.`. */
enum { READER_PREFIX_MAX = 32 };

/* Does all of it and never returns; FD is the pipe. */
_Noreturn void reader_child(const struct reader_request *request, int fd);

/* Gives up what a reader needs not: time, memory and files beyond bounds, sockets, other programs.
 * (reader_confine.c) */
void reader_confine(const struct config *config);

/* Says in ERR why no format was found for the file at PATH, opened as FROM has it; leaves ERR where
 * it cannot tell. (reader_explain.c) */
void reader_explain(const struct source_options *from, const char *path, struct err *err);

#endif
