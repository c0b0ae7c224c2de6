/* segment_names.c - names in the order of their source, packed and unpacked as a stream.
 *
 * Problem: another seed must not need the source again, which may be gone or changed, and a
 * comparison wants names, where a set has hashes only. Idea: one zstd frame with a window of 128
 * KiB, so that packing takes a MiB or two and reading less, however long the list. While the source
 * is read they go to a file that has no name, since the digest of the section stands in front of
 * what is known last. Dropped: sorted names with common prefixes left out (the order is that of a
 * second pass, and sorting names takes their memory). */
#include "blocklist/set/segment_names.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "blocklist/set/segment_file.h"
#include "blocklist/set/terms_table.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/name.h"

enum { LEVEL = 1, RAW = 1 << 14, PACKED = 1 << 15 };

struct names_out {
    int fd;
    uint64_t count, read; /* names; octets given by names_out_read */
    bool ended;
    ZSTD_CCtx *zstd;
    char path[4096];
    size_t used;
    uint8_t raw[RAW];
    uint8_t packed[PACKED];
};

/* Makes a file without a name in the folder of PATH. */
static int open_nameless(struct names_out *names, const char *path, struct err *err)
{
    if ((size_t)snprintf(names->path, sizeof names->path, "%s.names.XXXXXX", path) >=
        sizeof names->path)
        return err_set(err, ERR_LIMIT, "%s: path too long", path);
    names->fd = mkostemp(names->path, O_CLOEXEC);
    if (names->fd < 0)
        return err_system(err, "%s: cannot write", names->path);
    unlink(names->path);
    return 0;
}

struct names_out *names_out_start(const char *path, struct err *err)
{
    struct names_out *names = calloc(1, sizeof *names);

    if (names == NULL || (names->zstd = ZSTD_createCCtx()) == NULL) {
        err_set(err, ERR_MEMORY, "%s: out of memory", path);
        free(names);
        return NULL;
    }
    names->fd = -1;
    ZSTD_CCtx_setParameter(names->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(names->zstd, ZSTD_c_windowLog, SEGMENT_NAMES_WINDOW_LOG);
    if (open_nameless(names, path, err) == 0)
        return names;
    names_out_end(names);
    return NULL;
}

/* Packs what is in `raw`, and ends the frame with MODE ZSTD_e_end. */
static int pack(struct names_out *names, ZSTD_EndDirective mode, struct err *err)
{
    ZSTD_inBuffer in = {names->raw, names->used, 0};
    size_t left;

    do {
        ZSTD_outBuffer out = {names->packed, PACKED, 0};

        left = ZSTD_compressStream2(names->zstd, &out, &in, mode);
        if (ZSTD_isError(left))
            return err_set(err, ERR_MEMORY, "%s: cannot pack names: %s", names->path,
                           ZSTD_getErrorName(left));
        if (file_write(names->fd, names->packed, out.pos, names->path, err) != 0)
            return -1;
    } while (mode == ZSTD_e_end ? left > 0 : in.pos < in.size);
    names->used = 0;
    return 0;
}

int names_out_add(struct names_out *names, const struct name *name, enum entry_kind kind,
                  enum entry_operation operation, int64_t terms, struct err *err)
{
    uint8_t *at;

    if (names->used + NAMES_RECORD_MAX > RAW && pack(names, ZSTD_e_continue, err) != 0)
        return -1;
    at = names->raw + names->used;
    *at++ = (uint8_t)((unsigned)kind | (unsigned)operation << 2 | (terms >= 0 ? NAMES_TERMS : 0));
    if (terms >= 0) {
        store_le32(at, (uint32_t)terms);
        at += 4;
    }
    *at++ = (uint8_t)name->length;
    memcpy(at, name->wire, name->length);
    names->used = (size_t)(at - names->raw) + name->length;
    names->count++;
    return 0;
}

ssize_t names_out_read(struct names_out *names, uint8_t *data, size_t length, struct err *err)
{
    ssize_t got;

    if (!names->ended && pack(names, ZSTD_e_end, err) != 0)
        return -1;
    names->ended = true;
    got = pread(names->fd, data, length, (off_t)names->read);
    if (got < 0)
        return err_system(err, "%s: cannot read", names->path);
    names->read += (uint64_t)got;
    return got;
}

uint64_t names_out_count(const struct names_out *names)
{
    return names->count;
}

void names_out_end(struct names_out *names)
{
    if (names == NULL)
        return;
    ZSTD_freeCCtx(names->zstd);
    if (names->fd >= 0)
        close(names->fd);
    free(names);
}

/* Names on their way out of a segment. */
struct reading {
    const struct segment *segment;
    int (*each)(void *context, const struct segment_name *name);
    void *context;
    struct err *err;
    ZSTD_DCtx *zstd;
    crypto_generichash_state state;
    uint64_t taken, count; /* octets of the section; names given */
    size_t held;           /* in raw */
    uint8_t raw[RAW + NAMES_RECORD_MAX];
    uint8_t packed[PACKED];
};

static int malformed(const struct reading *reading)
{
    return err_set(reading->err, ERR_FORMAT, "%s: its names are malformed", reading->segment->path);
}

/* Gives the record at AT, of which the octets up to END are there. Returns its octets, 0 where some
 * are missing, -1 with ERR, or -2 where EACH wants no more; *GAVE is what it returned. */
static int give(struct reading *reading, const uint8_t *at, size_t length, int *gave)
{
    struct segment_name name;
    struct terms terms;
    uint8_t starts[NAME_LABELS_MAX];
    size_t head = length > 0 && (at[0] & NAMES_TERMS) != 0 ? 6 : 2;

    if (length < head || length < head + at[head - 1])
        return 0;
    memset(&name, 0, sizeof name);
    if (at[0] >= 2 * NAMES_TERMS || (at[0] & 3) >= ENTRY_KINDS ||
        !name_is_whole(at + head, at[head - 1]))
        return malformed(reading);
    if (head == 6) {
        if (load_le32(at + 1) >= terms_table_count(&reading->segment->terms))
            return malformed(reading);
        terms_decode(terms_table_at(&reading->segment->terms, load_le32(at + 1)), &terms);
        name.terms = &terms;
    }
    name.name = (struct name){at + head, at[head - 1]};
    name.labels = (unsigned)name_label_starts(&name.name, starts);
    if (name.labels == 0)
        return malformed(reading);
    name.kind = (enum entry_kind)(at[0] & 3);
    name.operation = (enum entry_operation)(at[0] >> 2 & 1);
    reading->count++;
    *gave = reading->each(reading->context, &name);
    return *gave != 0 ? -2 : (int)(head + at[head - 1]);
}

/* Gives all whole records in `raw` and moves the rest to its beginning. */
static int give_all(struct reading *reading, int *gave)
{
    size_t at = 0;
    int octets;

    while ((octets = give(reading, reading->raw + at, reading->held - at, gave)) > 0)
        at += (size_t)octets;
    memmove(reading->raw, reading->raw + at, reading->held - at);
    reading->held -= at;
    return octets;
}

/* Unpacks IN, and gives its names. */
static int unpack(struct reading *reading, ZSTD_inBuffer *in, int *gave)
{
    bool full = true;

    while (in->pos < in->size || full) {
        ZSTD_outBuffer out = {reading->raw + reading->held, sizeof reading->raw - reading->held, 0};
        size_t left = ZSTD_decompressStream(reading->zstd, &out, in);
        int result;

        if (ZSTD_isError(left))
            return malformed(reading);
        reading->held += out.pos;
        full = out.pos == out.size;
        result = give_all(reading, gave);
        if (result < 0)
            return result;
    }
    return 0;
}

static int read_all(struct reading *reading, int *gave)
{
    const struct segment_part *part = &reading->segment->parts[SEGMENT_NAMES];
    uint8_t digest[SET_DIGEST_OCTETS];

    while (reading->taken < part->octets) {
        uint64_t left = part->octets - reading->taken;
        ZSTD_inBuffer in = {reading->packed, left < PACKED ? (size_t)left : PACKED, 0};
        int result;

        if (segment_read_at(reading->segment, part->offset + reading->taken, reading->packed,
                            in.size, reading->err) != 0)
            return -1;
        reading->taken += in.size;
        crypto_generichash_update(&reading->state, reading->packed, in.size);
        result = unpack(reading, &in, gave);
        if (result < 0)
            return result;
    }
    crypto_generichash_final(&reading->state, digest, sizeof digest);
    if (memcmp(digest, part->digest, sizeof digest) != 0)
        return err_set(reading->err, ERR_DIGEST, "%s: the digest of its names is wrong",
                       reading->segment->path);
    return reading->held != 0 || reading->count != part->count ? malformed(reading) : 0;
}

bool segment_has_names(const struct segment *segment)
{
    return segment->parts[SEGMENT_NAMES].offset != 0;
}

int segment_names_each(const struct segment *segment,
                       int (*each)(void *context, const struct segment_name *name), void *context,
                       struct err *err)
{
    size_t align = _Alignof(struct reading);
    struct reading *reading;
    int result = -1, gave = 0;

    if (!segment_has_names(segment))
        return err_set(err, ERR_NOT_FOUND, "%s: it keeps no names", segment->path);
    reading = aligned_alloc(align, (sizeof *reading + align - 1) / align * align);
    if (reading == NULL)
        return err_set(err, ERR_MEMORY, "%s: out of memory", segment->path);
    memset(reading, 0, sizeof *reading);
    reading->segment = segment;
    reading->each = each;
    reading->context = context;
    reading->err = err;
    reading->zstd = ZSTD_createDCtx();
    crypto_generichash_init(&reading->state, NULL, 0, SET_DIGEST_OCTETS);
    if (reading->zstd == NULL) {
        err_set(err, ERR_MEMORY, "%s: out of memory", segment->path);
    } else {
        ZSTD_DCtx_setParameter(reading->zstd, ZSTD_d_windowLogMax, SEGMENT_NAMES_WINDOW_LOG);
        result = read_all(reading, &gave);
    }
    ZSTD_freeDCtx(reading->zstd);
    free(reading);
    return result == -2 ? gave : result;
}
