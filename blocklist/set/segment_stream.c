/* segment_stream.c - one sorted run of a segment, by blocks of 32 KiB. */
#include <stdlib.h>
#include <string.h>

#include "blocklist/set/segment_file.h"
#include "config/base/err.h"

enum { BUFFER = SEGMENT_STREAM_HASHES * 8 };

int segment_stream_start(struct segment_stream *stream, const struct segment *segment,
                         enum segment_section section, bool checked, struct err *err)
{
    memset(stream, 0, sizeof *stream);
    stream->checked = checked;
    stream->segment = segment;
    stream->part = &segment->parts[section];
    stream->width = section == SEGMENT_TERMED ? SEGMENT_TERMED_OCTETS : 8;
    stream->buffer = malloc(BUFFER);
    if (stream->buffer == NULL)
        return err_set(err, ERR_MEMORY, "%s: out of memory", segment->path);
    crypto_generichash_init(&stream->state, NULL, 0, SET_DIGEST_OCTETS);
    return 0;
}

static int check_end(struct segment_stream *stream, struct err *err)
{
    uint8_t digest[SET_DIGEST_OCTETS];

    if (!stream->part->digested)
        return 0;
    crypto_generichash_final(&stream->state, digest, sizeof digest);
    if (memcmp(digest, stream->part->digest, sizeof digest) != 0)
        return err_set(err, ERR_DIGEST, "%s: a run's digest is wrong", stream->segment->path);
    return 0;
}

static int bad_order(const struct segment_stream *stream, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: a run is not sorted", stream->segment->path);
}

static int check_order(struct segment_stream *stream, struct err *err)
{
    uint64_t last = stream->last.hash;
    bool sorted = true;

    for (size_t i = 0; i < stream->held; i++) {
        uint64_t hash = load_le64(stream->buffer + 8 * i);

        sorted &= hash > last || (i == 0 && stream->taken == stream->held);
        last = hash;
    }
    stream->last.hash = last;
    return sorted ? 0 : bad_order(stream, err);
}

/* One hash may stand on several terms, and of several kinds. */
static int check_termed(struct segment_stream *stream, struct err *err)
{
    size_t terms = terms_table_count(&stream->segment->terms);

    for (size_t i = 0; i < stream->held; i++) {
        const uint8_t *at = stream->buffer + SEGMENT_TERMED_OCTETS * i;
        uint64_t hash = load_le64(at), word = load_le64(at + 8);
        uint64_t last = (uint64_t)stream->last.terms << 8 | stream->last.kind;

        if ((word & 0xff) >= ENTRY_KINDS || word >> 8 >= terms)
            return err_set(err, ERR_FORMAT, "%s: a listing with terms is malformed",
                           stream->segment->path);
        if ((i > 0 || stream->taken > stream->held) &&
            (hash < stream->last.hash || (hash == stream->last.hash && word <= last)))
            return bad_order(stream, err);
        stream->last = (struct segment_termed){hash, (uint32_t)(word >> 8), (uint32_t)(word & 3)};
    }
    return 0;
}

int segment_stream_fill(struct segment_stream *stream, struct err *err)
{
    uint64_t left = stream->part->count - stream->taken;
    size_t most = BUFFER / stream->width, count = left < most ? (size_t)left : most;

    stream->at = 0;
    stream->held = count;
    if (count == 0)
        return stream->checked ? 0 : check_end(stream, err);
    if (segment_read_at(stream->segment, stream->part->offset + stream->width * stream->taken,
                        stream->buffer, count * stream->width, err) != 0)
        return -1;
    stream->taken += count;
    if (!stream->checked && stream->part->digested)
        crypto_generichash_update(&stream->state, stream->buffer, count * stream->width);
    if (stream->width ==
        SEGMENT_TERMED_OCTETS) /* they hold numbers of terms: looked at each time */
        return check_termed(stream, err) == 0 ? 1 : -1;
    return stream->checked || check_order(stream, err) == 0 ? 1 : -1;
}

void segment_stream_end(struct segment_stream *stream)
{
    free(stream->buffer);
    stream->buffer = NULL;
}
