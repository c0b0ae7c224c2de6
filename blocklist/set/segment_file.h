/* segment_file.h - a segment on disk: written once, read as streams of bounded memory.
 *
 * The reader checks the header and the small sections when it opens a file, and each run's digest
 * and order while it streams. Format: docs/set-file.md, "Segments". */
#ifndef BLOCKLIST_SET_SEGMENT_FILE_H
#define BLOCKLIST_SET_SEGMENT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sodium.h>

#include "blocklist/set/exceptions.h"
#include "blocklist/set/hashes.h"
#include "blocklist/set/layout.h"
#include "blocklist/set/segment.h"
#include "blocklist/set/segment_kept.h"
#include "blocklist/set/terms_table.h"
#include "config/base/bytes.h"
#include "config/base/siphash.h"

struct names_out;

struct segment_prefix {
    uint8_t octets[16];
    uint8_t bits, length;
    uint32_t operation; /* enum entry_operation */
};

/* A listing with terms. */
struct segment_termed {
    uint64_t hash;
    uint32_t terms; /* number in the table, from 0 */
    uint32_t kind;
};

struct segment_writer {
    char *path;
    uint64_t seed;
    struct siphash_key key;
    struct hashes runs[ENTRY_KINDS];
    struct exceptions exceptions;
    struct terms_table terms;
    struct segment_termed *termed;
    size_t termed_count, termed_room;
    struct names_out *names; /* NULL where they are not kept */
    struct segment_prefix *prefixes;
    size_t prefix_count, prefix_room;
    uint64_t depths[2];
    uint64_t added; /* listings since the pass began */
    bool second;
    bool for_now; /* no digests of runs */
    bool counted; /* ABOUT has its counts already: made anew from a segment */
};

/* Makes one of the rewrites of each name that differ in their records alone (segment_join.c), and
 * leaves WRITER's listings with terms in disorder. Errors: -1 with ERR. */
int segment_join_records(struct segment_writer *writer, struct err *err);

/* Writes WRITER's sorted contents and ABOUT to its path, by way of a temporary file. Errors: -1
 * with ERR; nothing new stands at the path then. */
int segment_file_write(const struct segment_writer *writer, const struct segment_about *about,
                       struct err *err);

struct segment_part {
    uint64_t offset, octets, count;
    bool digested;
    uint8_t digest[SET_DIGEST_OCTETS];
};

struct segment {
    char *path;
    int fd;
    uint64_t seed, length, depths[2];
    uint8_t digest[SET_DIGEST_OCTETS];              /* of the header */
    struct segment_part parts[SEGMENT_SECTION_IDS]; /* octets 0 where the section is absent */
    struct segment_about about;
    struct exceptions exceptions;
    struct terms_table terms;
    struct segment_prefix *prefixes;
    size_t prefix_count;
};

enum { SEGMENT_STREAM_HASHES = 4096 };

/* One sorted run on its way through a buffer: hashes, or listings with terms. */
struct segment_stream {
    const struct segment *segment;
    const struct segment_part *part;
    size_t width;               /* octets of an element */
    uint64_t taken;             /* elements read from the file so far */
    size_t at, held;            /* next and end in buffer */
    bool checked;               /* digest and order were right before, so they are not looked at */
    struct segment_termed last; /* the greatest one so far, to check the order */
    crypto_generichash_state state;
    uint8_t *buffer;
};

/* Starts STREAM at the run SECTION; CHECKED says that it was read to its end before. Owner: the
 * caller ends it with segment_stream_end. Errors: -1 with ERR_MEMORY. */
int segment_stream_start(struct segment_stream *stream, const struct segment *segment,
                         enum segment_section section, bool checked, struct err *err);

/* Reads the next hashes into the buffer. Returns 1, 0 at the end of a good run, -1 with ERR. */
int segment_stream_fill(struct segment_stream *stream, struct err *err);

/* Takes the next hash out of the buffer, which must hold one. */
static inline uint64_t segment_stream_take(struct segment_stream *stream)
{
    return load_le64(stream->buffer + 8 * stream->at++);
}

/* The same for a run of listings with terms. */
static inline struct segment_termed segment_stream_take_termed(struct segment_stream *stream)
{
    const uint8_t *at = stream->buffer + SEGMENT_TERMED_OCTETS * stream->at++;
    uint64_t word = load_le64(at + 8);

    return (struct segment_termed){load_le64(at), (uint32_t)(word >> 8), (uint32_t)(word & 3)};
}

/* Reads LENGTH octets at OFFSET of SEGMENT. Errors: -1 with ERR: ERR_FORMAT (cut short),
 * ERR_SYSTEM.
 */
int segment_read_at(const struct segment *segment, uint64_t offset, void *data, size_t length,
                    struct err *err);

/* Frees the buffer of STREAM. */
void segment_stream_end(struct segment_stream *stream);

/* Returns how many listings SEGMENT has in its runs, with terms or without. */
uint64_t segment_count_listings(const struct segment *segment);

#endif
