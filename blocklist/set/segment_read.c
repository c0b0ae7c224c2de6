/* segment_read.c - segments as streams.
 *
 * A segment is our own file, yet a power cut or a bad disk may have changed it, and a wrong run
 * would be a wrong answer for a child: the header's digest covers the directory, the directory has
 * a digest of each section, but for the runs of a segment that is merged by whoever wrote it. Small
 * sections are read whole when a segment is opened, runs by blocks of 32 KiB, so that a merge of a
 * hundred lists holds a few MiB. Dropped: mapping the file, which would count its pages as ours and
 * end in SIGBUS where it is cut. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/set/segment_file.h"
#include "blocklist/set/terms_check.h"
#include "config/base/bytes.h"
#include "config/base/err.h"

int segment_read_at(const struct segment *segment, uint64_t offset, void *data, size_t length,
                    struct err *err)
{
    uint8_t *at = data;

    while (length > 0) {
        ssize_t got = pread(segment->fd, at, length, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_system(err, "%s: cannot read", segment->path);
        if (got == 0)
            return err_set(err, ERR_FORMAT, "%s: cut short", segment->path);
        at += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return 0;
}

static int bad(const struct segment *segment, const char *what, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: %s", segment->path, what);
}

static int read_directory_row(struct segment *segment, const uint8_t *row, struct err *err)
{
    uint32_t id = load_le32(row);
    struct segment_part part = {.offset = load_le64(row + 8),
                                .octets = load_le64(row + 16),
                                .count = load_le64(row + 24),
                                .digested = (load_le32(row + 4) & SEGMENT_FLAG_NO_DIGEST) == 0};

    memcpy(part.digest, row + 32, sizeof part.digest);
    if (part.offset < SEGMENT_HEADER_OCTETS || part.offset > segment->length ||
        part.octets > segment->length - part.offset)
        return bad(segment, "a section lies outside the segment", err);
    if (id == 0 || id >= SEGMENT_SECTION_IDS) {
        if ((load_le32(row + 4) & SET_FLAG_REQUIRED) != 0)
            return err_set(err, ERR_VERSION, "%s: section %u is not known here", segment->path, id);
        return 0;
    }
    if (segment->parts[id].offset != 0)
        return bad(segment, "a section stands twice", err);
    segment->parts[id] = part;
    return 0;
}

static int read_header(struct segment *segment, struct err *err)
{
    uint8_t header[SEGMENT_HEADER_OCTETS], digest[SET_DIGEST_OCTETS], kept[SET_DIGEST_OCTETS];
    uint32_t sections;

    if (segment_read_at(segment, 0, header, sizeof header, err) != 0)
        return -1;
    if (memcmp(header, SEGMENT_MAGIC, 8) != 0)
        return bad(segment, "not a segment", err);
    if (load_le32(header + SEGMENT_AT_VERSION) != SEGMENT_VERSION ||
        load_le32(header + SEGMENT_AT_HEADER) != SEGMENT_HEADER_OCTETS)
        return err_set(err, ERR_VERSION,
                       "%s: a segment of version %u, and version %d is read here; make it again",
                       segment->path, load_le32(header + SEGMENT_AT_VERSION), SEGMENT_VERSION);
    memcpy(kept, header + SEGMENT_AT_DIGEST, sizeof kept);
    memset(header + SEGMENT_AT_DIGEST, 0, sizeof kept);
    crypto_generichash(digest, sizeof digest, header, sizeof header, NULL, 0);
    if (memcmp(digest, kept, sizeof kept) != 0)
        return err_set(err, ERR_DIGEST, "%s: the header's digest is wrong", segment->path);
    memcpy(segment->digest, digest, sizeof digest);
    if (load_le64(header + SEGMENT_AT_LENGTH) != segment->length)
        return bad(segment, "cut short", err);
    segment->seed = load_le64(header + SEGMENT_AT_SEED);
    for (size_t i = 0; i < 2; i++)
        segment->depths[i] = load_le64(header + SEGMENT_AT_DEPTHS + 8 * i);
    sections = load_le32(header + SEGMENT_AT_SECTIONS);
    if (sections > SEGMENT_SECTIONS_MAX)
        return bad(segment, "too many sections", err);
    for (uint32_t i = 0; i < sections; i++) {
        if (read_directory_row(segment, header + SEGMENT_AT_DIRECTORY + i * SEGMENT_DIRECTORY_ROW,
                               err) != 0)
            return -1;
    }
    return 0;
}

/* Reads a small section whole and checks its digest, which only runs may lack. Returns NULL with
 * ERR; free the result. */
static uint8_t *read_part(const struct segment *segment, enum segment_section id, uint64_t most,
                          struct err *err)
{
    const struct segment_part *part = &segment->parts[id];
    uint8_t digest[SET_DIGEST_OCTETS], *data;

    if (part->offset == 0 || part->octets > most) {
        bad(segment, "a section is absent or too large", err);
        return NULL;
    }
    data = malloc((size_t)part->octets + 1);
    if (data == NULL) {
        err_set(err, ERR_MEMORY, "%s: out of memory", segment->path);
        return NULL;
    }
    if (segment_read_at(segment, part->offset, data, (size_t)part->octets, err) != 0) {
        free(data);
        return NULL;
    }
    crypto_generichash(digest, sizeof digest, data, (size_t)part->octets, NULL, 0);
    if (memcmp(digest, part->digest, sizeof digest) != 0) {
        err_set(err, ERR_DIGEST, "%s: a section's digest is wrong", segment->path);
        free(data);
        return NULL;
    }
    return data;
}

static const uint8_t *take_text(const uint8_t *at, char *text, size_t octets)
{
    memcpy(text, at, octets);
    text[octets - 1] = '\0';
    return at + octets;
}

static int read_about(struct segment *segment, struct err *err)
{
    struct segment_about *about = &segment->about;
    uint8_t *data = read_part(segment, SEGMENT_ABOUT, SEGMENT_ABOUT_OCTETS, err);
    const uint8_t *at = data;

    if (data == NULL)
        return -1;
    if (segment->parts[SEGMENT_ABOUT].octets != SEGMENT_ABOUT_OCTETS) {
        free(data);
        return bad(segment, "a section has a wrong size", err);
    }
    at = take_text(at, about->feed, sizeof about->feed);
    at = take_text(at, about->feed_class, sizeof about->feed_class);
    at = take_text(at, about->category, sizeof about->category);
    at = take_text(at, about->format, sizeof about->format);
    at = take_text(at, about->licence, sizeof about->licence);
    at = take_text(at, about->attribution, sizeof about->attribution);
    about->lines = load_le64(at);
    about->names = load_le64(at + 8);
    about->duplicates = load_le64(at + 16);
    at += 24;
    for (size_t i = 0; i < SET_REFUSED; i++, at += 8)
        about->refused[i] = load_le64(at);
    memcpy(about->source_digest, at, sizeof about->source_digest);
    about->observe = (load_le64(at + SET_DIGEST_OCTETS) & SEGMENT_OBSERVED) != 0;
    free(data);
    return 0;
}

static int take_exceptions(struct segment *segment, const uint8_t *data, uint64_t words,
                           struct err *err)
{
    uint64_t chain[NAME_LABELS_MAX];
    uint64_t at = 0;

    while (at < words) {
        uint64_t head = load_le64(data + 8 * at++);
        unsigned labels = exception_labels(&head);
        uint32_t terms;

        if ((head & 0xff) >= ENTRY_KINDS || (head >> 15 & 1) != 0 || labels == 0 ||
            labels > words - at || head >> 16 > terms_table_count(&segment->terms))
            return bad(segment, "an exception is malformed", err);
        for (unsigned i = 0; i < labels; i++)
            chain[i] = load_le64(data + 8 * at++);
        terms = exception_terms(&head);
        if (terms == 0 || terms_drop(terms_table_at(&segment->terms, terms - 1)))
            head |= EXCEPTION_DROPS_BIT;
        if (exceptions_add(&segment->exceptions, head, chain, err) != 0)
            return -1;
    }
    return exceptions_sort(&segment->exceptions, err);
}

/* The sections about terms are there only where a list has any. */
static int read_terms(struct segment *segment, struct err *err)
{
    uint8_t *data;
    int result;

    if (segment->parts[SEGMENT_TERMS].offset == 0)
        return 0;
    data = read_part(segment, SEGMENT_TERMS, SEGMENT_TERMS_OCTETS_MAX, err);
    if (data == NULL)
        return -1;
    result = terms_table_read(&segment->terms, data, (size_t)segment->parts[SEGMENT_TERMS].octets,
                              segment->path, err);
    free(data);
    return result;
}

static int read_exceptions(struct segment *segment, struct err *err)
{
    uint64_t most = 8 * (uint64_t)SEGMENT_EXCEPTION_WORDS_MAX;
    uint8_t *data = read_part(segment, SEGMENT_EXCEPTIONS, most, err);
    int result;

    if (data == NULL)
        return -1;
    result = take_exceptions(segment, data, segment->parts[SEGMENT_EXCEPTIONS].octets / 8, err);
    free(data);
    return result;
}

static int take_prefix(struct segment *segment, const uint8_t *at, struct err *err)
{
    struct segment_prefix *prefix = &segment->prefixes[segment->prefix_count++];

    memset(prefix, 0, sizeof *prefix);
    memcpy(prefix->octets, at, sizeof prefix->octets);
    prefix->bits = at[SET_PREFIX_AT_BITS];
    prefix->length = at[SET_PREFIX_AT_LENGTH];
    prefix->operation = load_le32(at + SET_PREFIX_AT_ROW);
    if ((prefix->bits != 32 && prefix->bits != 128) || prefix->length > prefix->bits ||
        prefix->operation >= ENTRY_OPERATIONS)
        return bad(segment, "an address range is malformed", err);
    return 0;
}

static int read_prefixes(struct segment *segment, struct err *err)
{
    uint8_t *data = read_part(segment, SEGMENT_PREFIXES,
                              (uint64_t)SEGMENT_PREFIX_OCTETS * SEGMENT_PREFIXES_MAX, err);
    size_t count = (size_t)(segment->parts[SEGMENT_PREFIXES].octets / SEGMENT_PREFIX_OCTETS);
    int result = 0;

    if (data == NULL)
        return -1;
    segment->prefixes = calloc(count + 1, sizeof *segment->prefixes);
    if (segment->prefixes == NULL)
        result = err_set(err, ERR_MEMORY, "%s: out of memory", segment->path);
    for (size_t i = 0; i < count && result == 0; i++)
        result = take_prefix(segment, data + i * SEGMENT_PREFIX_OCTETS, err);
    free(data);
    return result;
}

static int check_runs(const struct segment *segment, struct err *err)
{
    const struct segment_part *termed = &segment->parts[SEGMENT_TERMED];

    for (size_t id = SEGMENT_SUBTREE; id <= SEGMENT_BELOW; id++) {
        const struct segment_part *part = &segment->parts[id];

        if (part->offset == 0 || part->octets % 8 != 0 || part->octets / 8 != part->count)
            return bad(segment, "a run is absent or has a wrong size", err);
    }
    if (termed->octets % SEGMENT_TERMED_OCTETS != 0 ||
        termed->octets / SEGMENT_TERMED_OCTETS != termed->count ||
        termed->count > SEGMENT_TERMED_MAX)
        return bad(segment, "a run has a wrong size", err);
    return 0;
}

static int open_file(struct segment *segment, struct err *err)
{
    struct stat status;

    segment->fd = open(segment->path, O_RDONLY | O_CLOEXEC);
    if (segment->fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "%s: no such segment", segment->path);
    if (segment->fd < 0 || fstat(segment->fd, &status) != 0)
        return err_system(err, "%s: cannot open", segment->path);
    segment->length = (uint64_t)status.st_size;
    return 0;
}

struct segment *segment_open(const char *path, struct err *err)
{
    struct segment *segment = calloc(1, sizeof *segment);

    if (segment != NULL) {
        segment->fd = -1;
        segment->path = strdup(path);
    }
    if (segment == NULL || segment->path == NULL) {
        err_set(err, ERR_MEMORY, "%s: out of memory", path);
        segment_close(segment);
        return NULL;
    }
    if (open_file(segment, err) == 0 && read_header(segment, err) == 0 &&
        check_runs(segment, err) == 0 && read_about(segment, err) == 0 &&
        read_terms(segment, err) == 0 && read_exceptions(segment, err) == 0 &&
        read_prefixes(segment, err) == 0)
        return segment;
    segment_close(segment);
    return NULL;
}

void segment_close(struct segment *segment)
{
    if (segment == NULL)
        return;
    if (segment->fd >= 0)
        close(segment->fd);
    exceptions_free(&segment->exceptions);
    terms_table_free(&segment->terms);
    free(segment->prefixes);
    free(segment->path);
    free(segment);
}
