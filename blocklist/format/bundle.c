/* libarchive on a stream. Its readers for tar and zip and no other are switched on, and no filter:
 * packings are undone before (packing.c), so that one place bounds what a decoder may need.
 *
 * What libarchive does not do is done around it. It takes a tar without its end mark and a zip
 * without its directory for whole; so the octets are watched as they go by, and read to their end.
 * Headers (pax attributes, sparse maps) may be as long as they like; so what one header takes from
 * the stream is counted. A zip may name any decoder; so only those of fixed memory are let through.
 *
 * Dropped: reading a zip by its directory, which costs memory by the number of members. By this way
 * a link in a zip looks like a file with a path in it, which is harmless. */
#include "blocklist/format/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

enum {
    BLOCK_OCTETS = 64 * 1024,
    MEMBERS_MAX = 100000,
    HEADER_OCTETS_MAX = 4 << 20,
    TAR_BLOCK = 512,
    ZIP_END_OCTETS = 22
};

struct bundle {
    struct archive *archive;
    enum bundle_kind kind;
    source_read_fn *read;
    void *context;
    const struct source_limits *limits;
    struct err *err; /* of the present call, for the callback */
    bool failed;     /* the callback filled ERR */
    bool in_header;  /* HEADER_LEFT bounds what is read */
    bool is_file;    /* the present member has octets to read */
    uint64_t header_left;
    uint64_t at;     /* octets read so far */
    uint64_t end_at; /* tar: behind the last block of zeros; zip: where its end record says that
                        the file ends */
    uint64_t given;  /* octets of files */
    unsigned members;
    uint64_t refused;
    const char *first_refused;
    uint8_t tail[ZIP_END_OCTETS]; /* zip: the octets before those of block */
    uint8_t block[BLOCK_OCTETS];
};

static bool is_tar(const uint8_t *first)
{
    unsigned long sum = 8 * ' ', wanted;
    char text[9] = "";

    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= 148 && i < 156 ? 0 : first[i];
    memcpy(text, first + 148, 8);
    wanted = strtoul(text, NULL, 8);
    return first[0] != '\0' && wanted == sum;
}

enum bundle_kind bundle_find(const uint8_t *first, size_t length)
{
    if (length >= 4 && (memcmp(first, "PK\3\4", 4) == 0 || memcmp(first, "PK\5\6", 4) == 0))
        return BUNDLE_ZIP;
    return length >= TAR_BLOCK && is_tar(first) ? BUNDLE_TAR : BUNDLE_NONE;
}

/* Notes the last block of zeros among the GOT octets that were read: it ends a tar. Blocks are
 * counted from the start of the file; BLOCK_OCTETS is a multiple of theirs. */
static void watch_tar(struct bundle *bundle, size_t got)
{
    static const uint8_t zeros[TAR_BLOCK];

    for (size_t i = 0; i + TAR_BLOCK <= got; i += TAR_BLOCK) {
        if (bundle->block[i] == 0 && memcmp(bundle->block + i, zeros, TAR_BLOCK) == 0)
            bundle->end_at = bundle->at + i + TAR_BLOCK;
    }
}

static uint8_t zip_octet(const struct bundle *bundle, size_t at)
{
    return at < ZIP_END_OCTETS ? bundle->tail[at] : bundle->block[at - ZIP_END_OCTETS];
}

/* Notes an end record (`PK`, 5, 6, ... length of the comment) that is whole by now. */
static void watch_zip(struct bundle *bundle, size_t got)
{
    for (size_t i = 0; i <= got; i++) {
        if (zip_octet(bundle, i) != 'P' || zip_octet(bundle, i + 1) != 'K' ||
            zip_octet(bundle, i + 2) != 5 || zip_octet(bundle, i + 3) != 6)
            continue;
        bundle->end_at =
            bundle->at + i + zip_octet(bundle, i + 20) + 256u * zip_octet(bundle, i + 21);
    }
    for (size_t i = 0; i < ZIP_END_OCTETS; i++)
        bundle->tail[i] = zip_octet(bundle, got + i);
}

/* Fills block, whole but at the end of the file. Returns how many octets, -1 with ERR. */
static ssize_t fill(struct bundle *bundle)
{
    size_t held = 0;

    while (held < BLOCK_OCTETS) {
        ssize_t got =
            bundle->read(bundle->context, bundle->block + held, BLOCK_OCTETS - held, bundle->err);

        if (got < 0)
            return -1;
        if (got == 0)
            break;
        held += (size_t)got;
    }
    if (bundle->kind == BUNDLE_TAR)
        watch_tar(bundle, held);
    else
        watch_zip(bundle, held);
    bundle->at += held;
    return (ssize_t)held;
}

/* libarchive's callback. */
static la_ssize_t give(struct archive *archive, void *context, const void **octets)
{
    struct bundle *bundle = context;
    ssize_t got = -1;

    if (bundle->in_header && bundle->header_left < BLOCK_OCTETS)
        err_set(bundle->err, ERR_LIMIT, "a header in the archive is over %u MiB long",
                (unsigned)HEADER_OCTETS_MAX >> 20);
    else
        got = fill(bundle);
    if (got < 0) {
        bundle->failed = true;
        archive_set_error(archive, EIO, "cannot read");
        return -1;
    }
    bundle->header_left -= bundle->in_header ? (uint64_t)got : 0;
    *octets = bundle->block;
    return got;
}

/* Says what libarchive found, unless the callback has already said it. */
static int broken(struct bundle *bundle, struct err *err)
{
    const char *why = archive_error_string(bundle->archive);

    if (bundle->failed)
        return -1;
    return err_set(err, ERR_FORMAT, "broken %s: %.200s", bundle->kind == BUNDLE_TAR ? "tar" : "zip",
                   why != NULL ? why : "no reason given");
}

struct bundle *bundle_open(enum bundle_kind kind, source_read_fn *read, void *context,
                           const struct source_limits *limits, struct err *err)
{
    struct bundle *bundle = calloc(1, sizeof *bundle);

    if (bundle == NULL || (bundle->archive = archive_read_new()) == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        free(bundle);
        return NULL;
    }
    bundle->kind = kind;
    bundle->read = read;
    bundle->context = context;
    bundle->limits = limits;
    bundle->err = err;
    if (kind == BUNDLE_TAR)
        archive_read_support_format_tar(bundle->archive);
    else
        archive_read_support_format_zip_streamable(bundle->archive);
    if (archive_read_open(bundle->archive, bundle, NULL, give, NULL) == ARCHIVE_OK)
        return bundle;
    broken(bundle, err);
    bundle_close(bundle);
    return NULL;
}

void bundle_close(struct bundle *bundle)
{
    if (bundle == NULL)
        return;
    archive_read_free(bundle->archive);
    free(bundle);
}

/* Tells whether PATH leaves the archive: absolute, or with `..` in it. */
static bool leaves(const char *path)
{
    for (const char *at = path; at != NULL;) {
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return true;
        at = strchr(at, '/');
        at = at == NULL ? NULL : at + 1;
    }
    return path[0] == '/' || path[0] == '\0';
}

/* Returns what ENTRY is, and sets *WHY where it is refused. */
static enum member_kind classify(struct archive_entry *entry, const char **why)
{
    const char *path = archive_entry_pathname(entry);
    mode_t type = archive_entry_filetype(entry);

    *why = "a path that leaves the archive, or none";
    if (path == NULL || leaves(path))
        return MEMBER_REFUSED;
    *why = "a link, which is not followed";
    if (type == AE_IFLNK || archive_entry_hardlink(entry) != NULL)
        return MEMBER_LINK;
    *why = NULL;
    if (type == AE_IFDIR)
        return MEMBER_FOLDER;
    *why = "a device, pipe or socket";
    if (type != AE_IFREG)
        return MEMBER_REFUSED;
    *why = "a sparse file";
    if (archive_entry_sparse_count(entry) > 0)
        return MEMBER_REFUSED;
    *why = NULL;
    return MEMBER_FILE;
}

/* Refuses what would cost too much, or cannot be read. */
static int check_file(struct bundle *bundle, struct archive_entry *entry, struct err *err)
{
    const char *format = archive_format_name(bundle->archive);

    if (archive_entry_size(entry) < 0 ||
        (uint64_t)archive_entry_size(entry) > bundle->limits->unpacked_most)
        return err_set(err, ERR_LIMIT, "a file in the archive is larger than any list");
    if (bundle->kind != BUNDLE_ZIP)
        return 0;
    if (archive_entry_is_encrypted(entry))
        return err_set(err, ERR_FORMAT, "a file in the zip is encrypted");
    if (format == NULL ||
        (strstr(format, "(deflation)") == NULL && strstr(format, "(uncompressed)") == NULL))
        return err_set(err, ERR_FORMAT, "a file in the zip is packed by other means than deflate");
    return 0;
}

static int describe(struct bundle *bundle, struct archive_entry *entry, struct member *member,
                    struct err *err)
{
    const char *path = archive_entry_pathname(entry);

    if (++bundle->members > MEMBERS_MAX)
        return err_set(err, ERR_LIMIT, "over %d members in the archive", (int)MEMBERS_MAX);
    while (path != NULL && strncmp(path, "./", 2) == 0 && path[2] != '\0')
        path += 2;
    member->path = path;
    member->kind = classify(entry, &member->why);
    if (member->why != NULL && bundle->refused++ == 0)
        bundle->first_refused = member->why;
    bundle->is_file = member->kind == MEMBER_FILE;
    return bundle->is_file ? check_file(bundle, entry, err) : 0;
}

/* Goes past what is left of the present member; in a zip by reading, so that what it unpacks to is
 * bounded there too. */
static int pass_rest(struct bundle *bundle, struct err *err)
{
    char room[4096];
    ssize_t got = 0;

    if (bundle->kind == BUNDLE_ZIP && bundle->is_file) {
        do
            got = bundle_read(bundle, room, sizeof room, err);
        while (got > 0);
        return got < 0 ? -1 : 0;
    }
    if (bundle->members > 0 && archive_read_data_skip(bundle->archive) < ARCHIVE_WARN)
        return broken(bundle, err);
    return 0;
}

/* Reads what follows the last member, and proves that the archive's end was there. */
static int finish(struct bundle *bundle, struct err *err)
{
    uint64_t last = (uint64_t)archive_read_header_position(bundle->archive);
    ssize_t got;

    do
        got = fill(bundle);
    while (got > 0);
    if (got < 0)
        return -1;
    if (bundle->kind == BUNDLE_TAR ? bundle->end_at < last + TAR_BLOCK
                                   : bundle->end_at != bundle->at)
        return err_set(err, ERR_FORMAT, "broken %s: it ends too early",
                       bundle->kind == BUNDLE_TAR ? "tar" : "zip");
    return 0;
}

int bundle_next(struct bundle *bundle, struct member *member, struct err *err)
{
    struct archive_entry *entry;
    int state;

    bundle->err = err;
    if (pass_rest(bundle, err) != 0)
        return -1;
    bundle->in_header = true;
    bundle->header_left = HEADER_OCTETS_MAX;
    state = archive_read_next_header(bundle->archive, &entry);
    bundle->in_header = false;
    if (state == ARCHIVE_EOF)
        return finish(bundle, err);
    if (state < ARCHIVE_WARN)
        return broken(bundle, err);
    return describe(bundle, entry, member, err) != 0 ? -1 : 1;
}

ssize_t bundle_read(void *context, void *data, size_t room, struct err *err)
{
    struct bundle *bundle = context;
    la_ssize_t got;

    bundle->err = err;
    got = archive_read_data(bundle->archive, data, room);
    if (got < 0)
        return broken(bundle, err);
    bundle->given += (uint64_t)got;
    if (bundle->given > bundle->limits->unpacked_most)
        return err_set(err, ERR_LIMIT, "the files of the archive are larger than any list");
    if (bundle->given > SOURCE_RATIO_FROM &&
        bundle->given / bundle->limits->ratio_most > bundle->at)
        return err_set(err, ERR_LIMIT, "a decompression bomb: over %u times its packed size",
                       (unsigned)bundle->limits->ratio_most);
    return (ssize_t)got;
}

uint64_t bundle_refused(const struct bundle *bundle, const char **why)
{
    *why = bundle->first_refused;
    return bundle->refused;
}
