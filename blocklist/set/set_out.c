/* set_out.c - the file under construction.
 *
 * Every octet behind the header passes one buffer, in which it is digested by chunks; so the body
 * is written once and never read again. The header waits until all offsets are known and goes in
 * front by one seek. */
#include "blocklist/set/set_out.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/set/hashes.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/file.h"

enum { BUFFER = 1 << 18, CHUNK = 1 << SET_CHUNK_SHIFT };

struct set_out {
    crypto_generichash_state chunk; /* first: it wants the strictest alignment */
    struct file_new file;
    bool committed;
    uint64_t offset; /* of the end of what was given, buffer included */
    size_t sections;
    size_t chunk_used;
    uint8_t *digests;
    size_t digest_count, digest_room;
    uint8_t header[SET_HEADER_OCTETS];
    size_t used;
    uint8_t buffer[BUFFER];
};

struct set_out *set_out_create(const char *path, struct err *err)
{
    size_t align = _Alignof(struct set_out);
    struct set_out *out = aligned_alloc(align, (sizeof *out + align - 1) / align * align);

    if (out == NULL) {
        err_set(err, ERR_MEMORY, "%s: out of memory", path);
        return NULL;
    }
    memset(out, 0, sizeof *out);
    out->offset = SET_HEADER_OCTETS;
    crypto_generichash_init(&out->chunk, NULL, 0, SET_DIGEST_OCTETS);
    if (file_new_open(&out->file, path, 0644, err) != 0) {
        free(out);
        return NULL;
    }
    if (lseek(out->file.fd, SET_HEADER_OCTETS, SEEK_SET) < 0) {
        err_system(err, "%s: cannot write", out->file.temporary);
        set_out_close(out);
        return NULL;
    }
    return out;
}

static int end_chunk(struct set_out *out, struct err *err)
{
    uint8_t *more;

    if (out->digest_count == out->digest_room) {
        out->digest_room = out->digest_room * 2 + 64;
        more = realloc(out->digests, out->digest_room * SET_DIGEST_OCTETS);
        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for digests");
        out->digests = more;
    }
    crypto_generichash_final(&out->chunk, out->digests + out->digest_count * SET_DIGEST_OCTETS,
                             SET_DIGEST_OCTETS);
    out->digest_count++;
    out->chunk_used = 0;
    crypto_generichash_init(&out->chunk, NULL, 0, SET_DIGEST_OCTETS);
    return 0;
}

static int digest(struct set_out *out, const uint8_t *data, size_t length, struct err *err)
{
    while (length > 0) {
        size_t part = CHUNK - out->chunk_used < length ? CHUNK - out->chunk_used : length;

        crypto_generichash_update(&out->chunk, data, part);
        out->chunk_used += part;
        data += part;
        length -= part;
        if (out->chunk_used == CHUNK && end_chunk(out, err) != 0)
            return -1;
    }
    return 0;
}

static int flush(struct set_out *out, struct err *err)
{
    size_t used = out->used;

    out->used = 0;
    if (digest(out, out->buffer, used, err) != 0)
        return -1;
    return file_write(out->file.fd, out->buffer, used, out->file.temporary, err);
}

int set_out_write(struct set_out *out, const void *data, size_t length, struct err *err)
{
    const uint8_t *at = data;

    out->offset += length;
    while (length > 0) {
        size_t part = BUFFER - out->used < length ? BUFFER - out->used : length;

        memcpy(out->buffer + out->used, at, part);
        out->used += part;
        at += part;
        length -= part;
        if (out->used == BUFFER && flush(out, err) != 0)
            return -1;
    }
    return 0;
}

static uint8_t *directory_row(struct set_out *out)
{
    return out->header + SET_AT_DIRECTORY + out->sections * SET_DIRECTORY_ROW;
}

int set_out_begin(struct set_out *out, enum set_section id, bool required, struct err *err)
{
    static const uint8_t zeros[SET_ALIGN];
    size_t gap = (size_t)(-out->offset & (SET_ALIGN - 1));

    if (set_out_write(out, zeros, gap, err) != 0)
        return -1;
    store_le32(directory_row(out), id);
    store_le32(directory_row(out) + 4, required ? SET_FLAG_REQUIRED : 0);
    store_le64(directory_row(out) + 8, out->offset);
    return 0;
}

void set_out_end(struct set_out *out, uint64_t count)
{
    uint8_t *row = directory_row(out);

    store_le64(row + 16, out->offset - load_le64(row + 8));
    store_le64(row + 24, count);
    out->sections++;
}

uint8_t *set_out_header(struct set_out *out)
{
    return out->header;
}

/* The digests cover everything between the header and themselves. */
static int write_digests(struct set_out *out, struct err *err)
{
    if (set_out_begin(out, SET_DIGESTS, true, err) != 0 || flush(out, err) != 0)
        return -1;
    if (out->chunk_used > 0 && end_chunk(out, err) != 0)
        return -1;
    out->offset += out->digest_count * SET_DIGEST_OCTETS;
    set_out_end(out, out->digest_count);
    return file_write(out->file.fd, out->digests, out->digest_count * SET_DIGEST_OCTETS,
                      out->file.temporary, err);
}

static int write_header(struct set_out *out, struct err *err)
{
    crypto_generichash_state state;

    memcpy(out->header, SET_MAGIC, 8);
    store_le32(out->header + SET_AT_VERSION, SET_VERSION);
    store_le32(out->header + SET_AT_HEADER, SET_HEADER_OCTETS);
    store_le64(out->header + SET_AT_LENGTH, out->offset);
    out->header[SET_AT_REMAINDER] = SET_REMAINDER_BITS;
    out->header[SET_AT_CHUNK_SHIFT] = SET_CHUNK_SHIFT;
    memcpy(out->header + SET_AT_HASH, SET_HASH_NAME, sizeof SET_HASH_NAME);
    store_le32(out->header + SET_AT_SECTIONS, (uint32_t)out->sections);
    crypto_generichash_init(&state, NULL, 0, SET_DIGEST_OCTETS);
    crypto_generichash_update(&state, out->header, SET_HEADER_OCTETS);
    crypto_generichash_update(&state, out->digests, out->digest_count * SET_DIGEST_OCTETS);
    crypto_generichash_final(&state, out->header + SET_AT_ROOT, SET_DIGEST_OCTETS);
    if (lseek(out->file.fd, 0, SEEK_SET) != 0)
        return err_system(err, "%s: cannot write", out->file.temporary);
    return file_write(out->file.fd, out->header, SET_HEADER_OCTETS, out->file.temporary, err);
}

int set_out_finish(struct set_out *out, uint64_t *octets, struct err *err)
{
    if (write_digests(out, err) != 0 || write_header(out, err) != 0)
        return -1;
    *octets = out->offset;
    return 0;
}

int set_out_fd(const struct set_out *out)
{
    return out->file.fd;
}

int set_out_commit(struct set_out *out, struct err *err)
{
    out->committed = true; /* file_new_commit cleans up after itself */
    return file_new_commit(&out->file, err);
}

void set_out_close(struct set_out *out)
{
    if (out == NULL)
        return;
    if (!out->committed)
        file_new_abandon(&out->file);
    free(out->digests);
    free(out);
}
