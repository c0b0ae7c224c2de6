/* sealed_reader.h - one legal or hotline list to its sealed part, in a process of its own.
 *
 * As reader.h has it for other lists, with what these need besides: the list is read from locked
 * memory and wiped there, the process is locked and cannot be dumped or looked at, what it tells
 * holds counts and line numbers and no octet of the list, not even in a message of failure. */
#ifndef BLOCKLIST_FEED_SEALED_READER_H
#define BLOCKLIST_FEED_SEALED_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/format/report.h"

struct config;
struct config_list;
struct err;
struct name;
struct sealed_key;
struct sealed_memory;

enum { SEALED_READER_SALTS = 2 };

/* A part to write: the entries under SALT, to PATH (NULL: only counted). */
struct sealed_reader_out {
    const uint8_t *salt;
    const char *path;
};

struct sealed_reader_request {
    const struct config *config;
    const struct config_list *list;
    const struct sealed_memory *memory; /* settled */
    const struct sealed_key *key;
    struct sealed_reader_out outs[SEALED_READER_SALTS];
    size_t out_count;        /* at least 1 */
    int64_t signed_s, now_s; /* the version and the time that the parts bear */
    const char *suffixes_path;
    const struct name *protected_names; /* pins and protect files */
    size_t protected_count, pin_count;  /* the first so many are pins */
    /* Called in the process, before it reads and when it holds the most; NULL: nothing. For tests.
     */
    void (*entered)(void);
    void (*full)(void);
};

struct sealed_reader_result {
    struct report report;
    uint64_t entries;                /* of the part, each once */
    uint64_t pages;                  /* URLs that are no entries */
    uint64_t pin_line, protect_line; /* the first that covers a pin, another protected name; 0 */
    bool canary_seen;
    uint64_t peak_octets; /* resident */
};

/* Reads REQUEST to its end, writes its parts durably, and wipes the list. Blocks. Errors: -1 with
 * ERR; what stood at the parts' places stays then. */
int sealed_reader_read(const struct sealed_reader_request *request,
                       struct sealed_reader_result *result, struct err *err);

/* What the process says on its pipe, once. */
struct sealed_reader_message {
    uint32_t magic, code; /* code: enum err_code */
    char text[400];
    struct sealed_reader_result result;
};

#define SEALED_READER_MAGIC 0x53454144u

/* Does the work of REQUEST in the process of its own (sealed_reader_child.c), writes one struct
 * sealed_reader_message on FD, its pipe, and ends. */
_Noreturn void sealed_reader_child(const struct sealed_reader_request *request, int fd);

#endif
