/* Three libraries, one way of asking them: a step takes packed octets and gives plain ones. Around
 * it one loop that fills the input, sees the end, and tells a whole piece from a cut one.
 *
 * libarchive has filters for all three and would do the loop too. It was dropped here (bundle.c
 * uses it for archives): it gives the xz decoder a gigabyte and zstd 128 MiB whatever the caller
 * wants, takes what follows a gzip member for nothing, and a cut file of lines for a whole one. */
#include "blocklist/format/packing.h"

#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "config/base/err.h"

enum { PACKED_ROOM = 64 * 1024, IDLE_STEPS_MAX = 32 };

/* Octets in and out of one step. */
struct flow {
    const uint8_t *in;
    size_t in_left;
    uint8_t *out;
    size_t out_left;
    bool last; /* nothing follows IN */
};

struct packing {
    const char *name, *magic;
    size_t magic_length;
    int (*start)(struct unpacker *unpacker); /* -1: out of memory */
    void (*end)(struct unpacker *unpacker);
    /* Moves FLOW on and sets unpacker->open. -1 with ERR. */
    int (*step)(struct unpacker *unpacker, struct flow *flow, struct err *err);
};

struct unpacker {
    const struct packing *packing;
    source_read_fn *read;
    void *context;
    union {
        z_stream zlib;
        lzma_stream lzma;
        ZSTD_DStream *zstd;
    } decoder;
    struct flow flow;
    bool open; /* a piece has begun and not ended */
    bool ended;
    uint8_t room[PACKED_ROOM];
};

static int broken(const struct unpacker *unpacker, const char *why, struct err *err)
{
    return err_set(err, ERR_FORMAT, "broken %s: %s", unpacker->packing->name, why);
}

static int start_gzip(struct unpacker *unpacker)
{
    /* 16: a gzip header and nothing else is accepted. */
    return inflateInit2(&unpacker->decoder.zlib, 16 + MAX_WBITS) == Z_OK ? 0 : -1;
}

static void end_gzip(struct unpacker *unpacker)
{
    inflateEnd(&unpacker->decoder.zlib);
}

static int step_gzip(struct unpacker *unpacker, struct flow *flow, struct err *err)
{
    z_stream *stream = &unpacker->decoder.zlib;
    int state;

    stream->next_in = (uint8_t *)(uintptr_t)flow->in;
    stream->avail_in = (uInt)flow->in_left;
    stream->next_out = flow->out;
    stream->avail_out = flow->out_left > UINT32_MAX ? UINT32_MAX : (uInt)flow->out_left;
    state = inflate(stream, Z_NO_FLUSH);
    flow->in = stream->next_in;
    flow->in_left = stream->avail_in;
    flow->out_left -= (size_t)(stream->next_out - flow->out);
    flow->out = stream->next_out;
    unpacker->open = state != Z_STREAM_END;
    if (state == Z_STREAM_END)
        state = inflateReset(stream);
    if (state != Z_OK && state != Z_BUF_ERROR)
        return broken(unpacker, stream->msg != NULL ? stream->msg : "no reason given", err);
    return 0;
}

static int start_xz(struct unpacker *unpacker)
{
    lzma_stream *stream = &unpacker->decoder.lzma;

    *stream = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(stream, PACKING_XZ_OCTETS, LZMA_CONCATENATED) == LZMA_OK ? 0 : -1;
}

static void end_xz(struct unpacker *unpacker)
{
    lzma_end(&unpacker->decoder.lzma);
}

static int step_xz(struct unpacker *unpacker, struct flow *flow, struct err *err)
{
    lzma_stream *stream = &unpacker->decoder.lzma;
    lzma_ret state;

    stream->next_in = flow->in;
    stream->avail_in = flow->in_left;
    stream->next_out = flow->out;
    stream->avail_out = flow->out_left;
    state = lzma_code(stream, flow->last ? LZMA_FINISH : LZMA_RUN);
    flow->in = stream->next_in;
    flow->in_left = stream->avail_in;
    flow->out = stream->next_out;
    flow->out_left = stream->avail_out;
    unpacker->open = state != LZMA_STREAM_END;
    if (state == LZMA_MEMLIMIT_ERROR)
        return err_set(err, ERR_LIMIT,
                       "unpacking this xz needs %u MiB of memory, over %u; pack it "
                       "with xz -6",
                       (unsigned)(lzma_memusage(stream) >> 20), (unsigned)PACKING_XZ_OCTETS >> 20);
    if (state == LZMA_MEM_ERROR)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (state == LZMA_BUF_ERROR && flow->last && flow->out_left > 0)
        return broken(unpacker, "it ends too early", err);
    if (state != LZMA_OK && state != LZMA_STREAM_END && state != LZMA_BUF_ERROR)
        return broken(
            unpacker,
            state == LZMA_OPTIONS_ERROR ? "a kind that is not known" : "its octets are no xz", err);
    return 0;
}

static int start_zstd(struct unpacker *unpacker)
{
    ZSTD_DStream *stream = ZSTD_createDStream();

    unpacker->decoder.zstd = stream;
    if (stream == NULL)
        return -1;
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, PACKING_ZSTD_WINDOW_LOG);
    return 0;
}

static void end_zstd(struct unpacker *unpacker)
{
    ZSTD_freeDStream(unpacker->decoder.zstd);
}

static int step_zstd(struct unpacker *unpacker, struct flow *flow, struct err *err)
{
    ZSTD_inBuffer in = {flow->in, flow->in_left, 0};
    ZSTD_outBuffer out = {flow->out, flow->out_left, 0};
    size_t state = ZSTD_decompressStream(unpacker->decoder.zstd, &out, &in);

    flow->in += in.pos;
    flow->in_left -= in.pos;
    flow->out += out.pos;
    flow->out_left -= out.pos;
    unpacker->open = state != 0;
    if (!ZSTD_isError(state))
        return 0;
    if (ZSTD_getErrorCode(state) == ZSTD_error_frameParameter_windowTooLarge)
        return err_set(err, ERR_LIMIT,
                       "unpacking this zstd needs a window of over %u MiB; pack it "
                       "with zstd -19 or less",
                       1u << (PACKING_ZSTD_WINDOW_LOG - 20));
    return broken(unpacker, ZSTD_getErrorName(state), err);
}

static const struct packing packings[] = {
    {"gzip",  "\x1f\x8b",           2, start_gzip, end_gzip, step_gzip},
    {"xz",
     "\xfd"
     "7zXZ",                        5, start_xz,   end_xz,   step_xz  },
    {"zstd",  "\x28\xb5\x2f\xfd",   4, start_zstd, end_zstd, step_zstd},
    {"bzip2", "BZh",                3, NULL,       NULL,     NULL     },
    {"7z",    "7z\xbc\xaf\x27\x1c", 6, NULL,       NULL,     NULL     },
    {"rar",   "Rar!\x1a",           5, NULL,       NULL,     NULL     },
    {"lzip",  "LZIP",               4, NULL,       NULL,     NULL     },
};

int packing_find(const uint8_t *first, size_t length, const struct packing **found, struct err *err)
{
    *found = NULL;
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        const struct packing *packing = &packings[i];

        if (length < packing->magic_length ||
            memcmp(first, packing->magic, packing->magic_length) != 0)
            continue;
        if (packing->start == NULL)
            return err_set(err, ERR_FORMAT,
                           "packed with %s, which is not read; use gzip, xz or "
                           "zstd, zip or tar",
                           packing->name);
        *found = packing;
        return 0;
    }
    return 0;
}

struct unpacker *unpacker_start(const struct packing *packing, source_read_fn *read, void *context,
                                struct err *err)
{
    struct unpacker *unpacker = calloc(1, sizeof *unpacker);

    if (unpacker != NULL) {
        unpacker->packing = packing;
        unpacker->read = read;
        unpacker->context = context;
        if (packing->start(unpacker) == 0)
            return unpacker;
        unpacker_end(unpacker);
    }
    err_set(err, ERR_MEMORY, "out of memory");
    return NULL;
}

void unpacker_end(struct unpacker *unpacker)
{
    if (unpacker == NULL)
        return;
    unpacker->packing->end(unpacker);
    free(unpacker);
}

/* Makes sure that there is input, or that the end is known. */
static int feed(struct unpacker *unpacker, struct err *err)
{
    struct flow *flow = &unpacker->flow;
    ssize_t got;

    if (flow->in_left > 0 || flow->last)
        return 0;
    got = unpacker->read(unpacker->context, unpacker->room, PACKED_ROOM, err);
    if (got < 0)
        return -1;
    flow->in = unpacker->room;
    flow->in_left = (size_t)got;
    flow->last = got == 0;
    return 0;
}

/* Tells whether all is unpacked; -1 with ERR where the input ended inside of a piece. */
static int look_for_end(struct unpacker *unpacker, struct err *err)
{
    const struct flow *flow = &unpacker->flow;

    if (!flow->last || flow->in_left > 0)
        return 0;
    return unpacker->open ? broken(unpacker, "it ends too early", err) : 1;
}

ssize_t unpacker_read(void *context, void *data, size_t room, struct err *err)
{
    struct unpacker *unpacker = context;
    struct flow *flow = &unpacker->flow;

    int idle = 0;

    flow->out = data;
    flow->out_left = room;
    while (flow->out_left == room && !unpacker->ended) {
        int state;

        if (feed(unpacker, err) != 0)
            return -1;
        /* What the decoder still holds comes out without input; so a step before the look. */
        if (unpacker->open || flow->in_left > 0) {
            size_t before = flow->in_left;

            if (unpacker->packing->step(unpacker, flow, err) != 0)
                return -1;
            if (flow->out_left < room || flow->in_left != before)
                continue;
            if (flow->in_left > 0 && ++idle == IDLE_STEPS_MAX)
                return broken(unpacker, "its octets lead nowhere", err);
        }
        state = look_for_end(unpacker, err);
        if (state < 0)
            return -1;
        unpacker->ended = state > 0;
    }
    return (ssize_t)(room - flow->out_left);
}
