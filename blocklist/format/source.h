/* source.h - the octets of a list, whatever holds them: a file, memory, packed or not, a file in an
 * archive.
 *
 * A reader never sees how they came. Packings (packing.h) and archives (bundle.h) are recognised by
 * their octets, never by a name or a header, packed twice or not. Nothing is unpacked to disk. A
 * web page where a list should be is refused. The digest is over the octets as read, that is, after
 * all unpacking. */
#ifndef BLOCKLIST_FORMAT_SOURCE_H
#define BLOCKLIST_FORMAT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct source;

enum { SOURCE_DIGEST_OCTETS = 32 };

/* What holds where the caller sets no limit. No list is larger than this once unpacked; what is
 * would be a decompression bomb. */
#define SOURCE_OCTETS_MAX ((uint64_t)4 << 30)

/* Names pack ten to one or less; from SOURCE_RATIO_FROM octets on, what unpacks to more than so
 * many times its size is a bomb, and would cost minutes before it met the bound above. */
#define SOURCE_RATIO_FROM ((uint64_t)64 << 20)
enum { SOURCE_RATIO_MAX = 250 };

/* 0 stands for the bound above; packed octets are by default not bounded. */
struct source_limits {
    uint64_t packed_most, unpacked_most; /* octets */
    uint32_t ratio_most;                 /* unpacked to packed, from SOURCE_RATIO_FROM on */
};

struct source_options {
    struct source_limits limits;
    const char *member; /* of an archive: the path of the file that is the list, or its end from a
                           slash on; NULL: its only file */
    bool folder;        /* files beside it on the disk belong to it: siblings.h */
};

/* How an opener of its own kind hands octets out: fills DATA[0..ROOM) and returns how many, 0 at
 * the end, -1 with ERR. */
typedef ssize_t source_read_fn(void *context, void *data, size_t room, struct err *err);

/* Opens the file at PATH. Errors: NULL with ERR: ERR_NOT_FOUND, ERR_FORMAT (not a regular file, a
 * packing that is not read, a web page, an archive that holds no such file or several), ERR_LIMIT,
 * ERR_SYSTEM. Owner: the caller closes with source_close. */
struct source *source_open(const char *path, struct err *err);

/* The same as OPTIONS (NULL: none) have it; they must outlive the source. */
struct source *source_open_as(const char *path, const struct source_options *options,
                              struct err *err);

/* Like source_open for an open FD, which is closed with the source, or on failure. */
struct source *source_open_fd(int fd, struct err *err);

/* Opens DATA[0..LENGTH), packed or not, which must outlive the source. */
struct source *source_open_memory(const void *data, size_t length, struct err *err);
struct source *source_open_memory_as(const void *data, size_t length,
                                     const struct source_options *options, struct err *err);

/* Opens what READ gives for CONTEXT, as it is. */
struct source *source_open_reader(source_read_fn *read, void *context, struct err *err);

/* Closes SOURCE; NULL is fine. */
void source_close(struct source *source);

/* Fills DATA[0..ROOM) and returns how many octets, 0 at the end. Errors: -1 with ERR: ERR_LIMIT
 * (over a limit), ERR_FORMAT (broken, or ends too early), ERR_SYSTEM. */
ssize_t source_read(struct source *source, void *data, size_t room, struct err *err);

/* Fills DIGEST with BLAKE2b-256 of what was read. */
void source_digest(const struct source *source, uint8_t digest[SOURCE_DIGEST_OCTETS]);

/* Has PROGRESS (NULL: nothing) told of the octets of the file that each read took, for a bar. */
void source_watch(struct source *source, void (*progress)(void *context, uint64_t octets),
                  void *context);

/* Returns the path of the file in its archive that SOURCE is, NULL where it is in none. */
const char *source_member(const struct source *source);

/* Returns how many members of its archive were refused: links, devices, sparse files, paths that
 * leave it. WHY gets the words for the first, a constant, or NULL. */
uint64_t source_refused(const struct source *source, const char **why);

#endif
