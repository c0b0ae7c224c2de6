/* source.h - the octets of a list, whatever holds them: a file, gzip or not, memory, or a member of
 * an archive.
 *
 * A reader never sees how they came. Gzip is recognised by its first octets, not by a name. The
 * digest is over the octets as read, that is, after decompression. */
#ifndef BLOCKLIST_FORMAT_SOURCE_H
#define BLOCKLIST_FORMAT_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct source;

enum { SOURCE_DIGEST_OCTETS = 32 };

/* No list is larger than this once decompressed; what is would be a decompression bomb. */
#define SOURCE_OCTETS_MAX ((uint64_t)4 << 30)

/* Names pack ten to one or less; from SOURCE_RATIO_FROM octets on, what unpacks to more than so
 * many times its size is a bomb, and would cost minutes before it met the bound above. */
#define SOURCE_RATIO_FROM ((uint64_t)64 << 20)
enum { SOURCE_RATIO_MAX = 250 };

/* How an opener of its own kind hands octets out: fills DATA[0..ROOM) and returns how many, 0 at
 * the end, -1 with ERR. */
typedef ssize_t source_read_fn(void *context, void *data, size_t room, struct err *err);

/* Opens the file at PATH. Errors: NULL with ERR: ERR_NOT_FOUND, ERR_FORMAT (compressed by other
 * means than gzip; not a regular file), ERR_SYSTEM. Owner: the caller closes with source_close. */
struct source *source_open(const char *path, struct err *err);

/* Like source_open for an open FD, which is closed with the source, or on failure. */
struct source *source_open_fd(int fd, struct err *err);

/* Opens DATA[0..LENGTH), gzip or not, which must outlive the source. */
struct source *source_open_memory(const void *data, size_t length, struct err *err);

/* Opens what READ gives for CONTEXT, as it is. */
struct source *source_open_reader(source_read_fn *read, void *context, struct err *err);

/* Closes SOURCE; NULL is fine. */
void source_close(struct source *source);

/* Fills DATA[0..ROOM) and returns how many octets, 0 at the end. Errors: -1 with ERR: ERR_LIMIT
 * (over SOURCE_OCTETS_MAX or SOURCE_RATIO_MAX), ERR_FORMAT (broken gzip), ERR_SYSTEM. */
ssize_t source_read(struct source *source, void *data, size_t room, struct err *err);

/* Fills DIGEST with BLAKE2b-256 of what was read. */
void source_digest(const struct source *source, uint8_t digest[SOURCE_DIGEST_OCTETS]);

/* Has PROGRESS (NULL: nothing) told of the octets of the file that each read took, for a bar. */
void source_watch(struct source *source, void (*progress)(void *context, uint64_t octets),
                  void *context);

#endif
