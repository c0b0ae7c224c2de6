/* The octets of a list. Lists come plain or as gzip, from disk or from an archive's member, and the
 * parsers shall not know. One struct with a "raw" reader below and an optional inflater above it.
 *
 * zlib's gzread would do both, but it takes a truncated file for a whole one unless asked behind
 * the last read, and it passes what follows a member as if it were text; here both are errors.
 * Several gzip members in a row are one file, as gzip -d reads them (RFC 1952 §2.2). */
#include "blocklist/format/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "config/base/err.h"

enum { PACKED_ROOM = 64 * 1024, PEEK_OCTETS = 6 };

struct source {
    source_read_fn *read;
    void *context;
    int fd;            /* -1 where there is none */
    const uint8_t *at; /* memory sources */
    size_t left;       /* memory sources */
    uint8_t peek[PEEK_OCTETS];
    size_t peeked, peek_at; /* first octets, looked at and not yet given out */
    bool packed, member_open, ended;
    z_stream stream;
    uint8_t *room;           /* packed octets, for the inflater */
    uint64_t given, fetched; /* octets given out, and packed ones they came from */
    void (*progress)(void *context, uint64_t octets);
    void *progress_context;
    crypto_generichash_state digest;
};

/* What other packers put first, so that the message can name them. */
static const struct {
    const char *name, *magic;
    size_t length;
} packers[] = {
    {"xz",
     "\xfd"
     "7zXZ",                      5},
    {"zstd",  "\x28\xb5\x2f\xfd", 4},
    {"bzip2", "BZh",              3},
    {"zip",   "PK\x03\x04",       4},
};

static ssize_t read_fd(void *context, void *data, size_t room, struct err *err)
{
    struct source *source = context;
    ssize_t got;

    do
        got = read(source->fd, data, room);
    while (got < 0 && errno == EINTR);
    return got < 0 ? err_system(err, "cannot read") : got;
}

static ssize_t read_memory(void *context, void *data, size_t room, struct err *err)
{
    struct source *source = context;
    size_t count = room < source->left ? room : source->left;

    (void)err;
    memcpy(data, source->at, count);
    source->at += count;
    source->left -= count;
    return (ssize_t)count;
}

/* Reads below the inflater: what was peeked at first, then from the opener's reader. */
static ssize_t read_raw(struct source *source, void *data, size_t room, struct err *err)
{
    size_t held = source->peeked - source->peek_at;
    ssize_t got;

    if (held > 0) {
        got = (ssize_t)(held < room ? held : room);
        memcpy(data, source->peek + source->peek_at, (size_t)got);
        source->peek_at += (size_t)got;
    } else {
        got = source->read(source->context, data, room, err);
    }
    if (got > 0 && source->progress != NULL)
        source->progress(source->progress_context, (uint64_t)got);
    return got;
}

static int refuse_packers(const struct source *source, struct err *err)
{
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
        if (source->peeked >= packers[i].length &&
            memcmp(source->peek, packers[i].magic, packers[i].length) == 0)
            return err_set(err, ERR_FORMAT, "packed with %s; unpack it or use gzip",
                           packers[i].name);
    }
    return 0;
}

static int start_inflater(struct source *source, struct err *err)
{
    source->room = malloc(PACKED_ROOM);
    /* 16: a gzip header and nothing else is accepted. */
    if (source->room == NULL || inflateInit2(&source->stream, 16 + MAX_WBITS) != Z_OK)
        return err_set(err, ERR_MEMORY, "out of memory");
    source->packed = true;
    return 0;
}

static int look(struct source *source, struct err *err)
{
    while (source->peeked < PEEK_OCTETS) {
        ssize_t got = source->read(source->context, source->peek + source->peeked,
                                   PEEK_OCTETS - source->peeked, err);

        if (got < 0)
            return -1;
        if (got == 0)
            break;
        source->peeked += (size_t)got;
    }
    if (refuse_packers(source, err) != 0)
        return -1;
    if (source->peeked >= 2 && source->peek[0] == 0x1f && source->peek[1] == 0x8b)
        return start_inflater(source, err);
    return 0;
}

static struct source *make(int fd, struct err *err)
{
    struct source *source = calloc(1, sizeof *source);

    if (source == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    source->fd = fd;
    source->read = read_fd;
    source->context = source;
    crypto_generichash_init(&source->digest, NULL, 0, SOURCE_DIGEST_OCTETS);
    return source;
}

struct source *source_open_fd(int fd, struct err *err)
{
    struct source *source = make(fd, err);
    struct stat status;

    if (source == NULL) {
        close(fd);
        return NULL;
    }
    if (fstat(fd, &status) != 0)
        err_system(err, "cannot look at it");
    else if (!S_ISREG(status.st_mode))
        err_set(err, ERR_FORMAT, "not a regular file");
    else if (look(source, err) == 0)
        return source;
    source_close(source);
    return NULL;
}

struct source *source_open(const char *path, struct err *err)
{
    /* O_NONBLOCK: a pipe must not hold the build up before it is refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "cannot open: %s",
                strerror(errno));
        return NULL;
    }
    return source_open_fd(fd, err);
}

struct source *source_open_memory(const void *data, size_t length, struct err *err)
{
    struct source *source = make(-1, err);

    if (source == NULL)
        return NULL;
    source->read = read_memory;
    source->at = data;
    source->left = length;
    if (look(source, err) == 0)
        return source;
    source_close(source);
    return NULL;
}

struct source *source_open_reader(source_read_fn *read, void *context, struct err *err)
{
    struct source *source = make(-1, err);

    if (source == NULL)
        return NULL;
    source->read = read;
    source->context = context;
    return source;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    if (source->packed)
        inflateEnd(&source->stream);
    if (source->fd >= 0)
        close(source->fd);
    free(source->room);
    free(source);
}

/* Makes sure that the inflater has input. Returns 1, 0 at the end of the file, -1 with ERR. */
static int feed(struct source *source, struct err *err)
{
    ssize_t got;

    if (source->stream.avail_in > 0)
        return 1;
    got = read_raw(source, source->room, PACKED_ROOM, err);
    if (got <= 0)
        return (int)got;
    source->stream.next_in = source->room;
    source->stream.avail_in = (uInt)got;
    source->fetched += (uint64_t)got;
    return 1;
}

static int inflate_some(struct source *source, struct err *err)
{
    int state = inflate(&source->stream, Z_NO_FLUSH);

    source->member_open = state != Z_STREAM_END;
    if (state == Z_STREAM_END)
        state = inflateReset(&source->stream);
    if (state != Z_OK && state != Z_BUF_ERROR)
        return err_set(err, ERR_FORMAT, "broken gzip: %s",
                       source->stream.msg != NULL ? source->stream.msg : "no reason given");
    return 0;
}

static ssize_t read_packed(struct source *source, void *data, size_t room, struct err *err)
{
    source->stream.next_out = data;
    source->stream.avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
    while (source->stream.next_out == (uint8_t *)data) {
        int more = feed(source, err);

        if (more < 0)
            return -1;
        if (more == 0)
            return source->member_open ? err_set(err, ERR_FORMAT, "broken gzip: it ends too early")
                                       : 0;
        if (inflate_some(source, err) != 0)
            return -1;
    }
    return source->stream.next_out - (uint8_t *)data;
}

static int check_size(const struct source *source, struct err *err)
{
    if (source->given > SOURCE_OCTETS_MAX)
        return err_set(err, ERR_LIMIT, "over %u MiB once decompressed",
                       (unsigned)(SOURCE_OCTETS_MAX >> 20));
    if (source->packed && source->given > SOURCE_RATIO_FROM &&
        source->given / SOURCE_RATIO_MAX > source->fetched)
        return err_set(err, ERR_LIMIT, "a decompression bomb: over %d times its packed size",
                       (int)SOURCE_RATIO_MAX);
    return 0;
}

ssize_t source_read(struct source *source, void *data, size_t room, struct err *err)
{
    ssize_t got;

    if (source->ended)
        return 0;
    got = source->packed ? read_packed(source, data, room, err) : read_raw(source, data, room, err);
    if (got <= 0) {
        source->ended = true;
        return got;
    }
    source->given += (uint64_t)got;
    if (check_size(source, err) != 0) {
        source->ended = true;
        return -1;
    }
    crypto_generichash_update(&source->digest, data, (unsigned long long)got);
    return got;
}

void source_digest(const struct source *source, uint8_t digest[SOURCE_DIGEST_OCTETS])
{
    crypto_generichash_state state = source->digest;

    crypto_generichash_final(&state, digest, SOURCE_DIGEST_OCTETS);
}

void source_watch(struct source *source, void (*progress)(void *context, uint64_t octets),
                  void *context)
{
    source->progress = progress;
    source->progress_context = context;
}
